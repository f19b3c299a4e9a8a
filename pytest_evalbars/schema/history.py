"""What `evalbars history --json` prints."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.schema.document import Count, Document, Part, Share


class HistoryRun(Part):
    """One run of the past."""

    #: Its name, unique.
    run: str
    #: When it began, UTC: `2026-11-20T22:41:07Z`.
    started: str
    #: Null where nobody knows.
    commit: str | None
    #: A digest of what had changed since the commit; empty for nothing, null where nobody knows.
    changes: str | None
    #: Labels of the whole run.
    labels: dict[str, str]
    #: The stage at which its bars were held; empty where nobody knows.
    stage: str
    #: The session's exit code; null where it did not come to its end.
    exit: int | None
    #: Whether it came to its end with a result for every planned trial.
    complete: bool
    #: The verdict of each bar, by its name as a test: `faithful[es]`.
    verdicts: dict[str, str]
    #: Whether no case of what was asked for was left out or stopped early.
    whole: bool
    #: Whether the whole project was asked for, and not some of its files.
    everything: bool
    #: Trials that replayed recorded answers; no number counts them.
    replayed: Count


class TrendPoint(Part):
    """One slice in one run."""

    #: Which run, as a place in `runs`, from 0.
    run: Count
    #: Judged cases.
    cases: Count
    #: Judged trials.
    trials: Count
    #: Trials that could not be judged.
    errors: Count
    #: Trials that were not run, as no verdict depended on them.
    stopped: Count
    #: The mean over cases of each one's share of passing trials; null where there is none.
    rate: Share | None
    #: Its two-sided interval.
    interval: tuple[Share, Share] | None


class SliceTrend(Part):
    """How a dimension, or a category of it, went from run to run."""

    #: The dimension.
    dimension: str
    #: `held`: regression and saturated cases; or another status; with `, adversarial` for cases that are set apart.
    kind: str
    #: Null: of all categories.
    category: str | None
    #: Oldest first.
    points: tuple[TrendPoint, ...]


class CaseStanding(Part):
    """What a case does on one dimension, since it last asked something else than before.

    Runs are places in `runs`, from 0.
    """

    #: Its id.
    case: str
    #: The dimension.
    dimension: str
    #: The test that judged it last, without row and trial.
    test: str
    #: Its case file; empty where it stands in a test.
    file: str
    #: Where it stands in its life.
    status: str
    #: Null where it has none.
    category: str | None
    #: What it does.
    word: Literal["always passes", "flaky", "always misses", "not judged"]
    #: The first run of which the word holds.
    since: Count
    #: Of how many judged runs it holds.
    runs: Count
    #: Their passes.
    passes: Count
    #: Their judged trials.
    trials: Count
    #: The last judged run before that in which it did something else; null if there is none.
    before: Count | None
    #: The first run in which it asked what it asks now.
    born: Count
    #: Whether it asked something else before.
    changed: bool
    #: The last run that has it.
    last: Count
    #: Trials of that run that could not be judged.
    errors: Count
    #: Whether later whole runs have it no more.
    gone: bool
    #: The commit of the run `since`; null where nobody knows.
    commit: str | None
    #: The commit of the run `before`.
    commit_before: str | None


class BarHistory(Part):
    """How often a bar got which verdict, in the runs in which it was enforced."""

    #: Its name as a test.
    bar: str
    #: Runs in which it was met.
    met: Count
    #: Runs in which it was missed.
    missed: Count
    #: Runs in which it was neither.
    inconclusive: Count
    #: Runs in which nothing was judged.
    no_data: Count
    #: In how many runs it failed the session.
    failed: Count
    #: When the last of them began; empty if there is none.
    last_failed: str
    #: In how many other runs its verdict rests on recorded answers, and so is not counted.
    replayed: Count
    #: How many runs were counted.
    runs: Count


class HistoryTold(Document):
    """What `evalbars history --json` prints: past runs, and of their slices, cases or bars what was asked for."""

    #: Of intervals.
    confidence: Share
    #: The runs, oldest first.
    runs: tuple[HistoryRun, ...]
    #: Absent where --cases or --bars was asked for.
    trends: tuple[SliceTrend, ...] | None = None
    #: With --cases: the record of each case.
    cases: tuple[CaseStanding, ...] | None = None
    #: With --bars: the record of each bar.
    bars: tuple[BarHistory, ...] | None = None
    #: What else a reader must know, in words.
    notes: tuple[str, ...]
