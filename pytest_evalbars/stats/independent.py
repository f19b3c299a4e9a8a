"""The difference of two numbers that were measured on other cases: two samples that know nothing of each other.

Each number brings its own two-sided interval; the difference is bounded by the distances from each number to that end
of its interval that would make the difference larger, added as squares. Of two rates with Wilson's intervals that is
Newcombe's, right for display and for nothing else: where samples are of unequal size, its one-sided error is 8%
instead of 5%, and at errors of a family many times what is promised (500 cases and 30, of .98: 4.7 times .05 / 14).
Verdicts rest on exact bounds of the two (`rate_bounds`), which keep both. Where some cases are the same after all,
and hard both times, it claims less than it could.

Sources: Newcombe 1998, method 10; Zou & Donner 2008 (MOVER: any numbers with intervals).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import ndtri

from pytest_evalbars.stats.inverting import smallest_error

#: More cases than anyone will ever run.
TOO_MANY = 10**9


@dataclass(frozen=True, slots=True)
class Difference:
    """One number less another, and the intervals of both.

    For rates and scores the first is before, so that a difference above 0 is a drop; for amounts it is after.
    """

    first: float
    second: float
    #: From a confidence, strictly between 0 and 1, to the two-sided interval around the number; ends may be infinite.
    first_interval: Callable[[float], tuple[float, float]]
    second_interval: Callable[[float], tuple[float, float]]

    @property
    def value(self) -> float:
        """The first less the second."""
        return self.first - self.second


def difference_bounds(difference: Difference, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the difference, each with error alpha.

    Args:
        difference: Two numbers with their intervals.
        alpha: One-sided error of each bound, strictly between 0 and one half.

    Returns:
        (low, high); together they are a two-sided interval of confidence 1 - 2 * alpha.

    Raises:
        ValueError: alpha is out of range.
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"an error must lie strictly between 0 and 0.5, got {alpha}")
    return difference_interval(difference, 1 - 2 * alpha)


def difference_interval(difference: Difference, confidence: float) -> tuple[float, float]:
    """The two-sided interval, for display; the bounds at half of what is missing to a confidence of 1."""
    one, other = difference.first, difference.second
    (low, high), (low_other, high_other) = (
        difference.first_interval(confidence),
        difference.second_interval(confidence),
    )
    return (
        difference.value - math.hypot(max(one - low, 0.0), max(high_other - other, 0.0)),
        difference.value + math.hypot(max(high - one, 0.0), max(other - low_other, 0.0)),
    )


def difference_p_larger(difference: Difference, t: float) -> float:
    """The p-value of "the difference is at most t": below alpha where the lower bound exceeds t, by inversion."""
    if t < difference.value:
        return smallest_error(lambda alpha: difference_bounds(difference, alpha)[0] > t)
    return 1 - difference_p_smaller(difference, t) if t > difference.value else 0.5


def difference_p_smaller(difference: Difference, t: float) -> float:
    """The p-value of "the difference exceeds t": at most alpha where the upper bound is at most t, by inversion."""
    if t > difference.value:
        return smallest_error(lambda alpha: difference_bounds(difference, alpha)[1] <= t)
    return 1 - difference_p_larger(difference, t) if t < difference.value else 0.5


def difference_cases_to_settle(
    difference: Difference, cases: int, t: float, alpha_larger: float, alpha_smaller: float
) -> int | None:
    """About how many cases settle the verdict if both numbers, and the evidence a case gives, stay as they are.

    Args:
        difference: What was seen.
        cases: Behind the one of the two that will be measured on more; the other is taken to grow by as much.
        t: The difference held against it.
        alpha_larger: One-sided error of "larger than t", which a difference above t heads for.
        alpha_smaller: One-sided error of "at most t", which a difference below t heads for.

    Returns:
        A number of cases, at least those at hand; None if the difference equals t, or is so close to it that no suite
        of this world would do. The p-value is taken to fall as that of a normal law.
    """
    above = difference.value > t
    p = difference_p_larger(difference, t) if above else difference_p_smaller(difference, t)
    alpha = alpha_larger if above else alpha_smaller
    if p < alpha or (p == alpha and not above):
        return cases
    if p >= 0.5:
        return None
    needed = math.ceil(cases * (float(ndtri(alpha)) / float(ndtri(p))) ** 2)
    return max(needed, cases + 1) if needed <= TOO_MANY else None
