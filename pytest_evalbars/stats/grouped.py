"""Pass rates of many slices at once: what `case_rate` says of each, from sums that can be added up.

A million cases in thousands of slices are one pass over the cases. Where no case and no cluster stands in two
slices, the sums of slices joined are the slices' sums added, so that other ways to cut cost next to nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_evalbars.stats.effective import SHRINKAGE

#: What is summed over a slice's independent units (clusters, else cases), each of s cases with rates that add up to r
#: and with q = the sum of 1 / trials over its cases.
ROWS = ("1", "s", "s * s", "r", "r * r", "r * s", "r * r / s", "q", "q / s", "some trial missed", "some trial passed")


def rate_sums(
    passes: NDArray[np.int64],
    trials: NDArray[np.int64],
    slices: NDArray[np.int64],
    count: int,
    clusters: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Sum up what the rates of slices rest on.

    Args:
        passes: Shape (cases,): how many trials of each case passed.
        trials: Shape (cases,), above 0: how many trials each case had.
        slices: Shape (cases,), 0 .. count - 1: the slice of each case.
        count: How many slices there are.
        clusters: Shape (cases,), 0 or more: cases of one number share a source. None: all are independent.

    Returns:
        Shape (len(ROWS), count); may be added up along the slices.
    """
    if clusters is None:
        s, r, rr, q, misses, passing = _folded(passes, trials, slices, count)
        return np.stack([s, s, s, r, rr, r, rr, q, q, misses, passing])

    per_slice = int(clusters.max(initial=0)) + 1
    unit, units = slices * per_slice + clusters, count * per_slice
    if units > 4 * len(unit):  # else counting is faster than sorting
        names, unit = np.unique(unit, return_inverse=True)
        units, slices = len(names), names // per_slice
    else:
        slices = np.arange(units, dtype=np.int64) // per_slice
    table = np.stack(_folded(passes, trials, unit, units))
    some = np.flatnonzero(table[0])
    s, r, _, q, misses, passing = table[:, some]
    slices = slices[some]
    columns = (s, s * s, r, r * r, r * s, r * r / s, q, q / s, misses > 0, passing > 0)
    return np.stack([_added(slices, count), *(_added(slices, count, each) for each in columns)])


def _folded(
    passes: NDArray[np.int64], trials: NDArray[np.int64], index: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], ...]:
    """By index: cases, rates and their squares, 1 / trials, how many cases missed a trial and how many passed one."""
    s = _added(index, count)
    if (trials == 1).all():  # each rate is 0 or 1, and most of the sums are known
        r = _added(index, count, passes)
        return s, r, r, s, s - r, r
    rates = passes / trials
    values = (rates, rates**2, 1 / trials, passes < trials, passes > 0)
    return s, *(_added(index, count, each) for each in values)


def _added(index: NDArray[np.int64], count: int, values: NDArray[Any] | None = None) -> NDArray[np.float64]:
    return np.bincount(index, values, count).astype(np.float64, copy=False)


def rates_and_sizes(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pass rate and the effective sample size of each slice.

    Args:
        sums: From `rate_sums`, shape (len(ROWS), slices), each slice with at least one case.

    Returns:
        Two arrays of shape (slices,): `value` and `n_eff` as `case_rate` gives them, to rounding.
    """
    units, cases, ss, r, rr, rs, rr_s, q, q_s, missed, passed = sums
    value = r / cases
    independent, perfect = cases * cases / q, cases * cases / ss
    worst = independent / perfect
    informative = np.minimum(missed, passed)
    # Where the sample cannot tell how alike the trials of a unit are, they are taken to be wholly alike.
    tells = (informative > 0) & (units > 1) & (worst > 1 + 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = value * (1 - value)
        between = np.maximum(rr - 2 * value * rs + value * value * ss, 0) / (cases * cases) * independent / chance
        within = np.maximum(r - rr_s, 0) / (chance * (cases - q_s))
        inflation = units / (units - 1) * np.maximum(between, 1 + (worst - 1) * (1 - within))
        icc = (np.clip(inflation, 1.0, worst) - 1) / (worst - 1)
    likeness = np.where(tells, (informative * icc + SHRINKAGE) / (informative + SHRINKAGE), 1.0)
    return value, np.maximum(independent / (1 + (worst - 1) * likeness), 1.0)
