"""Tango's score test for the difference of two rates of the same cases, and its inversion.

The variance is that of the difference held against the data, not of the one that was seen: the test says something
even where no case flipped, and stays inside -1..1. Numbers of cases may be fractional, which is what differences of
several trials and an effective number of cases need.

Source: Tango 1998.
"""

import math

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
