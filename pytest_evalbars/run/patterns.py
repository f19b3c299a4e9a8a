"""Where a run fails: weak slices, reasons that recur, cases that never pass, cases that flip."""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.run.columns import ERROR, MISS
from pytest_evalbars.run.flaky import flaky_cases
from pytest_evalbars.run.reasons import Reasons, group_reasons
from pytest_evalbars.run.units import units_of
from pytest_evalbars.run.worst import WeakSlice, weak_slices

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.flaky import Flaky
    from pytest_evalbars.run.units import Units

#: Cases of one kind that are kept by name; the others are counted.
KEPT = 20
#: What a reader must know of the ranking, wherever it is shown.
LEAD = "a lead, not a proof: what looks worst is partly bad luck; confirm it on new cases or with a bar"


@dataclass(frozen=True, slots=True)
class AlwaysMissing:
    """A case that missed on every trial of every dimension named here, at least twice in all."""

    case: str
    dimensions: tuple[str, ...]
    #: The most that it had on one of them.
    trials: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the misses of a run have in common."""

    #: Cases that missed at least one trial.
    missing_cases: int
    slices: tuple[WeakSlice, ...] = ()
    #: Of the misses, and of the trials that could not be judged.
    reasons: Reasons = field(default_factory=Reasons)
    errors: Reasons = field(default_factory=Reasons)
    always_missing: tuple[AlwaysMissing, ...] = ()
    always_missing_count: int = 0
    flips: tuple[Flaky, ...] = ()
    flips_count: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "note": LEAD,
            "missing_cases": self.missing_cases,
            "slices": [each.to_json() for each in self.slices],
            "reasons": [each.to_json() for each in self.reasons.groups],
            "reasons_count": self.reasons.count,
            "reasons_unread": self.reasons.unread,
            "errors": [each.to_json() for each in self.errors.groups],
            "always_missing": [each.to_json() for each in self.always_missing],
            "always_missing_count": self.always_missing_count,
            "flips": [each.to_json() for each in self.flips],
            "flips_count": self.flips_count,
        }


def patterns(run: Run, *, without: Collection[str] = (), flaky: Sequence[Flaky] | None = None) -> Patterns:
    """Look for what the misses of a run have in common.

    Only judged trials count; capability cases are among them. The work grows with the observations.

    Args:
        run: the run.
        without: dimensions on which a miss is no failure, and that are left out: those held by `at_most`.
        flaky: the run's flaky cases, where they are known already.
    """
    kept = np.array([name not in without for name in run.dimensions], bool)
    missed = np.flatnonzero(run.outcome == MISS)
    missed = missed[kept[run.dimension[missed]]]
    erred = np.flatnonzero(run.outcome == ERROR)
    errors = group_reasons(run, erred)
    if not len(missed):
        return Patterns(0, errors=errors)
    units = units_of(run, without)
    flips = [one for one in (flaky_cases(run) if flaky is None else flaky) if one.dimension not in without]
    always, count = _always_missing(units)
    return Patterns(
        missing_cases=int((np.bincount(run.case[missed]) > 0).sum()),
        # The cases of a second look were chosen because they missed: their rates compare to nothing.
        slices=() if run.second_look else weak_slices(units),
        reasons=group_reasons(run, missed),
        errors=errors,
        always_missing=always,
        always_missing_count=count,
        flips=tuple(flips[:KEPT]),
        flips_count=len(flips),
    )


def _always_missing(units: Units) -> tuple[tuple[AlwaysMissing, ...], int]:
    """The cases that miss each time, those with the most misses first, and how many there are."""
    run, width = units.run, len(units.run.dimensions)
    key = units.case * width + units.dimension
    names, entry = np.unique(key, return_inverse=True) if units.repeated else (key, slice(None))
    trials, passes = units.trials, units.passes
    if units.repeated:
        trials, passes = (np.bincount(entry, each, len(names)).astype(np.int64) for each in (trials, passes))
    never = np.flatnonzero(passes == 0)
    case, dimension, trials = names[never] // width, names[never] % width, trials[never]
    misses = np.bincount(case, trials, len(run.cases))
    found = np.flatnonzero(misses >= 2).tolist()
    first = heapq.nsmallest(KEPT, found, key=lambda code: (-misses[code], run.cases[code]))
    told = []
    for code in first:
        mine = case == code
        dimensions = sorted(run.dimensions[each] for each in dimension[mine].tolist())
        told.append(AlwaysMissing(run.cases[code], tuple(dimensions), int(trials[mine].max())))
    return tuple(told), len(found)
