"""`evalbars audit`: rows of case files are verified by hand, and say whether the cases may gate."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from label_plans import sheet

from pytest_evalbars.labels import audit, audit_drawing
from pytest_evalbars.labels.store import read_labels

COLUMNS = ("review", "item", "dimension", "rater", "label", "note")


@pytest.fixture(autouse=True)
def day(monkeypatch):
    monkeypatch.setattr(audit_drawing, "_today", lambda: date(2026, 11, 21))


def rows(count, **changed):
    """Rows of a case file; some with another answer."""
    return [
        {
            "id": f"q-{number:03}",
            "question": f"What is {number} + 1?",
            "expected": changed.get(f"q{number}", number + 1),
        }
        for number in range(count)
    ]


def write(suite, some, name="cases.jsonl"):
    return suite.file(name, "\n".join(map(json.dumps, some)))


def draw(suite, *words):
    """Draw a sample; its items."""
    out = suite.command("audit", "cases.jsonl", *words)
    assert out.exit == 0, out.err
    (review,) = re.findall(r"audit-[0-9a-f]{8}", out.out.splitlines()[0])
    plan = json.loads((suite.path / ".evalbars" / "reviews" / review / "plan.json").read_text())
    return out, review, plan["items"]


def verify(suite, review, items, wrong=(), word="right", rater="rater-1"):
    """Fill in the sheet: all are right but some."""
    made = [
        {
            "review": review,
            "item": each["item"]["of"],
            "dimension": "case",
            "rater": rater,
            "label": "wrong" if each["item"]["case"] in wrong else word,
        }
        for each in items
    ]
    suite.file("filled.csv", sheet(made, columns=COLUMNS))
    out = suite.command("labels", "add", "filled.csv")
    assert out.exit == 0, out.err
    return out


def check(suite, *words):
    return suite.command("audit", "--check", "cases.jsonl", *words)


def names(items):
    return [each["item"]["case"] for each in items]


def test_fifty_nine_right_rows_of_many_prove_that_at_most_one_in_twenty_is_wrong(suite):
    write(suite, rows(200))
    out = check(suite)
    assert out.exit == 10
    out.said("200 rows, 0 verified", "it may be 100.0%", "next: verify 59 more rows", "evalbars audit cases.jsonl")

    out, review, items = draw(suite)
    out.said(
        "59 rows of 200 to verify by hand (if all are right, at most 5% of the rows are wrong", "labels add FILE"
    )
    assert len(set(names(items))) == 59
    assert "What is" in items[0]["evidence"]["input"]
    assert "expected: " in items[0]["evidence"]["input"]
    verify(suite, review, items[:58])
    out = check(suite)
    assert out.exit == 10
    out.said("58 verified, 0 wrong", "next: verify 1 more row")

    verify(suite, review, items).said("1 label added", "next: evalbars audit --check")
    out = check(suite)
    assert out.exit == 0
    out.said("200 rows, 59 verified, 0 wrong", "may gate: at most 5.0% of the rows are wrong, with 95% confidence")
    assert check(suite, "--at-most", "0.01").exit == 10
    told = json.loads(check(suite, "--json").out)
    assert (told["right"], told["proven"], told["rows"], told["more"]) == (59, True, 200, 0)


def test_many_wrong_rows_are_proven_and_named(suite):
    write(suite, rows(400))
    _, review, items = draw(suite)
    wrong = names(items)[:8]
    verify(suite, review, items, wrong)
    out = check(suite)
    assert out.exit == 1
    out.said("59 verified, 8 wrong", "wrong: ", min(wrong), "must not gate: more than 5% of the rows are wrong")


def test_what_was_mended_still_tells_what_the_rest_is_like(suite):
    """Or else three of 59 wrong rows, mended, and three others drawn in their place would prove anything."""
    write(suite, rows(400))
    _, review, items = draw(suite)
    wrong = names(items)[:3]
    verify(suite, review, items, wrong)
    mended = {f"q{int(name[2:])}": "mended" for name in wrong}
    write(suite, rows(400, **mended))

    out = check(suite)
    assert out.exit == 10
    out.said(
        "56 verified, 0 wrong", f"changed since they were verified, verify them again: {', '.join(sorted(wrong))}"
    )
    out.said("3 found wrong and mended or removed since", f"next: verify {audit.needed(3, 0.05) - 59} more rows")

    _, review, items = draw(suite)
    verify(suite, review, items)
    assert check(suite).exit == (0 if not set(wrong) & set(names(items)) else 10)


def test_rows_that_were_removed_are_not_looked_for(suite):
    write(suite, rows(30))
    _, review, items = draw(suite)
    assert len(items) == 30
    wrong = names(items)[:3]
    verify(suite, review, items, wrong)
    out = check(suite)
    assert out.exit == 1
    out.said("30 verified, 3 wrong", "for certain")

    write(suite, [row for row in rows(30) if row["id"] not in wrong])
    out = check(suite)
    assert out.exit == 0
    out.said("27 rows, 27 verified, 0 wrong", "may gate: at most 0.0% of the rows are wrong, for certain")


def test_a_row_that_changed_must_be_verified_again_but_not_its_status(suite):
    write(suite, rows(20))
    _, review, items = draw(suite)
    verify(suite, review, items)
    some = rows(20, q3="otherwise")
    some[4]["status"] = "capability"
    write(suite, some)
    out = check(suite, "--at-most", "0.01")
    assert out.exit == 10
    out.said("19 verified", "changed since they were verified, verify them again: q-003", "next: verify 1 more row")
    _, review, items = draw(suite)
    assert names(items) == ["q-003"]
    assert check(suite).exit == 0  # one of 20 rows is one in twenty, whatever it says


def test_rows_on_whom_raters_differ_prove_nothing_until_they_are_settled(suite):
    write(suite, rows(400))
    _, review, items = draw(suite, "--raters", "ana,ben")
    verify(suite, review, items, rater="ana")
    verify(suite, review, items, names(items)[:1], rater="ben").said("1 item to settle")
    out = check(suite)
    assert out.exit == 10
    out.said("58 verified, 0 wrong", f"settle them: {names(items)[0]}", "next: verify 104 more rows")

    suite.command("labels", "disagreements", "--out", "party.csv")
    text = (suite.path / "party.csv").read_text(encoding="utf-8-sig")
    header, line = text.split("\n", 1)
    suite.file("party.csv", f"{header}\nright{line}")
    assert suite.command("labels", "settle", "party.csv").exit == 0
    assert check(suite).exit == 0


def test_several_files_are_one_and_all_formats_are_read(suite):
    write(suite, rows(3))
    suite.file("more.csv", "id,question\nr-1,=1+1?\n")
    suite.file("even.yaml", "- id: s-1\n  question: why?\n")
    out = suite.command("audit", "cases.jsonl", "more.csv", "even.yaml", "--items", "9", "--json")
    told = json.loads(out.out)
    assert (told["items"], told["rows"]) == (5, 5)

    write(suite, rows(3), "same.jsonl")
    out = suite.command("audit", "cases.jsonl", "same.jsonl")
    assert out.exit == 4
    out.said("same.jsonl, line 1: q-000 is the id of a row of cases.jsonl, too")


def test_what_cannot_be_drawn_or_read_is_told(suite):
    write(suite, rows(2))
    assert suite.command("audit", "none.jsonl").exit == 4
    _, review, items = draw(suite)
    verify(suite, review, items)
    out = suite.command("audit", "cases.jsonl")
    assert out.exit == 4
    out.said("cases.jsonl: each row was verified")
    out = suite.command("audit", "--check", "cases.jsonl", "--labels", "none.jsonl")
    assert out.exit == 4
    out.said("none.jsonl: there is no such labels file")


@pytest.mark.parametrize("word", ["5", "0", "x"])
def test_a_share_is_a_share(suite, word):
    with pytest.raises(SystemExit) as caught:
        suite.command("audit", "cases.jsonl", "--at-most", word)
    assert caught.value.code == 4


def test_an_audit_does_not_disturb_the_labels_of_answers(suite):
    write(suite, rows(5))
    _, review, items = draw(suite)
    verify(suite, review, items)
    found = read_labels(suite.path / "evals" / "labels.jsonl")
    assert {dimension for dimension, _ in found.labels} == {"case"}
    assert found.reviews[review].kind == "cases"


def test_whoever_finds_a_wrong_row_and_goes_on_needs_more_than_with_one_look(suite):
    """Or else eight looks, at 59 rows, 93, 124 and so on, would prove what is not so in 14 of 100 case files."""
    write(suite, rows(400))
    _, review, items = draw(suite, "--items", "163")
    verify(suite, review, items[:93], names(items)[:1])
    out = check(suite)
    assert out.exit == 10
    out.said("93 verified, 1 wrong", "next: verify 70 more rows")
    verify(suite, review, items[93:])
    out = check(suite)
    assert out.exit == 0
    out.said("163 verified, 1 wrong", "may gate: at most 5.0% of the rows are wrong, with 95% confidence")


def test_rows_that_were_added_since_are_not_vouched_for(suite):
    write(suite, rows(200))
    _, review, items = draw(suite)
    verify(suite, review, items)
    assert check(suite).exit == 0
    write(suite, rows(260))
    out = check(suite)
    assert out.exit == 10
    out.said("59 verified rows say nothing of the rest: rows or files were added since", "verify 59 more rows")

    _, review, items = draw(suite)
    assert len(items) == 59
    verify(suite, review, items)
    assert check(suite).exit == 0


def test_a_few_added_rows_need_a_few_more_verified_ones(suite):
    write(suite, rows(400))
    _, review, items = draw(suite, "--items", "80")
    verify(suite, review, items)
    write(suite, rows(404))
    assert check(suite).exit == 0  # at most 3.7% of 400, and all four, are less than 5%


def test_a_file_that_was_not_drawn_from_is_not_vouched_for(suite):
    write(suite, rows(200))
    _, review, items = draw(suite)
    verify(suite, review, items)
    suite.file("more.jsonl", '{"id": "r-1", "question": "why?"}\n')
    out = suite.command("audit", "--check", "cases.jsonl", "more.jsonl")
    assert out.exit == 10
    out.said("59 verified rows say nothing of the rest")


def test_labels_that_another_tool_gave_count_for_their_rows_alone(suite):
    write(suite, rows(40))
    keys = list(audit.read_rows([suite.path / "cases.jsonl"]).by_hash)
    said = {"type": "label", "dimension": "case", "rater": "ana", "value": "right", "passed": True}
    suite.file("evals/labels.jsonl", "\n".join(json.dumps(said | {"of": key}) for key in keys[:37]))
    out = check(suite)
    assert out.exit == 10
    out.said("37 verified rows say nothing of the rest", "next: verify 3 more rows")
    suite.file("evals/labels.jsonl", "\n".join(json.dumps(said | {"of": key}) for key in keys[:38]))
    assert check(suite).exit == 0
    wrong = said | {"value": "wrong", "passed": False}
    lines = [json.dumps((said if number < 35 else wrong) | {"of": key}) for number, key in enumerate(keys)]
    suite.file("evals/labels.jsonl", "\n".join(lines))
    assert check(suite).exit == 1
