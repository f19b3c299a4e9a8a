"""Bounds of a difference and the test of whether there is one at all, so that the two never contradict each other.

No bound lies beyond 0 where the test does not say so, and none on the other side of 0 where it does. That makes
p-values rise and fall with the difference held against the data everywhere, and costs no error: a bound is moved to 0
only where the test, whose error is the same, has spoken.
"""

import math

from scipy.special import ndtr, ndtri

#: The smallest number above 0: a bound that is 0 and yet on one side of it.
BEYOND = math.ulp(0.0)


def held_p(p: float, at_zero: float, t: float) -> float:
    """The p-value of "the difference is at most t": `p` held to that of the test, in which t is 0."""
    if t == 0:
        return at_zero
    return max(p, at_zero) if t > 0 else min(p, at_zero)


def held_bounds(low: float, high: float, p_above: float, p_below: float, alpha: float) -> tuple[float, float]:
    """Bounds held to a test.

    Args:
        low: The lower bound without regard to the test.
        high: The upper bound.
        p_above: The p-value of "the difference is at most 0".
        p_below: The p-value of "the difference is at least 0".
        alpha: The error of each bound and of the test, strictly between 0 and 1.

    Raises:
        ValueError: alpha is out of range.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"an error must lie strictly between 0 and 1, got {alpha}")
    low = max(low, BEYOND) if p_above < alpha else min(low, 0.0)
    return low, min(high, 0.0) if p_below <= alpha else max(high, BEYOND)


def p_of_more(p_above: float, p_below: float, ratio: float) -> tuple[float, float]:
    """About the p-values that so many times the cases would have, as those of a normal law would fall."""
    if min(p_above, p_below) < 0.5:
        z = float(ndtri(p_above) if p_above < 0.5 else -ndtri(p_below))
    else:  # so few differences that both tests say little: what is halfway between them
        z = float(ndtri((1 + p_above - p_below) / 2))
    p = float(ndtr(z * math.sqrt(ratio)))
    return p, 1 - p
