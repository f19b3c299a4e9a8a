"""The judged observations of a run, folded by case: what every look at many slices begins with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.columns import MISS, PASS
from pytest_evalbars.stats.grouped import rate_sums

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, eq=False)
class Units:
    """One entry for each case, dimension and set of labels that has judged trials; all codes are the run's."""

    run: Run
    case: NDArray[np.int64]
    dimension: NDArray[np.int64]
    labelset: NDArray[np.int64]
    #: How many trials were judged, and how many of them passed.
    trials: NDArray[np.int64]
    passes: NDArray[np.int64]
    #: Whether a case has several entries in one dimension: its tests carry labels of their own.
    repeated: bool

    @cached_property
    def cluster(self) -> NDArray[np.int64] | None:
        """The source of each entry's case; None where each case stands for itself."""
        run = self.run
        if not len(run) or run.cluster.max() < 0:
            return None
        of_case = np.full(len(run.cases), -1, np.int64)
        of_case[run.case] = run.cluster
        alone = run.cluster.max() + 1 + np.arange(len(of_case), dtype=np.int64)
        return np.where(of_case < 0, alone, of_case)[self.case]

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """How many cases each set of labels has in each dimension, shape (dimensions, sets of labels)."""
        shape = (len(self.run.dimensions), len(self.run.labelsets))
        return np.bincount(self.dimension * shape[1] + self.labelset, minlength=shape[0] * shape[1]).reshape(shape)

    def sums(self, of_labelset: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """What the rates of slices rest on, dimension by dimension.

        Args:
            of_labelset: shape (sets of labels,), 0 .. count - 1: the slice that each set of labels belongs to.
            count: how many slices there are.

        Returns:
            Shape (len(ROWS), dimensions, count); see `pytest_evalbars.stats.grouped`.
        """
        dimensions = len(self.run.dimensions)
        if self.separable:  # nothing binds what has other labels: adding up is enough
            rows = np.arange(self._by_labelset[..., 0].size)[:, None]
            found = np.bincount((rows * count + of_labelset).ravel(), self._by_labelset.ravel(), rows.size * count)
            return found.astype(np.float64, copy=False).reshape(-1, dimensions, count)
        group = self.dimension * count + of_labelset[self.labelset]
        passes, trials, cluster = self.passes, self.trials, self.cluster
        if self.repeated:
            names, entry = np.unique(group * len(self.run.cases) + self.case, return_inverse=True)
            passes, trials = (
                np.bincount(entry, each, len(names)).astype(np.int64) for each in (self.passes, self.trials)
            )
            group = names // len(self.run.cases)
            if cluster is not None:
                of_case = np.zeros(len(self.run.cases), np.int64)
                of_case[self.case] = cluster
                cluster = of_case[names % len(self.run.cases)]
        return rate_sums(passes, trials, group, dimensions * count, cluster).reshape(-1, dimensions, count)

    @property
    def separable(self) -> bool:
        """Whether no case and no cluster binds entries of one dimension together."""
        return not self.repeated and self.cluster is None

    @cached_property
    def _by_labelset(self) -> NDArray[np.float64]:
        dimensions, labelsets = self.cells.shape
        group = self.dimension * labelsets + self.labelset
        return rate_sums(self.passes, self.trials, group, self.cells.size).reshape(-1, dimensions, labelsets)


def units_of(run: Run, without: Collection[str] = ()) -> Units:
    """Fold a run by case.

    Args:
        run: the run.
        without: dimensions to leave out.
    """
    judged = run.outcome <= MISS
    if without:
        judged &= np.array([name not in without for name in run.dimensions], bool)[run.dimension]
    rows = slice(None) if judged.all() else np.flatnonzero(judged)
    labelset, passed = run.labelset[rows], run.outcome[rows] == PASS
    key = run.case[rows] * len(run.dimensions) + run.dimension[rows]
    keys, entry = _codes(key, len(run.cases) * len(run.dimensions))
    of_entry = np.zeros(len(keys), np.int64)
    of_entry[entry] = labelset
    repeated = bool((of_entry[entry] != labelset).any())
    if repeated:
        pairs, entry = np.unique(entry * len(run.labelsets) + labelset, return_inverse=True)
        keys, of_entry = keys[pairs // len(run.labelsets)], pairs % len(run.labelsets)
    trials = np.bincount(entry, minlength=len(keys)).astype(np.int64)
    passes = np.bincount(entry[passed], minlength=len(keys)).astype(np.int64)
    some = np.flatnonzero(trials)
    case, dimension = np.divmod(keys[some], max(1, len(run.dimensions)))
    return Units(run, case, dimension, of_entry[some], trials[some], passes[some], repeated)


def _codes(key: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Names, and for each key the place of its name; some names may stand for no key where that spares sorting."""
    if most <= 4 * len(key):
        return np.arange(most, dtype=np.int64), key
    names, codes = np.unique(key, return_inverse=True)
    return names, codes.astype(np.int64, copy=False)
