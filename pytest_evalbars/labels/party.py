"""The sheet of the labelling party: where raters differ, side by side, with a column for what they settle on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.cells import MARK, hash_cell, line_of
from pytest_evalbars.labels.checking import Asked
from pytest_evalbars.labels.incoming import Sheet, read_text
from pytest_evalbars.labels.incoming_csv import csv_rows
from pytest_evalbars.labels.model import SETTLED, Item, Population, Review
from pytest_evalbars.labels.texts import FIELDS, words_of
from pytest_evalbars.replacing import replace_text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.labels.consensus import Disagreement
    from pytest_evalbars.labels.plans import Plans
    from pytest_evalbars.labels.store import Key, Labels

#: The column that they fill in.
COLUMN = "settled"


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
    last = [*(key for key in FIELDS if key in keys), *sorted(keys - {*FIELDS})]
    said = [words for rater in raters for words in (f"said by {rater}", f"note of {rater}")]
    lines = [line_of((COLUMN, "note", "differ in", "dimension", "case", *said, *last, "item", "review"))]
    for one in found:
        by_rater = {label.rater: label for label in one.labels}
        cells = ["", "", one.severity, one.key[0], one.item.case if one.item else ""]
        for rater in raters:
            label = by_rater.get(rater)
            cells += [label.value, label.note] if label else ["", ""]
        shows = evidence.get(one.key, {})
        cells += [words_of(shows[key]) if key in shows else "" for key in last]
        lines.append(line_of((*cells, hash_cell(one.key[1]), one.item.review if one.item else "")))
    try:
        replace_text(path, [MARK, *lines])
    except OSError as error:
        raise LabelsError(f"{shown(path)}: cannot be written: {error.strerror or error}") from None


def read_party(path: Path) -> Sheet:
    """Read a sheet that was filled in.

    Raises:
        LabelsError: it cannot be read, or is none.
    """
    try:
        return Sheet(path, tuple(csv_rows(read_text(path), label=COLUMN, rater=SETTLED)))
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


def _kept(path: Path) -> str:
    """Why a file must not be replaced, if so."""
    try:
        settled = [row for row in read_party(path).rows if row.value.strip() or row.note.strip()]
    except LabelsError:
        return "is there already, and no sheet of disagreements"
    hint = "add it with `evalbars labels settle` first, then delete the file"
    return f"is there already, with {len(settled)} settled in it; {hint}" if settled else ""
