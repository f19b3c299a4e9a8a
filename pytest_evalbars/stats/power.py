"""How many cases a verdict needs, and what the cases at hand can still show."""

import math
from collections.abc import Callable

from pytest_evalbars.stats.effective import Rate, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import Mean, mean_p_met, mean_p_missed, resized
from pytest_evalbars.stats.proportions import p_at_most

#: More cases than anyone will ever run.
TOO_MANY = 10**9
#: Closer than this, an estimate and a threshold are the same.
EQUAL = 1e-12


def cases_to_settle_rate(rate: Rate, t: float, alpha_met: float, alpha_missed: float) -> int | None:
    """How many cases settle the verdict if the rate, and the evidence a case gives, stay as they are.

    Args:
        rate: What was seen, from `case_rate`.
        t: The threshold, 0..1.
        alpha_met: One-sided error of "met", which a rate above t heads for.
        alpha_missed: One-sided error of "missed", which a rate below t heads for.

    Returns:
        The smallest number of cases, at least those at hand; None if the rate equals t, or is so close to it
        that no suite of this world would do.
    """

    def larger(cases: int) -> Rate:
        ratio = cases / rate.cases
        n_eff, n_perfect = rate.n_eff * ratio, rate.n_perfect * ratio
        return Rate(rate.value, n_eff, n_perfect, rate.trials, cases, rate.clusters, rate.icc)  # `replace` is slow

    if abs(rate.value - t) <= EQUAL:
        return None
    if rate.value > t:
        return smallest(rate.cases, lambda cases: rate_p_met(larger(cases), t) <= alpha_met)
    return smallest(rate.cases, lambda cases: rate_p_missed(larger(cases), t) < alpha_missed)


def cases_to_settle_mean(mean: Mean, t: float, alpha_met: float, alpha_missed: float) -> int | None:
    """How many cases settle the verdict if the mean and its variance stay as they are; as for a rate."""
    if abs(mean.value - t) <= EQUAL:
        return None
    if mean.value > t:
        return smallest(mean.cases, lambda cases: mean_p_met(resized(mean, cases), t) <= alpha_met)
    return smallest(mean.cases, lambda cases: mean_p_missed(resized(mean, cases), t) < alpha_missed)


def perfect_low(n_perfect: float, alpha: float) -> float:
    """The lower bound of a run in which everything passes: the highest threshold that it can meet.

    Args:
        n_perfect: Independent units, as `Rate.n_perfect`; above 0.
        alpha: One-sided error, strictly between 0 and 1.

    Returns:
        A rate strictly between 0 and 1.
    """
    return math.pow(alpha, 1 / n_perfect)


def zero_miss_cases(t: float, alpha: float) -> int | None:
    """The fewest cases with which a run without a miss proves the threshold: 29 for 0.90 at 5% error.

    Args:
        t: The threshold, 0..1.
        alpha: One-sided error, strictly between 0 and 1.

    Returns:
        At least 1; None for a threshold of 1, which no number of cases proves.

    Source: Hanley & Lippman-Hand 1983.
    """
    if t >= 1:
        return None
    if t <= alpha:
        return 1
    cases = math.ceil(math.log(alpha) / math.log(t) - EQUAL)
    return cases if math.pow(t, cases) <= alpha else cases + 1


def most_passes_proven_missed(n: int, t: float, alpha: float) -> int | None:
    """How bad it must be to be noticed: the most passes in n independent trials that prove a rate below t.

    Args:
        n: Independent trials.
        t: The threshold, 0..1.
        alpha: One-sided error, strictly between 0 and 1.

    Returns:
        The largest x with P(X <= x) < alpha at a true rate of t; None if not even 0 passes would prove it.
    """
    if p_at_most(0, n, t) >= alpha:
        return None
    proven, not_proven = 0, n
    while not_proven - proven > 1:
        middle = (proven + not_proven) // 2
        if p_at_most(middle, n, t) < alpha:
            proven = middle
        else:
            not_proven = middle
    return proven


def smallest(start: int, settled: Callable[[int], bool]) -> int | None:
    """The smallest number from start on that is settled, given that all above it are."""
    if settled(start):
        return start
    low, high = start, 2 * start
    while not settled(high):
        low, high = high, 2 * high
        if low > TOO_MANY:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if settled(middle):
            high = middle
        else:
            low = middle
    return high if high <= TOO_MANY else None
