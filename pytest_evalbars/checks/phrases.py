"""How assistants word things: the phrases of `phrases.toml`, put together when they are first needed."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("phrases.toml")
_PART = re.compile(r"<([a-z]+)>")


@cache
def phrases(kind: str) -> re.Pattern[str]:
    """One pattern for all phrases of a kind: "declines", "unknown", "hands_over", "no_handover"."""
    return re.compile(_any(_table()["phrases"][kind], _table()["parts"]))


@cache
def words(kind: str) -> frozenset[str]:
    """The words of a kind: "stop", "negating"."""
    return frozenset(_table()["words"][kind].split())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _any(texts: list[str], parts: dict[str, Any]) -> str:
    filled = (_PART.sub(lambda name: _any(parts[name[1]], parts), text) for text in texts)
    return f"(?:{'|'.join(filled)})"
