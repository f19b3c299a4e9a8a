"""How far the judges of a run may be trusted: what people's labels say of each, and on which slices.

A judge is what it was when it was calibrated: with another model, rubric or prompt nothing that was found out holds
any more. Where it is not calibrated its verdicts are taken as they are and told as such, and nothing is launched on
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.calibration.rely import blind, errors_elsewhere, lacks
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.labels.model import SETTLED
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.run.columns import MISS
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge, Calibration
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.slice import Slice
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.judged import JudgedBy
    from pytest_evalbars.stats.judge_error import ErrorRates

#: What to do about a judge that nobody knows.
MEND = "label a sample (`evalbars review`), then run `evalbars calibrate`"
#: What to do about one that is no longer what it was: labels are of the answers, whoever judged them.
ANEW = "what people said still counts: run `evalbars calibrate RUN` on a run in which it judged the labelled answers"
#: What to do about raters that do not agree.
AGREE = (
    "settle what they differ on (`evalbars labels disagreements`), mend the rubric, label again, then run "
    "`evalbars calibrate`"
)
#: What is not the verdicts' and rests on them all the same.
USEFUL = "cost_per_useful"


@dataclass(frozen=True, eq=False)
class JudgeTrust:
    """What is known of one judge of a run, on one dimension."""

    dimension: str
    by: JudgedBy
    #: What people said of it; None where they said nothing of this very judge.
    record: CalibratedJudge | None
    #: Another judge of the dimension that was calibrated, where this one was not.
    other: CalibratedJudge | None = None

    @property
    def items(self) -> tuple[CalibratedItem, ...]:
        """The labelled answers."""
        return () if self.record is None else self.record.items

    @cached_property
    def errors(self) -> ErrorRates | None:
        """How often it errs; None where nobody said."""
        return error_rates(*columns_of(self.items)) if self.items else None

    @property
    def why_not(self) -> str:
        """Why it is not calibrated, and the mend; empty if it is."""
        return f"{self.by}, {self.reason}" if self.reason else ""

    @cached_property
    def reason(self) -> str:
        """The same without its name."""
        if self.record is None and self.other is not None:
            return f"not the judge that was calibrated: {self._changed(self.other)}; {ANEW}"
        if self.record is None:
            return f"never compared with people; {MEND}"
        found = lacks(self.items, self.record.levels)
        if "few" in found:
            answers = "1 labelled answer" if len(self.items) == 1 else f"{len(self.items)} labelled answers"
            return f"{answers}, and {FEWEST} are the fewest; {MEND}"
        return f"the raters of its labels agree no better than chance; {AGREE}" if found else ""

    @cached_property
    def elsewhere(self) -> ErrorRates | None:
        """How often it errs on other answers, see `calibration.rely`."""
        return errors_elsewhere(self.items)

    @cached_property
    def blind(self) -> bool:
        """Whether it is not proven to be better than chance, see `calibration.rely`."""
        return blind(self.items)

    def _changed(self, other: CalibratedJudge) -> str:
        """`its model was m-1 then, and its prompt another`."""
        changes = [
            f"its {key} was {'another' if key == 'prompt' else old} then"
            for key, old, new in zip(self.by._fields, other.by, self.by, strict=True)
            if old != new
        ]
        return " and ".join(changes)

    @property
    def raters(self) -> int:
        """How many people labelled."""
        return len({name for item in self.items for name in item.raters} - {SETTLED})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        errors = self.errors
        rates = {"sensitivity": errors and errors.sensitivity, "specificity": errors and errors.specificity}
        return {
            "dimension": self.dimension,
            **self.by._asdict(),
            "calibrated": not self.why_not,
            "why_not": self.why_not,
            "blind": self.blind,
            "labels": len(self.items),
            "raters": self.raters,
            "on": None if self.record is None else self.record.calibrated.isoformat(),
            **{key: rate and rate.value for key, rate in rates.items()},
        }


@dataclass(frozen=True, eq=False)
class Trust:
    """Who judged a slice, and how far that may be trusted."""

    judges: tuple[JudgeTrust, ...]
    #: Judged rows of the slice, and how many of them a judge's.
    verdicts: int
    by_judges: int
    #: Those labelled answers of the slice that were drawn from this run's, or from one with the same answers; and the
    #: case of each, or the source that it shares with other cases, as a code.
    items: tuple[CalibratedItem, ...] = ()
    cases: tuple[int, ...] = ()
    #: The share of this run's verdicts that pass each: the answer may stand in it more than once, and a judge that
    #: was asked again may say otherwise than the record has it.
    passed: tuple[float, ...] = ()

    @property
    def why_not(self) -> str:
        """Why a judge of it is not calibrated; empty if all are."""
        return "; ".join(dict.fromkeys(judge.why_not for judge in self.judges if judge.why_not))

    @property
    def blind(self) -> bool:
        """Whether a judge of it is not proven to be better than chance."""
        return any(judge.blind for judge in self.judges)

    @property
    def mixed(self) -> bool:
        """Whether some of its verdicts are no judge's."""
        return self.by_judges < self.verdicts


def known_judge(dimension: str | None, judges: Judges | None) -> tuple[JudgeTrust, CalibratedJudge]:
    """The judge of a dimension, and what people said of it.

    Raises:
        NoData: no judge, or several, judged it in this run; or it is not known well enough.
    """
    found = () if judges is None else judges.on(dimension)
    if not found:
        raise NoData(f"no judge gave a verdict on {dimension} in this run")
    if len(found) > 1:
        names = " and ".join(str(each.by) for each in found)
        raise NoData(f"{len(found)} judges gave verdicts on {dimension}, and the bar is of one: {names}")
    (one,) = found
    if one.record is None or len(one.items) < FEWEST:
        raise NoData(one.why_not)
    return one, one.record


class Judges:
    """The judges of a run.

    Args:
        run: a run in which judges gave verdicts.
        calibration: what is known of judges; None: nothing.
    """

    def __init__(self, run: Run, calibration: Calibration | None) -> None:
        assert run.judged is not None  # noqa: S101 - else nobody asks
        self._run, self._judged = run, run.judged
        self._calibration = calibration
        rows = np.flatnonzero((self._judged.by >= 0) & (run.outcome <= MISS))
        many = len(self._judged.judges)
        codes = np.flatnonzero(np.bincount(run.dimension[rows] * many + self._judged.by[rows]))
        self._known = {divmod(code, many): self._trust(*divmod(code, many)) for code in codes.tolist()}
        self._digests: dict[int, str] = {}

    def _trust(self, dimension: int, judge: int) -> JudgeTrust:
        name, by = self._run.dimensions[dimension], self._judged.judges[judge]
        record = other = None
        if self._calibration is not None:
            record = self._calibration.find(name, by)
            others = self._calibration.of_dimension(name)
            alike = max(others, key=lambda each: sum(map(str.__eq__, each.by, by)), default=None)
            other = alike if record is None else None
        return JudgeTrust(name, by, record, other)

    @property
    def known(self) -> tuple[JudgeTrust, ...]:
        """All of them, by dimension."""
        return tuple(sorted(self._known.values(), key=lambda each: (each.dimension, each.by)))

    def on(self, dimension: str | None) -> tuple[JudgeTrust, ...]:
        """Those that judged one dimension."""
        return tuple(each for each in self.known if each.dimension == dimension)

    def of(self, bar: Bar, part: Slice) -> Trust | None:
        """Who judged a slice; None where no judge did, or the bar's number does not rest on verdicts."""
        if not (bar.kind.of == "verdicts" or bar.kind.name == USEFUL):
            return None
        rows = part.rows
        if bar.all_trials:  # of a trial the slice has one row, and its number may rest on what others say
            rows = np.flatnonzero(np.isin(self._run.case, self._run.case[rows]))
        rows = rows[self._run.outcome[rows] <= MISS]
        judged = rows[self._judged.by[rows] >= 0]
        if not len(judged):
            return None
        many = len(self._judged.judges)
        codes = np.unique(self._run.dimension[judged] * many + self._judged.by[judged])
        judges = {code: self._known[divmod(code, many)] for code in codes.tolist()}
        own = ((), (), ()) if bar.all_trials else self._own(judges, judged)
        return Trust(tuple(judges.values()), len(rows), len(judged), *own)

    def _own(
        self, judges: dict[int, JudgeTrust], judged: NDArray[np.int64]
    ) -> tuple[tuple[CalibratedItem, ...], tuple[int, ...], tuple[float, ...]]:
        """Of the labelled answers among these rows of one dimension that were drawn from all of its: see `Trust`."""
        found: list[CalibratedItem] = []
        cases: list[int] = []
        passed: list[float] = []
        for code, judge in judges.items():
            dimension, by = divmod(code, len(self._judged.judges))
            drawn = [item for item in judge.items if item.population == self._digest(dimension)]
            if not drawn:
                continue
            rows = judged[self._judged.by[judged] == by]
            here, first, code_of_row = np.unique(self._judged.of[rows], return_index=True, return_inverse=True)
            misses = np.bincount(code_of_row, self._run.outcome[rows] == MISS) / np.bincount(code_of_row)
            wanted = np.array([int(item.of, 16) for item in drawn], np.uint64)
            at = np.minimum(np.searchsorted(here, wanted), len(here) - 1)
            for item, place, there in zip(drawn, at.tolist(), (here[at] == wanted).tolist(), strict=True):
                if there:
                    found.append(item)
                    passed.append(1 - float(misses[place]))
                    row = rows[first[place]]
                    cluster = int(self._run.cluster[row])
                    cases.append(cluster if cluster >= 0 else -1 - int(self._run.case[row]))
        return tuple(found), tuple(cases), tuple(passed)

    def _digest(self, dimension: int) -> str:
        """What the run's judged answers on a dimension are, in a word."""
        if dimension not in self._digests:
            rows = (self._run.dimension == dimension) & (self._judged.by >= 0) & (self._run.outcome <= MISS)
            self._digests[dimension] = digest_of(self._judged.of[rows])
        return self._digests[dimension]
