"""A ratio of two amounts, such as the cost of one useful response, and the mean of an amount.

The interval is symmetric in the logarithm, with the t of m - 1: its variance comes from the residuals
top - ratio * bottom, summed within clusters. Four things keep it honest where that is not enough:

- Amounts are skewed: a small sample often lacks the large ones, and then both its mean and its variance are too
  small. So an upper bound also holds had the costliest case been drawn once more. That halves the error.
- A sample that does not vary proves little. Had a share of all cases cost nothing, or not been useful, m cases
  would often not have shown it: no bound is tighter than that makes it, alpha ** (1 / m) of the value.
- Where the bottom is not distinguishable from 0, there is no upper bound (Fieller 1954).
- Amounts have no upper end. One case says nothing; a sample of zeros says nothing about the size of the rest.

What it keeps where 5% are promised (tests/stats simulate it): at most 5% downwards. Upwards, of lognormal amounts,
how often the bar is called met at a mean that just fails it:

    sigma   20 cases   50 cases   200 cases
    0.5        4%         4%         3%
    1          8%         5%         4%
    1.5       14%        10%         7%, and 5% with 500

The cost of a useful response, of which 9 in 10 are, keeps the same; of which fewer are, 6% to 7% with costs that
hardly differ. With sigma 1.5 one case in 100 costs ten times the mean. Rare amounts that the sample happens to lack
are beyond any method; `cases_if_skewed` tells where they are likely.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.power import EQUAL, smallest

#: Amounts are skewed where their logarithms have more than this standard deviation; so many cases average them.
SKEWED = ((1.3, 500), (1.0, 200))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of means, at least 0 and possibly infinite, and the evidence behind it."""

    #: The sum of the tops over the sum of the bottoms.
    value: float
    #: What the lower bound is built around: the value, or, where that is infinite, what is known to be finite.
    center: float
    #: The standard error of the logarithm of `center`; 0 where the sample does not vary.
    se: float
    #: The same two, had the costliest case been drawn once more.
    high_center: float
    high_se: float
    #: The mean of the bottoms in standard errors of its own: below some 1.7 it might be 0.
    bottom: float
    #: Independent units, fewer than the clusters where these are of unequal size (Kish 1965).
    units: float
    cases: int
    #: Clusters where they were given, else cases.
    clusters: int
    #: The standard deviation of the logarithms of the amounts above 0; 0 where there are fewer than two.
    log_sd: float


def case_ratio(top: ArrayLike, bottom: ArrayLike, clusters: ArrayLike | None = None) -> Ratio:
    """Estimate a ratio of means in the population that the cases are drawn from.

    Args:
        top: Shape (cases,): an amount of each case, at least 0, such as its cost; infinite if it has no end.
        bottom: Shape (cases,): what it is for, at least 0 and finite, such as the share of its trials that were
            useful. Where every bottom is 0, it is taken for a share, at most 1.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.

    Returns:
        The ratio; infinite where every bottom is 0 or a top is infinite.

    Raises:
        ValueError: No case, a negative amount or one that is not a number, or arrays of other shapes or kinds.
    """
    c, u = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    if c.ndim != 1 or c.size == 0 or c.shape != u.shape:
        raise ValueError(f"top and bottom must be two lists of one length, got shapes {c.shape} and {u.shape}")
    if not (c.min() >= 0 and u.min() >= 0 and u.max() < math.inf):
        raise ValueError("amounts must be at least 0, and those below the line finite")
    m = len(c)
    codes, count = (None, m) if clusters is None else cluster_codes(clusters, m)
    sizes = _sums(codes, np.ones(m))
    units = m * m / float(sizes @ sizes)

    finite = np.isfinite(c)
    endless = not finite.all()
    logs = np.sort(np.log(c[finite & (c > 0)]))
    log_sd = float(logs.std(ddof=1)) if len(logs) > 1 else 0.0
    if endless:  # at least as much as the largest amount that came to an end
        c = np.where(finite, c, c[finite].max(initial=0))
    c, u = _sums(codes, c), _sums(codes, u)
    spent, useful = total(c), total(u)
    center = se = high_center = high_se = 0.0
    distance = math.inf
    if spent > 0 and useful > 0:
        center = spent / useful
        residuals = c - center * u
        se = _spread(residuals, units) / spent
        # The costliest; of several, that with the smallest bottom, in whatever order they came.
        most = float(residuals.max())
        once_more = float(u[residuals >= most - EQUAL * center].min())
        high_total, high_useful = spent + most + center * once_more, useful + once_more
        high_center = high_total / high_useful
        moved = high_center - center
        high_se = _spread(np.append(residuals - moved * u, most - moved * once_more), units) / high_total
        spread = _spread(u - sizes * (useful / m), units)
        distance = useful / spread if spread > EQUAL * useful else math.inf
    elif spent > 0:  # as if one more unit had been useful, and nothing else
        center, distance = spent * units / m, 0.0
        se = math.hypot(1, _spread(c, units) / spent)
    value = math.inf if endless or useful == 0 else center
    return Ratio(value, center, se, high_center, high_se, distance, units, m, count, log_sd)


def case_amount(values: ArrayLike, clusters: ArrayLike | None = None) -> Ratio:
    """Estimate the mean of an amount a case: tokens, dollars, seconds; as `case_ratio` with a bottom of 1."""
    return case_ratio(values, np.ones(np.shape(values)), clusters)


def ratio_bounds(ratio: Ratio, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the ratio, each with error alpha.

    Args:
        ratio: From `case_ratio` or `case_amount`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high); 0 and inf where the sample gives no bound.

    Raises:
        ValueError: alpha is out of range.
    """
    low, high = _log_interval(ratio, alpha)
    if math.isinf(high):
        return low, high
    return low, max(high, _scaled(ratio.high_center, -float(stdtrit(ratio.units - 1, alpha)) * ratio.high_se))


def ratio_interval(ratio: Ratio, confidence: float) -> tuple[float, float]:
    """The two-sided interval for display: without the costliest case once more, and so right on average."""
    return _log_interval(ratio, (1 - confidence) / 2)


def ratio_p_above(ratio: Ratio, t: float) -> float:
    """The p-value of "the true ratio is at most t": below alpha exactly where the lower bound exceeds t."""
    if t < 0:
        return 0.0  # no ratio is below 0
    if ratio.units - 1 < EQUAL or ratio.center == 0 or t >= ratio.center:
        return 1.0
    return _p_constant(ratio, _log(ratio.center, t)) if t > 0 else 0.0


def ratio_p_below(ratio: Ratio, t: float) -> float:
    """The p-value of "the true ratio exceeds t": at most alpha exactly where the upper bound is at most t."""
    if t == math.inf:
        return 0.0
    if ratio.units - 1 < EQUAL or ratio.center == 0 or math.isinf(ratio.value) or t <= ratio.value:
        return 1.0
    df = ratio.units - 1
    skewed = _p_beyond(_log(t, ratio.high_center), ratio.high_se, df)
    return max(_p_constant(ratio, _log(t, ratio.center)), skewed, float(stdtr(df, -ratio.bottom)))


def cases_if_skewed(ratio: Ratio) -> int | None:
    """How many cases would do, where so few of so skewed amounts make the upper bound too low too often."""
    needed = next((cases for log_sd, cases in SKEWED if ratio.log_sd > log_sd), 0)
    return needed if ratio.cases < needed else None


def cases_to_settle_ratio(ratio: Ratio, t: float, alpha_above: float, alpha_below: float) -> int | None:
    """How many cases settle the verdict if the ratio, and the evidence a case gives, stay as they are.

    Args:
        ratio: What was seen.
        t: The threshold, at least 0.
        alpha_above: One-sided error of "above t", which a ratio above t heads for.
        alpha_below: One-sided error of "at most t", which a ratio below t heads for.

    Returns:
        The smallest number of cases, at least those at hand; None if the ratio equals t, or is so close to it
        that no suite of this world would do, or if the sample says too little to tell.
    """
    if ratio.clusters < 2 or abs(ratio.value - t) <= EQUAL * t:
        return None
    if ratio.value > t:
        return smallest(ratio.cases, lambda cases: ratio_p_above(resized_ratio(ratio, cases), t) < alpha_above)
    return smallest(ratio.cases, lambda cases: ratio_p_below(resized_ratio(ratio, cases), t) <= alpha_below)


def resized_ratio(ratio: Ratio, cases: int) -> Ratio:
    """The same ratio and evidence a case, had there been another number of cases."""
    grown = cases / ratio.cases
    root = math.sqrt(grown)
    return replace(
        ratio,
        se=ratio.se / root,
        high_center=ratio.center + (ratio.high_center - ratio.center) / grown,
        high_se=ratio.high_se / root,
        bottom=ratio.bottom * root,
        units=ratio.units * grown,
        cases=cases,
    )


def _log_interval(ratio: Ratio, alpha: float) -> tuple[float, float]:
    if not 0 < alpha < 1:
        raise ValueError(f"an error must lie strictly between 0 and 1, got {alpha}")
    if ratio.units - 1 < EQUAL or ratio.center == 0:
        return 0.0, math.inf
    df = ratio.units - 1
    half = max(-float(stdtrit(df, alpha)) * ratio.se, -math.log(alpha) / ratio.units)
    unbounded = math.isinf(ratio.value) or float(stdtr(df, -ratio.bottom)) > alpha
    return _scaled(ratio.center, -half), math.inf if unbounded else _scaled(ratio.center, half)


def _p_constant(ratio: Ratio, distance: float) -> float:
    """The p-value of a truth so far off in the logarithm; at least what a constant sample proves."""
    return max(_p_beyond(distance, ratio.se, ratio.units - 1), math.exp(-distance * ratio.units))


def _p_beyond(distance: float, se: float, df: float) -> float:
    if se == 0:
        return float(distance < 0)
    return float(stdtr(df, -distance / se))


def _log(a: float, b: float) -> float:
    return math.log(a) - math.log(b)


def _scaled(center: float, log: float) -> float:
    return center * math.exp(log) if log < 700 else math.inf


def _sums(codes: NDArray[np.intp] | None, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values if codes is None else cluster_sums(codes, values)


def _spread(sums: NDArray[np.float64], units: float) -> float:
    """The standard error of a sum, from what each unit adds to it."""
    return math.sqrt(total(np.square(sums)) * units / max(units - 1, EQUAL))
