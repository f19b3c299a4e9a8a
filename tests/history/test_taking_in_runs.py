"""Run files become history: each run once, as it was last, and only what is a run."""

import json
import shutil

import pytest
from past_runs import TEST, told_of, write_run

from pytest_evalbars import load_run
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.gate.decide import decide
from pytest_evalbars.gate.load import load_bars
from pytest_evalbars.history import store as store_module
from pytest_evalbars.history.access import read_history, read_history_of, record, record_quietly

BARS = {"bar": [{"dimension": "accuracy", "at_least": 0.5, "name": "right", "each": "category"}]}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """The folder of run files of a project in which the test stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".evalbars" / "runs"


def read(runs, **more):
    return read_history(runs.parents[1], **more)


def test_a_run_is_told_in_full(runs):
    write_run(
        runs,
        3,
        {"a": "ppm", "b": "e", "c": "s"},
        labels={"model": "v2"},
        changes="9f",
        exit_code=1,
        case_labels={"status": "capability", "category": "es"},
    )
    history = read(runs)
    (run,) = history.runs
    assert (run.run, run.started) == ("2026-11-03T10-00-00-0003", "2026-11-03T10:00:00Z")
    assert (run.commit, run.changes, dict(run.labels)) == ("03" * 20, "9f", {"model": "v2"})
    assert (run.stage, run.exit, run.complete, run.whole, dict(run.verdicts)) == ("", 1, True, True, {})
    a, b = history.records  # nothing was said of c
    assert (a.case, a.dimension, a.test, a.file) == ("a", "accuracy", TEST, "evals/cases.jsonl")
    (said,) = a.told
    assert (said.passes, said.trials, said.errors) == (2, 3, 0)
    assert (said.status, said.category, said.content) == ("capability", "es", "c0")
    assert [(one.trials, one.errors) for one in b.told] == [(0, 1)]


def test_runs_are_told_in_their_order_and_outlive_their_files(runs):
    for day in (5, 2, 9):
        write_run(runs, day, {"a": "p" if day < 9 else "m"})
    assert [run.started[8:10] for run in read(runs).runs] == ["02", "05", "09"]
    shutil.rmtree(runs)
    history = read(runs)
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 1, 1, 0), (2, 0, 1, 0)]
    assert [run.started[8:10] for run in read(runs, last=2).runs] == ["05", "09"]
    assert told_of(read(runs, last=2), "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]


def test_a_run_that_is_taken_in_again_is_the_same_run(runs):
    path = write_run(runs, 1, {"a": "p"})
    for _ in range(2):
        assert record(runs.parents[1], path) == []
    path.touch()
    shutil.copy(path, runs / "copy.jsonl")
    assert told_of(read(runs), "a") == [(0, 1, 1, 0)]


def test_an_incomplete_run_is_replaced_when_it_has_come_to_its_end(runs):
    write_run(runs, 1, {"a": "p", "b": "m"}, end=False)
    (run,) = read(runs).runs
    assert (run.complete, run.exit) == (False, None)
    write_run(runs, 1, {"a": "p", "b": "p", "c": "p"}, exit_code=10)
    history = read(runs)
    assert [(run.complete, run.exit) for run in history.runs] == [(True, 10)]
    assert [one.case for one in history.records] == ["a", "b", "c"]
    assert told_of(history, "b") == [(0, 1, 1, 0)]


def test_a_run_that_is_gone_on_with_stands_until_the_new_end(runs):
    path = write_run(runs, 1, {"a": "p", "b": "e"})
    assert told_of(read(runs), "b") == [(0, 0, 0, 1)]
    resumed = {
        "type": "resume",
        "resumed": "later",
        "taken": 1,
        "again": 1,
        "labels": {"model": "v3"},
        "versions": {},
    }
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(resumed) + "\n")
    assert [run.complete for run in read(runs).runs] == [True]
    again = {"type": "observation", "case": "b", "test": TEST, "trial": 0, "dimension": "accuracy", "outcome": "pass"}
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(again) + "\n" + json.dumps({"type": "end", "exit": 0}) + "\n")
    history = read(runs)
    assert told_of(history, "b") == [(0, 1, 1, 0)]
    assert [dict(run.labels) for run in history.runs] == [{"model": "v3"}]


def test_what_the_gate_said_is_kept_with_the_run(runs):
    path = write_run(runs, 1, {f"c{n}": "p" for n in range(20)}, case_labels={"category": "es"})
    decision = decide(load_run(path), load_bars(BARS), stage="launch")
    assert record_quietly(runs.parents[1], path, decision) == ""
    for _ in range(2):
        (run,) = read(runs).runs
        assert run.stage == "launch"
        assert dict(run.verdicts) == {"right": "met", "right[es]": "met"}
        path.touch()  # it is read again, and says nothing of bars


def test_a_run_that_was_read_already_is_not_read_again(runs):
    path = write_run(runs, 1, {"a": "p"})
    run = load_run(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"pass"', '"none"'), encoding="utf-8")
    assert record(runs.parents[1], path, run=run) == []
    assert told_of(read(runs), "a") == [(0, 1, 1, 0)]


@pytest.mark.parametrize(
    ("more", "whole", "everything"),
    [
        ({"left_out": ["b"]}, False, True),
        ({"asked": ["evals/test_a.py"]}, True, False),
        ({"left_out": ["b"], "asked": ["evals/"]}, False, False),
    ],
    ids=["deselected", "some files", "both"],
)
def test_a_part_of_the_cases_counts_for_them_and_is_no_run_of_everything(runs, more, whole, everything):
    write_run(runs, 1, {"a": "p", "b": "p"})
    write_run(runs, 2, {"a": "m"}, **more)
    history = read(runs)
    assert [(run.whole, run.everything) for run in history.runs] == [(True, True), (whole, everything)]
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]
    assert told_of(history, "b") == [(0, 1, 1, 0)]


def test_second_looks_are_no_runs(runs):
    write_run(runs, 1, {"a": "p"})
    write_run(runs, 2, {"a": "m"}, second_look=True)
    notes = []
    assert len(read(runs, notes=notes).runs) == 1
    assert notes == []


def shard(runs, index, day=1, **more):
    of = {"index": index, "of": 2, "suite": "s", "cases": 2, "here": 1}
    same = {"commit": "ab", "run": f"2026-11-{day:02}T10-00-00-000{index}", **more}
    return write_run(runs, day, {f"case-{index}": "p"}, shard=of, **same)


def test_shards_are_one_run_once_all_are_there(runs):
    first = shard(runs, 1)
    notes = []
    assert read(runs, notes=notes).runs == ()
    assert notes == [f"in shards, of which only 1 of 2 is here: {first.relative_to(runs.parents[1])}"]
    assert record_quietly(runs.parents[1], first) == ""
    second = shard(runs, 2)
    notes.clear()
    history = read(runs, notes=notes)
    assert notes == []
    assert [(run.run, run.complete, run.exit) for run in history.runs] == [("2026-11-01T10-00-00-0001", True, None)]
    assert [one.case for one in history.records] == ["case-1", "case-2"]
    decision = decide(load_run(first, second), load_bars({"bar": []}))
    assert record(runs.parents[1], [second, first], decision) == []
    assert [run.exit for run in read(runs).runs] == [0]
    # One of them is run on: the other is part of the run still.
    second.write_text(second.read_text(encoding="utf-8").replace('"pass"', '"miss"'), encoding="utf-8")
    assert told_of(read(runs), "case-2") == [(0, 0, 1, 0)]


def test_shards_of_other_code_or_another_time_are_other_runs(runs):
    shard(runs, 1)
    shard(runs, 2, commit="cd")
    shard(runs, 1, day=2)
    notes = []
    assert read(runs, notes=notes).runs == ()
    assert len(notes) == 3


def test_files_that_are_no_runs_are_named_once_each_time_and_hide_nothing(runs):
    write_run(runs, 1, {"a": "p"})
    (runs / "cases.jsonl").write_text('{"id": "a", "question": "?"}\n', encoding="utf-8")
    broken = write_run(runs, 2, {"a": "p"})
    broken.write_text(broken.read_text(encoding="utf-8").replace('"pass"', '"fine"'), encoding="utf-8")
    for _ in range(2):
        notes = []
        assert len(read(runs, notes=notes).runs) == 1
        (note,) = notes
        assert "0002.jsonl, line 4: not a line of a run file: outcome 'fine' is none of pass, miss" in note
    broken.unlink()
    notes = []
    read(runs, notes=notes)
    assert notes == []


def test_the_newest_runs_are_kept(runs, monkeypatch):
    monkeypatch.setattr(store_module, "KEPT", 3)
    for day in range(1, 7):
        write_run(runs, day, {"a": "p", f"only-{day}": "p"})
    history = read(runs)
    assert [run.started[8:10] for run in history.runs] == ["04", "05", "06"]
    assert [one.case for one in history.records] == ["a", "only-4", "only-5", "only-6"]
    with store_module.Store.open(runs.parents[1]) as store, store.database.begin() as connection:
        for table in ("runs", "sums"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 3  # noqa: S608
        assert connection.exec_driver_sql("SELECT count(*) FROM told").scalar() == 6
        assert connection.exec_driver_sql("SELECT count(*) FROM cards").scalar() == 4
    assert len(read(runs).runs) == 3  # those that went are not read again


def test_a_folder_of_run_files_is_a_history_of_its_own(runs, tmp_path):
    kept = tmp_path / "artifacts"
    write_run(kept / "one", 1, {"a": "p"})
    write_run(kept / "two", 2, {"a": "m"})
    (kept / "cases.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    write_run(runs, 3, {"a": "p"})
    assert told_of(read_history_of([kept]), "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]
    assert not (kept / ".evalbars").exists()
    assert not (runs.parent / "history.db").exists()


def test_a_plain_list_of_observations_is_a_run_where_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "plain.jsonl"
    path.write_text('{"case": "a", "dimension": "accuracy", "outcome": "pass"}\n', encoding="utf-8")
    history = read_history_of([path])
    assert [(run.run, run.started, run.commit) for run in history.runs] == [(path.as_posix(), "", None)]
    assert told_of(history, "a") == [(0, 1, 1, 0)]
    path.write_text('{"case": "a"}\n', encoding="utf-8")
    with pytest.raises(RunFileError, match=r"plain\.jsonl, line 1: the observation has no 'outcome'"):
        read_history_of([path])
    with pytest.raises(RunFileError, match="nowhere: there is no such file or folder"):
        read_history_of([tmp_path / "nowhere"])


def test_without_runs_there_is_no_history_and_none_is_made(runs):
    assert read(runs).runs == ()
    assert not runs.parent.exists()


def test_the_folder_is_hidden_from_version_control(runs, tmp_path):
    assert record_quietly(tmp_path, write_run(tmp_path / "elsewhere", 1, {"a": "p"})) == ""
    assert (tmp_path / ".evalbars" / ".gitignore").read_text(encoding="utf-8").endswith("\n*\n")
    assert len(read(runs).runs) == 1
