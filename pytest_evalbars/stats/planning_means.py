"""What a bar on a mean score will say of a run to come: `planning`, for means.

The mean of the run to come is taken as normal around the true one, with the variance between cases that was seen
(never more than that of passes and misses, which is all there can be near 0 and 1).
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from pytest_evalbars.stats.means import LEAST_VARIANCE, Mean, mean_p_met, moved, resized
from pytest_evalbars.stats.power import EQUAL, smallest


def mean_p_to_meet(mean: Mean, p: ArrayLike, t: float, alpha: float) -> NDArray[np.float64]:
    """The chance that as many cases of this variance prove a mean of at least t.

    Args:
        mean: From `case_mean`: its number of cases and its variance count, its value does not.
        p: The true mean, 0..1.
        t: The threshold, 0..1.
        alpha: One-sided error, strictly between 0 and 1.
    """
    p = np.asarray(p, np.float64)
    least = _least_proven(mean, t, alpha)
    if least is None:
        return np.zeros(p.shape)
    variance = np.maximum(np.minimum(mean.variance, p * (1 - p)), LEAST_VARIANCE)
    return np.asarray(ndtr((p - least) / np.sqrt(variance / (mean.df - 1))), np.float64)


def mean_p_to_miss(mean: Mean, p: ArrayLike, t: float, alpha: float) -> NDArray[np.float64]:
    """The chance that as many cases of this variance prove a mean below t; the mirror image."""
    return mean_p_to_meet(mirrored(mean), 1 - np.asarray(p, np.float64), _lacking(t), alpha)


def mean_effect(
    mean: Mean, t: float, power: float, alpha: float, alpha_missed: float
) -> tuple[float | None, float | None]:
    """How far above and below the threshold the true mean must be to be shown so; as `planning.smallest_effect`."""
    return _effect(mean, t, power, alpha), _effect(mirrored(mean), _lacking(t), power, alpha_missed)


def _effect(mean: Mean, t: float, power: float, alpha: float) -> float | None:
    if t == 0:
        return 0.0
    if float(mean_p_to_meet(mean, 1.0, t, alpha)) < power:
        return None
    short, enough = t, 1.0
    while enough - short > 1e-6:
        middle = (short + enough) / 2
        if float(mean_p_to_meet(mean, middle, t, alpha)) >= power:
            enough = middle
        else:
            short = middle
    return enough - t


def cases_for_power_of_mean(mean: Mean, t: float, power: float, alpha: float) -> int | None:
    """How many cases like these settle the verdict with a power, if the mean seen is the true one.

    Args:
        mean: From `case_mean`.
        t: The threshold, 0..1.
        power: The chance of the verdict, strictly between 0 and 1.
        alpha: One-sided error of the verdict, which is met above t and missed below it.

    Returns:
        The number of cases; None if the mean equals t, or is too close to it.
    """
    if abs(mean.value - t) <= EQUAL:
        return None
    if mean.value < t:
        return cases_for_power_of_mean(mirrored(mean), _lacking(t), power, alpha)
    if t == 0:
        return 1

    def enough(cases: int) -> bool:
        return float(mean_p_to_meet(resized(mean, cases), mean.value, t, alpha)) >= power

    # Of fewer than two units no variance is known.
    return smallest(math.ceil(2 * mean.cases / (mean.df - 1)), enough)


def mirrored(mean: Mean) -> Mean:
    """The mean of what the scores lack to 1."""
    return replace(mean, value=1 - mean.value, shifted=1 - mean.shifted)


def _lacking(t: float) -> float:
    """The threshold of the mirrored mean. That no mean is above 1 proves nothing, unlike that none is below 0."""
    return max(1 - t, EQUAL)


def _least_proven(mean: Mean, t: float, alpha: float) -> float | None:
    """The lowest mean that would prove t; None if not even 1 would."""
    if t == 0:
        return -1.0  # no mean is below 0
    if mean_p_met(moved(mean, 1.0), t) > alpha:
        return None
    short, enough = t, 1.0
    while enough - short > 1e-7:
        middle = (short + enough) / 2
        if mean_p_met(moved(mean, middle), t) <= alpha:
            enough = middle
        else:
            short = middle
    return enough
