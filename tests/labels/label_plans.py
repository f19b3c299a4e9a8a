"""Reviews for the tests of what comes back from raters."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import TYPE_CHECKING

from pytest_evalbars.labels.model import Guide, Item, Population, Review, ReviewPlan, Shown

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = ("good", "fair", "poor")
COLUMNS = ("review", "item", "dimension", "rater", "label", "note", "case", "input", "output")


def of(number: int) -> str:
    """The hash of an answer."""
    return f"{number:015x}a"


def review_plan(count: int = 4, review: str = "r1", raters: tuple[str, ...] = ("ana", "ben")) -> ReviewPlan:
    """A review of `tone`, on three levels, and of `correct`, with so many items each that all raters label."""
    populations = (
        Population(dimension="tone", digest="1" * 16, items=count, levels=LEVELS, passing=LEVELS[:2]),
        Population(dimension="correct", digest="2" * 16, items=count),
    )
    items = tuple(
        Shown(
            item=Item(dimension=each.dimension, of=of(number), case=f"case-{number}", review=review),
            evidence={"input": f"question {number}", "output": "=1+1" if number == 1 else f"answer {number}"},
            raters=raters,
        )
        for each in populations
        for number in range(count)
    )
    guides = tuple(Guide(dimension=each.dimension, title=each.dimension) for each in populations)
    drawn = Review(id=review, drawn=date(2026, 11, 21), of=("run",), raters=raters, populations=populations)
    return ReviewPlan(review=drawn, guides=guides, items=items)


def write_plan(root: Path, plan: ReviewPlan) -> Path:
    """Put it where `evalbars review` puts it."""
    folder = root / ".evalbars" / "reviews" / plan.review.id
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plan.model_dump(mode="json", by_alias=True))
    (folder / "plan.json").write_text(text, encoding="utf-8")
    return folder


def row(number: int, label: str, rater: str = "ana", dimension: str = "tone", note: str = "") -> dict[str, str]:
    """A row of a sheet."""
    return {
        "review": "r1",
        "item": of(number),
        "dimension": dimension,
        "rater": rater,
        "label": label,
        "note": note,
        "case": f"case-{number}",
        "input": "a question,\nof two lines; and more",
        "output": "'=1+1",
    }


def sheet(rows: list[dict[str, str]], separator: str = ",", columns: tuple[str, ...] = COLUMNS) -> str:
    """A sheet as a spreadsheet saves it."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
