"""The mean of one probability a case: pass@k, pass^k, the agreement of trials.

Such values lie anywhere in 0..1 and mostly at its ends. How many trials of pass and fail they are worth is
estimated as `case_rate` does it: from the variance between clusters, shrunk towards values that are all 0 or 1,
with the weight of two clusters. Where they are all 0 or 1, it says what `case_rate` says.

Source: the plain t interval covers 64% to 91% here where it promises 95%; this keeps it (tests/stats simulate it).
"""

import numpy as np
from numpy.typing import ArrayLike

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.effective import SHRINKAGE, Rate
from pytest_evalbars.stats.exact import total


def unit_rate(values: ArrayLike, clusters: ArrayLike | None = None) -> Rate:
    """Estimate the mean probability of the population that the cases are drawn from.

    Args:
        values: Shape (cases,): an unbiased estimate of one probability for each case, in 0..1.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.

    Returns:
        The mean, as a rate. Its `trials` are the cases, which `n_eff` exceeds where the values are much alike;
        its `icc` is None.

    Raises:
        ValueError: No case, a value outside 0..1 or not a number, or arrays of other shapes or kinds.
    """
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1 or y.size == 0:
        raise ValueError(f"values must be a list of at least one case, got shape {y.shape}")
    if not (y.min() >= 0 and y.max() <= 1):
        raise ValueError("values must lie between 0 and 1")
    m = len(y)
    value = total(y) / m
    if clusters is None:
        count, sizes, unit, within = m, np.ones(m), y, 0.0
        below, above = y < 1, y > 0
    else:
        codes, count = cluster_codes(clusters, m)
        sizes = cluster_sums(codes, np.ones(m))
        unit = cluster_sums(codes, y) / sizes
        within = total(np.square(y - unit[codes])) / max(m - count, 1)
        below, above = np.bincount(codes, y < 1) > 0, np.bincount(codes, y > 0) > 0
    n_perfect = m * m / float(sizes @ sizes)
    informative = min(int(below.sum()), int(above.sum()))

    likeness = 1.0
    chance = value * (1 - value)
    if count > 1 and informative and chance > 0:
        independent = n_perfect / m
        spread = total(np.square(y - value)) / m
        between = total(np.square(sizes * (unit - value))) / (m * m) * n_perfect
        # The luck of a few large clusters is no evidence: what varies within all of them must account for it.
        # Nor is it evidence that clusters are more alike than chance makes them.
        alike = spread - within * (1 - independent) if count < m else 0.0
        ratio = max(min(count / (count - 1) * max(between, alike) / chance, 1.0), spread * independent / chance)
        likeness = (informative * ratio + SHRINKAGE) / (informative + SHRINKAGE)
    return Rate(value, n_perfect / likeness, n_perfect, m, m, count, None)
