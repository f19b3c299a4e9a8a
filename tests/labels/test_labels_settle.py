"""`evalbars labels list`, `disagreements` and `settle`: what is open, and what raters settle on together."""

from __future__ import annotations

import csv
import json

import pytest
from label_plans import of, review_plan, row, sheet, write_plan

from pytest_evalbars.labels.consensus import gold
from pytest_evalbars.labels.store import read_labels

SAID = [
    row(0, "good"),
    row(0, "good", "ben"),
    row(1, "fair", note="=a bit short"),
    row(1, "poor", "ben", note="rude"),
    row(2, "good"),
    row(2, "fair", "ben"),
    row(3, "good"),
    row(0, "pass", dimension="correct"),
    row(0, "?", "ben", dimension="correct"),
]


@pytest.fixture
def labelled(suite):
    """A project with labels of two raters, who differ on three items."""
    write_plan(suite.path, review_plan())
    suite.file("sheet.csv", sheet(SAID))
    suite.command("labels", "add", "sheet.csv").said("9 labels added", "1 of 3 pairs", "3 items to settle")
    return suite


def labels(suite):
    return read_labels(suite.path / "evals" / "labels.jsonl")


def fill(suite, *words, name="party.csv"):
    """Fill in the column `settled`, top down."""
    with (suite.path / name).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for each, word in zip(rows, words, strict=False):
        each["settled"] = word
    with (suite.path / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_what_is_labelled_and_open_is_listed(labelled):
    out = labelled.command("labels", "list")
    out.said("dimension", "not labelled", "to settle", "correct", "tone", "ana", "ben")
    told = json.loads(labelled.command("labels", "list", "--json").out)
    assert told["dimensions"] == [
        {
            "dimension": "correct",
            "items": 4,
            "unlabelled": 3,
            "once": 0,
            "twice": 1,
            "settled": 0,
            "disagreements": 1,
            "same": 0,
            "pairs": 0,
        },
        {
            "dimension": "tone",
            "items": 4,
            "unlabelled": 0,
            "once": 1,
            "twice": 3,
            "settled": 0,
            "disagreements": 2,
            "same": 1,
            "pairs": 3,
        },
    ]
    assert told["raters"] == [
        {"rater": "ana", "labels": 5, "unclear": 0, "open": 3},
        {"rater": "ben", "labels": 4, "unclear": 1, "open": 4},
    ]


def test_disagreements_come_with_what_matters_most_first(labelled):
    labelled.command("labels", "disagreements").said(
        "raters differ on 3 items that are not settled",
        "pass or miss",
        "ana: fair, ben: poor",
        "unclear or not",
        "which level",
        "next: write them to a sheet with --out",
    )
    told = json.loads(labelled.command("labels", "disagreements", "--json").out)["disagreements"]
    assert [(one["case"], one["differ"]) for one in told] == [
        ("case-1", "passing"),
        ("case-0", "unclear"),
        ("case-2", "word"),
    ]


def test_what_raters_settle_on_stands_above_what_they_said(labelled):
    labelled.command("labels", "disagreements", "--out", "party.csv").said("fill in the column `settled`")
    rows = fill(labelled, "POOR", "", "?")
    assert rows[0]["said by ana"] == "fair"
    assert rows[0]["note of ana"] == "'=a bit short"
    assert rows[0]["output"] == "'=1+1"
    assert rows[0]["note of ben"] == "rude"
    assert gold(labels(labelled).of(("tone", of(1)))) == 0.5

    out = labelled.command("labels", "settle", "party.csv")
    out.said("2 labels added, 1 row not labelled yet", "1 item to settle")
    found = labels(labelled)
    assert gold(found.of(("tone", of(1)))) == 0.0
    assert gold(found.of(("tone", of(2)))) is None
    assert gold(found.of(("correct", of(0)))) == 1.0
    labelled.command("labels", "settle", "party.csv").said("0 labels added, 2 were there already")


def test_a_sheet_that_was_filled_in_is_never_written_over(labelled):
    for _ in range(2):
        assert labelled.command("labels", "disagreements", "--out", "party.csv").exit == 0
    fill(labelled, "poor")
    before = (labelled.path / "party.csv").read_bytes()
    out = labelled.command("labels", "disagreements", "--out", "party.csv")
    assert out.exit == 4
    out.said("party.csv: is there already, with 1 settled in it; add it with `evalbars labels settle`")
    assert (labelled.path / "party.csv").read_bytes() == before

    out = labelled.command("labels", "disagreements", "--out", "pyproject.toml")
    assert out.exit == 4
    out.said("is there already, and no sheet of disagreements")


def test_a_word_that_is_none_settles_nothing(labelled):
    labelled.command("labels", "disagreements", "--out", "party.csv")
    fill(labelled, "poorly", "pass")
    out = labelled.command("labels", "settle", "party.csv")
    assert out.exit == 4
    out.said('party.csv, row 2: "poorly" is no label of tone; did you mean "poor"?', "nothing was added")
    assert len(labels(labelled).of(("correct", of(0)))) == 2


def test_items_without_a_review_are_settled_with_the_words_that_raters_used(suite):
    said = [("ana", "fine", True), ("ben", "bad", False)]
    lines = [
        {"type": "label", "dimension": "tone", "of": of(0), "rater": rater, "value": value, "passed": passed}
        for rater, value, passed in said
    ]
    suite.file("evals/labels.jsonl", "\n".join(map(json.dumps, lines)))
    suite.command("labels", "disagreements", "--out", "party.csv").said("1 item that is not settled")
    fill(suite, "bad")
    suite.command("labels", "settle", "party.csv").said("1 label added")
    assert gold(labels(suite).of(("tone", of(0)))) == 0.0
    suite.command("labels", "disagreements").said("raters differ nowhere that is not settled")


def test_a_sheet_without_texts_says_where_they_could_come_from(labelled):
    labelled.command("labels", "disagreements", "--out", "party.csv").never_said("without their texts")
    folder = next((labelled.path / ".evalbars" / "reviews").iterdir())
    moved = folder.rename(labelled.path / "moved")

    out = labelled.command("labels", "disagreements", "--out", "party.csv")
    out.said("note: 3 of them without their texts", "--review DIR", "next: fill in")
    out = labelled.command("labels", "disagreements", "--out", "party.csv", "--review", moved)
    out.never_said("without their texts")


def test_without_labels_the_way_to_some_is_told(suite):
    out = suite.command("labels", "list")
    assert out.exit == 4
    out.said("evals/labels.jsonl: there is no such labels file; draw a sample", "evalbars review")
