"""Tells whether a sample was drawn from the very answers that a run judges."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.judged import DIGITS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def digest_of(judged: ArrayLike) -> str:
    """A hash of what was judged, whatever the order and whatever was said of it; 16 hex digits.

    Args:
        judged: `Judged.of` of all judged rows of a dimension, shape (rows,).
    """
    codes = np.sort(np.asarray(judged, np.uint64))
    return hashlib.sha256(codes.astype(">u8").tobytes()).hexdigest()[:DIGITS]
