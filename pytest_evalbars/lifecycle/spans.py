"""Edits of a text: what they do not name stays as it is, to the last character."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Edit(NamedTuple):
    """Put `text` where `start` to `end` stands."""

    start: int
    end: int
    text: str


class CannotError(Exception):
    """An edit cannot be made; the text says why, and how the user can make it."""


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits, of which no two may touch the same characters."""
    parts, place = [], 0
    for edit in sorted(edits):
        if edit.start < place:
            raise CannotError("two changes meet at one place; make one of them, then the other")
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])
