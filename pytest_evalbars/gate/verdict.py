"""What the gate says: a verdict for each bar and group, and the decision they add up to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pytest_evalbars.gate.against import Common, Flips
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.correct import Method
    from pytest_evalbars.gate.trust import JudgeTrust
    from pytest_evalbars.gate.watch import BarChange

#: The exit code where nothing missed, but it could not be decided.
UNDECIDED = 10
Word = Literal["met", "missed", "inconclusive", "no data"]


def finite(value: float | None) -> float | None:
    """The number, or None where there is no bound: JSON has no infinity."""
    return None if value is None or math.isinf(value) else value


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar, on one dimension, as a whole or on one group of its `each`."""

    bar: str
    #: None where the bar is of all trials, or no dimension is known.
    dimension: str | None
    #: None for the whole; else the labels of `each`, joined by `/`.
    group: str | None
    verdict: Word
    #: The bare number, and its one-sided bounds at the declared confidence.
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    #: How surprising so bad a number would be if the bar held, corrected for the session's family.
    p_missed: float | None = None
    #: Two-sided, for display.
    interval: tuple[float, float] | None = None
    #: Of a bar that compares: the number before, and now, on the cases that were compared.
    before: float | None = None
    after: float | None = None
    #: The cases that changed, where they are compared one by one.
    flips: Flips | None = None
    #: Judged cases and trials; trials that could not be judged; trials that were skipped.
    cases: int = 0
    trials: int = 0
    unjudged: int = 0
    skipped: int = 0
    #: Judged trials that rest on recorded answers: the model was not sampled again.
    replayed: int = 0
    #: The share of trials that pass only just, where the dimension's scale has such levels and passes are counted.
    weak: float | None = None
    #: About how many cases would settle the verdict at the present rate.
    needed: int | None = None
    #: Trials of this slice that were left out of the run.
    left_out: int = 0
    #: Trials that were not started because no verdict depended on them any more. What was seen until then is biased
    #: by the stopping, so the verdict has no estimate, bounds, interval or p-value, but only what the rate of all
    #: trials can still be, from all the others missing to all passing.
    stopped: int = 0
    possible: tuple[float, float] | None = None
    #: Of a bar that could stop at any time: the highest e-values of "met" and of "missed". They and the p-value are
    #: the evidence then, whenever it stopped.
    e_met: float | None = None
    e_missed: float | None = None
    #: Where a judge gave the verdicts: whether people's labels tell how far it may be trusted. Where the numbers are
    #: corrected for its error: how, by how many labelled answers, and what the judge's own number was.
    judge: Literal["calibrated", "uncalibrated"] | None = None
    correction: Method | None = None
    labels: int = 0
    raw: float | None = None
    raw_interval: tuple[float, float] | None = None
    #: Whether the verdict counts in this session, and whether it fails it.
    enforced: bool = True
    #: Whether it does not because the run holds a part of the cases only.
    in_part: bool = False
    fails: bool = False
    #: Whether there is no data because the metric has nothing to go by; the first note says what it lacks.
    metric_lacks: bool = False
    #: What else a reader must know, in words.
    notes: tuple[str, ...] = ()
    spec: Bar = field(repr=False, kw_only=True)

    @property
    def only_replayed(self) -> bool:
        """Whether it rests on recorded answers alone."""
        return self.replayed >= self.trials > 0

    @property
    def name(self) -> str:
        """The bar as a test: its node id after `evalbars::`."""
        name = f"{self.bar}:{self.dimension}" if self.spec.many_dimensions and self.dimension else self.bar
        return name if self.group is None else f"{name}[{self.group}]"

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `evalbars gate --json`."""
        spec = self.spec
        return {
            "bar": self.bar,
            "dimension": self.dimension,
            "group": self.group,
            "verdict": self.verdict,
            "metric": spec.metric,
            spec.threshold_key: spec.max_drop if spec.compares else spec.threshold,
            "stage": spec.stage,
            "rule": spec.rule,
            **{key: value for key, value in (("level", spec.level), ("class", spec.class_)) if value is not None},
            "estimate": finite(self.estimate),
            **(self._compared() if spec.compares else {}),
            "low": finite(self.low),
            "high": finite(self.high),
            "p_missed": self.p_missed,
            "interval": None if self.interval is None else [finite(end) for end in self.interval],
            "cases": self.cases,
            "trials": self.trials,
            "unjudged": self.unjudged,
            "skipped": self.skipped,
            "replayed": self.replayed,
            "weak": self.weak,
            "needed": self.needed,
            "left_out": self.left_out,
            "stopped": self.stopped,
            "possible": None if self.possible is None else [finite(end) for end in self.possible],
            "e_met": self.e_met,
            "e_missed": self.e_missed,
            "enforced": self.enforced,
            "fails": self.fails,
            **({} if self.judge is None else self._judged()),
            "notes": list(self.notes),
            "why": spec.why,
        }

    def _judged(self) -> dict[str, Any]:
        """What only verdicts have that rest on a judge's."""
        interval = None if self.raw_interval is None else list(self.raw_interval)
        said = {"correction": self.correction, "labels": self.labels, "raw": self.raw, "raw_interval": interval}
        return {"judge": self.judge, **said}

    def _compared(self) -> dict[str, Any]:
        """What only bars have that compare."""
        flips = None if self.flips is None else self.flips.to_json()
        return {"before": finite(self.before), "after": finite(self.after), "flips": flips}


@dataclass(frozen=True, slots=True)
class Standing:
    """A miss that fails the session by itself: a regression case on a dimension that no bar speaks of."""

    case: str
    dimension: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided on one run."""

    #: 0 passed; 1 a bar or a case that stands alone missed, or too many errors; 10 it could not be decided.
    exit_code: int
    verdicts: tuple[Verdict, ...]
    stage: str
    #: Whether the run came to its end with a result for every planned trial.
    complete: bool
    standing: tuple[Standing, ...] = ()
    errors: int = 0
    allowed_errors: int = 0
    #: Trials that rest on recorded answers.
    replayed: int = 0
    #: Trials that were not started because no verdict depended on them any more.
    stopped: int = 0
    #: Why the exit code is what it is, and what the reader should know of the run as a whole.
    notes: tuple[str, ...] = ()
    #: The baseline, where there is one.
    common: Common | None = None
    #: What changed in the bars since then.
    changes: tuple[BarChange, ...] = ()
    #: The judges that gave verdicts, by dimension, and what is known of each.
    judges: tuple[JudgeTrust, ...] = ()

    @property
    def too_many_errors(self) -> bool:
        """Whether errors alone fail the session."""
        return self.errors > self.allowed_errors

    def to_json(self) -> dict[str, Any]:
        """Plain values, as `evalbars gate --json` prints them."""
        return {
            "schema": 1,
            "stage": self.stage,
            "exit_code": self.exit_code,
            "complete": self.complete,
            "errors": self.errors,
            "allowed_errors": self.allowed_errors,
            "replayed": self.replayed,
            "stopped": self.stopped,
            "standing": [
                {"case": each.case, "dimension": each.dimension, "reason": each.reason} for each in self.standing
            ],
            "notes": list(self.notes),
            "baseline": None if self.common is None else self.common.to_json(),
            "changed_bars": [each.to_json() for each in self.changes],
            **({"judges": [each.to_json() for each in self.judges]} if self.judges else {}),
            "verdicts": [each.to_json() for each in self.verdicts],
        }
