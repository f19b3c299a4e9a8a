"""Labelled answers as columns, as statistics read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.calibration.record import CalibratedItem


def case_of(item: CalibratedItem) -> str:
    """The case that it is an answer of; one of its own where the record is too old to say."""
    return item.case or item.of


def columns_of(
    items: Sequence[CalibratedItem],
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Whether the judge passes each, the share of people who do, what each stands for, and the number of its case.

    Each of shape (items,), in the order in which statistics take them.
    """
    numbers: dict[str, int] = {}
    return (
        np.array([item.judged for item in items], bool),
        np.array([item.human for item in items], np.float64),
        np.array([item.weight for item in items], np.float64),
        np.array([numbers.setdefault(case_of(item), len(numbers)) for item in items], np.int64),
    )
