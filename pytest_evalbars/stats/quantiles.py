"""A quantile, such as p95 of the latency: order statistics, with ranks from the exact binomial.

That a share q of all values lies at or below t is a pass rate. So whether the quantile lies below or above t is
a binomial test, and its bounds are values of the sample. With one trial a case they hold for any distribution.
Trials of one case, and cases of one cluster, resemble each other: then the sample counts for as many trials as
`case_rate` gives to "lies at or below the quantile".

Source: Conover 1999, chapter 3. The bootstrap covers 89% to 92% at p95 where it promises 95%.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.clusters import case_codes, clusters_of_cases
from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.power import zero_miss_cases
from pytest_evalbars.stats.proportions import p_at_least, p_at_most

#: Shares closer than this are the same: sums of weights round.
EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a sample and the evidence behind it."""

    #: The smallest value of the sample with a share q of it at or below.
    value: float
    #: Which quantile, strictly between 0 and 1.
    q: float
    #: How many independent trials the sample is worth, for this quantile.
    n_eff: float
    #: Independent cases, or fewer where clusters bind them: what decides whether a bound exists.
    n_perfect: float
    trials: int
    cases: int
    #: Independent units: clusters where they were given, else cases.
    clusters: int
    #: All values in ascending order.
    ordered: NDArray[np.float64] = field(repr=False, compare=False)
    #: The share of the sample up to each of them; None: all weigh the same.
    shares: NDArray[np.float64] | None = field(repr=False, compare=False)


def case_quantile(values: ArrayLike, cases: ArrayLike, q: float, clusters: ArrayLike | None = None) -> Quantile:
    """Estimate a quantile of the population that the cases are drawn from; every case weighs the same.

    Args:
        values: Shape (trials,): numbers, also infinite ones, such as the latency of what never answered.
        cases: Shape (trials,), integers: the case of each trial.
        q: Strictly between 0 and 1, as 0.95 for p95.
        clusters: Shape (trials,), integers: cases of one number share a source. None: all are independent.

    Returns:
        The quantile. It holds a sorted copy of the values, from which bounds of any error are read.

    Raises:
        ValueError: No value, one that is not a number, a q out of range, or arrays of other shapes or kinds.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"values must be a list of at least one trial, got shape {given.shape}")
    if not 0 < q < 1:
        raise ValueError(f"a quantile must lie strictly between 0 and 1, got {q}")
    n = len(given)
    codes, trials = case_codes(cases, n)
    m = len(trials)
    sources = clusters_of_cases(clusters, codes, m)

    shares = None
    if trials.min() == trials.max():
        ordered = np.sort(given)
        rank = math.ceil(q * n - EQUAL * n)
    else:
        order = np.argsort(given)
        ordered = given[order]
        shares = np.cumsum((1 / trials)[codes[order]]) / m
        np.minimum(shares, 1, out=shares)
        shares[-1] = 1
        rank = int(np.searchsorted(shares, q - EQUAL)) + 1
    if np.isnan(ordered[-1]):
        raise ValueError("every value must be a number")
    value = float(ordered[max(rank, 1) - 1])
    if m == n and sources is None:
        return Quantile(value, q, m, m, n, m, m, ordered, shares)
    rate = case_rate(trials - np.bincount(codes[given > value], minlength=m), trials, sources)
    return Quantile(value, q, rate.n_eff, rate.n_perfect, n, m, rate.clusters, ordered, shares)


def quantile_bounds(quantile: Quantile, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the quantile, each with error alpha.

    Args:
        quantile: From `case_quantile`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high), both values of the sample; -inf and inf where so few cases give no bound, which
        `least_cases_below` and `least_cases_above` tell in advance.

    Raises:
        ValueError: alpha is out of range.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"an error must lie strictly between 0 and 1, got {alpha}")
    low = _first_rank(quantile, lambda rank: _p_above(quantile, rank) >= alpha)
    high = _first_rank(quantile, lambda rank: _p_below(quantile, rank) <= alpha)
    return (
        float(quantile.ordered[low - 1]) if low else -math.inf,
        float(quantile.ordered[high - 1]) if high <= quantile.trials else math.inf,
    )


def quantile_interval(quantile: Quantile, confidence: float) -> tuple[float, float]:
    """The two-sided interval, with equal error on either side."""
    return quantile_bounds(quantile, (1 - confidence) / 2)


def quantile_p_above(quantile: Quantile, t: float) -> float:
    """The p-value of "the true quantile is at most t": below alpha exactly where the lower bound exceeds t."""
    return 1.0 if t == math.inf else _p_above(quantile, _rank(quantile, t, "right"))


def quantile_p_below(quantile: Quantile, t: float) -> float:
    """The p-value of "the true quantile is at least t": at most alpha exactly where the upper bound is below t.

    So values that equal t, as many do where they are whole numbers, prove nothing against it.
    """
    return _p_below(quantile, _rank(quantile, t, "left"))


def least_cases_above(q: float, alpha: float) -> int | None:
    """The fewest independent cases with a finite upper bound: 59 for p95 at 5% error, 299 for p99."""
    return zero_miss_cases(q, alpha)


def least_cases_below(q: float, alpha: float) -> int | None:
    """The fewest independent cases with a finite lower bound, the mirror image: 59 for p05 at 5% error."""
    return zero_miss_cases(1 - q, alpha)


def _p_above(quantile: Quantile, rank: int) -> float:
    """How surprising it is that so few values, `rank` of them, lie at or below the quantile."""
    n = quantile.n_eff
    return max(p_at_most(_share(quantile, rank) * n, n, quantile.q), math.pow(1 - quantile.q, quantile.n_perfect))


def _p_below(quantile: Quantile, rank: int) -> float:
    n = quantile.n_eff
    return max(p_at_least(_share(quantile, rank) * n, n, quantile.q), math.pow(quantile.q, quantile.n_perfect))


def _rank(quantile: Quantile, t: float, side: Literal["left", "right"]) -> int:
    """How many values are below t (left), or at most t (right)."""
    return int(np.searchsorted(quantile.ordered, t, side=side))


def _share(quantile: Quantile, rank: int) -> float:
    if quantile.shares is None:
        return rank / quantile.trials
    return float(quantile.shares[rank - 1]) if rank else 0.0


def _first_rank(quantile: Quantile, holds: Callable[[int], bool]) -> int:
    """The smallest rank, 0 to the trials, that holds, given that all above it do; trials + 1 if none does."""
    low, high = -1, quantile.trials + 1
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
