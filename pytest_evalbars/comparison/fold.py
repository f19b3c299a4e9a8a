"""A run folded by case and dimension, and two of them brought side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    #: dimension * width + case.
    key: NDArray[np.int64]
    #: How many cases the run has.
    width: int
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

    @property
    def case(self) -> NDArray[np.int64]:
        """The codes of the cases."""
        return self.key % max(1, self.width)

    @property
    def dimension(self) -> NDArray[np.int64]:
        """The codes of the dimensions."""
        return self.key // max(1, self.width)

    def at(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Folded:
        """Some of the units."""
        return replace(
            self, **{name: column[which] for name in COLUMNS if (column := getattr(self, name)) is not None}
        )


#: What has an entry for each unit.
COLUMNS = ("key", "passes", "trials", "open", "scores", "scored", "labelset", "cluster")


def fold(run: Run, codes: Mapping[str, int], among: NDArray[np.bool_] | None = None) -> Folded:
    """Fold a run by case and dimension; skipped trials, and those left out of the run, say nothing.

    Args:
        run: the run.
        codes: the code of each dimension that counts.
        among: which rows of the run count, shape (rows,); None: all.
    """
    width = len(run.cases)
    dimension = np.array([codes.get(name, -1) for name in run.dimensions] or [-1], np.int64)[run.dimension]
    said = (run.outcome != SKIPPED) & (run.outcome != LEFT_OUT) & (dimension >= 0)
    if among is not None:
        said &= among
    rows = slice(None) if said.all() else np.flatnonzero(said)
    key = dimension[rows] * width + run.case[rows]
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
    labelset[unit] = run.labelset[rows]  # of equal units, numpy keeps the last
    clusters = Slice(run).clusters(None, run.case, width)
    sums = np.bincount(unit[scored], score[scored], size).astype(np.float64)[place]
    return Folded(
        key=found,
        width=width,
        passes=many(outcome == PASS),
        trials=many(judged),
        open=many(~judged),
        scores=sums,
        scored=many(scored),
        labelset=labelset[place],
        cluster=None if clusters is None else clusters[found % width],
    )


def aligned(before: Folded, after: Folded, before_of: NDArray[np.int64]) -> tuple[Folded, Folded]:
    """What both say of the same cases on the same dimensions, in the same order.

    Args:
        before: the earlier run.
        after: the later one.
        before_of: the code in `before` of each case of `after`, -1 where it has none.
    """
    then = before_of[after.case]
    here = np.flatnonzero(then >= 0)
    wanted = after.dimension[here] * before.width + then[here]
    place = np.minimum(np.searchsorted(before.key, wanted), max(0, len(before.key) - 1))
    same = before.key[place] == wanted if len(before.key) else np.zeros(len(wanted), bool)
    return before.at(place[same]), after.at(here[same])
