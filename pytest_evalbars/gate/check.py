"""Holds bars against what was collected: a bar that no case can ever answer is a mistake, found before any runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.gate.bar import GLOB, nearest
from pytest_evalbars.gate.select import fits, picks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.run.plan import Planned

    #: The dimensions and the labels that some cases share.
    Kind = tuple[tuple[str, ...], dict[str, str]]


def unanswerable(bars: Bars, planned: Iterable[Planned], run_labels: dict[str, str]) -> list[str]:
    """What is wrong with bars that nothing in the whole collection can match.

    Args:
        bars: the declared bars, of every stage.
        planned: every collected trial, also those that were deselected.
        run_labels: the labels of the whole run.
    """
    kinds = {(one.dimensions, tuple({**run_labels, **one.labels}.items())) for one in planned}
    known: list[Kind] = [(dimensions, dict(labels)) for dimensions, labels in kinds]
    return [problem for bar in bars.bar for problem in _problems(bar, known)]


def _problems(bar: Bar, known: list[Kind]) -> list[str]:
    problem = _unknown_dimension(bar, known) or _unknown_label(bar, known) or _nothing_left(bar, known)
    return [f'bar "{bar.name}": {problem}'] if problem else []


def _unknown_dimension(bar: Bar, known: list[Kind]) -> str:
    dimensions = {name for names, _ in known for name in names}
    for word in bar.dimension or ():
        if not any(fits(name, (word,)) for name in dimensions):
            what = "matches no dimension" if GLOB.search(word) else "is no dimension"
            return f'"{word}" {what} of any collected case{nearest(word, dimensions)}'
    return ""


def _unknown_label(bar: Bar, known: list[Kind]) -> str:
    keys = {key for _, labels in known for key in labels}
    for key in bar.each:
        if key not in keys:
            return f'each = "{key}", but no collected case has that label{nearest(key, keys)}'
    for key, words in {"category": bar.category, "status": bar.status, **bar.labels}.items():
        values = {labels[key] for _, labels in known if key in labels}
        for word in words or ():
            if not any(fits(value, (word,)) for value in values):
                return f'no collected case has {key} "{word}"{nearest(word, values)}'
    return ""


def _nothing_left(bar: Bar, known: list[Kind]) -> str:
    if _picks_any(bar, known):
        return ""
    if bar.status is None and _picks_any(bar.model_copy(update={"status": ("*",)}), known):
        why = "every case it selects is a capability case, which a bar holds only if it says so"
        return f'{why}; add status = "capability"'
    return "each of its selectors matches some case, but no case matches them all"


def _picks_any(bar: Bar, known: list[Kind]) -> bool:
    return any(picks(bar, name, labels) for names, labels in known for name in names)
