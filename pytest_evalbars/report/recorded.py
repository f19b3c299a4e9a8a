"""What trials recorded for a reader, as texts of which not more is kept than there is room for."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_evalbars.report.model import Evidence
from pytest_evalbars.run.lines import Trial, lines_of
from pytest_evalbars.safe import UNSAFE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

#: What a reader looks at first, in this order; what else was recorded comes after it.
FIRST = ("input", "context", "reference", "expected", "output")
#: Things that one trial recorded, and characters of their names.
ITEMS, NAME = 12, 80
#: The longest way to write a character that is not shown as it is: `\u202e`.
ESCAPED = 6


class Recorded(NamedTuple):
    """What the lines of a trial say that no column holds."""

    #: What was recorded, by name: what a reader looks at first stands first.
    texts: list[tuple[str, str]]
    #: By dimension.
    reasons: dict[str, str]


def recorded(paths: Sequence[Path], wanted: Collection[Trial]) -> dict[Trial, Recorded]:
    """What some trials recorded; of a trial with several lines, what the last one says.

    Args:
        paths: the run's files.
        wanted: which trials.

    Raises:
        RunFileError: a file cannot be read.
    """
    found: dict[Trial, Recorded] = {}
    asked, cases = set(wanted), {each.case for each in wanted}
    for path in paths if cases else ():
        for row in lines_of(path, cases):
            trial = Trial.of_line(row)
            if trial not in asked:
                continue
            one = found.get(trial) or Recorded([], {})
            kind = row.get("type", "observation")
            if kind == "trial":
                evidence = row.get("evidence")
                found[trial] = one._replace(texts=_texts(evidence) if isinstance(evidence, dict) else [])
            elif kind == "observation" and row.get("outcome") in ("miss", "error"):
                one.reasons[str(row.get("dimension"))] = str(row.get("reason") or "")
                found[trial] = one
    return found


def _texts(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = [*(name for name in FIRST if name in evidence), *(name for name in evidence if name not in FIRST)]
    return [(name, _readable(evidence[name])) for name in names]


def _readable(value: Any) -> str:
    """A value as text: words as they are, lists of words with their numbers, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "\n".join(f"[{number}] {each}" for number, each in enumerate(value, 1))
    return json.dumps(value, indent=2, ensure_ascii=False)


def cut(name: str, text: str, length: int) -> Evidence:
    """A text of which so many characters are kept."""
    return Evidence(name=name[:NAME], text=text[:length], cut=max(0, len(text) - length))


def weight(text: str) -> int:
    """About the most bytes that a text takes in a page, where what could harm a reader is escaped."""
    return len(escape(text).encode("utf-8", "surrogatepass")) + ESCAPED * len(UNSAFE.findall(text))
