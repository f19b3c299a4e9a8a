"""The pass rate of cases that were tried several times or share a source: how much evidence is it worth?

Trials of one case, and cases of one cluster, resemble each other, so N trials are worth less than N.
`case_rate` estimates by how much and says it as an effective sample size, which then goes through the exact
binomial bounds. Two choices keep the promised error where the textbook estimate does not:

- Near a rate of 1 few cases show how alike their trials are, so the estimate is shrunk towards the worst
  case, in which all trials of a cluster say the same, with the weight of two clusters.
- Likeness is measured twice, between clusters and within them, and the larger counts. For clusters of one
  size the two agree. Between clusters alone, the luck of a few large documents that pass looks like evidence.

Sources: Kish 1965 and Rao & Scott 1992 (effective size), Korn & Graubard 1998 (exact bounds on it), Fleiss &
Cuzick 1979 (likeness within clusters). The shrinkage is ours; tests/stats simulate what it keeps.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.proportions import (
    clopper_pearson_high,
    clopper_pearson_low,
    p_at_least,
    p_at_most,
    wilson,
)

#: How many clusters that say "trials of a cluster never differ" are added to those that were seen.
SHRINKAGE = 2.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A pass rate and the evidence behind it."""

    #: The mean over cases of each case's share of passing trials, 0..1.
    value: float
    #: How many independent trials the sample is worth; between `n_perfect` and `trials`.
    n_eff: float
    #: What it would be worth had every trial passed: the number of cases, or fewer where clusters bind them.
    n_perfect: float
    trials: int
    cases: int
    #: Independent units: clusters where they were given, else cases.
    clusters: int
    #: How alike the trials of one cluster are, 0..1, before shrinkage; None where the sample cannot tell.
    icc: float | None


def case_rate(passes: ArrayLike, trials: ArrayLike, clusters: ArrayLike | None = None) -> Rate:
    """Estimate the pass rate of the population that the cases are drawn from.

    Args:
        passes: Shape (cases,), integers: how many trials of each case passed.
        trials: Shape (cases,), integers above 0: how many trials each case had.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.

    Returns:
        The rate with its effective sample size. Clusters are taken to be independent of each other. One that
        holds a large share of all cases widens the bounds a great deal, as it should; at errors far below 5%
        even that is not wholly enough.

    Raises:
        ValueError: No case, a case without trials, more passes than trials, or other shapes or kinds.
    """
    x, k = counts(passes, trials)
    m, tried = len(k), int(k.sum())
    # Of each kind of unit: how many there are, their cases, the sum of 1 / trials over them, their rate. Without
    # clusters, cases of the same passes and trials are of one kind.
    if clusters is None:
        x, k, many = _alike(x, k)
        count, sizes, inverse, unit = m, np.ones(len(k)), 1 / k, x / k
        missed, passed = x < k, x > 0
        value = total(_of_each(k, many * x)) / m
    else:
        codes, count = cluster_codes(clusters, m)
        many = np.ones(count)
        sizes, inverse = cluster_sums(codes, np.ones(m)), cluster_sums(codes, 1 / k)
        unit = cluster_sums(codes, x / k) / sizes
        missed, passed = np.bincount(codes, x < k) > 0, np.bincount(codes, x > 0) > 0
        value = total(_of_each(k, x)) / m
    n_independent = m * m / total(many * inverse)
    n_perfect = m * m / float((many * sizes) @ sizes)
    worst = n_independent / n_perfect
    informative = min(int(many[missed].sum()), int(many[passed].sum()))

    icc, likeness = None, 1.0
    if informative and 1 < count < tried:
        chance = value * (1 - value)
        between = total(many * np.square(sizes * (unit - value))) / (m * m) * n_independent / chance
        within = total(many * sizes * unit * (1 - unit)) / (chance * total(many * (sizes - inverse / sizes)))
        inflation = count / (count - 1) * max(between, 1 + (worst - 1) * (1 - within))
        icc = (min(max(inflation, 1.0), worst) - 1) / (worst - 1)
        likeness = (informative * icc + SHRINKAGE) / (informative + SHRINKAGE)
    n_eff = n_independent / (1 + (worst - 1) * likeness)
    return Rate(value, n_eff, n_perfect, tried, m, count, icc)


def rate_bounds(rate: Rate, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the rate, each with error alpha.

    Clopper-Pearson on the effective sample, and never tighter than a perfect (or hopeless) run of the same
    cases would allow: without that cap, a trial that fails can prove that trials differ and so raise the
    lower bound.

    Args:
        rate: From `case_rate`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high); together they are a two-sided interval of confidence 1 - 2 * alpha.
    """
    x, n = _effective(rate)
    cap = math.pow(alpha, 1 / rate.n_perfect)
    return min(clopper_pearson_low(x, n, alpha), cap), max(clopper_pearson_high(x, n, alpha), 1 - cap)


def rate_p_missed(rate: Rate, t: float) -> float:
    """The p-value of "the true rate is at least t": below alpha exactly where the upper bound is below t."""
    x, n = _effective(rate)
    return max(p_at_most(x, n, t), math.pow(1 - t, rate.n_perfect))


def rate_p_met(rate: Rate, t: float) -> float:
    """The p-value of "the true rate is below t": at most alpha exactly where the lower bound reaches t."""
    if t == 0:
        return 0.0  # no rate is below 0
    x, n = _effective(rate)
    return max(p_at_least(x, n, t), math.pow(t, rate.n_perfect))


def rate_interval(rate: Rate, confidence: float) -> tuple[float, float]:
    """The two-sided interval for display: Wilson on the effective sample."""
    return wilson(*_effective(rate), confidence)


def _effective(rate: Rate) -> tuple[float, float]:
    return rate.value * rate.n_eff, rate.n_eff


def _alike(x: NDArray[np.int64], k: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """The distinct pairs of passes and trials, and how many cases each stands for."""
    width = int(k.max()) + 1
    code = k * width + x
    if width * width <= 8 * len(code) + 64:
        many = np.bincount(code)
        pairs = np.flatnonzero(many)
        many = many[pairs]
    else:
        pairs, many = np.unique(code, return_counts=True)
    return pairs % width, pairs // width, many


def _of_each(k: NDArray[np.int64], passes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sums of the rates of all cases with the same number of trials: passes are whole, so nothing rounds."""
    sums = np.bincount(k, passes)
    return np.asarray(sums[1:] / np.arange(1, len(sums)))


def counts(passes: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Passes and trials of cases as integers, shape (cases,) each; ValueError where they are impossible."""
    x, k = np.asarray(passes), np.asarray(trials)
    if x.ndim != 1 or x.shape != k.shape:
        raise ValueError(f"passes and trials must be two lists of one length, got shapes {x.shape} and {k.shape}")
    if x.size == 0:
        raise ValueError("there must be at least one case")
    if x.dtype.kind not in "biu" or k.dtype.kind not in "biu":
        raise ValueError(f"passes and trials must be integers, got {x.dtype} and {k.dtype}")
    x, k = x.astype(np.int64, copy=False), k.astype(np.int64, copy=False)
    if k.min() < 1:
        raise ValueError("every case must have a trial")
    if x.min() < 0 or (x > k).any():
        raise ValueError("passes must lie between 0 and the trials")
    return x, k
