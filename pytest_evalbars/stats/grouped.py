"""Pass rates of many slices at once: what `case_rate` says of each, from sums that can be added up.

A million cases in thousands of slices are one pass over the cases. Where no case and no cluster stands in two
slices, the sums of slices joined are the slices' sums added, so that other ways to cut cost next to nothing.
"""

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
    rates, inverse = passes / trials, 1 / trials
    missed, passed = passes < trials, passes > 0

    def over(values: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(slices, values, minlength=count)

    if clusters is None:
        cases = np.bincount(slices, minlength=count).astype(np.float64)
        once = bool((trials == 1).all())  # each rate is 0 or 1: half of the sums are known
        r = over(rates)
        q, rr = (cases, r) if once else (over(inverse), over(rates * rates))
        some = (cases - r, r) if once else (over(missed), over(passed))
        return np.stack([cases, cases, cases, r, rr, r, rr, q, q, *some])

    units, unit = np.unique(slices * (int(clusters.max(initial=0)) + 1) + clusters, return_inverse=True)
    slices = units // (int(clusters.max(initial=0)) + 1)
    s, r, q = (np.bincount(unit, values, len(units)) for values in (np.ones(len(unit)), rates, inverse))
    some = tuple(np.bincount(unit, values, len(units)) > 0 for values in (missed, passed))
    return np.stack([over(each) for each in (np.ones(len(s)), s, s * s, r, r * r, r * s, r * r / s, q, q / s, *some)])


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
