"""Does a rate rise or fall along ordered groups, such as lengths of answers?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfc


@dataclass(frozen=True, slots=True)
class Trend:
    """How a rate moves along ordered groups."""

    #: Per group: how many pass, how many there are, the score that stands for the group, such as its place.
    passes: tuple[int, ...]
    items: tuple[int, ...]
    scores: tuple[float, ...]
    #: Above 0 where the rate rises; squared, the chi-squared statistic of one degree of freedom.
    z: float
    #: The two-sided p-value of "the rate does not move".
    p: float


def trend(passes: ArrayLike, items: ArrayLike, scores: ArrayLike | None = None) -> Trend:
    """Test a rate for a trend along ordered groups.

    Args:
        passes: Shape (groups,), counts.
        items: Shape (groups,), counts above 0.
        scores: Shape (groups,), what the trend is along. None: 1, 2, 3 and so on.

    Returns:
        The test; z is 0 and p is 1 where all pass, none does, or all scores are equal.

    Raises:
        ValueError: Other shapes, no group, an empty group, or more passes than items.

    Source: Cochran 1954, Armitage 1955.
    """
    x, n = np.asarray(passes, np.float64), np.asarray(items, np.float64)
    s = np.arange(1.0, len(n) + 1) if scores is None else np.asarray(scores, np.float64)
    if x.ndim != 1 or not x.size or x.shape != n.shape or x.shape != s.shape:
        raise ValueError(f"there must be passes, items and a score a group, got {x.shape}, {n.shape} and {s.shape}")
    if n.min() < 1 or x.min() < 0 or (x > n).any():
        raise ValueError("every group must have items, and between 0 and all of them pass")
    rate, middle = x.sum() / n.sum(), (n @ s) / n.sum()
    spread = rate * (1 - rate) * float(n @ np.square(s - middle))
    z = float((s - middle) @ (x - n * rate)) / math.sqrt(spread) if spread > 0 else 0.0
    found = tuple(map(int, x)), tuple(map(int, n)), tuple(map(float, s))
    return Trend(*found, z, float(erfc(abs(z) / math.sqrt(2))))
