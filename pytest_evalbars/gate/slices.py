"""Cuts a run into the slices that bars speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import CLASS, dimensions_of, group_of, picks_labels
from pytest_evalbars.metrics.levels import weak
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.run.columns import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.config.settings import Settings
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.slice import Metric
    from pytest_evalbars.run.columns import Run

#: By outcome, how bad it is: of a trial that passed on one dimension and erred on another, the error is told.
SEVERITY = np.array([1, 2, 3, 0, 4, 6, 5])  # pass, miss, error, skipped, missing, left out, stopped


def slices_of(run: Run, bar: Bar) -> Iterator[tuple[str | None, str | None, Slice]]:
    """Every verdict that the bar makes on the run: (dimension, group or None for the whole, slice)."""
    fitting = np.array([picks_labels(bar, labels) for labels in run.labelsets], bool)
    rows = np.flatnonzero(fitting[run.labelset]) if len(run) else np.zeros(0, np.int64)
    here = [run.dimensions[code] for code in np.unique(run.dimension[rows])]
    for dimension in dimensions_of(bar, here):
        if bar.all_trials:
            part = _worst_of_trials(run, rows)
        else:
            code = run.dimensions.index(dimension) if dimension in run.dimensions else -1
            part = rows[run.dimension[rows] == code]
        whole = Slice(run, part, bar.class_)
        groups = groups_of(run, bar, part) if bar.each and len(part) else []
        if not (CLASS in bar.each and groups):
            yield dimension, None, whole
        yield from ((dimension, *group) for group in groups)


def metric_of(bar: Bar, settings: Settings, dimension: str | None) -> Metric:
    """The bar's metric, on one dimension.

    Raises:
        NoData: it needs a scale, and the dimension has none with that level.
    """
    if bar.level is None:
        return bar.kind.build()
    name, scale = settings.scale_of(dimension or "") or ("", None)
    if scale is None:
        raise NoData(f'no scale holds the dimension "{dimension}", so it has no level "{bar.level}"')
    if bar.level not in scale.levels:
        raise NoData(f'"{bar.level}" is no level of the scale {name} ({scale}), on which "{dimension}" is graded')
    return bar.kind.build(level=bar.level, scale=scale)


def weak_of(settings: Settings, bar: Bar | None, dimension: str | None, part: Slice) -> float | None:
    """The share of trials that pass only just, which a number that counts passes must not hide.

    Args:
        settings: the declared scales.
        bar: whose number it stands beside; None: the pass rate of what no bar holds.
        dimension: the slice's.
        part: the slice.

    Returns:
        None where nothing is graded, no level of the scale is weak, or the number does not count those that are.
    """
    _, scale = settings.scale_of(dimension or "") or ("", None)
    if scale is None or not scale.weak or not (part.run.level[part.rows] >= 0).any():
        return None
    if bar is not None and not (
        bar.kind.counts == "passes"
        or (bar.metric == "at_or_above" and any(scale.worse(bar.level, each) == bar.level for each in scale.weak))
    ):
        return None
    try:
        found = weak(scale).estimate(part)
    except NoData:
        return None
    return None if found is None else found.value


def groups_of(run: Run, bar: Bar, rows: NDArray[np.int64]) -> list[tuple[str, Slice]]:
    """The rows by group of the bar's `each`, sorted by name; groups wholly left out of the run are not there."""
    names = [group_of(bar, labels) for labels in run.labelsets]
    known = sorted(set(names))
    code = np.array([known.index(name) for name in names])[run.labelset[rows]]
    ran = np.bincount(code[run.outcome[rows] != LEFT_OUT], minlength=len(known))
    order = np.argsort(code.astype(np.int32), kind="stable")
    parts = np.split(rows[order], np.searchsorted(code[order], np.arange(1, len(known))))
    found = [(name, part) for name, part, some in zip(known, parts, ran, strict=True) if some]
    if CLASS not in bar.each:
        return [("/".join(name), Slice(run, part, bar.class_)) for name, part in found]
    place = bar.each.index(CLASS)
    return [
        ("/".join((*name[:place], each, *name[place:])), Slice(run, part, each))
        for name, part in found
        for each in _classes(run, part, given=bar.metric == "precision")
    ]


def _classes(run: Run, rows: NDArray[np.int64], *, given: bool) -> list[str]:
    """The classes that some trial of these is of, or was given by the product, sorted."""
    entry = run.entry[rows]
    known = run.extras.expected[entry[entry >= 0]]
    if given:
        known = np.append(known, run.extras.predicted[entry[entry >= 0]])
    return sorted(run.extras.classes[code] for code in np.unique(known[known >= 0]))


def _worst_of_trials(run: Run, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each trial the row that says the worst."""
    if not len(rows):
        return rows
    trial = run.trial[rows].max() + 1
    key = (run.case[rows] * (run.test[rows].max() + 1) + run.test[rows]) * trial + run.trial[rows]
    order = np.lexsort((rows, SEVERITY[run.outcome[rows]], key))
    last = np.append(key[order][1:] != key[order][:-1], True)
    return np.sort(rows[order[last]])
