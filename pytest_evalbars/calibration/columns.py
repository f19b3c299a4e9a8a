"""Labelled answers as columns, as statistics read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.calibration.record import CalibratedItem


def columns_of(
    items: Sequence[CalibratedItem],
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Whether the judge passes each, the share of people who do, and what each stands for; shape (items,) each."""
    return (
        np.array([item.judged for item in items], bool),
        np.array([item.human for item in items], np.float64),
        np.array([item.weight for item in items], np.float64),
    )
