"""Tango's score test for the difference of two rates of the same cases, and its inversion.

The variance is that of the difference held against the data, not of the one that was seen: the test says something
even where no case flipped, and stays inside -1..1. Numbers of cases may be fractional, which is what differences of
several trials and an effective number of cases need.

Where hardly any case flips to the other side, it claims too much: a drop that is just what is allowed, .05, is called
larger in 7.9% instead of 5% (60 cases), and at errors of a family in twice as many as promised. So a drop beyond what
is allowed is also held to the exact test of the one side alone. Then it is at most 6.4%, with few flips to the other.

Sources: Tango 1998; Clopper & Pearson 1934 (one side).
"""

import math

from scipy.special import betainc, betaincinv

#: Of -1..1, until nothing is left that a number tells apart.
HALVINGS = 64


def score(worse: float, better: float, n: float, t: float) -> float:
    """The statistic, standard normal at a true difference of t; it falls as t grows.

    Args:
        worse: Cases that flipped from pass to miss; may be fractional.
        better: Cases that flipped from miss to pass.
        n: All cases, at least the two together.
        t: The difference held against the data: the rate before less the rate after, strictly within -1..1.
    """
    middle = (2 * n - worse + better) * t - worse - better
    inner = 8 * n * better * t * (1 - t)
    root = math.sqrt(max(0.0, middle * middle + inner))
    # The most likely rate of `better` at t; of the two ways to write it, the one that does not cancel.
    rate = (root - middle) / (4 * n) if middle <= 0 else inner / (root + middle) / (4 * n)
    variance = n * (2 * max(rate, -t, 0.0) + t * (1 - t))
    distance = worse - better - n * t
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def difference_at(worse: float, better: float, n: float, z: float) -> float:
    """The difference at which the statistic is z, within -1..1: a bound of the difference."""
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if score(worse, better, n, middle) > z:
            low = middle
        else:
            high = middle
    return high if high == 1 else low


def at_least(count: float, n: float, rate: float) -> float:
    """How likely so many cases or more flip to one side, at this rate, within 0..1; none to the other."""
    return float(betainc(count, n - count + 1, rate)) if count > 0 else 1.0


def lowest_rate(count: float, n: float, alpha: float) -> float:
    """The rate at which that is as likely as alpha."""
    return float(betaincinv(count, n - count + 1, alpha)) if count > 0 else 0.0
