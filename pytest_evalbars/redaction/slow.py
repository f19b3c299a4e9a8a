"""Whether a project's own pattern can be used: it compiles, never matches nothing, and takes no text for ever.

A pattern such as `(a+)+b` takes twice as long for each further `a`. No rule finds all of these, so it is tried out:
on texts that repeat what the pattern repeats and then disappoint it, each a little longer than the last.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from pytest_evalbars.redaction.own import LONGEST_MATCH

#: Seconds of computing that a search may take, and how often each repeat is repeated to find out.
MOST_SECONDS = 0.05
TIMES = (*range(8, 32), 60, 125, 250, 500, 1_000, 2 * LONGEST_MATCH)
#: Texts that are tried for one pattern.
MOST_TEXTS = 12
#: What no pattern is likely to want next.
END = "\x00"
SAMPLES = {"DIGIT": "1", "SPACE": " ", "WORD": "a", "NOT_DIGIT": "a", "NOT_SPACE": "a", "NOT_WORD": "-"}


@lru_cache(maxsize=256)
def fault_of(pattern: str) -> str:
    """What is wrong with a pattern; empty if it can be used."""
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"no regular expression: {error}"
    if _matches_nothing(pattern, compiled):
        return (
            "matches where there is nothing, and so everywhere; it needs at least one character, as `+` and `{6}` ask"
        )
    for before, again in _repeats(pattern):
        if (length := _too_slow(compiled, before, again)) is not None:
            return (
                f"takes too long on some texts of {length} characters; let no repeat stand within another, as in "
                "(a+)+, and let what follows a repeat begin with something else than the repeat holds"
            )
    return ""


def _matches_nothing(pattern: str, compiled: re.Pattern[str]) -> bool:
    try:
        return bool(_parsed(pattern).getwidth()[0] == 0)
    except AttributeError:  # another Python, with another parser
        return any(match[0] == "" for match in compiled.finditer("a 1-b"))


def _too_slow(compiled: re.Pattern[str], before: str, again: str) -> int | None:
    """The length of a text that takes too long; None if none of those tried does."""
    for text in dict.fromkeys((before + again * times)[: 2 * LONGEST_MATCH - 1] + END for times in TIMES):
        # Twice: a machine that is busy elsewhere makes no pattern slow.
        if _seconds(compiled, text) > MOST_SECONDS and _seconds(compiled, text) > MOST_SECONDS:
            return len(text)
    return None


def _seconds(compiled: re.Pattern[str], text: str) -> float:
    began = time.thread_time()
    compiled.search(text)
    return time.thread_time() - began


def _parsed(pattern: str) -> Any:
    """The pattern as Python's own parser sees it, which has no public name.

    Raises:
        AttributeError: this Python has no such parser.
    """
    return re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001


def _repeats(pattern: str) -> list[tuple[str, str]]:
    """What stands before each open repeat of a pattern, and what it repeats: in texts that fit."""
    found: list[tuple[str, str]] = []
    try:
        for most in (False, True):
            _walk(_parsed(pattern), "", found, most=most)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError):  # another parser
        found += [("", each) for each in ["a", "1", " ", *(c for c in pattern if c.isalnum())]]
    return list(dict.fromkeys(each for each in found if each[1]))[:MOST_TEXTS]


def _walk(nodes: Any, before: str, found: list[tuple[str, str]], *, most: bool) -> str:
    """A text that fits, after `before`; open repeats are noted on the way.

    Args:
        nodes: what the parser made of a part of the pattern.
        before: a text that fits what comes before it.
        found: takes the repeats.
        most: whether what may be left out is there, and the last of several ways is gone.
    """
    for kind, value in nodes:
        before += _sample(str(kind), value, before, found, most=most)
    return before


def _sample(kind: str, value: Any, before: str, found: list[tuple[str, str]], *, most: bool) -> str:
    match kind:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            return _character(kind, value, most=most)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, greatest, body = value
            again = _walk(body, before, found, most=most)[len(before) :]
            if greatest > max(1, least):
                found.append((before, again))
            return again * min(max(int(least), int(most)), 100)
        case "SUBPATTERN" | "ATOMIC_GROUP" | "BRANCH":
            parts = {"SUBPATTERN": 3, "BRANCH": 1}
            part = value if kind == "ATOMIC_GROUP" else value[parts[kind]]
            part = part[-1 if most else 0] if kind == "BRANCH" else part
            return _walk(part, before, found, most=most)[len(before) :]
    return ""


def _character(kind: str, value: Any, *, most: bool) -> str:
    if kind == "IN":
        return _member(value[-1] if most else value[0])
    if kind == "LITERAL":
        return chr(value)
    return "b" if kind == "NOT_LITERAL" and chr(value) == "a" else "a"


def _member(value: tuple[Any, Any]) -> str:
    kind, of = str(value[0]), value[1]
    if kind == "LITERAL":
        return chr(of)
    if kind == "RANGE":
        return chr(of[0])
    if kind == "CATEGORY":
        return SAMPLES.get(str(of).removeprefix("CATEGORY_"), "a")
    return "~"
