"""Many verdicts in one session: p-values corrected so that the session, not each verdict, keeps its error."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that comparing each with alpha errs anywhere in at most alpha of all families.

    Args:
        p: Shape (tests,), each in 0..1; may be empty.

    Returns:
        Shape (tests,), in the order given, never below p and at most 1.

    Raises:
        ValueError: A p-value is outside 0..1 or not a number, or the shape is another.

    Source: Holm 1979; the same numbers as R's p.adjust.
    """
    raw = _checked(p)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(len(raw), 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def two_tiers(p: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Adjust a family of two tiers, wholes and their groups, so that many groups do not drown the few wholes.

    Holm within each tier. Where both have members each gets half of the error; a tier that is alone gets all.

    Args:
        p: Shape (tests,), each in 0..1; may be empty.
        second: Shape (tests,), booleans: which tests belong to the second tier.

    Returns:
        Shape (tests,), in the order given, to be compared with alpha.

    Raises:
        ValueError: A p-value is outside 0..1 or not a number, or the shapes differ.
    """
    raw, later = _checked(p), np.asarray(second, dtype=bool)
    if raw.shape != later.shape:
        raise ValueError(f"there must be one tier a p-value, got shapes {raw.shape} and {later.shape}")
    adjusted = np.empty_like(raw)
    for tier in (later, ~later):
        adjusted[tier] = holm(raw[tier])
    shares = 2 if later.any() and not later.all() else 1
    return np.minimum(shares * adjusted, 1.0)


def _checked(p: ArrayLike) -> NDArray[np.float64]:
    raw = np.asarray(p, dtype=np.float64)
    if raw.ndim != 1:
        raise ValueError(f"p-values must be a list, got shape {raw.shape}")
    if raw.size and not (raw.min() >= 0 and raw.max() <= 1):
        raise ValueError("p-values must lie between 0 and 1")
    return raw
