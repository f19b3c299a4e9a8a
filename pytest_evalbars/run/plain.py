"""Makes what a test recorded fit for a run file: plain JSON values, of bounded size, without secrets.

A model's output is untrusted and a test's objects are anything: what leaves here is safe to write, to send
between processes and to read back. Escaping for a terminal or for markup is the reports' business.
"""

from __future__ import annotations

import math
import os
import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Characters kept of one text; a run file is for reading back, not a store of documents.
TEXT_LENGTH = 20_000
#: How much of one recorded thing is kept in all: its texts' characters, and a few for each value.
ROOM = 100_000
#: How deep recorded structures are followed.
DEPTH = 8

#: Parts of a variable's name that mark its value as a secret, and the shortest value taken for one.
SECRET_WORDS = frozenset(
    {"KEY", "APIKEY", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"},
)
SECRET_LENGTH = 8


def text(value: object, length: int = TEXT_LENGTH) -> str:
    """The value as text that any JSON or XML tool can carry: no lone surrogates, no secrets, not endless."""
    try:
        words = value if isinstance(value, str) else str(value)
    except Exception as error:  # noqa: BLE001 - a test's object may fail at anything
        words = f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
    if not words.isascii():
        words = words.encode("utf-8", "backslashreplace").decode("utf-8")
    words = redacted(words)
    return words if len(words) <= length else f"{words[:length]} ... [{len(words) - length} more characters]"


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

    def of(self, value: object, depth: int) -> Any:
        self.room -= 10
        if value is None or isinstance(value, bool):
            return value
        if type(value) is int and abs(value) < 2**63:
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if depth > 0 and isinstance(value, dict):
            return {text(key, 200): self.of(each, depth - 1) for key, each in value.items() if self.room > 0}
        if depth > 0 and isinstance(value, list | tuple):
            return [self.of(each, depth - 1) for each in value if self.room > 0]
        words = text(value, max(0, min(TEXT_LENGTH, self.room)))
        self.room -= len(words)
        return words


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


def redacted(words: str) -> str:
    """The text with the values of secret environment variables replaced by their names.

    The environment is looked at every time: a fixture may have loaded a key a moment ago.
    """
    return redactor()(words) if len(words) >= SECRET_LENGTH else words


def redactor() -> Callable[[str], str]:
    """A function that redacts what the environment holds now: for many texts at once."""
    secrets = tuple((name, os.environ[name]) for name in sorted(os.environ) if _holds_secret(name))
    pattern, names = _pattern(secrets)
    if pattern is None:
        return str
    return lambda words: pattern.sub(lambda match: f"[{names[match[0]]}]", words)


@lru_cache(maxsize=1024)
def _holds_secret(name: str) -> bool:
    return not SECRET_WORDS.isdisjoint(name.upper().split("_"))


@lru_cache(maxsize=4)
def _pattern(secrets: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = {value: name for name, value in secrets if len(value) >= SECRET_LENGTH}
    longest_first = sorted(names, key=len, reverse=True)
    return (re.compile("|".join(map(re.escape, longest_first))) if names else None), names
