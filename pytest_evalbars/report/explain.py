"""The story of a run in plain words: what was measured, what the bars are and why, what is proven, what is next.

For a reader who decides and has never heard of an interval. It says what the report's numbers carry and no more.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pytest_evalbars.report.story.changes import changes, spots
from pytest_evalbars.report.story.decided import decided
from pytest_evalbars.report.story.declared import declared
from pytest_evalbars.report.story.following import following
from pytest_evalbars.report.story.measured import limits, measured
from pytest_evalbars.report.story.proof import proof
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_evalbars.report.model import Report

#: The story's parts, in the order in which they are read; one without words is left out.
PARTS: tuple[tuple[str, Callable[[Report], Iterator[str]]], ...] = (
    ("The decision", decided),
    ("What limits these numbers", limits),
    ("What was measured", measured),
    ("The bars, and why", declared),
    ("What is proven, and what is not", proof),
    ("What changed", changes),
    ("Where it is weakest", spots),
    ("What to do next", following),
)
ITEM = "- "


def explained(report: Report) -> Iterator[str]:
    """Its headings, paragraphs and list items, a line each; an empty line before each heading but the first."""
    first = True
    for head, part in PARTS:
        lines = [safe(line, 10**6) for line in part(report)]
        if lines:
            yield from ([] if first else [""])
            yield head.upper()
            yield from lines
            first = False


def wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    """The lines, none longer than the terminal is wide; list items hang.

    Args:
        lines: what `explained` says.
        width: the terminal's columns.
    """
    for line in lines:
        indent = " " * len(ITEM) if line.startswith(ITEM) else ""
        yield from textwrap.wrap(
            line, max(width, 20), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
        ) or [""]
