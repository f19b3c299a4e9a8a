"""`evalbars labels add`: what comes back from raters is added, all of it or nothing."""

from __future__ import annotations

import json

import pytest
from label_plans import COLUMNS, of, review_plan, row, sheet, write_plan

from pytest_evalbars.labels.store import read_labels


@pytest.fixture
def reviewed(suite):
    """A project with a review of four items on two dimensions."""
    write_plan(suite.path, review_plan())
    return suite


def labels(suite):
    return read_labels(suite.path / "evals" / "labels.jsonl")


def put(suite, text, name="sheet.csv", encoding="utf-8-sig"):
    (suite.path / name).write_bytes(text.encode(encoding))
    return name


ROWS = [
    row(0, "good"),
    row(1, " Poor ", note="'=rude, and long"),
    row(2, ""),
    row(3, "?"),
    row(0, "miss", dimension="correct", note="wrong number"),
]


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16")])
def test_a_sheet_is_added_whatever_spreadsheet_saved_it(reviewed, separator, encoding):
    name = put(reviewed, sheet(ROWS, separator, (*reversed(COLUMNS), "colour")), encoding=encoding)
    out = reviewed.command("labels", "add", name)

    assert out.exit == 0
    out.said("4 labels added", "1 row not labelled yet", "no item has two labels yet", "next: evalbars calibrate")
    found = labels(reviewed)
    assert [(one.value, one.passed) for one in found.of(("tone", of(0)))] == [("good", True)]
    assert [(one.value, one.passed, one.note) for one in found.of(("tone", of(1)))] == [
        ("poor", False, "=rude, and long")
    ]
    assert [(one.value, one.passed) for one in found.of(("tone", of(3)))] == [("unclear", None)]
    assert found.of(("correct", of(0)))[0].passed is False
    assert len(found.items) == 8
    assert list(found.reviews) == ["r1"]


def test_the_same_sheet_again_changes_nothing(reviewed):
    name = put(reviewed, sheet(ROWS))
    reviewed.command("labels", "add", name)
    path = reviewed.path / "evals" / "labels.jsonl"
    before = path.read_bytes()

    out = reviewed.command("labels", "add", name)
    out.said("0 labels added", "4 were there already")
    assert path.read_bytes() == before


def test_who_says_otherwise_now_must_mean_it(reviewed):
    reviewed.command("labels", "add", put(reviewed, sheet(ROWS)))
    before = (reviewed.path / "evals" / "labels.jsonl").read_bytes()
    name = put(reviewed, sheet([row(0, "poor"), row(2, "fair")]))

    out = reviewed.command("labels", "add", name)
    assert out.exit == 4
    out.said("1 label says otherwise", "--replace", 'tone, case-0: ana said "good", and now "poor"')
    assert (reviewed.path / "evals" / "labels.jsonl").read_bytes() == before

    reviewed.command("labels", "add", name, "--replace").said("1 label added, 1 changed")
    assert (reviewed.path / "evals" / "labels.jsonl").read_bytes().startswith(before)
    assert [one.value for one in labels(reviewed).of(("tone", of(0)))] == ["poor"]


def test_all_bad_rows_are_named_and_nothing_is_added(reviewed):
    rows = [
        row(0, "goood"),
        row(1, "good", dimension="tine"),
        row(9, "good"),
        row(2, "good", rater=" "),
        row(3, "good"),
        row(3, "poor"),
        row(3, "good", rater="eve\x1b[31m"),
    ]
    rows += [row(0, "\x1b[2Jpass", rater=f"r{number}") for number in range(6)]
    out = reviewed.command("labels", "add", put(reviewed, sheet(rows)))

    assert out.exit == 4
    out.said(
        'sheet.csv, row 2: "goood" is no label of tone; did you mean "good"?',
        'row 3: "tine" is no dimension of review r1; did you mean "tone"?',
        f'row 4: review r1 holds no item "{of(9)}" of tone',
        "row 5: nobody is named as its rater",
        'row 7: ana says "poor"',
        "sheet.csv, row 6; keep one",
        "row 8:",
        "is no name of a rater",
        "and 2 more bad rows",
        "nothing was added",
    )
    out.never_said("\x1b")
    assert not (reviewed.path / "evals").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("review,item,rater\nr1,a,b\n", 'has no column "label"'),
        ("item,rater,lable\n", 'has no column "label"; did you mean "lable"?'),
        ("item,rater,label,label\n", 'the column "label" stands twice'),
        ("", 'has no column "item"'),
        ("PK\x03\x04...", "is a workbook"),
        ("{", "not valid JSON"),
        ('{"type": "other"}', "neither an export"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"of": 1}]', 'task 1: has no `data` and `annotations`; export the project from Label Studio as "JSON"'),
        ('{"type": "evalbars-labels", "schema": 2, "labels": []}', "upgrade it"),
        ('{"type": "evalbars-labels", "labels": [3]}', "label 1: is no label"),
        (sheet([row(0, "good") | {"review": "r2"}]), "is of review r2, whose plan is not found; name"),
        (sheet([row(0, "good") | {"review": ""}]), "says not of which review; name"),
        (sheet([row(0, "good")]).replace(of(0), of(0) + ",more,and,more,of,it"), "row 2: has 14 cells, the header 9"),
    ],
)
def test_what_is_no_sheet_is_told_with_the_mend(reviewed, text, words):
    out = reviewed.command("labels", "add", put(reviewed, text, encoding="utf-8"))

    assert out.exit == 4
    out.said("sheet.csv", words)
    assert not (reviewed.path / "evals").exists()


def test_bytes_that_are_no_text_are_told_with_their_line(reviewed):
    out = reviewed.command("labels", "add", put(reviewed, sheet([row(0, "good", note="très")]), encoding="latin-1"))
    assert out.exit == 4
    out.said("sheet.csv, line 2: is not UTF-8; save it as")


def test_a_missing_file_is_told(reviewed):
    assert reviewed.command("labels", "add", "none.csv").exit == 4


def test_a_hash_that_a_spreadsheet_made_a_number_of_is_known_again(reviewed):
    plan = review_plan()
    hashes = ["1234567890123456", "00000012e0000001"]
    items = [
        each.model_copy(update={"item": each.item.model_copy(update={"of": hash_})})
        for each, hash_ in zip(plan.items, hashes, strict=False)
    ]
    write_plan(reviewed.path, plan.model_copy(update={"items": (*items, *plan.items[2:])}))
    rows = [row(0, "good") | {"item": "1.23457E+15"}, row(0, "poor") | {"item": "1,20E+02"}]
    reviewed.command("labels", "add", put(reviewed, sheet(rows)))

    assert sorted(key for _, key in labels(reviewed).labels) == sorted(hashes)


def studio(number, choice, who=7, **more):
    result = [
        {"from_name": "label", "to_name": "answer", "type": "choices", "value": {"choices": [choice]}},
        {"from_name": "note", "to_name": "answer", "type": "textarea", "value": {"text": ["a", "b"]}},
    ]
    data = {"review": "r1", "of": of(number), "dimension": "tone", "input": "?"}
    said = {"completed_by": who, "result": result, "updated_at": "2026-11-20T10:00:00Z", "was_cancelled": False}
    return {"id": number, "data": data, "annotations": [said | more]}


def test_an_export_of_label_studio_is_added(reviewed):
    tasks = [
        studio(0, "good"),
        studio(1, "poor", {"id": 9, "email": "ben@example.com"}),
        studio(2, "poor", was_cancelled=True),
        studio(3, "good", result=[]),
    ]
    name = put(reviewed, json.dumps(tasks), "export.json", "utf-8")
    out = reviewed.command("labels", "add", name, "--rater", "7=Ana")

    out.said("2 labels added", "1 row not labelled yet")
    (first,), (second,) = (labels(reviewed).of(("tone", of(number))) for number in (0, 1))
    assert (first.rater, first.value, first.note, str(first.labelled)) == ("Ana", "good", "a\nb", "2026-11-20")
    assert second.rater == "ben@example.com"


@pytest.mark.parametrize(
    ("who", "mend"),
    [
        (7, "rater 7 is a number and no name; say who that is with --rater 7=NAME"),
        ("Anna", '"Anna" is no rater of review r1; did you mean "ana"? then say --rater "Anna=NAME"'),
    ],
)
def test_one_person_under_two_names_would_agree_with_herself(reviewed, who, mend):
    name = put(reviewed, json.dumps([studio(number, "good", who) for number in range(3)]), "export.json", "utf-8")
    out = reviewed.command("labels", "add", name)

    assert out.exit == 4
    assert out.out.count(mend) + out.err.count(mend) == 1
    assert not (reviewed.path / "evals").exists()
    for meant in ("ana", str(who)):
        assert reviewed.command("labels", "add", name, "--rater", f"{who}={meant}").exit == 0
    assert set(labels(reviewed).labels["tone", of(0)]) == {"ana", str(who)}


def test_a_sheet_of_which_nothing_is_labelled_says_what_else_it_could_be(reviewed):
    out = reviewed.command("labels", "add", put(reviewed, sheet([row(0, ""), row(1, " ")])))

    assert out.exit == 0
    out.said("0 labels added, 2 rows not labelled yet", "who labelled in the page exports a file labels-", "add that")
    out.never_said("next: evalbars calibrate")


@pytest.mark.parametrize("text", ['{"type": "session", "schema": 1}\n', "\n"])
def test_a_file_of_other_lines_is_told(reviewed, text):
    out = reviewed.command("labels", "add", put(reviewed, text, "run.jsonl"))

    assert out.exit == 4
    out.said("run.jsonl: holds no labels")
    assert not (reviewed.path / "evals").exists()


def test_the_page_itself_is_told_from_what_it_exports(reviewed):
    out = reviewed.command("labels", "add", put(reviewed, "<!doctype html>\n<html>", "page.html"))

    assert out.exit == 4
    out.said("page.html: is a page, and not what was labelled in it; open it and export, then add labels-...json")


def test_bad_annotations_are_named(reviewed):
    two = studio(0, "good")
    two["annotations"][0]["result"] *= 2
    tasks = [two, studio(1, "bad"), {"id": 5, "data": {}, "annotations": [{"result": None}]}]
    out = reviewed.command("labels", "add", put(reviewed, json.dumps(tasks), "export.json", "utf-8"))
    assert out.exit == 4
    out.said(
        "task 0, annotation 1: says good and good; an item takes one label",
        'task 1, annotation 1: "bad" is no label',
        "task 5, annotation 1: has no `result`",
    )


def page(*said, rater="ben"):
    made = [
        {"dimension": "tone", "of": of(n), "value": value, "note": note, "labelled": "2026-11-20T09:00:00.000Z"}
        for n, value, note in said
    ]
    return json.dumps({"type": "evalbars-labels", "schema": 1, "review": "r1", "rater": rater, "labels": made})


def test_an_export_of_the_page_is_added_beside_a_sheet_and_agreement_is_told(reviewed):
    first = put(reviewed, sheet([row(0, "good"), row(1, "poor")]))
    second = put(reviewed, page((0, "good", "\u2028 \ud83d"), (1, "fair", ""), (2, "", "")), "ben.json", "utf-8")
    text = (reviewed.path / second).read_text()
    assert "\\ud83d" in text  # half a character
    out = reviewed.command("labels", "add", first, second)

    out.said("4 labels added, 1 row not labelled yet", "say the same in 1 of 2 pairs of labels (50.0%)", "1 item to")
    assert {one.rater for one in labels(reviewed).of(("tone", of(0)))} == {"ana", "ben"}


def test_one_bad_file_keeps_the_others_out(reviewed):
    good, bad = put(reviewed, sheet([row(0, "good")])), put(reviewed, page((0, "gut", "")), "ben.json", "utf-8")
    out = reviewed.command("labels", "add", good, bad)
    assert out.exit == 4
    out.said('ben.json, label 1: "gut" is no label of tone')
    assert not (reviewed.path / "evals").exists()


def test_raters_may_write_their_names_small_and_some_may_not_have_been_asked(reviewed):
    rows = [row(0, "good", rater="ANA "), row(0, "good", rater="Zoe")]
    reviewed.command("labels", "add", put(reviewed, sheet(rows)))
    assert [one.rater for one in labels(reviewed).of(("tone", of(0)))] == ["ana", "Zoe"]


def test_the_plan_is_named_or_beside_the_file_or_remembered_by_the_labels_file(suite):
    folder = write_plan(suite.path / "elsewhere", review_plan())
    name = put(suite, sheet([row(0, "good")]))
    assert suite.command("labels", "add", name).exit == 4
    assert suite.command("labels", "add", name, "--review", folder).exit == 0

    (folder / "mine.csv").write_text(sheet([row(1, "good")]))
    assert suite.command("labels", "add", folder / "mine.csv").exit == 0

    put(suite, sheet([row(2, "good")]))
    assert suite.command("labels", "add", name).exit == 0
    assert len(labels(suite).labels) == 3

    write_plan(suite.path, review_plan(review="r2"))
    out = suite.command("labels", "add", name, "--review", ".evalbars/reviews/r2")
    assert out.exit == 4
    out.said("it is of review r2, and the labels are of review r1; name the folder of that")


def test_labels_of_another_tool_need_no_review(suite):
    lines = [
        {"type": "item", "dimension": "tone", "of": of(0), "case": "case-0"},
        {"type": "label", "dimension": "tone", "of": of(0), "rater": "ana", "value": "good", "passed": True},
        {"type": "label", "dimension": "tone", "of": of(0), "rater": "ben", "value": "bad", "passed": False},
        {"type": "news", "of": 3},
    ]
    name = put(suite, "\n".join(map(json.dumps, lines)), "theirs.jsonl", "utf-8")
    suite.command("labels", "add", name).said("2 labels added", "1 item to settle")
    assert len(labels(suite).of(("tone", of(0)))) == 2


def test_the_labels_file_stands_where_the_bars_say(reviewed):
    reviewed.bars('human_labels = "people/said.jsonl"\n')
    reviewed.command("labels", "add", put(reviewed, sheet(ROWS)))
    assert (reviewed.path / "people" / "said.jsonl").exists()
    reviewed.command("labels", "add", "sheet.csv", "--labels", "other.jsonl")
    assert (reviewed.path / "other.jsonl").exists()

    reviewed.bars("human_labels = 3\n")
    out = reviewed.command("labels", "list")
    assert out.exit == 4
    out.said("`human_labels`: 3 is no path")
