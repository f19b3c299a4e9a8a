"""Sums that are the same in every order: the order in which cases ran is nobody's business.

Few numbers are added exactly (`math.fsum`). Many are cut in two, each part a multiple of a power of two so large that
adding it never rounds, whatever the order; what that leaves out is below 2**-50 of the largest number.

Source: Demmel & Nguyen 2015 (pre-rounding).
"""

import math

import numpy as np
from numpy.typing import NDArray

#: Up to so many numbers the exact sum is the faster one.
FEW = 2000
#: The bits of a number, with one to spare.
BITS = 52


def total(values: NDArray[np.float64]) -> float:
    """The sum of finite numbers, shape (n,)."""
    if len(values) <= FEW:
        return math.fsum(values.tolist())
    high, low = _cut(values, len(values))
    return float(high.sum()) + float(low.sum())


def totals(codes: NDArray[np.integer], values: NDArray[np.float64], count: int, most: int) -> NDArray[np.float64]:
    """The sums of finite numbers by code.

    Args:
        codes: Shape (n,), each below `count`.
        values: Shape (n,).
        count: How many codes there are.
        most: How many numbers share a code at most.

    Returns:
        Shape (count,).
    """
    if most <= 2:  # two numbers have no order
        return np.bincount(codes, values, count).astype(np.float64, copy=False)
    high, low = _cut(values, most)
    return np.bincount(codes, high, count) + np.bincount(codes, low, count)


def _cut(values: NDArray[np.float64], terms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each number as a high and a low part, of which so many add up without rounding."""
    room = BITS - terms.bit_length()
    largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
    exponent = math.frexp(largest)[1]
    high = _rounded(values, exponent - room)
    low = values - high
    return high, _rounded(low, exponent - 2 * room)


def _rounded(values: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
    """To the nearest multiple of 2**exponent; numbers up to 2**(exponent + 51)."""
    if exponent < -1000:
        return values
    shift = math.ldexp(1.5, exponent + BITS)
    rounded = values + shift
    rounded -= shift
    return rounded
