"""A rater's sheet for a spreadsheet: one row an item, with room for a label and a note."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_evalbars.labels.cells import MARK, hash_cell, line_of
from pytest_evalbars.labels.texts import FIELDS, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.labels.model import ReviewPlan, Shown

#: `label` and `note` are the rater's; what comes after is for reading. `case` is a number, the same for all raters:
#: the name of a case may tell what to expect of it.
COLUMNS = ("review", "item", "dimension", "rater", "label", "note", "case", *FIELDS)


def sheet(plan: ReviewPlan, rater: str) -> Iterator[str]:
    """The text of a rater's sheet, row by row: dimension by dimension, in an order of each rater's own."""
    yield MARK + line_of(COLUMNS)
    for number, one in in_order(plan, rater):
        item = one.item
        cells = {"review": item.review, "item": hash_cell(item.of), "dimension": item.dimension, "rater": rater}
        cells |= {"case": str(number)}
        cells |= {name: words_of(one.evidence[name]) for name in FIELDS if name in one.evidence}
        yield line_of(cells.get(column, "") for column in COLUMNS)


def in_order(plan: ReviewPlan, rater: str) -> list[tuple[int, Shown]]:
    """A rater's items, in the rater's order, each with its number in the review."""
    dimensions = [guide.dimension for guide in plan.guides]

    def place(numbered: tuple[int, Shown]) -> tuple[int, bytes]:
        item = numbered[1].item
        luck = hashlib.sha256(f"{plan.review.seed} {rater} {item.of}".encode()).digest()
        return dimensions.index(item.dimension), luck

    return sorted(((number, one) for number, one in enumerate(plan.items, 1) if rater in one.raters), key=place)
