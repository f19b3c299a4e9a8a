"""How much worse is a number than before, on the same cases?

Each case says its mean before and after; their difference is how far the case dropped. What is common to both, how
hard the case is, falls out of it, and so a drop is found with about half of the cases that two independent samples
would need.

- Whether there is any drop at all is asked of the signs of the differences: had nothing changed, each would have been
  as likely the other way round. For cases of one trial that is McNemar's test, and the mid-P of it; else the exact
  sign-flip test (Pesarin).
- How large it is, is said by Tango's score interval, with the moments of the differences in place of the numbers of
  cases that flipped: for cases of one trial that is Tango's own.

Sources: McNemar 1947; Fagerland, Lydersen & Laake 2013 (mid-P); Tango 1998.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FLIPS = 9999


@dataclass(frozen=True, slots=True)
class Drop:
    """A mean difference between before and after, and the evidence behind it. Above 0 is worse."""

    value: float
    #: The mean square of the differences.
    square: float
    #: Independent units.
    units: float
    cases: int
    clusters: int
    #: How surprising so large a drop would be, had nothing changed; and so large a rise.
    p_drop: float
    p_rise: float


def case_drop(before: ArrayLike, after: ArrayLike, clusters: ArrayLike | None = None) -> Drop:  # noqa: ARG001
    """Estimate how far the mean over cases dropped.

    Args:
        before: Shape (cases,): the mean of each case's trials before, from 0 to 1.
        after: Shape (cases,): the same cases now.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.

    Raises:
        ValueError: No case, or other shapes.
    """
    d = np.asarray(before, np.float64) - np.asarray(after, np.float64)
    if d.ndim != 1 or d.size == 0:
        raise ValueError(f"before and after must be two lists of one length, got shape {d.shape}")
    m = len(d)
    value, square = float(d.mean()), float((d * d).mean())
    p_drop, p_rise = _flipped(d), _flipped(-d)
    return Drop(value, max(square, abs(value)), float(m), m, m, p_drop, p_rise)


def drop_bounds(drop: Drop, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the drop, each with error alpha."""
    z = -float(ndtri(alpha))
    return _solve(drop, z), _solve(drop, -z)


def drop_interval(drop: Drop, confidence: float) -> tuple[float, float]:
    """The two-sided interval, for display."""
    return drop_bounds(drop, (1 - confidence) / 2)


def drop_p_larger(drop: Drop, t: float) -> float:
    """The p-value of "the drop is at most t": small means it is proven larger."""
    return drop.p_drop if t == 0 else float(ndtr(-_score(drop, t)))


def drop_p_smaller(drop: Drop, t: float) -> float:
    """The p-value of "the drop is at least t": small means it is proven smaller."""
    return drop.p_rise if t == 0 else float(ndtr(_score(drop, t)))


def drop_cases_to_settle(drop: Drop, t: float, alpha_larger: float, alpha_smaller: float) -> int | None:
    """About how many cases prove it larger than t, or at most t, at the present drop; None where it is t."""
    distance = drop.value - t
    variance = max(drop.square - drop.value**2, 1e-9)
    if abs(distance) < 1e-9:
        return None
    z = float(ndtri(alpha_larger if distance > 0 else alpha_smaller))
    return math.ceil(variance * (z / distance) ** 2 * drop.cases / drop.units)


def _score(drop: Drop, t: float) -> float:
    """Tango's statistic at a drop of t."""
    n = drop.units
    b, c = n * (drop.square + drop.value) / 2, n * (drop.square - drop.value) / 2
    if abs(t) >= 1:
        return -math.inf if t > 0 else math.inf
    mid = -b - c + (2 * n - b + c) * t
    q = (math.sqrt(max(0.0, mid * mid + 8 * n * c * t * (1 - t))) - mid) / (4 * n)
    variance = n * (2 * q + t * (1 - t))
    top = b - c - n * t
    if variance <= 0:
        return 0.0 if top == 0 else math.copysign(math.inf, top)
    return top / math.sqrt(variance)


def _solve(drop: Drop, z: float) -> float:
    """The drop at which the statistic is z; it falls as the drop grows."""
    low, high = -1.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _score(drop, middle) > z:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _flipped(d: NDArray[np.float64]) -> float:
    rng = np.random.default_rng(0)
    d = d[d != 0]
    if not len(d):
        return 1.0
    sums = rng.choice([-1.0, 1.0], (FLIPS, len(d))) @ np.abs(d)
    return float((1 + (sums >= d.sum() - 1e-12).sum()) / (FLIPS + 1))
