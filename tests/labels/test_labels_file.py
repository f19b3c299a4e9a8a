"""The labels file: what breaks it is told with its line, and what cannot be added leaves it as it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from label_plans import of

import pytest_evalbars.replacing
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.adding import add
from pytest_evalbars.labels.consensus import disagreements, gold
from pytest_evalbars.labels.model import Item, Label, Population, Review
from pytest_evalbars.labels.store import Labels, read_labels

REVIEW = Review(
    id="r1",
    drawn=date(2026, 11, 21),
    of=("run",),
    populations=(Population(dimension="tone", digest="1" * 16, items=2),),
)


def label(number=0, rater="ana", value="pass", **more):
    passed = {"pass": True, "miss": False}.get(value)
    return Label(dimension="tone", of=of(number), rater=rater, value=value, passed=passed, **more)


def item(number=0, review="r1", **more):
    return Item(dimension="tone", of=of(number), case=f"case-{number}", review=review, **more)


def test_what_is_added_is_read(tmp_path):
    path = tmp_path / "evals" / "labels.jsonl"
    note = "two\nlines,\u2028a separator\x85 and \x1b"
    added = add(path, [REVIEW], [item(), item(1)], [label(note=note), label(rater="ben", value="miss")])

    found = read_labels(path)
    assert found == added.now
    assert (added.labels, added.items, added.same, added.changed) == (2, 2, 0, 0)
    assert found.reviews == {"r1": REVIEW}
    assert found.of(("tone", of(0)))[0].note == note
    assert found.population(("tone", of(0))) == REVIEW.populations[0]
    assert found.item(("tone", of(9))) is None
    before = path.read_text()
    add(path, [], [], [label(note="now with a note")])
    assert path.read_text().startswith(before)
    assert read_labels(path).of(("tone", of(0)))[0].note == "now with a note"


def test_an_answer_may_be_drawn_twice(tmp_path):
    path = tmp_path / "labels.jsonl"
    second = REVIEW.model_copy(update={"id": "r2"})
    add(path, [REVIEW], [item()], [label()])
    add(path, [second], [item(review="r2", weight=3)], [])
    add(path, [second], [item(review="r2", weight=3)], [])

    assert [(each.review, each.weight) for each in read_labels(path).items["tone", of(0)]] == [("r1", 1), ("r2", 3)]


def test_another_review_of_the_same_id_is_refused(tmp_path):
    path = tmp_path / "labels.jsonl"
    add(path, [REVIEW], [item()], [])
    with pytest.raises(LabelsError, match="knows another review of the id r1; draw yours anew"):
        add(path, [REVIEW.model_copy(update={"seed": 7})], [], [])

    before = path.read_bytes()
    add(path, [REVIEW.model_copy(update={"drawn": date(2026, 12, 1), "raters": ("eve",)})], [item()], [])
    assert path.read_bytes() == before


def line(**values):
    return json.dumps(values)


LABEL = {"type": "label", "dimension": "tone", "of": of(0), "rater": "ana", "value": "pass", "passed": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a line of a labels file"),
        ("{}", 'it has no "type"'),
        (line(**LABEL | {"of": "x"}), "`of`: string should match"),
        (line(**LABEL | {"laballed": "2026-01-01"}), 'unknown key `laballed`; did you mean "labelled"?'),
        (line(**{key: value for key, value in LABEL.items() if key != "passed"}), "`passed`: field required"),
        (line(**LABEL | {"value": "unclear"}), 'who says "unclear" could not tell; write null'),
        (line(type="review", schema=2), "reads up to 1; upgrade it"),
        ("<<<<<<< HEAD", "two people's changes were not merged; keep the lines of both"),
        ("[" * 100_000, "nested too deeply"),
        ('{"type": "label", "of": "\\ud800"}', "line 3"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path, text, words):
    path = tmp_path / "labels.jsonl"
    path.write_text(f"{line(type='newer', of=1)}\n\n{text}\n")
    with pytest.raises(LabelsError) as caught:
        read_labels(path)
    assert "labels.jsonl, line 3: " in str(caught.value)
    assert words in str(caught.value)

    before = path.read_bytes()
    with pytest.raises(LabelsError):
        add(path, [], [], [label()])
    assert path.read_bytes() == before


def test_what_other_programs_leave_is_read(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line(**LABEL).encode() + b"\r\n" + line(**LABEL | {"rater": "ben"}).encode())
    add(path, [], [], [label(rater="eve")])
    assert list(read_labels(path).labels["tone", of(0)]) == ["ana", "ben", "eve"]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "labels.jsonl"
    add(path, [REVIEW], [item()], [label()])
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pytest_evalbars.replacing.os, "fsync", full)
    with pytest.raises(LabelsError, match="No space left on device; nothing in it has changed; mend that, and add"):
        add(path, [], [], [label(1)])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["labels.jsonl"]  # noqa: PTH208 - hidden files too


def test_a_file_that_may_not_be_written_is_left(tmp_path, monkeypatch):
    path = tmp_path / "labels.jsonl"
    add(path, [REVIEW], [item()], [label()])
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as one who may write anything
    with pytest.raises(LabelsError, match="may not be written; allow it, or name another with --labels"):
        add(path, [], [], [label(1)])


def test_what_an_editor_saved_meanwhile_is_not_lost(tmp_path, monkeypatch):
    path = tmp_path / "labels.jsonl"
    add(path, [REVIEW], [item()], [label()])
    theirs = path.read_text() + line(**LABEL | {"rater": "eve"}) + "\n"
    real = pytest_evalbars.labels.adding.rows

    def slow(*lines):
        path.write_text(theirs)
        return real(*lines)

    monkeypatch.setattr(pytest_evalbars.labels.adding, "rows", slow)
    with pytest.raises(LabelsError, match="was changed meanwhile, and is left so; add them again"):
        add(path, [], [], [label(1)])
    assert path.read_text() == theirs


ADDER = """
import sys
from pathlib import Path
from pytest_evalbars.labels.adding import add
from pytest_evalbars.labels.model import Label

path, rater = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    add(path, [], [], [Label(dimension="tone", of=f"{number:016x}", rater=rater, value="pass", passed=True)])
"""


def adders(path, *raters):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ADDER, str(path), rater], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for rater in raters
    ]
    for each in running:
        each.stdout.readline()
    for each in running:
        each.stdin.write("\n")
        each.stdin.flush()
    return running


def test_two_who_add_at_once_both_do(tmp_path):
    path = tmp_path / "labels.jsonl"
    for each in adders(path, "ana", "ben"):
        each.communicate()
        assert each.returncode == 0
    assert {key: len(by_rater) for key, by_rater in read_labels(path).labels.items()} == {
        ("tone", f"{number:016x}"): 2 for number in range(25)
    }


def test_who_is_killed_while_adding_leaves_a_whole_file(tmp_path):
    path = tmp_path / "labels.jsonl"
    for rater in ("ana", "ben"):
        (running,) = adders(path, rater)
        while not path.exists() or rater not in path.read_text():
            time.sleep(0.001)
        running.kill()
        running.communicate()
        found = read_labels(path)
        assert any(rater in by_rater for by_rater in found.labels.values())
    add(path, [], [], [label(rater="eve")])  # nothing is locked by the dead


def test_many_labels_are_read_in_a_few_seconds(tmp_path):
    path = tmp_path / "labels.jsonl"
    one = line(**LABEL | {"of": "HASH", "note": "a note"})
    path.write_text("\n".join(one.replace("HASH", f"{number:016x}") for number in range(20_000)))
    begun = time.process_time()
    assert len(read_labels(path).labels) == 20_000
    assert time.process_time() - begun < 5


def test_gold_is_the_share_by_whom_it_passes_until_it_is_settled():
    assert gold([]) is None
    assert gold([label(value="unclear")]) is None
    assert gold([label(), label(rater="ben", value="unclear")]) == 1
    assert gold([label(), label(rater="ben", value="miss")]) == 0.5
    assert gold([label(), label(rater="ben", value="miss"), label(rater="eve", value="miss")]) == pytest.approx(1 / 3)
    assert gold([label(), label(rater="ben"), label(rater="settled", value="miss")]) == 0
    assert gold([label(), label(rater="settled", value="unclear")]) is None


def test_raters_who_are_all_unclear_do_not_differ():
    said = {rater: label(rater=rater, value="unclear") for rater in ("ana", "ben")}
    assert disagreements(Labels({}, {}, {("tone", of(0)): said})) == []


def test_the_labels_file_is_found_through_a_link(tmp_path):
    real = tmp_path / "real.jsonl"
    add(real, [REVIEW], [item()], [label()])
    link = Path(tmp_path / "link.jsonl")
    link.symlink_to(real)
    add(link, [], [], [label(1)])
    assert link.is_symlink()
    assert len(read_labels(real).labels) == 2
