"""A first look at tests: is anything of ours there? Every session takes it, so it is quick and imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

#: Markers without which nothing of a test is ours.
OURS = frozenset({"dimension", "cases"})


def item_concerns_us(item: pytest.Item) -> bool:
    """Whether a marker around the item may make it an eval case."""
    for node in item.iter_parents():
        for mark in node.own_markers:
            if mark.name in OURS:
                return True
    return False


def function_concerns_us(definition: pytest.Item) -> bool:
    """Whether some of the function's items, once parametrized, may be eval cases."""
    return item_concerns_us(definition) or any(mark.name in OURS for mark in marks_of_parameters(definition))


def marks_of_parameters(definition: pytest.Item) -> Iterator[pytest.Mark]:
    """The marks of `pytest.param(..., marks=)` in the function's parametrize markers."""
    for mark in definition.iter_markers("parametrize"):
        values = mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues", ())
        if isinstance(values, list | tuple):  # a generator can be read only once, and that is pytest's
            for value in values:
                for one in getattr(value, "marks", ()):
                    yield getattr(one, "mark", one)
