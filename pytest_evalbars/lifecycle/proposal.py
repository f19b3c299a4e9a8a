"""A move in the life of a case, a dimension or a suite that its history speaks for, with the numbers behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import date

Kind = Literal["promote", "quarantine", "broken", "reopen", "saturated", "retire", "stale"]
#: In the order in which they are told.
KINDS: tuple[Kind, ...] = ("broken", "quarantine", "promote", "reopen", "saturated", "retire", "stale")


@dataclass(frozen=True, slots=True)
class Rules:
    """What it takes. Every bound is one-sided with the error `alpha`."""

    #: Trials of a case that decide on its promotion, and on whether it is flaky: with 29 none may miss, with 46 one,
    #: with 61 two. Fixed before anybody looks: who tries all three promotes more often than `alpha` says.
    window: int = 46
    #: Promote after a streak, too: sooner, and wrongly more often. See `FAST_ERROR`.
    fast: bool = False
    alpha: float = 0.05
    #: A case is ground held once it is proven to pass at least so often ...
    promoted_at: float = 0.90
    #: ... flaky once it is proven to pass less often than this, and saturated if it is proven to pass more often.
    steady_at: float = 0.95
    #: The smallest effect of interest: a dimension with less room than this below 1 tells no two variants apart.
    smallest_effect: float = 0.03
    quarantine_days: int = 30
    retire_days: int = 180
    stale_days: int = 90


#: Of `fast`: runs in a row, the trials that each must hold, and how often a case that passes 80% of its trials is
#: promoted by it within ten runs.
FAST_RUNS, FAST_TRIALS, FAST_ERROR = 5, 3, 0.12


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted on one dimension, over the runs that decided."""

    dimension: str
    cases: int
    #: Those that judged it.
    runs: int
    passes: int
    trials: int
    #: Trials of these runs that could not be judged; they are no misses.
    errors: int
    #: The pass rate, the mean over cases, and its one-sided bounds.
    rate: float
    low: float
    high: float
    #: The e-value of "it passes less often than `steady_at`", since the case took its present status.
    e_value: float | None = None
    #: Distinct states of the product among the runs, where they matter.
    variants: int | None = None
    #: Whether a streak alone speaks for it, which proves less than the bounds of a window.
    fast: bool = False


@dataclass(frozen=True, slots=True)
class Flip:
    """The run since which a case misses."""

    run: str
    started: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One move, or one thing to look at."""

    kind: Kind
    #: What the numbers say, in words.
    why: str
    #: None where it is about a dimension, or the suite.
    case: str | None = None
    dimension: str | None = None
    #: Where the case stands: node ids of its tests, and its case file, if it has one.
    tests: tuple[str, ...] = ()
    file: str = ""
    status: str | None = None
    #: The status that is proposed; None where there is none to write.
    becomes: str | None = None
    numbers: tuple[Numbers, ...] = ()
    flip: Flip | None = None
    #: Of a quarantine: when it ends.
    until: date | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"until": self.until and self.until.isoformat(), "tests": list(self.tests)}
