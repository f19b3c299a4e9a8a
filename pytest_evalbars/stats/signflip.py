"""The sign-flip test: had nothing changed, each difference would have been as likely the other way round.

How surprising is the sum of the differences among all 2**n ways to set their signs? There is no chance in the answer:
it is counted out, not drawn, and neither the order of the differences nor a seed is part of it.

- Differences that are whole multiples of one step, such as those of rates, add up to few different sums. Their law is
  counted exactly, by its characteristic function, for any number of differences.
- Up to 30 others are counted in two halves, exactly.
- Of more, the 12 largest are counted, and the sum of the rest is normal: within .3% of a p-value of 5%, where
  9,999 random flips are some 4% off.

Source: Fisher 1935; Pesarin 2001; Horowitz & Sahni 1974 (two halves).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr

from pytest_evalbars.stats.exact import total

#: Rates of cases of up to so many trials before and now: 1 / trials, or of both together.
STEPS = range(1, 31)
#: Finer: rates of cases of any 1 to 8, or 1 to 10, trials; scores of two or three decimals.
FINE_STEPS = (100, 840, 1000, 2520)
#: So many differences are looked at before all of them.
FIRST = 1000
#: Closer to a multiple than this is one.
ROUNDED = 1e-9
#: How many standard deviations hold a law so well that what is beyond is below 1e-31 (Hoeffding).
WIDE = 12
#: More cosines than these take too long.
COSINES = 4_000_000
#: Up to so many differences are counted out; of more, so many of the largest.
ALL, LARGEST = 30, 12


def steps_of(differences: NDArray[np.float64], candidates: range | tuple[int, ...]) -> int | None:
    """The first candidate of which every difference is a whole multiple of one part; None if there is none."""

    def whole(some: NDArray[np.float64], steps: int) -> bool:
        parts = some * steps
        return bool(np.abs(parts - np.rint(parts)).max(initial=0) < ROUNDED * steps)

    few = differences[:FIRST]
    return next((steps for steps in candidates if whole(few, steps) and whole(differences, steps)), None)


def signflip(differences: NDArray[np.float64], steps: int | None) -> tuple[float, float]:
    """How surprising is so large a sum of differences, and so small a one, had nothing changed?

    Args:
        differences: Shape (units,): of a case, or summed over the cases of a cluster.
        steps: Every difference is a whole multiple of 1 / steps; None if they are anything.

    Returns:
        The shares of all flips whose sum is at least, and at most, that of the differences. They add up to 1 and the
        share of flips with that very sum.
    """
    d = differences[differences != 0]
    if not len(d):
        return 1.0, 1.0
    tail = None if steps is None else _on_steps(np.rint(d * steps).astype(np.int64))
    p_drop, p_rise = tail or (_in_halves(d) if len(d) <= ALL else _largest_first(d))
    least = math.ldexp(1.0, -min(len(d), 1000))  # the differences as they are
    return min(max(p_drop, least), 1.0), min(max(p_rise, least), 1.0)


def mid_p(worse: int, better: int) -> tuple[float, float]:
    """McNemar's test of so many flipped cases: half of the chance of what was seen counts as surprising."""

    def p(one: int, other: int) -> float:
        at_least = float(betainc(one, other + 1, 0.5)) if one else 1.0
        more = float(betainc(one + 1, other, 0.5)) if other else 0.0
        return (at_least + more) / 2

    return p(worse, better), p(better, worse)


def _on_steps(d: NDArray[np.int64]) -> tuple[float, float] | None:
    """From the exact law of the sum of whole numbers; None where that takes too long."""
    sizes, many = np.unique(np.abs(d), return_counts=True)
    most = np.gcd.reduce(sizes)
    sizes, s = sizes // most, int(d.sum()) // int(most)
    spread = math.sqrt(float(many @ np.square(sizes.astype(np.float64))))
    reach = min(int(many @ sizes), math.ceil(WIDE * spread))
    if abs(s) > reach:
        return (0.0, 1.0) if s > 0 else (1.0, 0.0)
    span = 1 << (2 * reach + 1).bit_length()
    if len(sizes) * span > 2 * COSINES:
        return None
    turns = np.arange(span // 2 + 1)
    law = np.ones(len(turns))
    for size, count in zip(sizes.tolist(), many.tolist(), strict=True):
        law *= np.cos(2 * math.pi / span * (turns * size % span)) ** count
    chances = np.fft.irfft(law, span)[: reach + 1]  # of the sums 0, 1, ..; those below 0 are the same

    def at_least(sum_: int) -> float:
        return float(chances[sum_:].sum()) if sum_ > 0 else 1 - float(chances[1 - sum_ :].sum())

    return at_least(s), at_least(-s)


def _in_halves(d: NDArray[np.float64]) -> tuple[float, float]:
    """All flips, counted as pairs of a flip of the one half and a flip of the other."""
    sizes = np.sort(np.abs(d))
    one, other = (np.sort(_sums(half)) for half in (sizes[::2], sizes[1::2]))
    near = ROUNDED * float(sizes[-1])

    def at_least(sum_: float) -> float:
        below = int(np.searchsorted(other, sum_ - near - one).sum())
        return 1 - below / (len(one) * len(other))

    s = total(d)
    return at_least(s), at_least(-s)


def _largest_first(d: NDArray[np.float64]) -> tuple[float, float]:
    """All flips of the largest, and a normal law for the sum of the rest."""
    sizes = np.partition(np.abs(d), len(d) - LARGEST)
    sums = np.sort(_sums(np.sort(sizes[-LARGEST:])))
    p_drop = float(ndtr((sums - total(d)) / math.sqrt(total(np.square(sizes[:-LARGEST])))).mean())
    return p_drop, 1 - p_drop


def _sums(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of all flips, shape (2**n,)."""
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return sums
