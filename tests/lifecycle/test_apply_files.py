"""Files are replaced whole or not at all, never behind another program's back, never outside of the project."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.lifecycle import apply as module
from pytest_evalbars.lifecycle.apply import Change, apply
from pytest_evalbars.lifecycle.diff import diff

ROWS = '{"id": "a", "status": "capability"}\r\n{"id": "b"}'


def change(case="a", status="regression", file="q.jsonl", quarantine=None):
    return Change(case, "t.py::test_x", file, status, quarantine)


@pytest.fixture
def root(tmp_path):
    """A project with a case file and a test."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "q.jsonl").write_bytes(ROWS.encode())
    (folder / "q.csv").write_bytes(b"id,status\na,\n")
    (folder / "test_x.py").write_bytes("import pytest\n\n\ndef test_é(): pass".encode())
    return folder


EVERY = [
    change(),
    change("b", "saturated"),
    change("a", "capability", "q.csv"),
    change("test_x.py::test_é", "saturated", ""),
]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_look_changes_nothing_and_shows_what_would_change(root):
    before = contents(root)

    applied = apply(root, EVERY, write=False)

    assert before == contents(root)
    assert applied.failed == []
    assert applied.files == ["q.jsonl", "q.csv", "test_x.py"]
    assert applied.diff == (
        "--- a/q.jsonl\n+++ b/q.jsonl\n@@ -1,2 +1,2 @@\n"
        '-{"id": "a", "status": "capability"}\r\n'
        '-{"id": "b"}\n\\ No newline at end of file\n'
        '+{"id": "a", "status": "regression"}\r\n'
        '+{"id": "b", "status": "saturated"}\n\\ No newline at end of file\n'
        "--- a/q.csv\n+++ b/q.csv\n@@ -1,2 +1,2 @@\n id,status\n-a,\n+a,capability\n"
        "--- a/test_x.py\n+++ b/test_x.py\n@@ -1,4 +1,5 @@\n import pytest\n \n \n"
        "+@pytest.mark.saturated\n def test_é(): pass\n\\ No newline at end of file\n"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_can_apply_the_diff(root, tmp_path):
    other = shutil.copytree(root, tmp_path / "other")
    (tmp_path / "diff").write_bytes(apply(root, EVERY, write=True).diff.encode())

    subprocess.run(["git", "apply", "--whitespace=nowarn", tmp_path / "diff"], cwd=other, check=True)

    assert contents(root) == contents(other)


def test_a_file_keeps_its_mode_and_its_link(root, tmp_path):
    real = tmp_path / "shared.jsonl"
    real.write_text(ROWS)
    real.chmod(0o640)
    (root / "link.jsonl").symlink_to(real)

    assert apply(root, [change(file="link.jsonl")], write=True).failed == []

    assert (root / "link.jsonl").is_symlink()
    assert '"regression"' in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project", "shared.jsonl"]


def test_a_file_that_someone_else_changes_meanwhile_is_left_to_them(root, monkeypatch):
    def meanwhile(*arguments):
        (root / "q.jsonl").write_text("theirs")
        return copymode(*arguments)

    copymode = shutil.copymode
    monkeypatch.setattr(module.shutil, "copymode", meanwhile)

    applied = apply(root, [change()], write=True)

    ((_, why),) = applied.failed
    assert why == "the file changed while it was being edited, and was left as it is; run the command again"
    assert (applied.diff, applied.files) == ("", [])
    assert (root / "q.jsonl").read_text() == "theirs"
    assert sorted(contents(root)) == ["q.csv", "q.jsonl", "test_x.py"]


def test_a_full_disk_leaves_the_file_as_it_was_and_others_change(root, monkeypatch):
    def full(descriptor):
        if not fails:
            fails.append(descriptor)
            raise OSError(28, "No space left on device")

    fails = []
    monkeypatch.setattr(module.os, "fsync", full)

    applied = apply(root, EVERY, write=True)

    whys = {why for each, why in applied.failed if each.file == "q.jsonl"}
    assert whys == {"the file cannot be written, and is as it was: No space left on device"}
    assert applied.files == ["q.csv", "test_x.py"]
    assert contents(root)["q.jsonl"] == ROWS.encode()
    assert sorted(contents(root)) == ["q.csv", "q.jsonl", "test_x.py"]


def test_a_file_that_may_not_be_written_is_not_replaced(root, monkeypatch):
    monkeypatch.setattr(module.os, "access", lambda _, mode: mode != os.W_OK)

    ((_, why),) = apply(root, [change()], write=True).failed

    assert why == "the file may not be written; allow it, or change it by hand"
    assert contents(root)["q.jsonl"] == ROWS.encode()


def test_an_edit_that_would_change_more_is_not_written(root, monkeypatch):
    from pytest_evalbars.lifecycle import rows  # noqa: PLC0415

    monkeypatch.setitem(rows.EDITORS, ".jsonl", lambda *_: [rows.Edit(2, 4, "ID")])

    ((_, why),) = apply(root, [change()], write=True).failed

    assert why.startswith("the rows are written in a way that cannot be edited safely; edit by hand")
    assert contents(root)["q.jsonl"] == ROWS.encode()


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (change(file="../q.jsonl"), "outside of the project"),
        (change(file="/etc/q.jsonl"), "outside of the project"),
        (change(file="x/../../q.jsonl"), "outside of the project"),
        (change("../test_x.py::test_y", file=""), "outside of the project"),
        (change(file="gone.jsonl"), "no such file any more"),
        (change("gone.py::test_x", file=""), "no such file any more"),
        (change(file="folder.jsonl"), "this is no file"),
        (change(file="nul\0.jsonl"), "cannot be read"),
        (change("evals.md::test_x", file=""), "neither in a case file nor in Python source"),
        (change("a", file="pyproject.toml"), "neither in a case file nor in Python source"),
        (change(status="retired"), '"retired" is neither a status nor "quarantined"'),
        (change(status="quarantined"), "a quarantine needs owner, reason and until"),
        (
            change(status="quarantined", quarantine={"owner": "a", "reason": "b", "until": "soon"}),
            "a quarantine's until: Invalid isoformat string",
        ),
        (
            change(status="quarantined", quarantine={"owner": "a\n", "reason": "b", "until": "2027-01-01"}),
            'a quarantine\'s owner: "a\\n" starts or ends with white space',
        ),
        (
            change(status="saturated", quarantine={"owner": "a", "reason": "b", "until": "2027-01-01"}),
            "only a quarantined case has",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_and_keeps_nothing_else_back(root, tmp_path, asked, why):
    (tmp_path / "q.jsonl").write_bytes(ROWS.encode())
    (root / "folder.jsonl").mkdir()
    (root / "evals.md").touch()
    (root / "pyproject.toml").touch()

    applied = apply(root, [asked, change("b", "saturated")], write=True)

    ((failed, said),) = applied.failed
    assert failed is asked
    assert why in said
    assert applied.files == ["q.jsonl"]
    assert (tmp_path / "q.jsonl").read_bytes() == ROWS.encode()


def test_two_changes_of_one_case_must_agree(root):
    same = [change("b", "saturated"), change("b", "saturated")]
    applied = apply(root, [change(), change(status="saturated"), *same], write=True)

    assert [each.case for each, _ in applied.failed] == ["a", "a"]
    assert applied.failed[0][1] == "two changes of this case contradict each other; keep one"
    assert contents(root)["q.jsonl"] == ROWS.replace('"b"', '"b", "status": "saturated"').encode()


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["a", "b", "", "c\r"])), st.lists(st.sampled_from(["a", "b", "", "c\r"])))
def test_any_diff_says_how_one_text_becomes_the_other(old, new):
    before, after = "\n".join(old).encode(), "\n".join(new).encode()

    lines = diff("x", before, after).split("\n")[2:-1]

    texts = {" -": [], " +": []}
    for number, line in enumerate(lines):
        ends = lines[number + 1 : number + 2] != ["\\ No newline at end of file"]
        for signs, text in texts.items():
            if line[0] in signs:
                text.append(line[1:] + "\n" * ends)
    if len(old) <= 4 and len(new) <= 4 and before != after:  # all lines of the two are shown
        assert ["".join(text).encode() for text in texts.values()] == [before, after]
    starts = [int(line.split("+")[1].split(",")[0].split(" ")[0]) for line in lines if line.startswith("@@")]
    assert starts == sorted(starts)
