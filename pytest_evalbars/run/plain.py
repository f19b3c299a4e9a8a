"""Makes what a test recorded fit for a run file: plain JSON values, of bounded size, without secrets.

A model's output is untrusted and a test's objects are anything: what leaves here is safe to write, to send
between processes and to read back. Escaping for a terminal or for markup is the reports' business.
"""

from __future__ import annotations

import math
import os
import re
from functools import lru_cache
from typing import Any

#: Characters kept of one text; a run file is for reading back, not a store of documents.
TEXT_LENGTH = 20_000
#: How deep recorded structures are followed.
DEPTH = 8
ITEMS = 1_000

#: Parts of a variable's name that mark its value as a secret, and the shortest value taken for one.
SECRET_WORDS = frozenset(
    {
        "KEY",
        "APIKEY",
        "TOKEN",
        "SECRET",
        "SECRETS",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "CREDENTIAL",
        "CREDENTIALS",
    },
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


def plain(value: object, depth: int = DEPTH) -> Any:
    """The value as plain JSON: numbers, texts, lists and objects; anything else by its own text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and type(value) in (int, float):
        return value if math.isfinite(value) else text(value)
    if depth > 0 and isinstance(value, dict):
        return {text(key, 200): plain(each, depth - 1) for key, each in list(value.items())[:ITEMS]}
    if depth > 0 and isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value[:ITEMS]]
    return text(value)


def number(value: object) -> float | int | None:
    """The value as a plain finite number (numpy's and Decimal's too), or None if it is not one."""
    if isinstance(value, bool | str) or value is None:
        return None
    try:
        as_float = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(as_float):
        return None
    return int(value) if isinstance(value, int) else as_float


def redacted(words: str) -> str:
    """The text with the values of secret environment variables replaced by their names."""
    pattern, names = _secrets(tuple(sorted(_secret_variables().items())))
    return pattern.sub(lambda match: f"[{names[match[0]]}]", words) if pattern else words


def _secret_variables() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if len(value) >= SECRET_LENGTH and not SECRET_WORDS.isdisjoint(name.upper().split("_"))
    }


@lru_cache(maxsize=1)
def _secrets(variables: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    names = {value: name for name, value in variables}
    longest_first = sorted(names, key=len, reverse=True)
    return (re.compile("|".join(map(re.escape, longest_first))) if names else None), names
