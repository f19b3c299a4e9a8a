"""Cuts a run into the slices that bars speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import CLASS, dimensions_of, fits, group_of, picks_labels
from pytest_evalbars.metrics.cut import Cut
from pytest_evalbars.metrics.levels import graded, weak
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISS, MISSING, PASS, SKIPPED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.config.settings import Settings
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.slice import Metric
    from pytest_evalbars.run.columns import Run

#: Outcomes, the mildest first: of a trial that passed on one dimension and erred on another, the error is told.
SEVERITY = (SKIPPED, PASS, MISS, ERROR, MISSING, STOPPED, LEFT_OUT)
#: The name of a group: a value for each label of `each`.
Name = tuple[str, ...]


def slices_of(run: Run, bar: Bar) -> Iterator[tuple[str | None, str | None, Slice]]:
    """Every verdict that the bar makes on the run: (dimension, group or None for the whole, slice).

    Of a bar on people's labels the slice is all that was said on the dimension: it tells who judged it.
    """
    if bar.kind.of == "labels":
        for dimension in dimensions_of(bar, run.dimensions):
            yield dimension, None, dimension_of(run, bar, dimension)
        return
    picked = np.array([bar.dimension is None or fits(name, bar.dimension) for name in run.dimensions], bool)
    rows = _rows_of(run, bar, picked)
    places = None if bar.all_trials else np.cumsum(picked) - 1
    names, code = _groups(run, bar) if bar.each else ([], None)
    cut = Cut(run, _worst_of_trials(run, rows) if bar.all_trials else rows, places, code)
    present = cut.present()
    here: dict[str | None, int] = {None: 0} if bar.all_trials else {}
    if places is not None:
        here = {run.dimensions[each]: int(places[each]) for each in np.flatnonzero(picked)}
    here = {name: place for name, place in here.items() if present[place]}
    for dimension in dimensions_of(bar, [name for name in here if name is not None]):
        if dimension not in here:
            yield dimension, None, Slice(run, np.zeros(0, np.int64), bar.class_)
            continue
        whole = cut.part(here[dimension], None, bar.class_)
        groups = _groups_of_cut(cut, bar, here[dimension], names) if bar.each else []
        if not (CLASS in bar.each and groups):
            yield dimension, None, whole
        yield from ((dimension, *group) for group in groups)


def dimension_of(run: Run, bar: Bar, dimension: str | None) -> Slice:
    """All that a run says on one dimension, or of its trials where the bar is of those, whatever the labels."""
    if bar.all_trials:
        return Slice(run, _worst_of_trials(run, None))
    code = run.dimensions.index(dimension) if dimension in run.dimensions else -1
    return Slice(run, np.flatnonzero(run.dimension == code))


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
    if scale is None or not scale.weak or not part.cases(graded).sums.any():
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
    names, of_labelset = _groups(run, bar)
    code = of_labelset[run.labelset[rows]].astype(np.min_scalar_type(len(names)))
    order = np.argsort(code, kind="stable")
    parts = np.split(rows[order], np.cumsum(np.bincount(code, minlength=len(names)))[:-1])
    return _named(bar, zip(names, (Slice(run, part, bar.class_) for part in parts), strict=True))


def _groups_of_cut(cut: Cut, bar: Bar, place: int, names: list[Name]) -> list[tuple[str, Slice]]:
    """The same, of one dimension of a cut."""
    if not cut.grouped():
        return groups_of(cut.run, bar, cut.part(place).rows)
    return _named(bar, ((name, cut.part(place, group, bar.class_)) for group, name in enumerate(names)))


def _groups(run: Run, bar: Bar) -> tuple[list[Name], NDArray[np.int64]]:
    """The names of all groups, sorted, and the group of each labelset."""
    names = [group_of(bar, labels) for labels in run.labelsets]
    known = {name: code for code, name in enumerate(sorted(set(names)))}
    return list(known), np.array([known[name] for name in names], np.int64)


def _named(bar: Bar, groups: Iterable[tuple[Name, Slice]]) -> list[tuple[str, Slice]]:
    """The groups that are there, by name, and by class where `each` asks for it."""
    found = []
    for name, part in groups:
        tally = part.tally()
        if tally.sum() == tally[LEFT_OUT]:
            continue
        if CLASS not in bar.each:
            found.append(("/".join(name), part))
            continue
        place = bar.each.index(CLASS)
        found += [("/".join((*name[:place], each, *name[place:])), part.asking(each)) for each in _classes(part, bar)]
    return found


def _classes(part: Slice, bar: Bar) -> list[str]:
    """The classes that some trial of these is of, sorted; for precision, those that some were given, too."""
    extras = part.run.extras
    known = part.of_trials(extras.expected, -1)
    if bar.metric == "precision":
        known = np.append(known, part.of_trials(extras.predicted, -1))
    return sorted(extras.classes[code] for code in np.flatnonzero(np.bincount(known + 1, minlength=1)[1:]))


def _rows_of(run: Run, bar: Bar, picked: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """The rows that the bar speaks of; None for all."""
    fitting = np.array([picks_labels(bar, labels) for labels in run.labelsets], bool)
    if fitting.all() and (picked.all() or bar.all_trials):
        return None
    keep = fitting[run.labelset]
    if not (picked.all() or bar.all_trials):
        keep &= picked[run.dimension]
    return np.flatnonzero(keep)


def _worst_of_trials(run: Run, rows: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Of each trial the row that says the worst; of several, the last."""
    part = Slice(run, rows)
    outcome, key = part.of(run.outcome), part.of(run.case)
    for column in (part.of(run.test), part.of(run.trial)):
        if most := int(column.max(initial=0)):
            key = key * (most + 1)
            key += column
    if key.max(initial=0) > 8 * len(key):
        key = np.unique(key, return_inverse=True)[1]
    worst = np.full(key.max(initial=-1) + 1, -1, np.min_scalar_type(-len(key) - 1))
    worst[key] = np.arange(len(key), dtype=worst.dtype)  # of equal keys, numpy keeps the last
    for kind in SEVERITY[1:]:
        here = np.flatnonzero(outcome == kind)
        worst[key[here]] = here
    keep = np.zeros(len(key), bool)
    keep[worst[worst >= 0]] = True
    return np.flatnonzero(keep) if rows is None else rows[keep]
