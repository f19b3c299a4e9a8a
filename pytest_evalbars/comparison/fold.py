"""A run folded by case and dimension, and two of them brought side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.run.columns import LEFT_OUT, MISS, PASS, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What each case of a run says on each dimension; shapes (units,), a unit being a case on a dimension."""

    #: dimension * width + case, ascending.
    key: NDArray[np.int64]
    #: Trials that passed, and that were judged.
    passes: NDArray[np.int64]
    trials: NDArray[np.int64]
    #: Trials that ran or should have, and were not judged.
    open: NDArray[np.int64]
    #: The sum of the scores, and how many judged trials gave one.
    scores: NDArray[np.float64]
    scored: NDArray[np.int64]
    #: Codes into the run's label sets; of several, the last.
    labelset: NDArray[np.int64]
    #: None where no cluster was declared.
    cluster: NDArray[np.int64] | None

    def at(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Folded:
        """Some of the units."""
        cluster = None if self.cluster is None else self.cluster[which]
        columns = (self.key, self.passes, self.trials, self.open, self.scores, self.scored, self.labelset)
        return Folded(*(each[which] for each in columns), cluster)  # type: ignore[arg-type]


def fold(run: Run, codes: Mapping[str, int], width: int, case_of: NDArray[np.int64] | None = None) -> Folded:
    """Fold a run by case and dimension; skipped trials, and those left out of the run, say nothing.

    Args:
        run: the run.
        codes: the code of each dimension that counts.
        width: how many cases there are.
        case_of: the code of each of the run's cases, -1 where it does not count; None: they are as in the run.
    """
    dimension = np.array([codes.get(name, -1) for name in run.dimensions] or [-1], np.int64)[run.dimension]
    case = run.case if case_of is None else case_of[run.case]
    said = (run.outcome != SKIPPED) & (run.outcome != LEFT_OUT) & (case >= 0) & (dimension >= 0)
    rows = slice(None) if said.all() else np.flatnonzero(said)
    key = dimension[rows] * width + case[rows]
    size = max(1, len(codes)) * width
    if size <= 4 * len(key) + 1024:  # counting is faster than sorting
        unit = key
        found = np.flatnonzero(np.bincount(key, minlength=size))
        place: NDArray[np.int64] | slice = found
    else:
        found, unit = np.unique(key, return_inverse=True)
        place, size = slice(None), len(found)

    def many(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(unit[which], minlength=size)[place]

    outcome, score = run.outcome[rows], run.score[rows]
    judged = outcome <= MISS
    scored = judged & ~np.isnan(score)
    labelset = np.zeros(size, np.int64)
    labelset[unit] = run.labelset[rows]
    clusters = Slice(run).clusters(None, run.case, len(run.cases)) if len(run) else None
    cluster = None
    if clusters is not None:
        of_code = clusters if case_of is None else np.zeros(width, np.int64)
        if case_of is not None:
            of_code[case_of[case_of >= 0]] = clusters[case_of >= 0]
        cluster = of_code[found % width]
    return Folded(
        key=found,
        passes=many(outcome == PASS),
        trials=many(judged),
        open=many(~judged),
        scores=np.bincount(unit[scored], score[scored], size).astype(np.float64)[place],
        scored=many(scored),
        labelset=labelset[place],
        cluster=cluster,
    )


def aligned(before: Folded, after: Folded) -> tuple[Folded, Folded]:
    """The units that both have, each once and in the same order."""
    place = np.minimum(np.searchsorted(before.key, after.key), max(0, len(before.key) - 1))
    same = before.key[place] == after.key if len(before.key) else np.zeros(len(after.key), bool)
    return before.at(place[same]), after.at(same)
