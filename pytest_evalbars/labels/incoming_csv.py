"""Reads a CSV sheet that people filled in, as spreadsheets save it."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.labels.cells import hash_in, plain
from pytest_evalbars.labels.incoming import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OTHERS = ("review", "dimension", "note", "labelled")
SEPARATORS = (",", ";", "\t")


def csv_rows(text: str, *, label: str = "label", rater: str = "") -> Iterator[Row]:
    """The rows of a sheet, numbered as a spreadsheet numbers them.

    Args:
        text: the sheet.
        label: the column that people filled in.
        rater: who labelled all of it; empty where a column says who.

    Raises:
        ValueError: it is no CSV, or has not the columns.
    """
    needed = ("item", label) if rater else ("item", "rater", label)
    numbered = enumerate(_cells_of(text), 1)
    header: list[str] = []
    for _, cells in numbered:
        if any(cell.strip() for cell in cells):
            header = [cell.strip().casefold() for cell in cells]
            break
    place = _columns(header, needed, (*needed, *OTHERS))
    for number, cells in numbered:
        where = f"row {number}"
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            wrong = f"has {len(cells)} cells, the header {len(header)}; texts that hold separators are quoted"
            yield Row(where, wrong=wrong)
            continue
        said = {name: plain(cells[at]) if at < len(cells) else "" for name, at in place.items()}
        yield Row(
            where,
            of=hash_in(said["item"]),
            value=said[label],
            rater=rater or said["rater"],
            dimension=said.get("dimension", ""),
            review=said.get("review", "").strip(),
            note=said.get("note", ""),
            labelled=day(said.get("labelled", "")),
        )


def _cells_of(text: str) -> list[list[str]]:
    """All cells, whatever the spreadsheet puts between them.

    Raises:
        ValueError: the text is no CSV.
    """
    # The default refuses the long documents that evals like to hold.
    limit = csv.field_size_limit(len(text) + 1)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error as error:
        raise ValueError(f"not valid CSV: {error}; save it as CSV UTF-8 again") from None
    finally:
        csv.field_size_limit(limit)


def _columns(header: Sequence[str], needed: Sequence[str], known: Sequence[str]) -> dict[str, int]:
    """Where the columns stand that are known.

    Raises:
        ValueError: one that is needed is not there, or one stands twice.
    """
    for name in known:
        if header.count(name) > 1:
            raise ValueError(f'the column "{name}" stands twice; keep one')
    for name in needed:
        if name not in header:
            spare = [each for each in header if each not in known]
            raise ValueError(f'has no column "{name}"{nearest(name, spare)}; keep the columns of the sheet')
    return {name: header.index(name) for name in known if name in header}


def day(text: str) -> date | None:
    """The day that a text begins with, if it does."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _separator(text: str) -> str:
    """What stands between the cells: that which makes most columns of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))
