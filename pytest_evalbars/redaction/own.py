"""A project's own patterns: `redact` in the bars file.

Python's regular expressions know no time limit, and a model may write what makes one slow. So a pattern is looked at
and tried out when the bars are read (see `slow`), and no search goes over more than a few thousand characters: of a
match that is longer than `LONGEST_MATCH`, not all may be found.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_evalbars.redaction.shapes import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_MATCH = 1_000


class _Process:
    #: Those of the session that runs.
    patterns: tuple[re.Pattern[str], ...] = ()


def hold_patterns(patterns: Iterable[str]) -> Callable[[], None]:
    """Let patterns hold in this process, in all its threads; call what is returned to end that.

    One that is no pattern is passed over: whoever reads the bars says so.
    """
    before = _Process.patterns
    _Process.patterns = tuple(filter(None, map(_compiled, patterns)))

    def end() -> None:
        _Process.patterns = before

    return end


def held_patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns that hold now."""
    return _Process.patterns


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


def without_own(words: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """The text without what the patterns find."""
    for pattern in patterns:
        # What is redacted already is left alone, whatever it looks like to this one.
        words = HIDDEN.join(_replaced(part, pattern) for part in words.split(HIDDEN))
    return words


def _replaced(words: str, pattern: re.Pattern[str]) -> str:
    found: list[str] = []
    at, end = 0, len(words)
    while at < end:
        match = pattern.search(words, at, at + 2 * LONGEST_MATCH)
        start = end if match is None else match.start()
        if match is not None and (start <= at + LONGEST_MATCH or at + 2 * LONGEST_MATCH >= end):
            # A search ends as a text does: what begins late in it may go on behind it.
            match = pattern.match(words, start, start + 2 * LONGEST_MATCH) or match
            found += (words[at:start], HIDDEN if match.end() > start else words[start : start + 1])
            at = max(match.end(), start + 1)
        else:
            found.append(words[at : at + LONGEST_MATCH])
            at += LONGEST_MATCH
    return "".join(found)
