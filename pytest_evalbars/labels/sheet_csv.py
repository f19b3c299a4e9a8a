"""A rater's sheet for a spreadsheet: one row an item, with room for a label and a note."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.texts import FIELDS, words_of
from pytest_evalbars.replacing import replace_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_evalbars.labels.model import ReviewPlan, Shown

#: `label` and `note` are the rater's; what comes after is for reading. `case` is a number, the same for all raters:
#: the name of a case may tell what to expect of it.
COLUMNS = ("review", "item", "dimension", "rater", "label", "note", "case", *FIELDS)
#: How a cell begins that a spreadsheet takes for a formula, and what keeps it from that.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARD = "'"
#: A hash that a spreadsheet takes for a number, and rounds.
NUMBER = re.compile(r"\d+(e\d+)?")
#: Tells a spreadsheet that the file is UTF-8.
MARK = "\ufeff"


def write_csv(plan: ReviewPlan, path: Path, rater: str | None = None) -> None:
    """Write a sheet: the whole file or, if that fails, nothing of it.

    Args:
        plan: the review.
        path: the file.
        rater: whose sheet; None for that of all raters, one row an item and rater.

    Raises:
        LabelsError: it cannot be written.
    """
    try:
        replace_text(path, sheet(plan, rater))
    except OSError as error:
        raise LabelsError(f"{shown(path)}: the sheet cannot be written: {error.strerror or error}") from None


def sheet(plan: ReviewPlan, rater: str | None = None) -> Iterator[str]:
    """The text of a sheet, row by row: dimension by dimension, in an order of each rater's own."""
    yield MARK + _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for each in (rater,) if rater is not None else plan.review.raters:
        for number, one in in_order(plan, each):
            item = one.item
            cells = {"review": item.review, "item": GUARD + item.of if NUMBER.fullmatch(item.of) else item.of}
            cells |= {"dimension": item.dimension, "rater": each}
            cells |= {"label": "", "note": "", "case": str(number)}
            cells |= {name: words_of(one.evidence[name]) for name in FIELDS if name in one.evidence}
            yield _row(cells)


def in_order(plan: ReviewPlan, rater: str) -> list[tuple[int, Shown]]:
    """A rater's items, in the rater's order, each with its number in the review."""
    dimensions = [guide.dimension for guide in plan.guides]

    def place(numbered: tuple[int, Shown]) -> tuple[int, bytes]:
        item = numbered[1].item
        luck = hashlib.sha256(f"{plan.review.seed} {rater} {item.of}".encode()).digest()
        return dimensions.index(item.dimension), luck

    return sorted(((number, one) for number, one in enumerate(plan.items, 1) if rater in one.raters), key=place)


def _row(cells: Mapping[str, str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([guarded(cells.get(column, "")) for column in COLUMNS])
    return line.getvalue()


def guarded(cell: str) -> str:
    """The cell as a text, where a spreadsheet would run it."""
    return GUARD + cell if cell.startswith(FORMULA) else cell
