"""The cases that changed between two runs, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_evalbars.run.columns import MISS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.comparison.cells import Place
    from pytest_evalbars.comparison.change import Measure
    from pytest_evalbars.comparison.finding import Part
    from pytest_evalbars.comparison.fold import Folded
    from pytest_evalbars.run.matching import Matching


class Told(NamedTuple):
    """What one run says of a case on a dimension."""

    #: What the case is called in the run's file, and the test of the trial that tells most: one that missed.
    case: str
    test: str
    passes: int
    trials: int
    #: The mean score, None where there is none.
    score: float | None
    #: Why it missed, if it did.
    reason: str


@dataclass(frozen=True, slots=True)
class Flip:
    """A case whose number on one dimension is another than before."""

    place: Place
    measure: Measure
    case: str
    before: Told
    after: Told

    def to_json(self, evidence: Sequence[Any] = ()) -> dict[str, Any]:
        """Plain values.

        Args:
            evidence: what the case recorded before, and now.
        """
        sides = {}
        for at, (name, told) in enumerate((("before", self.before), ("after", self.after))):
            sides[name] = {key: value for key, value in told._asdict().items() if key != "test"}
            if evidence and evidence[at]:
                sides[name]["evidence"] = evidence[at]
        return {
            "dimension": self.place.dimension,
            "apart": self.place.apart or None,
            "metric": self.measure,
            "case": self.case,
            **sides,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """Finds them, as many as a reader asks for.

    Args:
        parts: the two runs.
        matching: which case is which.
        dimensions: the names behind the codes.
        both: what the runs say of the same cases.
        units: where those of each row stand; only of rows whose cases are compared one by one, and told.
    """

    parts: tuple[Part, Part]
    matching: Matching
    dimensions: Sequence[str]
    both: Sequence[Folded]
    units: Mapping[tuple[Place, Measure], slice] = field(default_factory=dict)

    def of(self, place: Place, measure: Measure, most: int | None = None) -> tuple[list[Flip], list[Flip]]:
        """The cases of a row that became worse, and better; those that changed most first, then by name.

        Args:
            place: the row.
            measure: what is compared of it.
            most: how many of each; None: all.
        """
        units = self.units.get((place, measure))
        if units is None:
            return [], []
        before, after = (each.at(units) for each in self.both)
        sums, trials = (
            [[each.passes, each.scores][measure == "mean_score"] for each in (before, after)],
            [[each.trials, each.scored][measure == "mean_score"] for each in (before, after)],
        )
        both = (trials[0] > 0) & (trials[1] > 0)
        rates = [np.divide(s, n, out=np.zeros(len(n)), where=n > 0) for s, n in zip(sums, trials, strict=True)]
        change = np.where(both, np.round(rates[1] - rates[0], 12), 0.0)
        names, case = self.matching.after.cases, after.case
        found = []
        for sign in (-1, 1):
            which = np.flatnonzero(change * sign > 0)
            if most is not None and len(which) > most:  # of a million, few need a name
                least = np.partition(change[which] * -sign, most - 1)[most - 1]
                which = which[change[which] * -sign <= least]
            order = sorted(which.tolist(), key=lambda at: (-abs(change[at]), names[int(case[at])]))
            found.append(units.start + np.array(order[:most], np.int64))
        flips = self._told(place, measure, np.concatenate(found))
        return flips[: len(found[0])], flips[len(found[0]) :]

    def _told(self, place: Place, measure: Measure, units: NDArray[np.int64]) -> list[Flip]:
        said = [self._of_side(side, units) for side in (0, 1)]
        names, case = self.matching.after.cases, self.both[1].at(units).case
        return [
            Flip(place, measure, names[int(code)], before, after)
            for code, before, after in zip(case, said[0], said[1], strict=True)
        ]

    def _of_side(self, side: int, units: NDArray[np.int64]) -> list[Told]:
        """What one of the runs says of some cases."""
        part, of = self.parts[side], self.both[side].at(units)
        run = part.run
        row_of: dict[tuple[int, str], int] = {}
        wanted = np.zeros(max(1, len(run.cases)), bool)
        wanted[of.case] = True
        for row in np.flatnonzero(wanted[run.case] & (run.outcome <= MISS)).tolist():
            key = (int(run.case[row]), run.dimensions[int(run.dimension[row])])
            # Of several trials, the first that missed, and why.
            if key not in row_of or run.outcome[row] > run.outcome[row_of[key]]:
                row_of[key] = row
        found = []
        for at, case in enumerate(of.case.tolist()):
            row = row_of[case, self.dimensions[int(of.dimension[at])]]
            scored, name = int(of.scored[at]), run.cases[case]
            found.append(
                Told(
                    part.called.get(name, name),
                    run.tests[int(run.test[row])],
                    int(of.passes[at]),
                    int(of.trials[at]),
                    float(of.scores[at]) / scored if scored else None,
                    run.reasons.get(row, ""),
                )
            )
        return found
