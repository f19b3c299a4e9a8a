"""What `evalbars compare --json` prints."""

from __future__ import annotations

from typing import Any, Literal

from pytest_evalbars.schema.document import Count, Document, Ends, Part, Share

Measure = Literal["pass_rate", "mean_score"]


class ComparedRun(Part):
    """The run that the others are compared with."""

    #: Its file, or the value of the label that cuts it out.
    run: str
    #: Whether it came to its end with a result for every planned trial.
    complete: bool
    #: Trials that could not be judged.
    errors: Count
    #: Trials that rest on recorded answers.
    replayed: Count


class CompareFinding(Part):
    """One row: the pass rate or the mean score of a dimension, or of one group of it, before and after."""

    #: The dimension.
    dimension: str
    #: A value of the label that cases are grouped by; null for all of them.
    group: str | None
    #: What sets the cases apart from those that are held: `status capability`; null where nothing does.
    apart: str | None
    #: What is compared.
    metric: Measure
    #: What is proven.
    verdict: Literal["regressed", "better", "not worse", "cannot tell"]
    #: The number in the reference, a share.
    before: Share
    #: The number in the other run.
    after: Share
    #: After less before: below 0 is worse.
    change: float
    #: Its two-sided interval.
    interval: tuple[float, float]
    #: How surprising so large a drop would be had nothing changed, corrected for all rows.
    p_worse: Share
    #: The same of a rise.
    p_better: Share
    #: Whether it is compared case by case.
    paired: bool
    #: Cases that were compared.
    cases: Count
    #: Cases whose own number fell.
    worse: Count
    #: Cases whose own number rose.
    better: Count
    #: Trials that ran or should have, and were not judged: before, after.
    unjudged: tuple[Count, Count]
    #: What else a reader must know, in words.
    notes: tuple[str, ...]


class ComparedAmount(Part):
    """What trials took, before and after: the mean over the cases that both runs measured."""

    #: `seconds`, `cost_usd`, `tokens_in` or `tokens_out`: its unit.
    measure: str
    #: In the reference.
    before: float
    #: In the other run.
    after: float
    #: As a share of what it was: above 0 is more; null where it was nothing.
    change: float | None
    #: Its two-sided interval; an end is null where the cases do not bound it.
    interval: Ends | None
    #: Cases that were compared.
    cases: Count


class FlipSide(Part):
    """What one run says of a case on a dimension."""

    #: What the case is called there.
    case: str
    #: Trials that passed.
    passes: Count
    #: Trials that were judged.
    trials: Count
    #: The mean score; null where there is none.
    score: Share | None
    #: Why it missed, if it did.
    reason: str
    #: What the trial recorded for a reader, as it was recorded; absent where it recorded nothing.
    evidence: dict[str, Any] | None = None


class CompareFlip(Part):
    """A case whose number on one dimension is another than before."""

    #: The dimension.
    dimension: str
    #: What sets the case apart from those that are held; null where nothing does.
    apart: str | None
    #: What is compared.
    metric: Measure
    #: Its id in the later run.
    case: str
    #: In the reference.
    before: FlipSide
    #: In the other run.
    after: FlipSide


class RunComparison(Part):
    """One run held against the reference."""

    #: Its file, or the value of the label that cuts it out.
    run: str
    #: Whether it came to its end with a result for every planned trial.
    complete: bool
    #: Trials that could not be judged.
    errors: Count
    #: Trials that rest on recorded answers.
    replayed: Count
    #: Cases that were compared one by one on any dimension.
    cases: Count
    #: Cases that are called otherwise now: old ids to new ones.
    renamed: dict[str, str]
    #: Cases that ask something else now.
    changed: tuple[str, ...]
    #: Cases of this run alone.
    new: tuple[str, ...]
    #: Cases of the reference alone.
    removed: tuple[str, ...]
    #: Cases of the reference in files that were not asked for this time.
    elsewhere: Count
    #: Dimensions that the reference alone judges.
    only_before: tuple[str, ...]
    #: Dimensions that this run alone judges.
    only_after: tuple[str, ...]
    #: All rows.
    findings: tuple[CompareFinding, ...]
    #: What trials took.
    amounts: tuple[ComparedAmount, ...]
    #: Cases that changed: of each row the three that changed most for the worse, and for the better; with -v all.
    flips: tuple[CompareFlip, ...]


class Compare(Document):
    """What `evalbars compare A B --json` prints: runs held against the first one, case by case."""

    #: 1 where anything regressed, else 0.
    exit_code: Literal[0, 1]
    #: Of verdicts and intervals.
    confidence: Share
    #: The largest drop that does not matter.
    margin: Share
    #: The label that cases are grouped by.
    by: str
    #: Statuses of the cases that are held; others are compared apart.
    status: tuple[str, ...]
    #: What the others are compared with.
    reference: ComparedRun
    #: One for each other run.
    comparisons: tuple[RunComparison, ...]
