"""Cuts a run into the slices that bars speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import dimensions_of, group_of, picks_labels
from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.run.columns import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.run.columns import Run


def slices_of(run: Run, bar: Bar) -> Iterator[tuple[str | None, str | None, Slice]]:
    """Every verdict that the bar makes on the run: (dimension, group or None for the whole, slice)."""
    fitting = np.array([picks_labels(bar, labels) for labels in run.labelsets], bool)
    rows = np.flatnonzero(fitting[run.labelset]) if len(run) else np.zeros(0, np.int64)
    here = [run.dimensions[code] for code in np.unique(run.dimension[rows])]
    for dimension in dimensions_of(bar, here):
        code = run.dimensions.index(dimension) if dimension in run.dimensions else -1
        part = rows[run.dimension[rows] == code]
        yield dimension, None, Slice(run, part)
        if bar.each and len(part):
            for group, members in groups_of(run, bar, part):
                yield dimension, group, members


def groups_of(run: Run, bar: Bar, rows: NDArray[np.int64]) -> list[tuple[str, Slice]]:
    """The rows by group of the bar's `each`, sorted by name; groups wholly left out of the run are not there."""
    names = [group_of(bar, labels) for labels in run.labelsets]
    known = sorted(set(names))
    code = np.array([known.index(name) for name in names])[run.labelset[rows]]
    ran = np.bincount(code[run.outcome[rows] != LEFT_OUT], minlength=len(known))
    return [("/".join(name), Slice(run, rows[code == number])) for number, name in enumerate(known) if ran[number]]
