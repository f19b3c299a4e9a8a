"""Holds bars against what was collected: a bar that no case can ever answer is a mistake, found before any runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.gate.bar import GLOB, nearest
from pytest_evalbars.gate.select import fits, picks, picks_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.run.plan import Planned


def unanswerable(bars: Bars, planned: Iterable[Planned], run_labels: dict[str, str]) -> list[str]:
    """What is wrong with bars that nothing in the whole collection can match.

    Args:
        bars: the declared bars, of every stage.
        planned: every collected trial, also those that were deselected.
        run_labels: the labels of the whole run.
    """
    kinds = {(one.dimensions, tuple({**run_labels, **one.labels}.items())) for one in planned}
    known = [(dimensions, dict(labels)) for dimensions, labels in kinds]
    return [problem for bar in bars.bar for problem in _problems(bar, known)]


def _problems(bar: Bar, known: list[tuple[tuple[str, ...], dict[str, str]]]) -> list[str]:
    dimensions = {name for names, _ in known for name in names}
    for word in bar.dimension or ():
        if not any(fits(name, (word,)) for name in dimensions):
            what = "matches no dimension" if GLOB.search(word) else "is no dimension"
            return [f'bar "{bar.name}": "{word}" {what} of any collected case{nearest(word, dimensions)}']
    keys = {key for _, labels in known for key in labels}
    for key in bar.each:
        if key not in keys:
            return [
                f'bar "{bar.name}": each = "{key}", but no collected case has that label{nearest(key, keys)}'
            ]
    selectors = {"category": bar.category, "status": bar.status, **bar.labels}
    for key, words in selectors.items():
        for word in words or ():
            values = {labels[key] for _, labels in known if key in labels}
            if not any(fits(value, (word,)) for value in values):
                return [f'bar "{bar.name}": no collected case has {key} "{word}"{nearest(word, values)}']
    if any(picks(bar, name, labels) for names, labels in known for name in names):
        return []
    if bar.status is None:
        anyhow = bar.model_copy(update={"status": ("*",)})
        if any(
            picks_labels(anyhow, labels)
            for names, labels in known
            for name in names
            if picks(anyhow, name, labels)
        ):
            return [
                f'bar "{bar.name}": every case it selects is a capability case, which a bar holds only if it says '
                'so; add status = "capability"',
            ]
    return [f'bar "{bar.name}": each of its selectors matches some case, but no case matches them all']
