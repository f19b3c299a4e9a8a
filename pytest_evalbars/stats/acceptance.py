"""How many items must be looked at until it is proven that few of all are wrong, by somebody who may go on.

Whoever looks at 59 items, finds a wrong one and goes on to the 93 that would have proven it with one wrong, and so
on, proves it of too many: eight such plans err in 14 of 100 samples, not in 5. Here the error is that of all of them
together. The plan without a wrong item has nearly all of it, so that it needs no more items than it would alone; the
others share the rest. The computation is exact.

Source: spending of the error, Lan & DeMets 1983; the shares are ours.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

#: What the plan without a wrong item has of the error: 59 items prove 5% at 95%, as they would alone.
FIRST = 0.97


def items_needed(wrong: int, at_most: float, alpha: float, most: float = math.inf) -> float:
    """The number of items that prove the share of wrong ones is at most so much, if so many of them are wrong.

    Args:
        wrong: Items found wrong.
        at_most: The share, strictly between 0 and 1.
        alpha: The error of ever proving it where more are wrong, however often one looks.
        most: More items than this are not counted on: infinity.

    Raises:
        ValueError: A number is out of range.
    """
    if wrong < 0 or not 0 < at_most < 1 or not 0 < alpha < 1:
        raise ValueError(f"no share of wrong items can be proven: {wrong} wrong, at most {at_most}, error {alpha}")
    right = math.log1p(-at_most)
    items = max(math.ceil(math.log(FIRST * alpha) / right), 1)
    # The chance of 0, 1, ... wrong ones among so many, where nothing was proven before.
    chances = _binomial(items, at_most, wrong)
    for number in range(1, wrong + 1):
        chances[number - 1] = 0.0
        if items > most:
            return math.inf
        share = (1 - FIRST) * alpha / (number * (number + 1))
        more = math.ceil(math.log(share / chances[number]) / right) if chances[number] > share else 1
        chances = np.convolve(chances, _binomial(more, at_most, min(more, wrong)))[: wrong + 1]
        items += more
    return items if items <= most else math.inf


def most_wrong(wrong: int, items: int, alpha: float) -> float:
    """The largest share of wrong items that is not disproven by so many of so many, however often one looked."""
    low, high = wrong / items if items else 1.0, 1.0
    for _ in range(40 if low < 1 else 0):
        middle = (low + high) / 2
        low, high = (low, middle) if items_needed(wrong, middle, alpha, items) <= items else (middle, high)
    return high


def _binomial(items: int, rate: float, most: int) -> NDArray[np.float64]:
    """The chance of 0 to `most` wrong ones; what lies above the items has none."""
    x = np.arange(most + 1)
    inside = x <= items
    of = np.where(inside, x, 0)
    ways = gammaln(items + 1) - gammaln(of + 1) - gammaln(items - of + 1)
    return np.where(inside, np.exp(ways + of * math.log(rate) + (items - of) * math.log1p(-rate)), 0.0)
