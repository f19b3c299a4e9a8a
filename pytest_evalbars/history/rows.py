"""What is written into the store, and read from it: its rows, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

#: What the cases of a slice are: those that a bar holds which names no status, and the others.
HELD = "held"


class Card(NamedTuple):
    """What is the same in many runs: a case on a dimension, where it stands and what it asks."""

    case: str
    dimension: str
    test: str
    #: The case file; empty for a case that stands in none.
    file: str
    #: Digests of what it asks, one for each test that judges it on this dimension, joined by `+`.
    content: str
    status: str
    category: str | None
    #: Empty for a case that stands for itself.
    cluster: str


class Sum(NamedTuple):
    """What a slice of a run adds up to; the columns of a table of the store."""

    dimension: str
    #: `held` or another status; `, adversarial` behind it where the cases are set apart as that.
    kind: str
    #: None: of all categories.
    category: str | None
    cases: int
    #: Judged trials, those that could not be judged, and those that no verdict depended on any more.
    trials: int
    errors: int
    stopped: int
    #: The pass rate and the independent trials that it is worth; None without a judged trial.
    value: float | None
    n_eff: float | None


@dataclass(frozen=True, slots=True)
class Folded:
    """What the history keeps of a run. The lists of cards, passes, trials and errors have one entry a card."""

    cards: list[Card]
    passes: list[int]
    #: Judged ones.
    trials: list[int]
    errors: list[int]
    sums: list[Sum]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A run file as it was when it was looked at."""

    #: Relative to the project where it lies in it.
    path: str
    size: int
    #: Nanoseconds.
    changed: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a run file."""

    stamp: Stamp
    run: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know of a run beside its cases; the columns of the table of runs."""

    name: str
    started: str
    commit: str | None
    changes: str | None
    labels: dict[str, str]
    exit: int | None
    complete: bool
    whole: bool
    everything: bool
    #: Trials that replayed recorded answers: they are no new evidence, and no number counts them.
    replayed: int
