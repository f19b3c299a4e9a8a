"""The markers that make a test an eval case, and what they say of one item together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.quarantine import EXAMPLE, Quarantine, checked
from pytest_evalbars.errors import MarkerError
from pytest_evalbars.run.plan import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Label keys that have a marker of their own.
OWN_KEYS = ("dimension", "category", "status", "quarantine")


@dataclass(slots=True)
class Marks:
    """What the markers around one item say."""

    dimensions: tuple[str, ...] = ()
    category: str | None = None
    status: str | None = None
    cluster: str | None = None
    quarantine: Quarantine | None = None
    trials: int = 1
    #: Seconds that the body may take, if a marker says so.
    timeout: float | None = None
    labels: dict[str, str] = field(default_factory=dict)


def read_marks(item: pytest.Item) -> Marks:
    """What the markers on the item's parameters, function, class and module say together.

    The closest marker wins; dimensions add up, and so do labels key by key.

    Raises:
        MarkerError: two statuses (or categories, or clusters) at one place, or a marker's arguments are wrong.
    """
    marks = Marks()
    dimensions: list[str] = []
    trials = None
    for place in _places(item):
        here = Marks()
        for mark in place:
            if mark.name == "dimension":
                dimensions[:0] = _names(item, mark)
            elif mark.name in STATUSES:
                _no_arguments(item, mark)
                here.status = _only(item, "status", here.status, mark.name)
            elif mark.name in ("category", "cluster"):
                setattr(
                    here,
                    mark.name,
                    _only(item, mark.name, getattr(here, mark.name), _names(item, mark, 1)[0]),
                )
            elif mark.name == "labels":
                here.labels |= _pairs(item, mark)
            elif mark.name == "quarantine":
                here.quarantine = _only(item, "quarantine", here.quarantine, _quarantine(item, mark))
            elif mark.name == "trials" and trials is None:
                trials = trial_count(item.nodeid, mark)
            elif mark.name == "serial":
                _no_arguments(item, mark)
        marks.status = marks.status or here.status
        marks.category = marks.category or here.category
        marks.cluster = marks.cluster or here.cluster
        marks.quarantine = marks.quarantine or here.quarantine
        marks.labels = here.labels | marks.labels
    marks.timeout = time_limit(item)
    marks.trials = trials or 1
    marks.dimensions = tuple(dict.fromkeys(dimensions))
    return marks


def trial_count(nodeid: str, mark: pytest.Mark) -> int:
    """The n of `trials(n)`.

    Raises:
        MarkerError: it is not a whole number from 1.
    """
    arguments = [*mark.args, *mark.kwargs.values()]
    if len(arguments) == 1 and type(arguments[0]) is int and arguments[0] >= 1 and set(mark.kwargs) <= {"n"}:
        return arguments[0]
    raise MarkerError(f"{nodeid}: {shown(mark)} takes one whole number from 1, as in trials(3)")


def time_limit(item: pytest.Item) -> float | None:
    """The seconds of the closest `timeout` marker; None without one.

    Raises:
        MarkerError: it is not a number above 0. What else pytest-timeout would take is not looked at.
    """
    mark = item.get_closest_marker("timeout")
    if mark is None:
        return None
    seconds = next(
        iter([*mark.args[:1], *(mark.kwargs[key] for key in ("seconds", "timeout") if key in mark.kwargs)]), 0
    )
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
        raise MarkerError(f"{item.nodeid}: {shown(mark)} takes seconds, a number above 0, as in timeout(30)")
    return float(seconds)


def shown(mark: pytest.Mark) -> str:
    """The marker as it was written."""
    arguments = [*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())]
    return f"{mark.name}({', '.join(arguments)})"


def _places(item: pytest.Item) -> Iterator[list[pytest.Mark]]:
    """The markers around the item, place by place, the closest first."""
    own = item.own_markers
    callspec = getattr(item, "callspec", None)
    if callspec is not None and callspec.marks:
        yield list(callspec.marks)
        of_parameters = {id(mark) for mark in callspec.marks}
        own = [mark for mark in own if id(mark) not in of_parameters]
    yield own
    for node in item.iter_parents():
        if isinstance(node, pytest.Class):
            yield from _class_places(node)
        elif node is not item and node.own_markers:
            yield node.own_markers


def _class_places(node: pytest.Class) -> Iterator[list[pytest.Mark]]:
    """A class and its bases are places of their own; what plugins added to the class is closest."""
    declared = [_declared(cls) for cls in node.obj.__mro__]
    known = {id(mark) for marks in declared for mark in marks}
    yield [mark for mark in node.own_markers if id(mark) not in known]
    yield from declared


def _declared(cls: type) -> list[pytest.Mark]:
    marks: Any = cls.__dict__.get("pytestmark", [])
    found: list[Any] = marks if isinstance(marks, list) else [marks]
    return [getattr(mark, "mark", mark) for mark in found]


def _quarantine(item: pytest.Item, mark: pytest.Mark) -> Quarantine | None:
    if mark.args or not mark.kwargs:
        raise MarkerError(f"{item.nodeid}: {shown(mark)} takes its three keys by name, as in quarantine({EXAMPLE})")
    try:
        return checked(mark.kwargs)
    except ValueError as error:
        raise MarkerError(f"{item.nodeid}: {shown(mark)}: {error}, as in quarantine({EXAMPLE})") from None


def _only(item: pytest.Item, what: str, earlier: Any, word: Any) -> Any:
    if earlier not in (None, word):
        raise MarkerError(f"{item.nodeid}: two markers of {what} at one place, {earlier} and {word}; keep one")
    return word


def _no_arguments(item: pytest.Item, mark: pytest.Mark) -> None:
    if mark.args or mark.kwargs:
        raise MarkerError(f"{item.nodeid}: {shown(mark)} takes no arguments")


def _names(item: pytest.Item, mark: pytest.Mark, most: int | None = None) -> tuple[str, ...]:
    names = mark.args or tuple(mark.kwargs.values())
    fine = names and all(isinstance(name, str) and name.strip() for name in names)
    if not fine or (most is not None and len(names) > most) or (mark.args and mark.kwargs):
        count = "one name" if most == 1 else "one or more names"
        raise MarkerError(f'{item.nodeid}: {shown(mark)} takes {count}, as in {mark.name}("accuracy")')
    return names


def _pairs(item: pytest.Item, mark: pytest.Mark) -> dict[str, str]:
    if mark.args or not mark.kwargs:
        raise MarkerError(f'{item.nodeid}: {shown(mark)} takes pairs, as in labels(language="es")')
    for key in OWN_KEYS:
        if key in mark.kwargs:
            raise MarkerError(f"{item.nodeid}: {key} has a marker of its own; take it out of {shown(mark)}")
    return {key: label(value) for key, value in mark.kwargs.items()}


def label(value: Any) -> str:
    """A label's value as text; booleans as TOML and JSON write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
