"""The sheet of the labelling party: where raters differ, side by side, with a column for what they settle on."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.checking import Asked
from pytest_evalbars.labels.incoming import Row, Sheet, read_text
from pytest_evalbars.labels.incoming_csv import RUN, cells_of, columns, plain
from pytest_evalbars.labels.model import SETTLED, Item, Population, Review
from pytest_evalbars.replacing import replace_text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.labels.consensus import Disagreement
    from pytest_evalbars.labels.plans import Plans
    from pytest_evalbars.labels.store import Key, Labels

NEEDED = ("settled", "item")
COLUMNS = (*NEEDED, "dimension", "review", "note")
#: What of an item's evidence stands first.
FIRST = ("input", "output", "context", "reference")


def write_party(path: Path, found: Sequence[Disagreement], evidence: Mapping[Key, Mapping[str, Any]]) -> None:
    """Write the sheet.

    Args:
        path: where; a sheet there is replaced only if nothing in it was settled yet.
        found: where raters differ.
        evidence: what was judged, by item, as far as it is at hand.

    Raises:
        LabelsError: something else stands there, or it cannot be written.
    """
    if path.exists() and (why := _kept(path)):
        raise LabelsError(f"{shown(path)}: {why}; name another file with --out")
    raters = sorted({label.rater for one in found for label in one.labels})
    keys = {key for one in found for key in evidence.get(one.key, ())}
    last = [*(key for key in FIRST if key in keys), *sorted(keys - {*FIRST})]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    said = [words for rater in raters for words in (f"said by {rater}", f"note of {rater}")]
    writer.writerow(map(_cell, ("settled", "note", "differ in", "dimension", "case", *said, *last, "item", "review")))
    for one in found:
        by_rater = {label.rater: label for label in one.labels}
        cells = ["", "", one.severity, one.key[0], one.item.case if one.item else ""]
        for rater in raters:
            label = by_rater.get(rater)
            cells += [label.value, label.note] if label else ["", ""]
        shows = evidence.get(one.key, {})
        cells += [_text(shows.get(key, "")) for key in last]
        writer.writerow(map(_cell, (*cells, _hash(one.key[1]), one.item.review if one.item else "")))
    try:
        replace_text(path, ["\ufeff", stream.getvalue()])
    except OSError as error:
        raise LabelsError(f"{shown(path)}: cannot be written: {error.strerror or error}") from None


def read_party(path: Path) -> Sheet:
    """Read a sheet that was filled in.

    Raises:
        LabelsError: it cannot be read, or is none.
    """
    try:
        return Sheet(path, tuple(_rows(read_text(path))))
    except ValueError as error:
        raise LabelsError(f"{shown(path)}: {safe(error, 500)}") from None


def settling(plans: Plans, sheet: Sheet, review: str, known: Labels) -> Asked:
    """What may be settled: items of a review, or such as are of none, with the words that raters used.

    Raises:
        LabelsError: the review is not at hand.
    """
    if review:
        return plans.asked(sheet, review, known)
    words: dict[str, dict[str, bool | None]] = {}
    items = []
    for (dimension, of), by_rater in known.labels.items():
        if known.population((dimension, of)) is None:
            words.setdefault(dimension, {}).update({label.value: label.passed for label in by_rater.values()})
            items.append(Item(dimension=dimension, of=of, case=of))
    populations = tuple(_population(dimension, said) for dimension, said in words.items())
    return Asked(Review(id="none", drawn=date.min, of=(), populations=populations), tuple(items))


def _population(dimension: str, said: Mapping[str, bool | None]) -> Population:
    levels = tuple(word for word, passed in said.items() if passed is not None)
    passing = tuple(word for word, passed in said.items() if passed)
    return Population(dimension=dimension, digest="0" * 16, items=1, levels=levels, passing=passing)


def _rows(text: str) -> Iterator[Row]:
    table = iter(enumerate(cells_of(text), 1))
    header = next(([cell.strip().casefold() for cell in cells] for _, cells in table if any(cells)), [])
    place = columns(header, NEEDED, COLUMNS)
    for number, cells in table:
        if any(cell.strip() for cell in cells):
            said = {name: plain(cells[at]) if at < len(cells) else "" for name, at in place.items()}
            yield Row(
                f"row {number}",
                of=said["item"].strip().lstrip("'"),
                value=said["settled"],
                rater=SETTLED,
                dimension=said.get("dimension", ""),
                review=said.get("review", "").strip(),
                note=said.get("note", ""),
            )


def _kept(path: Path) -> str:
    """Why a file must not be replaced, if so."""
    try:
        settled = [row for row in read_party(path).rows if row.value.strip() or row.note.strip()]
    except LabelsError:
        return "is there already, and no sheet of disagreements"
    hint = "add it with `evalbars labels settle` first, then delete the file"
    return f"is there already, with {len(settled)} settled in it; {hint}" if settled else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    """A text that a spreadsheet shows, and never runs."""
    return f"'{text}" if text.lstrip(" ")[:1] in RUN and text else text.replace("\0", "")


def _hash(of: str) -> str:
    """A hash that a spreadsheet takes for no number."""
    return of if any(digit in "abcdf" for digit in of) else f"'{of}"
