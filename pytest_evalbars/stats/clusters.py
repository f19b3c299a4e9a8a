"""Which cases belong together, as the estimators need it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
    order = np.lexsort((values, codes))
    return np.bincount(codes[order], values[order]).astype(np.float64, copy=False)
