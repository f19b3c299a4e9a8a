"""A verdict of the gate, as `evalbars gate --json` prints it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pytest_evalbars.schema.document import Count, Ends, Part, Share, Word


class WorseCase(Part):
    """A case whose number became worse since the baseline."""

    #: Its id.
    case: str
    #: Its number in the baseline, in the metric's unit.
    before: float
    #: Its number now.
    after: float
    #: Why it missed, if it did; empty where nothing was said.
    reason: str


class VerdictFlips(Part):
    """How many cases changed since the baseline."""

    #: Cases that became worse.
    worse: Count
    #: Cases that became better.
    better: Count
    #: Those that became worse, the worst first; at most 100.
    worst: tuple[WorseCase, ...]


class GateVerdict(Part):
    """One bar, on one dimension, as a whole or on one group of its `each`.

    Exactly one of `at_least`, `at_most` and `max_drop` is there. `estimate`, `low`, `high` and `interval` are in the
    unit of the metric: shares 0 to 1, seconds, US dollars, tokens; of a bar with `max_drop` they are how much worse
    the number became.
    """

    #: The bar's name.
    bar: str
    #: Null where the bar is of all trials, or no dimension is known.
    dimension: str | None
    #: Null for the whole; else the values of the labels of `each`, joined by `/`.
    group: str | None
    #: What the gate says: met and missed are proven, inconclusive is neither, no data knows nothing.
    verdict: Word
    #: The metric's name, as in the bars file.
    metric: str
    #: The threshold of a floor.
    at_least: float | None = None
    #: The threshold of a ceiling.
    at_most: float | None = None
    #: The largest allowed drop against the baseline; a text such as "10%" is a share of what it was.
    max_drop: float | str | None = None
    #: At which stage the bar is held.
    stage: Literal["testing", "launch"]
    #: Whether evidence decides, or the bare estimate.
    rule: Literal["evidence", "estimate"]
    #: Of a metric of grades: the level.
    level: str | None = None
    #: Of a metric of one class: the class.
    class_: Annotated[str | None, Field(alias="class")] = None
    #: The bare number; null where there is none.
    estimate: float | None
    #: Of a bar with `max_drop`: the number in the baseline.
    before: float | None = None
    #: Of a bar with `max_drop`: the number now, on the cases that were compared.
    after: float | None = None
    #: Of a bar with `max_drop`: the cases that changed; null where they are not compared one by one.
    flips: VerdictFlips | None = None
    #: The one-sided lower bound at the declared confidence; null where there is none.
    low: float | None
    #: The one-sided upper bound at the declared confidence; null where there is none.
    high: float | None
    #: How surprising so bad a number would be if the bar held, corrected for all verdicts of the session.
    p_missed: Share | None
    #: Two-sided, for display.
    interval: Ends | None
    #: Judged cases.
    cases: Count
    #: Judged trials.
    trials: Count
    #: Trials that could not be judged.
    unjudged: Count
    #: Trials that were skipped.
    skipped: Count
    #: Judged trials that rest on recorded answers.
    replayed: Count
    #: The share of trials that pass only just, where the dimension's scale has such levels.
    weak: Share | None
    #: About how many cases would settle the verdict at the present rate; null where none would.
    needed: Count | None
    #: Trials of this slice that were left out of the run.
    left_out: Count
    #: Trials that were not started because no verdict depended on them any more.
    stopped: Count
    #: What the rate of all trials can still be, where some were stopped.
    possible: Ends | None
    #: Of a bar that could stop at any time: the highest e-value of "met".
    e_met: float | None
    #: Of a bar that could stop at any time: the highest e-value of "missed".
    e_missed: float | None
    #: Whether the verdict counts in this session.
    enforced: bool
    #: Whether it fails the session.
    fails: bool
    #: Where a judge gave the verdicts: whether people's labels tell how far it may be trusted.
    judge: Literal["calibrated", "uncalibrated"] | None = None
    #: How the numbers were corrected for the judge's error; null where they were not.
    correction: Literal["post-stratified", "Rogan-Gladen"] | None = None
    #: By how many labelled answers they were corrected.
    labels: Count = 0
    #: The judge's own number, where it was corrected.
    raw: float | None = None
    #: The two-sided interval of the judge's own number.
    raw_interval: Ends | None = None
    #: What else a reader must know, in words.
    notes: tuple[str, ...]
    #: Why the bar is there, as its author says.
    why: str
