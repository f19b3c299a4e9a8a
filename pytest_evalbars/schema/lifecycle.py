"""What `evalbars lifecycle --json` prints."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.schema.document import Count, Document, Part, Share


class ProposalNumbers(Part):
    """What was counted on one dimension, over the runs that decided."""

    #: The dimension.
    dimension: str
    #: Cases.
    cases: Count
    #: Runs that judged it.
    runs: Count
    #: Trials that passed.
    passes: Count
    #: Trials that were judged.
    trials: Count
    #: Trials of these runs that could not be judged; they are no misses.
    errors: Count
    #: The pass rate, the mean over cases.
    rate: Share
    #: Its one-sided lower bound.
    low: Share
    #: Its one-sided upper bound.
    high: Share
    #: The e-value of "it passes less often than a steady case does"; null where it was not asked.
    e_value: float | None
    #: Distinct states of the product among the runs; null where they do not matter.
    variants: Count | None
    #: Whether a streak alone speaks for it, which proves less.
    fast: bool


class CaseFlip(Part):
    """The run since which a case misses."""

    #: Its name.
    run: str
    #: When it began, UTC.
    started: str
    #: Null where nobody knows.
    commit: str | None


class ProposalTold(Part):
    """One move in the life of a case, a dimension or the suite, or one thing to look at."""

    #: What is proposed.
    kind: Literal["promote", "quarantine", "broken", "reopen", "saturated", "retire", "stale"]
    #: What the numbers say, in words.
    why: str
    #: The case's id; null where it is about a dimension, or the suite.
    case: str | None
    #: Null where it is about a case on all of its dimensions, or the suite.
    dimension: str | None
    #: Node ids of its tests.
    tests: tuple[str, ...]
    #: Its case file; empty where it has none.
    file: str
    #: Its status now; null where it is about none.
    status: str | None
    #: The status that is proposed; null where there is none to write.
    becomes: str | None
    #: The numbers behind it.
    numbers: tuple[ProposalNumbers, ...]
    #: Since when it misses; null where nothing tells.
    flip: CaseFlip | None
    #: Of a quarantine: its last day, `2026-12-31`.
    until: str | None


class QuietBarTold(Part):
    """A bar that no run ever missed: perhaps it is too low, perhaps it cannot fail."""

    #: Its name as a test.
    bar: str
    #: Runs that held it.
    runs: Count
    #: Runs in which it was met.
    met: Count


class ChangeFailed(Part):
    """A change that could not be made."""

    #: The case's id.
    case: str
    #: Where it stands.
    test: str
    #: Why not.
    why: str


class LifecycleTold(Document):
    """What `evalbars lifecycle --json` prints: which cases should be promoted, quarantined or retired."""

    #: The day of today, UTC, `2026-12-31`.
    today: str
    #: Past runs that were read.
    runs: Count
    #: What else a reader must know, in words.
    notes: tuple[str, ...]
    #: Trials that replayed recorded answers; no number counts them.
    replayed: Count
    #: All moves, in the order in which they are told.
    proposals: tuple[ProposalTold, ...]
    #: Bars that never failed.
    quiet_bars: tuple[QuietBarTold, ...]
    #: With --diff or --apply: what changes in the files, as a diff.
    diff: str | None = None
    #: With --diff or --apply: what could not be changed.
    failed: tuple[ChangeFailed, ...] | None = None
