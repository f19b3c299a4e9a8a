"""Writes marks into Python source, in the way that the file writes them, and touches nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst import matchers

from pytest_evalbars.lifecycle.spans import CannotError, Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.lifecycle.source_places import Place
    from pytest_evalbars.lifecycle.source_text import Mark, SourceText


def edits(source: SourceText, place: Place, attribute: str, value: Any) -> Iterator[Edit]:
    """The edits by which a place says a status or a quarantine; None takes the quarantine away."""
    existing = place.of(attribute)
    for mark in existing:
        if value is None:
            yield from _removed(source, place, mark)
        elif attribute == "status" and mark.token is not None:
            yield Edit(*source.span(mark.token), value)
        else:
            yield Edit(*source.outer(mark.node), _words(source, attribute, value, mark))
    if not existing and place.kind == "parameter":
        yield from _on_parameter(source, place, _words(source, attribute, value))
    elif not existing:
        start = source.span(place.node)[0]
        line = source.line_start(start)
        indent = source.text[line:start]
        yield Edit(line, line, f"{indent}@{_words(source, attribute, value)}{source.newline}")


def _words(source: SourceText, attribute: str, value: Any, mark: Mark | None = None) -> str:
    """The marker as source, in the words of the one that it replaces."""
    head = source.written("mark") if mark is None or mark.token is None else ""
    if mark is not None and mark.token is not None:
        start = source.outer(mark.node)[0]
        head = source.text[start : source.span(mark.token)[0]].rstrip().removesuffix(".")
    if attribute == "status":
        return f"{head}.{value}"
    given = ", ".join(f"{key}={json.dumps(text, ensure_ascii=False)}" for key, text in value.items())
    return f"{head}.quarantine({given})"


def _on_parameter(source: SourceText, place: Place, words: str) -> Iterator[Edit]:
    node = place.node
    if isinstance(node, cst.Call) and source.dotted(node.func) == "pytest.param":
        given = next((arg for arg in node.args if arg.keyword is not None and arg.keyword.value == "marks"), None)
        if given is None:
            yield from _appended(source, node.args, f"marks={words}")
        else:
            yield from _added_to(source, given.value, words)
        return
    start, end = source.outer(node)
    head = f"{source.written('param')}("
    if place.several and isinstance(node, cst.Tuple) and len(node.elements) > 1:
        start, end = source.span(node.lpar[-1])
        yield Edit(start, start + 1, head)
        yield from _appended(source, node.elements, f"marks={words}")
    else:
        yield Edit(start, start, f"{head}{'*' * place.several}")
        yield Edit(end, end, f", marks={words})")


def _added_to(source: SourceText, marks: cst.BaseExpression, words: str) -> Iterator[Edit]:
    """One more mark beside those that a parameter has."""
    start, end = source.outer(marks)
    if isinstance(marks, cst.List | cst.Tuple | cst.Set):
        if marks.elements:
            yield from _appended(source, marks.elements, words)
        else:
            yield Edit(start + 1, start + 1, f"{words}{',' * isinstance(marks, cst.Tuple)}")
    else:
        yield Edit(start, start, "[")
        yield Edit(end, end, f", {words}]")


def _appended(source: SourceText, items: Sequence[Any], words: str) -> Iterator[Edit]:
    """One more argument or element after the last: on a line of its own if the last has one."""
    if not items:
        raise CannotError("a pytest.param without values cannot be given a mark; change it by hand")
    start, end = source.span(items[-1])
    comma = source.span(items[-1].comma)[1] if isinstance(items[-1].comma, cst.Comma) else None
    if _alone(source, start, comma or end):
        if comma is None:
            yield Edit(end, end, ",")
        indent = source.text[source.line_start(start) : start]
        below = source.line_end(comma or end)
        yield Edit(below, below, f"{indent}{words}{',' if comma else ''}{source.newline}")
    else:
        yield Edit(end, end, f", {words}")


def _removed(source: SourceText, place: Place, mark: Mark) -> Iterator[Edit]:
    holder = mark.holder
    start, end = source.span(holder)
    if isinstance(holder, cst.Decorator):
        yield Edit(source.line_start(start), source.line_end(end), "")
    elif isinstance(holder, cst.Arg):
        yield _without(source, place.node.args, holder)
    elif isinstance(holder, cst.Element):
        yield _without_element(source, place, holder)
    else:  # pytestmark = pytest.mark.quarantine(...)
        yield Edit(*source.outer(mark.node), "[]")


def _without_element(source: SourceText, place: Place, element: cst.Element) -> Edit:
    """An element of a list of marks is taken out; the argument too, if nothing is left in it."""
    for arg in place.node.args if place.kind == "parameter" else ():
        inside = getattr(arg.value, "elements", ())
        if element in inside:
            return _without(source, inside, element) if len(inside) > 1 else _without(source, place.node.args, arg)
    for marks in matchers.findall(place.node, matchers.List() | matchers.Tuple() | matchers.Set()):
        elements = getattr(marks, "elements", ())
        if element in elements:
            return _without(source, elements, element)
    raise CannotError("the mark cannot be taken out safely; change it by hand")


def _without(source: SourceText, items: Sequence[Any], item: Any) -> Edit:
    place = next(number for number, one in enumerate(items) if one is item)
    start, end = source.span(item)
    last = source.span(item.comma)[1] if isinstance(item.comma, cst.Comma) else end
    if _alone(source, start, last):
        return Edit(source.line_start(start), source.line_end(last), "")
    if place:
        start = source.span(items[place - 1])[1]
    elif len(items) > 1:
        end = source.span(items[1])[0]
    else:
        end = last
    if "#" in source.text[start:end] and "\n" in source.text[start:end]:
        raise CannotError("a comment stands beside the mark; take the mark out by hand")
    return Edit(start, end, "")


def _alone(source: SourceText, start: int, end: int) -> bool:
    """Whether nothing but a comment stands beside something on its lines."""
    before = source.text[source.line_start(start) : start]
    after = source.text[end : source.line_end(end)].strip()
    return not before.strip() and (not after or after.startswith("#"))
