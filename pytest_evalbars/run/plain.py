"""Makes what a test recorded fit for a run file: plain JSON values, of bounded size, without secrets.

A model's output is untrusted and a test's objects are anything: what leaves here is safe to write, to send
between processes and to read back. Escaping for a terminal or for markup is the reports' business.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_evalbars.redaction import LONGEST, redactor

if TYPE_CHECKING:
    from collections.abc import Callable

#: Characters kept of one text, some 8,000 words; a run file is for reading back, not a store of documents.
TEXT_LENGTH = 50_000
#: How much of one recorded thing is kept in all: its texts' characters, and a few for each value.
ROOM = 200_000
#: How deep recorded structures are followed.
DEPTH = 8


def text(value: object, length: int = TEXT_LENGTH, *, redacted: Callable[[str], str] | None = None) -> str:
    """The value as text that any JSON or XML tool can carry: no lone surrogates, no secrets, not endless.

    Args:
        value: anything.
        length: the characters that are kept; how many more there are is said behind them.
        redacted: takes secrets out; None: as the environment is now.
    """
    try:
        words = value if isinstance(value, str) else str(value)
    except Exception as error:  # noqa: BLE001 - a test's object may fail at anything
        words = f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
    # Of an endless text only the part is looked at that may be kept, and as much behind it as a secret is long.
    looked_at = length + 2 * LONGEST
    beyond = max(0, len(words) - looked_at)
    words = words[:looked_at]
    if not words.isascii():
        words = words.encode("utf-8", "backslashreplace").decode("utf-8")
    words = (redacted or redactor())(words)
    kept = min(length, len(words) - LONGEST) if beyond else length
    return words if len(words) <= kept else f"{words[:kept]} ... [{len(words) - kept + beyond} more characters]"


def word_of(value: object) -> str:
    """The name that a value stands for: an enum's value where that is a text, anything else as text."""
    given = value.value if isinstance(value, Enum) else value
    return str.__str__(given) if isinstance(given, str) else text(value)


def shown(value: object, length: int = 100) -> str:
    """The value as code would write it, short, whatever its `repr` does."""
    try:
        return text(repr(value), length)
    except Exception as error:  # noqa: BLE001 - a test's object may fail at anything
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def plain(value: object) -> Any:
    """The value as plain JSON: numbers, texts, lists and objects; anything else by its own text."""
    return _Kept().of(value, DEPTH)


class _Kept:
    """Makes one recorded thing plain, as far as there is room."""

    def __init__(self) -> None:
        self.room = ROOM
        self.redacted = redactor()

    def of(self, value: object, depth: int) -> Any:
        self.room -= 10
        if value is None or isinstance(value, bool):
            return value
        if type(value) is int and abs(value) < 2**63:
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if depth > 0 and isinstance(value, dict):
            return self._object(value, depth - 1)
        if depth > 0 and isinstance(value, list | tuple):
            return self._list(value, depth - 1)
        words = text(value, max(0, min(TEXT_LENGTH, self.room)), redacted=self.redacted)
        self.room -= len(words)
        return words

    def _object(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for number, (key, each) in enumerate(value.items()):
            if self.room <= 0:
                return kept | {"...": f"[{len(value) - number} more values]"}
            name = text(key, 200, redacted=self.redacted)
            self.room -= len(name)
            kept[name] = self.of(each, depth)
        return kept

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        kept: list[Any] = []
        for number, each in enumerate(value):
            if self.room <= 0:
                return [*kept, f"... [{len(value) - number} more values]"]
            kept.append(self.of(each, depth))
        return kept


def number(value: object) -> float | int | None:
    """The value as a plain finite number (numpy's and Decimal's too), or None if it is not one."""
    if isinstance(value, bool | str) or value is None:
        return None
    try:
        as_float = float(value)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a test's object may fail at anything
        return None
    if not math.isfinite(as_float):
        return None
    return int(value) if isinstance(value, int) and abs(as_float) < 2**63 else as_float
