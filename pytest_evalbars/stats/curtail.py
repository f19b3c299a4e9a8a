"""What a pass rate can still prove once its remaining trials have run: bounds that hold whatever they say.

A remaining trial may pass, miss, or say nothing (a skip, an error), and so changes the rate, the number of cases
and how alike trials seem. The bounds rest on three facts of `rate_p_met` and `rate_p_missed`: the effective
sample size lies between `n_perfect` and that of independent trials; at a given size the p-value falls with the
rate; and at a given rate it falls with the size, wherever it is below one half.

Everything here is said of the side that a claim needs: "won" trials are passes for the claim "the true rate is
above t", misses for its mirror image, "the rate of misses is above 1 - t".
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from pytest_evalbars.stats.proportions import NOTHING, p_at_least

#: Above it, a p-value is not bounded by these arguments; no claim is made at such an error anyway.
HALF = 0.5

#: For each source of cases, how many of them are judged, and how many there are.
Sizes = tuple[ArrayLike, ArrayLike]


def most_p(won: float, judged: int, cases: int, t: float, clusters: Sizes | None = None) -> float:
    """The largest p-value of the claim "above t" that any outcome of the remaining trials can leave.

    Args:
        won: The sum over cases of the share of all their trials, run or not, that were won so far.
        judged: How many cases have a judged trial.
        cases: How many may have one in the end; above 0.
        t: The threshold, 0..1.
        clusters: For each source the number of its judged cases, and of all its cases. None: all independent.

    Returns:
        An upper bound of the final p-value; 1 where it is not below one half.
    """
    n = float(cases)
    if clusters is not None:
        sizes = np.asarray(clusters[1], np.float64)
        n = cases * cases / float(sizes @ sizes)
    p = _p(won * n / cases, n, t)
    if p >= HALF or clusters is None:
        # Without clusters no case that drops out helps the claim less than one that is lost. Nor does the cap bind.
        return p if p < HALF else 1.0
    count = np.arange(max(judged, 1), cases + 1, dtype=np.float64)
    n_least = count * count / most_squares(*clusters, count)
    x = np.minimum(won * n_least / count, n_least)
    each = np.where(x <= NOTHING, 1.0, betainc(np.maximum(x, NOTHING), n_least - x + 1, t))
    p = max(float(each.max()), math.pow(t, float(n_least.min())))
    return p if p < HALF else 1.0


def least_p(rate: float, independent: float, units: int, t: float) -> float:
    """The smallest p-value of the claim "above t" that any outcome of the remaining trials can leave.

    Args:
        rate: The highest rate of won trials that the cases can still reach.
        independent: The largest effective sample size, as `most_independent` says it.
        units: How many cases, or sources of cases, there are.
        t: The threshold, 0..1.

    Returns:
        A lower bound of the final p-value; one half where it is above.
    """
    return min(max(_p(rate * independent, independent, t), math.pow(t, units)), HALF)


def most_independent(trials: ArrayLike) -> float:
    """The largest effective sample size that some of these cases can have.

    Args:
        trials: Shape (cases,), integers above 0: how many trials each case has in the end, at most.
    """
    inverse = np.cumsum(1 / np.sort(np.asarray(trials, np.float64))[::-1])
    count = np.arange(1, len(inverse) + 1)
    return float((count * count / inverse).max())


def most_squares(low: ArrayLike, high: ArrayLike, total: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest sum of squares that numbers between `low` and `high` can have, for each sum of them.

    Args:
        low: Shape (numbers,), the least that each can be.
        high: Shape (numbers,), the most.
        total: Shape (sums,), each between the sums of the two.

    Returns:
        Shape (sums,). Exact where the numbers stand at their ends, else an upper bound: the chord between them.
    """
    least, most = np.asarray(low, np.float64), np.asarray(high, np.float64)
    order = np.argsort(-(least + most), kind="stable")
    steps, gains = (most - least)[order], (most**2 - least**2)[order]
    sums = np.concatenate([[least.sum()], least.sum() + np.cumsum(steps)])
    squares = np.concatenate([[least @ least], least @ least + np.cumsum(gains)])
    return np.asarray(np.interp(total, sums, squares), np.float64)


def _p(x: float, n: float, t: float) -> float:
    return p_at_least(min(max(x, 0.0), n), n, t)
