"""A mean of scores in 0..1: the plus-two t, held to the exact binomial where that is wider.

The plus-two t appends one score of 0 and one of 1 to the sample and takes the usual t interval. Two-sided it
covers where the plain t does not, near the ceiling. One side of it does not keep its error: with scores close
to pass or fail it claims too much upwards (7% where 5% are promised), with even scores near the ceiling too
much downwards (up to 9%). A one-sided bound is therefore the wider of the plus-two t and of Clopper-Pearson
on the effective sample size, with its cap, which is exact for scores of 0 and 1.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.effective import Rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.exact import total

#: Scores that hardly differ would otherwise be worth endless trials of pass and fail.
LEAST_VARIANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean score and the evidence behind it."""

    #: The mean over cases, 0..1.
    value: float
    #: The mean of the sample with a 0 and a 1 added to it.
    shifted: float
    #: The standard error of `shifted`.
    se: float
    #: Degrees of freedom of the t: independent units + 1.
    df: float
    #: How many trials of pass and fail would say as much.
    n_eff: float
    #: The variance between independent units.
    variance: float
    cases: int
    #: Independent units: clusters where they were given, else cases.
    clusters: int


def case_mean(means: ArrayLike, clusters: ArrayLike | None = None) -> Mean:
    """Estimate the mean score of the population that the cases are drawn from.

    Args:
        means: Shape (cases,): the mean score of each case over its trials, each in 0..1.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.

    Returns:
        The mean with its evidence. Clusters of unequal size count as fewer units (Kish 1965).

    Raises:
        ValueError: No case, a score outside 0..1 or not a number, or arrays of other shapes or kinds.
    """
    scores = np.asarray(means, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0:
        raise ValueError(f"scores must be a list of at least one case, got shape {scores.shape}")
    if not (scores.min() >= 0 and scores.max() <= 1):
        raise ValueError("scores must lie between 0 and 1")
    m = len(scores)
    value = total(scores) / m
    if clusters is None:
        count, units, apart = m, float(m), scores - value
    else:
        codes, count = cluster_codes(clusters, m)
        sizes = cluster_sums(codes, np.ones(m))
        units = m * m / float(sizes @ sizes)
        apart = sizes * (cluster_sums(codes, scores) / sizes - value)
    squares = total(np.square(apart)) * (units / m) ** 2
    chance = value * (1 - value)
    # One unit alone says nothing about the variance: assume the largest.
    variance = squares / (units - 1) if count > 1 else chance
    return Mean(value, *_plus_two(value, units, variance), _worth(value, units, variance), variance, m, count)


def resized(mean: Mean, cases: int) -> Mean:
    """The same mean, variance and evidence a case, had there been another number of cases."""
    ratio = cases / mean.cases
    shifted, se, df = _plus_two(mean.value, (mean.df - 1) * ratio, mean.variance)
    clusters = round(mean.clusters * ratio)
    return replace(mean, shifted=shifted, se=se, df=df, n_eff=mean.n_eff * ratio, cases=cases, clusters=clusters)


def moved(mean: Mean, value: float) -> Mean:
    """The same cases and variance, had the mean been another; near 0 and 1 there is less room for variance."""
    units, variance = mean.df - 1, min(mean.variance, value * (1 - value))
    shifted, se, df = _plus_two(value, units, variance)
    n_eff = _worth(value, units, variance)
    return replace(mean, value=value, shifted=shifted, se=se, df=df, n_eff=n_eff, variance=variance)


def mean_bounds(mean: Mean, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the mean, each with error alpha.

    Args:
        mean: From `case_mean`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high) inside 0..1; together they are a two-sided interval of confidence 1 - 2 * alpha.
    """
    low, high = rate_bounds(_as_rate(mean), alpha)
    half = -float(stdtrit(mean.df, alpha)) * mean.se
    return max(0.0, min(low, mean.shifted - half)), min(1.0, max(high, mean.shifted + half))


def mean_p_missed(mean: Mean, t: float) -> float:
    """The p-value of "the true mean is at least t": below alpha exactly where the upper bound is below t."""
    return max(rate_p_missed(_as_rate(mean), t), float(stdtr(mean.df, (mean.shifted - t) / mean.se)))


def mean_p_met(mean: Mean, t: float) -> float:
    """The p-value of "the true mean is below t": at most alpha exactly where the lower bound reaches t."""
    if t == 0:
        return 0.0  # no mean is below 0
    return max(rate_p_met(_as_rate(mean), t), float(stdtr(mean.df, (t - mean.shifted) / mean.se)))


def mean_interval(mean: Mean, confidence: float) -> tuple[float, float]:
    """The two-sided interval for display: the plus-two t inside 0..1, and never without the mean itself."""
    half = float(stdtrit(mean.df, (1 + confidence) / 2)) * mean.se
    return max(0.0, min(mean.value, mean.shifted - half)), min(1.0, max(mean.value, mean.shifted + half))


def _as_rate(mean: Mean) -> Rate:
    """The passing and failing trials that say as much; one a unit where all scores are 0 or 1."""
    units = mean.df - 1
    return Rate(mean.value, mean.n_eff, units, mean.cases, mean.cases, mean.clusters, None)


def _worth(value: float, units: float, variance: float) -> float:
    """How many trials of pass and fail say as much."""
    return units * max(1.0, value * (1 - value) / max(variance, LEAST_VARIANCE))


def _plus_two(value: float, units: float, variance: float) -> tuple[float, float, float]:
    """Mean, standard error and degrees of freedom of the sample with a 0 and a 1 added to it."""
    shifted = (units * value + 1) / (units + 2)
    squares = (units - 1) * variance + units * (value - shifted) ** 2 + shifted**2 + (1 - shifted) ** 2
    return shifted, math.sqrt(squares / ((units + 1) * (units + 2))), units + 1
