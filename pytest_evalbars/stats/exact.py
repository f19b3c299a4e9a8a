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
#: Beyond these powers of two are no numbers to cut with.
LEAST, LARGEST = -1000, 900


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
    return np.asarray(np.bincount(codes, high, count) + np.bincount(codes, low, count), np.float64)


def _cut(values: NDArray[np.float64], terms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each number as a high and a low part, of which so many add up without rounding."""
    room = BITS - terms.bit_length()
    largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
    exponent = math.frexp(largest)[1]
    high = values.copy()
    _round(high, exponent - room)
    low = values - high
    _round(low, exponent - 2 * room)
    return high, low


def _round(values: NDArray[np.float64], exponent: int) -> None:
    """Each to the nearest multiple of 2**exponent, in place; none is above 2**(exponent + 51)."""
    if LEAST < exponent < LARGEST:
        shift = math.ldexp(1.5, exponent + BITS)
        values += shift
        values -= shift
