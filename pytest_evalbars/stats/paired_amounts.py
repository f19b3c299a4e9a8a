"""How much more does it cost than before, or take, on the same cases?

Amounts, such as seconds or dollars, are compared by their means: as a difference, in their own unit, or relative to
before ("at most 10% more"). More is worse. The unit is the case, or the cluster of cases that share a source.

- Whether there is any rise at all is asked of the signs of the differences (see `stats/signflip`). Cases that were
  tried more often now than before, or less, have skewed differences; then it is also asked of the interval below.
- The difference is bounded by the t interval. Amounts are skewed: a small sample often lacks the largest rise. So a
  bound also holds had the largest rise (or fall) been drawn once more. And a sample that does not vary proves little:
  no bound is tighter than if some cases, of which m would often show none, had cost the mean once more.
- The relative difference is bounded as the ratio of the means, with the guards of `stats/ratios`: from above as that
  of now to before, from below as that of before to now.

What it keeps where 5% are promised, of lognormal amounts that correlate by .8 and rise by a fifth (sigma is the
standard deviation of their logarithm), is how often the rise is called smaller than it is:

    sigma   20 cases   50 cases   200 cases
    0.5        3%         3%         3%
    1          5%         4%         3%
    1.5        6%         5%         4%

Where amounts double, it is 11%, 7% and 5% with sigma 1. Rare large rises that the sample happens to lack are beyond
any method: amounts have no upper end.

Where 20 cases were tried once before and 10 times now, and nothing changed, a rise is called proven in 3% and 5% with
sigma 1 and 1.5; by signs alone it would be in 8% and 11%. If the trials of a case have nothing in common, it is in 9%
and 12%, and in 16% and 21%.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.paired_trials import Trials, known_trials
from pytest_evalbars.stats.power import EQUAL, smallest
from pytest_evalbars.stats.ratios import Ratio, case_ratio, ratio_bounds, ratio_p_below, resized_ratio
from pytest_evalbars.stats.signflip import FINE_STEPS, signflip, steps_of
from pytest_evalbars.stats.zero import held_bounds, held_p, p_of_more

#: A ratio of new to old that no amounts have; its inverse is finite.
LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class AmountDrop:
    """How much more an amount is than before, and the evidence behind it. Above 0 is more, and worse."""

    #: The mean now less the mean before; where `ratio` is given as a share of the latter, infinite if that is 0.
    value: float
    before: float
    after: float
    #: The variance between units of the difference.
    variance: float
    #: How far the largest rise, and the largest fall, of a unit are above the mean difference; the latter below 0.
    most: float
    least: float
    #: Independent units, fewer than the clusters where these are of unequal size.
    units: float
    cases: int
    #: Clusters where they were given, else cases.
    clusters: int
    #: The mean now over the mean before, and before over now; None for a difference in the unit of the amount.
    ratio: Ratio | None
    inverse: Ratio | None
    #: How surprising so large a rise would be, had nothing changed; and so large a fall.
    p_more: float
    p_less: float


def amount_drop(
    before: ArrayLike,
    after: ArrayLike,
    clusters: ArrayLike | None = None,
    *,
    relative: bool = False,
    trials: Trials | None = None,
) -> AmountDrop:
    """Estimate how much more the mean amount of a case is in the population that the cases are drawn from.

    Args:
        before: Shape (cases,): the amount of each case before, at least 0 and finite.
        after: Shape (cases,): the same cases now.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.
        relative: As a share of the mean before: .1 is a tenth more.
        trials: The numbers of trials of each case before, and after, each of shape (cases,); one of the two is None
            where nobody knows. None: every case had as many after as before.

    Raises:
        ValueError: No case, an amount below 0, infinite or not a number, a case of no trial, or arrays of other
            shapes or kinds.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.size == 0 or old.shape != new.shape:
        raise ValueError(f"before and after must be two lists of one length, got shapes {old.shape} and {new.shape}")
    if not (min(old.min(), new.min()) >= 0 and max(old.max(), new.max()) < math.inf):
        raise ValueError("amounts must be at least 0 and finite")
    d = new - old
    m = count = len(d)
    sizes, sums = np.ones(m), d
    if clusters is not None:
        codes, count = cluster_codes(clusters, m)
        sizes, sums = cluster_sums(codes, sizes), cluster_sums(codes, d)
    units = m * m / total(np.square(sizes))
    value, means = total(d) / m, (total(old) / m, total(new) / m)
    apart = (sums - sizes * value) * (units / m)
    variance = total(np.square(apart)) / max(units - 1, EQUAL)
    most, least = float(apart.max()), float(apart.min())
    flipped = sums / (np.abs(sums).max() or 1.0)  # the currency is nobody's business
    tests = signflip(flipped, steps_of(flipped, FINE_STEPS))
    drop = AmountDrop(value, *means, variance, most, least, units, m, count, None, None, *tests)
    if trials is not None:
        counts = known_trials(trials, m)
        if counts is None or (counts[0] != counts[1]).any():  # skewed, and sign flips take them to be symmetric
            p_more, p_less = _p_smaller(_mirrored(drop), 0.0), _p_smaller(drop, 0.0)
            drop = replace(drop, p_more=max(drop.p_more, p_more), p_less=max(drop.p_less, p_less))
    if not relative:
        return drop
    ratio, inverse = case_ratio(new, old, clusters), case_ratio(old, new, clusters)
    return replace(drop, value=ratio.value - 1 if value else value, ratio=ratio, inverse=inverse)


def amount_drop_bounds(drop: AmountDrop, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the difference, each with error alpha.

    Args:
        drop: From `amount_drop`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high); infinite where the sample gives no bound, but a relative one is at least -1.

    Raises:
        ValueError: alpha is out of range.
    """
    low, high = 0.0, 0.0
    if 0 < alpha < 1:
        low, high = -_highest(_mirrored(drop), alpha), _highest(drop, alpha)
        if drop.ratio is not None and drop.inverse is not None:
            low, high = -1.0, math.inf
            if drop.before > 0:
                low, high = 1 / ratio_bounds(drop.inverse, alpha)[1] - 1, ratio_bounds(drop.ratio, alpha)[1] - 1
    return held_bounds(low, high, drop.p_more, drop.p_less, alpha)


def amount_drop_interval(drop: AmountDrop, confidence: float) -> tuple[float, float]:
    """The two-sided interval, for display."""
    return amount_drop_bounds(drop, (1 - confidence) / 2)


def amount_drop_p_larger(drop: AmountDrop, t: float) -> float:
    """The p-value of "the rise is at most t": below alpha exactly where the lower bound exceeds t."""
    if drop.inverse is None:
        p = _p_smaller(_mirrored(drop), -t)
    elif t < -1:
        p = 0.0  # nothing falls by more than all of it
    else:
        p = ratio_p_below(drop.inverse, 1 / max(1 + t, LEAST)) if drop.before > 0 else 1.0
    return held_p(p, drop.p_more, t)


def amount_drop_p_smaller(drop: AmountDrop, t: float) -> float:
    """The p-value of "the rise exceeds t": at most alpha exactly where the upper bound is at most t."""
    if drop.ratio is None:
        p = _p_smaller(drop, t)
    else:
        p = ratio_p_below(drop.ratio, 1 + t) if drop.before > 0 or t == math.inf else 1.0
    return held_p(p, drop.p_less, -t)


def amount_drop_cases_to_settle(drop: AmountDrop, t: float, alpha_larger: float, alpha_smaller: float) -> int | None:
    """About how many cases settle the verdict if the difference, and the evidence a case gives, stay as they are.

    Args:
        drop: What was seen.
        t: The difference held against it.
        alpha_larger: One-sided error of "larger than t", which a difference above t heads for.
        alpha_smaller: One-sided error of "at most t", which a difference below t heads for.

    Returns:
        The smallest number of cases, at least those at hand; None if the difference equals t, or is so close to it
        that no suite of this world would do, or if the sample says too little to tell.
    """

    def larger(cases: int) -> AmountDrop:
        if cases == drop.cases:
            return drop
        times = cases / drop.cases
        ratio, inverse = (each and resized_ratio(each, cases) for each in (drop.ratio, drop.inverse))
        p_more, p_less = p_of_more(drop.p_more, drop.p_less, times)
        n = drop.units * times
        return replace(drop, units=n, cases=cases, ratio=ratio, inverse=inverse, p_more=p_more, p_less=p_less)

    scale = 1.0 if drop.ratio is not None else max(drop.before, drop.after)
    if drop.clusters < 2 or abs(drop.value - t) <= EQUAL * scale:
        return None
    if drop.value > t:
        return smallest(drop.cases, lambda cases: amount_drop_p_larger(larger(cases), t) < alpha_larger)
    return smallest(drop.cases, lambda cases: amount_drop_p_smaller(larger(cases), t) <= alpha_smaller)


def _mirrored(drop: AmountDrop) -> AmountDrop:
    """Before and after swapped, of a difference that is not relative."""
    return replace(drop, value=-drop.value, most=-drop.least, least=-drop.most)


def _once_more(drop: AmountDrop) -> tuple[float, float]:
    """Mean and standard error of the difference, had the largest rise been drawn once more."""
    n = drop.units
    squares = (n - 1) * drop.variance + drop.most * drop.most * n / (n + 1)
    return drop.value + drop.most / (n + 1), math.sqrt(squares / (n * (n + 1)))


def _highest(drop: AmountDrop, alpha: float) -> float:
    """The upper bound, without regard to the test at 0."""
    n, scale = drop.units, max(drop.before, drop.after)
    if n - 1 < EQUAL or scale == 0:
        return math.inf
    mean, se = _once_more(drop)
    own = drop.value - float(stdtrit(n - 1, alpha)) * math.sqrt(drop.variance / n)
    constant = drop.value + scale * math.expm1(-math.log(alpha) / n)
    return max(own, mean - float(stdtrit(n, alpha)) * se, constant)


def _p_smaller(drop: AmountDrop, t: float) -> float:
    """The p-value of "the rise exceeds t", without regard to the test at 0."""
    n, scale = drop.units, max(drop.before, drop.after)
    if t == math.inf:
        return 0.0
    if n - 1 < EQUAL or scale == 0 or t <= drop.value:
        return 1.0
    mean, se = _once_more(drop)
    own = _p_beyond(t - drop.value, math.sqrt(drop.variance / n), n - 1)
    constant = math.exp(-n * math.log1p((t - drop.value) / scale))
    return max(own, _p_beyond(t - mean, se, n), constant)


def _p_beyond(distance: float, se: float, df: float) -> float:
    return float(stdtr(df, -distance / se)) if se > 0 else float(distance < 0)
