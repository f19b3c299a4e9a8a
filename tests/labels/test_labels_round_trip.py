"""What the writers of sheets write the readers read: labels and notes come back as they were meant."""

from __future__ import annotations

import csv
import io

import label_plans
import pytest
from label_plans import of, review_plan

from pytest_evalbars.labels.cells import guarded
from pytest_evalbars.labels.plan import plan_text, read_plan
from pytest_evalbars.labels.sheet_csv import sheet
from pytest_evalbars.labels.store import read_labels

HOSTILE = ("=1+1", "'quoted'", "+ no", "@all", "-", "\tindented", " =2+2", 'a "b"; c,\nd', "\u2028\u202e")


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_sheet_comes_back_as_it_was_filled_in(suite, separator):
    plan = review_plan(len(HOSTILE))
    folder = label_plans.write_plan(suite.path, plan)
    path = folder / "sheet-ana.csv"
    text = "".join(sheet(plan, "ana")).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 2 * len(HOSTILE)
    tone = {of(number): note for number, note in enumerate(HOSTILE)}
    for each in rows:
        if each["dimension"] == "tone":
            each["label"] = "good"
            each["note"] = guarded(tone[each["item"].lstrip("'")])
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)

    out = suite.command("labels", "add", path)
    out.said(f"{len(HOSTILE)} labels added, {len(HOSTILE)} rows not labelled yet")
    found = read_labels(suite.path / "evals" / "labels.jsonl")
    notes = {key[1]: found.of(key)[0].note for key in found.labels}
    assert notes == {key: note.strip() for key, note in tone.items()}


def test_a_plan_is_read_as_it_was_written(tmp_path):
    plan = review_plan()
    (tmp_path / "plan.json").write_text(plan_text(plan), encoding="utf-8")
    assert read_plan(tmp_path / "plan.json") == plan
