"""The labels file in words: what is labelled, what is open, and where raters differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.labels.consensus import Disagreement

#: So many disagreements are shown before the rest is only counted.
NAMED = 20
DIFFER = {"passing": "pass or miss", "unclear": "unclear or not", "word": "which level"}


def agreement_words(same: int, pairs: int) -> str:
    """How far raters agree, in one line."""
    if not pairs:
        return "no item has two labels yet: how far raters agree is not known"
    share = f"{same / pairs:.1%}"
    return f"raters say the same in {same} of {count(pairs, 'pair')} of labels ({share})"


def list_lines(dimensions: Sequence[dict[str, Any]], raters: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is labelled, by dimension and by rater."""
    if not dimensions:
        yield "no items and no labels yet"
        return
    heads = ["dimension", "items", "not labelled", "once", "twice or more", "settled", "to settle", "raters agree"]
    keys = ["items", "unlabelled", "once", "twice", "settled", "disagreements"]
    table = [
        [safe(one["dimension"], 80), *(one[key] for key in keys), _agree(one["same"], one["pairs"])]
        for one in dimensions
    ]
    yield from tabulate(table, heads, disable_numparse=True).splitlines()
    if raters:
        yield ""
        rows = [
            [safe(one["rater"], 80), one["labels"], one["unclear"], "" if one["open"] is None else one["open"]]
            for one in raters
        ]
        yield from tabulate(rows, ["rater", "labels", "unclear", "open"], disable_numparse=True).splitlines()


def disagreement_lines(found: Sequence[Disagreement]) -> Iterator[str]:
    """Where raters differ, what matters most first."""
    if not found:
        yield "raters differ nowhere that is not settled"
        return
    yield f"raters differ on {count(len(found), 'item')} that {'is' if len(found) == 1 else 'are'} not settled"
    rows = [
        [
            safe(one.key[0], 40),
            safe(one.item.case if one.item else one.key[1], 60),
            DIFFER[one.severity],
            safe(", ".join(f"{label.rater}: {label.value}" for label in one.labels), 100),
        ]
        for one in found[:NAMED]
    ]
    yield from tabulate(rows, ["dimension", "case", "differ in", "said"], disable_numparse=True).splitlines()
    if more := len(found) - NAMED if len(found) > NAMED else 0:
        yield f"and {more} more"


def disagreement_json(one: Disagreement) -> dict[str, Any]:
    """One of them, as JSON."""
    labels = [{"rater": label.rater, "value": label.value, "note": label.note} for label in one.labels]
    item = {"case": one.item.case, "category": one.item.category, "review": one.item.review} if one.item else {}
    dimension, of = one.key
    return {"dimension": dimension, "of": of, **item, "differ": one.severity, "apart": one.apart, "labels": labels}


def _agree(same: int, pairs: int) -> str:
    return f"{same / pairs:.1%} of {count(pairs, 'pair')}" if pairs else "-"
