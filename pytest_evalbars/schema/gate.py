"""What `evalbars gate --json` prints."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.schema.beside import (  # noqa: TC001 - pydantic needs them
    Apart,
    Calls,
    FailurePatterns,
    FlakyCase,
    Predictions,
    SaturatedCases,
    Served,
)
from pytest_evalbars.schema.document import Count, Document, Part, Share, Stage
from pytest_evalbars.schema.verdicts import GateVerdict  # noqa: TC001 - pydantic needs it


class StandingMiss(Part):
    """A miss that fails the session by itself: a regression case on a dimension that no bar speaks of."""

    #: The case's id.
    case: str
    #: The dimension.
    dimension: str
    #: Why it missed; empty where nothing was said.
    reason: str


class Restated(Part):
    """A case of another status than in the baseline."""

    #: The case's id.
    case: str
    #: Its status in the baseline.
    before: str
    #: Its status now.
    after: str


class BaselineFound(Part):
    """The baseline, and what the run has in common with it."""

    #: The name of the run that it is.
    run: str
    #: When that run began, UTC.
    started: str
    #: Its commit; empty where nobody knows.
    commit: str
    #: Trials of the baseline.
    trials: Count
    #: How many of them rest on recorded answers.
    replayed: Count
    #: How many cases are compared.
    cases: Count
    #: Cases that are called otherwise now: old ids to new ones.
    renamed: dict[str, str]
    #: Cases that ask something else now.
    changed: tuple[str, ...]
    #: Cases of this run alone.
    new: tuple[str, ...]
    #: Cases of the baseline alone.
    removed: tuple[str, ...]
    #: Cases of the baseline in files that were not asked for this time.
    elsewhere: Count
    #: Cases of another status than then.
    restated: tuple[Restated, ...]


class WordChange(Part):
    """One thing that changed in a bar."""

    #: In words: `at_least 0.70 -> 0.60`.
    change: str
    #: What that does to the gate.
    effect: Literal["looser", "stricter", "another question", "apart"]


class ChangedBar(Part):
    """A bar that is not what it was in the baseline."""

    #: Its name; empty of the table as a whole.
    bar: str
    #: What changed.
    changes: tuple[WordChange, ...]
    #: Whether the gate is easier to pass than it was, as far as anybody can tell.
    looser: bool
    #: The bar's `why` of today.
    why: str
    #: Whether that was written since.
    new_why: bool


class TrustedJudge(Part):
    """A judge that gave verdicts, and how far people's labels say that it may be trusted."""

    #: What it judged.
    dimension: str
    #: `name@version` of its rubric.
    rubric: str
    #: The version of its model, as the provider names it.
    model: str
    #: A hash of what it was asked, the data left out.
    prompt: str
    #: Whether people's labels say enough of it.
    calibrated: bool
    #: Why it is not calibrated, and the mend; empty if it is.
    why_not: str
    #: Whether it is not proven to be better than chance.
    blind: bool
    #: Labelled answers behind it.
    labels: Count
    #: People who labelled them.
    raters: Count
    #: The day of its calibration, `2026-12-31`; null where there was none.
    on: str | None
    #: Of answers that people pass, the share that it passes; null where nobody knows.
    sensitivity: Share | None
    #: Of answers that people let miss, the share that it lets miss; null where nobody knows.
    specificity: Share | None


class AuditedVerdict(Part):
    """What one verdict could have shown with its cases; where nothing is planned for it, only why."""

    #: The bar's name.
    bar: str
    #: As of the verdict.
    dimension: str | None
    #: As of the verdict.
    group: str | None
    #: The smallest effect that matters, as declared, in the metric's unit.
    smallest_effect: float
    #: Whether it is met if all goes well.
    can_be_met: bool | None
    #: Whether it is missed if nothing does.
    can_be_missed: bool | None
    #: The rate that is better than the bar by the smallest effect.
    better: float | None
    #: The rate that is worse than the bar by the smallest effect.
    worse: float | None
    #: The chance that the bar is met at the better rate.
    power_met: Share | None
    #: The chance that it is missed at the worse rate.
    power_missed: Share | None
    #: The chance that the same product, run again on as many fresh cases, gets another verdict.
    flips: Share | None
    #: Why nothing is planned; empty where something is.
    why_not: str


class Gate(Document):
    """What `evalbars gate RUN... --json` prints: the decision, and what there is to know beside it."""

    #: The question that was asked: is anything proven worse, or is every bar proven met.
    stage: Stage
    #: 0 passed; 1 a bar or a case missed, or too many errors; 10 it could not be decided.
    exit_code: Literal[0, 1, 10]
    #: Whether the run came to its end with a result for every planned trial.
    complete: bool
    #: Trials that could not be judged.
    errors: Count
    #: How many may go unjudged before they fail the session.
    allowed_errors: Count
    #: Trials that rest on recorded answers: the model was not sampled again.
    replayed: Count
    #: Trials that were not started because no verdict depended on them any more.
    stopped: Count
    #: Misses that fail the session by themselves.
    standing: tuple[StandingMiss, ...]
    #: Why the exit code is what it is, and what limits what the run says, in words.
    notes: tuple[str, ...]
    #: Null where nothing was compared.
    baseline: BaselineFound | None
    #: What changed in the bars since the baseline.
    changed_bars: tuple[ChangedBar, ...]
    #: The judges that gave verdicts; absent where none did.
    judges: tuple[TrustedJudge, ...] = ()
    #: All verdicts, in the order of the bars.
    verdicts: tuple[GateVerdict, ...]
    #: Cases that pass on some trials and miss on others, the most evenly split first.
    flaky: tuple[FlakyCase, ...]
    #: What each verdict could have shown, in the order of the verdicts.
    audit: tuple[AuditedVerdict, ...]
    #: What guardrails let through, by dimension.
    served: tuple[Served, ...]
    #: What models the trials asked; null where no line tells.
    calls: Calls | None
    #: Cases whose misses nothing protects for a while, and those whose quarantine is over.
    quarantined: tuple[Apart, ...]
    #: Which saturated cases were run; absent where all were to run.
    saturated: SaturatedCases | None = None
    #: What the misses have in common.
    patterns: FailurePatterns
    #: What was predicted, class by class; absent where nothing was.
    predictions: Predictions | None = None
