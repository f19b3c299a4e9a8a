"""Which cases belong together, as the estimators need it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.exact import totals


def cluster_codes(clusters: ArrayLike, cases: int) -> tuple[NDArray[np.intp], int]:
    """Renumber the clusters of cases as 0 .. C-1.

    Args:
        clusters: Shape (cases,), one integer a case; equal integers mean one source.
        cases: How many there must be.

    Returns:
        The code of each case, and the number of clusters.

    Raises:
        ValueError: The array has another shape, or is not of integers.
    """
    given = np.asarray(clusters)
    if given.shape != (cases,):
        raise ValueError(f"there must be one cluster a case, got shape {given.shape} for {cases} cases")
    if given.dtype.kind not in "iu":
        raise ValueError(f"clusters must be integers, got {given.dtype}")
    names, codes = np.unique(given, return_inverse=True)
    return codes, len(names)


def cluster_sums(codes: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up one value a case within each cluster; shape (C,). The order of cases changes nothing."""
    sizes = np.bincount(codes)
    return totals(codes, values, len(sizes), int(sizes.max(initial=0)))


def case_codes(cases: ArrayLike, trials: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Renumber the cases of trials as 0 .. m-1, without a sort where their numbers are small.

    Args:
        cases: Shape (trials,), one integer a trial; equal integers mean one case.
        trials: How many there must be.

    Returns:
        The code of each trial's case, and how many trials each case has: shapes (trials,) and (m,).

    Raises:
        ValueError: The array has another shape, or is not of integers.
    """
    given = np.asarray(cases)
    if given.shape != (trials,):
        raise ValueError(f"there must be one case a trial, got shape {given.shape} for {trials} trials")
    if given.dtype.kind not in "iu":
        raise ValueError(f"cases must be integers, got {given.dtype}")
    if not trials or given.min() < 0 or given.max() > 8 * trials:
        _, codes, counts = np.unique(given, return_inverse=True, return_counts=True)
        return codes, counts
    counts = np.bincount(given)
    present = counts > 0
    if present.all():
        return given.astype(np.intp, copy=False), counts
    return (np.cumsum(present) - 1)[given], counts[present]


def clusters_of_cases(
    clusters: ArrayLike | None, codes: NDArray[np.intp], cases: int
) -> NDArray[np.integer[Any]] | None:
    """The cluster of each case, from that of each trial; shape (cases,), or None where there are none.

    Args:
        clusters: Shape (trials,), integers, or None.
        codes: Shape (trials,), the case of each trial, 0 .. cases-1, each at least once.
        cases: How many there are.

    Raises:
        ValueError: Another shape or kind, or trials of one case in two clusters.
    """
    if clusters is None:
        return None
    given = np.asarray(clusters)
    if given.shape != codes.shape:
        raise ValueError(f"there must be one cluster a trial, got shape {given.shape} for {len(codes)} trials")
    if given.dtype.kind not in "iu":
        raise ValueError(f"clusters must be integers, got {given.dtype}")
    each = np.empty(cases, dtype=given.dtype)
    each[codes] = given
    if (each[codes] != given).any():
        raise ValueError("all trials of a case must lie in one cluster")
    return each
