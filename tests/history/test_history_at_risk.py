"""Several sessions at once, killed ones, full disks, broken files: nothing is lost, and one clear line says so."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from past_runs import told_of, write_run

from pytest_evalbars.errors import HistoryError
from pytest_evalbars.history import database, mending
from pytest_evalbars.history.access import read_history, record, record_quietly

#: Records the run files that are named after the project's folder.
RECORD = """
import sys
from pathlib import Path
from pytest_evalbars.history.access import record_quietly
root, *files = map(Path, sys.argv[1:])
for path in files:
    print(record_quietly(root, path), end="")
"""
#: The same, and stops in the middle of the last one's transaction with pages of it in the file.
KILLED = """
import sys, time
from pathlib import Path
from pytest_evalbars.history import store
from pytest_evalbars.history.access import record
def hang(connection):
    print("writing", flush=True)
    time.sleep(60)
note = store._note
def small_cache(connection, rows):
    note(connection, rows)
    hang(connection)
store._note = small_cache
tell = store.Store._tell
def spilling(self, connection, *rest):
    connection.exec_driver_sql("PRAGMA cache_size = 5")
    tell(self, connection, *rest)
store.Store._tell = spilling
record(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder in which the test stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs_of(project):
    return project / ".evalbars" / "runs"


def start(code, *arguments, **more):
    words = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def read(project):
    """The history, and what is said of it."""
    notes = []
    return read_history(project, notes=notes), notes


def test_processes_that_write_at_once_lose_nothing(project):
    files = [write_run(runs_of(project), day, {f"c{n}": "pm" for n in range(50)}) for day in range(1, 25)]
    writers = [start(RECORD, project, *files[place::2], files[0]) for place in range(2)]
    assert [writer.communicate(timeout=60)[0] for writer in writers] == ["", ""]
    for path in files:
        path.unlink()
    history, notes = read(project)
    assert notes == []
    assert told_of(history, "c7") == [(run, 1, 2, 0) for run in range(24)]


def test_who_waits_too_long_for_another_process_says_so_and_the_run_is_taken_in_later(project, monkeypatch):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    later = write_run(runs_of(project), 2, {"a": "m"})
    monkeypatch.setattr(database, "PATIENCE", 0)
    other = sqlite3.connect(project / ".evalbars" / "history.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert record_quietly(project, later) == (
        "this run is not in the history yet (.evalbars/history.db: another process has been writing it for 0 s); "
        "`evalbars history` takes it in from its run file"
    )
    # A reader is not kept waiting for what it can read anyway.
    history, notes = read(project)
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]
    assert notes == [
        ".evalbars/history.db: another process has been writing it for 0 s; what is new was read, and not kept"
    ]
    other.execute("ROLLBACK")
    other.close()
    history, notes = read(project)
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]
    assert notes == []


def test_a_process_killed_while_it_writes_leaves_the_history_whole(project):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    path = write_run(runs_of(project), 2, {"a": "m", **{f"case-{n}": "p" for n in range(2000)}})
    size = (project / ".evalbars" / "history.db").stat().st_size
    writer = start(KILLED, project, path)
    assert writer.stdout.readline() == "writing\n"
    writer.kill()
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()
    assert (project / ".evalbars" / "history.db-journal").exists()  # half of it has reached the file
    assert (project / ".evalbars" / "history.db").stat().st_size > size
    aside = path.rename(project / "aside.jsonl")
    history, notes = read(project)
    assert (len(history.runs), told_of(history, "a"), notes) == (1, [(0, 1, 1, 0)], [])
    aside.rename(path)
    history, notes = read(project)
    assert (len(history.records), told_of(history, "a"), notes) == (2001, [(0, 1, 1, 0), (1, 0, 1, 0)], [])


def test_a_full_disk_costs_the_run_its_place_in_the_history_and_nothing_else(project):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    path = write_run(runs_of(project), 2, {"a": "m", **{f"case-{n}": "p" for n in range(2000)}})

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    said = start(RECORD, project, path, preexec_fn=little_room).communicate(timeout=60)[0]
    assert said.startswith(
        "this run is not in the history yet (.evalbars/history.db: the history cannot be opened or "
    )
    assert said.endswith("); `evalbars history` takes it in from its run file")
    history, notes = read(project)
    assert (told_of(history, "a"), notes) == ([(0, 1, 1, 0), (1, 0, 1, 0)], [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_read_all_the_same(project):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    path = write_run(runs_of(project), 2, {"a": "m"})
    (project / ".evalbars").chmod(0o500)
    (project / ".evalbars" / "history.db").chmod(0o400)
    try:
        history, notes = read(project)
        said = record_quietly(project, path)
    finally:
        (project / ".evalbars").chmod(0o700)
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 0, 1, 0)]
    (note,) = notes
    assert note.endswith("attempt to write a readonly database; what is new was read, and not kept")
    assert "attempt to write a readonly database" in said


def test_where_no_file_can_be_made_the_run_files_are_read(project):
    write_run(runs_of(project), 1, {"a": "p"})
    (project / ".evalbars" / "history.db").mkdir()
    history, notes = read(project)
    assert told_of(history, "a") == [(0, 1, 1, 0)]
    words = (
        "the history cannot be opened or written: unable to open database file; what is new was read, and not kept"
    )
    assert notes == [f".evalbars/history.db: {words}"]


def text(path):
    path.write_text("no database " * 1000, encoding="utf-8")
    return "file is not a database"


def strange(path):
    path.unlink(missing_ok=True)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (a)")
    other.close()
    return "it is a database of another program"


def tables_gone(path):
    ours = sqlite3.connect(path)
    ours.execute("DROP TABLE told")
    ours.close()
    return "it lacks the table told"


def pages_gone(path):
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    return "database disk image is malformed"


@pytest.mark.parametrize("damage", [text, strange, tables_gone, pages_gone])
@pytest.mark.parametrize("writes", [True, False], ids=["session", "reader"])
def test_a_broken_history_is_set_aside_and_made_anew(project, damage, writes):
    for day in (1, 2):
        record(project, write_run(runs_of(project), day, {"a": "p"}))
    path = project / ".evalbars" / "history.db"
    why = damage(path)
    kept = path.read_bytes()
    new = write_run(runs_of(project), 3, {"a": "m"})
    lines = [record_quietly(project, new)] if writes else read(project)[1]
    (line,) = lines
    assert line == (
        f".evalbars/history.db could not be read as the history ({why}): it is kept as history.db.broken-1, and the "
        "history was made anew from 3 runs in .evalbars/runs; older runs, and what bars said of these, are not in it"
    )
    assert path.with_name("history.db.broken-1").read_bytes() == kept
    history, notes = read(project)
    assert notes == []
    assert told_of(history, "a") == [(0, 1, 1, 0), (1, 1, 1, 0), (2, 0, 1, 0)]
    text(path)
    assert "it is kept as history.db.broken-2" in read(project)[1][0]
    assert path.with_name("history.db.broken-1").read_bytes() == kept


def test_what_another_process_has_made_anew_is_not_set_aside(project, monkeypatch):
    write_run(runs_of(project), 1, {"a": "p"})
    path = project / ".evalbars" / "history.db"
    text(path)
    set_aside = mending._set_aside  # noqa: SLF001

    def too_late(*words):
        path.unlink()
        monkeypatch.setattr(mending, "_set_aside", set_aside)
        assert record(project, write_run(runs_of(project), 2, {"a": "p"})) == []
        return set_aside(*words)

    monkeypatch.setattr(mending, "_set_aside", too_late)
    history, notes = read(project)
    assert (len(history.runs), notes) == (2, [])
    assert not path.with_name("history.db.broken-1").exists()


def test_an_empty_file_becomes_a_history(project):
    write_run(runs_of(project), 1, {"a": "p"})
    (project / ".evalbars" / "history.db").touch()
    history, notes = read(project)
    assert (len(history.runs), notes) == (1, [])


def older(project, version=1):
    """Make the history of a project one that an older version has written."""
    ours = sqlite3.connect(project / ".evalbars" / "history.db", isolation_level=None)
    ours.execute("ALTER TABLE runs DROP COLUMN replayed")
    ours.execute("ALTER TABLE verdicts DROP COLUMN replayed")
    if version < 2:
        ours.execute("ALTER TABLE runs DROP COLUMN everything")
        ours.execute("ALTER TABLE cards DROP COLUMN cluster")
    ours.execute(f"PRAGMA user_version = {version}")
    ours.close()


@pytest.mark.parametrize("writes", [True, False], ids=["session", "reader"])
def test_a_history_of_an_older_version_is_brought_up_to_date_and_loses_nothing(project, writes):
    paths = [write_run(runs_of(project), day, {"a": "pm"}, asked=["evals/"]) for day in (1, 2)]
    for path in paths:
        record(project, path)
    database_ = sqlite3.connect(project / ".evalbars" / "history.db", isolation_level=None)
    database_.execute("INSERT INTO verdicts VALUES (1, 'right', 'met', 1, 0, 0)")
    database_.execute("INSERT INTO verdicts VALUES (2, 'right', 'missed', 1, 1, 0)")
    database_.execute("UPDATE runs SET whole = 0")
    database_.close()
    older(project)
    paths[0].unlink()
    if writes:
        assert record_quietly(project, write_run(runs_of(project), 3, {"a": "pp"})) == ""
    history, notes = read(project)
    assert notes == []
    assert told_of(history, "a")[:2] == [(0, 1, 2, 0), (1, 1, 2, 0)]
    assert [dict(run.verdicts) for run in history.runs[:2]] == [{"right": "met"}, {"right": "missed"}]
    # What was not kept is known again where the run file is there.
    assert [(run.whole, run.everything) for run in history.runs] == [(False, True), (True, False), (True, True)][
        : len(history.runs)
    ]
    assert [each.name for each in (project / ".evalbars").glob("history*")] == ["history.db"]


def test_a_history_of_the_version_before_keeps_all_that_it_has(project):
    paths = [write_run(runs_of(project), day, {"a": "pm"}, asked=["evals/"]) for day in (1, 2)]
    for path in paths:
        record(project, path)
        path.unlink()
    older(project, version=2)
    history, notes = read(project)
    assert notes == []
    assert told_of(history, "a") == [(0, 1, 2, 0), (1, 1, 2, 0)]
    assert [(run.everything, run.replayed) for run in history.runs] == [(False, 0), (False, 0)]


def test_processes_that_bring_a_history_up_to_date_at_once_agree(project):
    files = [write_run(runs_of(project), day, {f"c{n}": "pm" for n in range(50)}) for day in range(1, 9)]
    for path in files[:2]:
        record(project, path)
    older(project)
    writers = [start(RECORD, project, *files[2 + place :: 2]) for place in range(2)]
    assert [writer.communicate(timeout=60)[0] for writer in writers] == ["", ""]
    history, notes = read(project)
    assert (told_of(history, "c7"), notes) == ([(run, 1, 2, 0) for run in range(8)], [])


def test_an_older_history_that_cannot_be_written_now_is_read_all_the_same(project, monkeypatch):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    older(project)
    monkeypatch.setattr(database, "PATIENCE", 0)
    other = sqlite3.connect(project / ".evalbars" / "history.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history, (note,) = read(project)
    assert told_of(history, "a") == [(0, 1, 1, 0)]
    assert note.endswith("another process has been writing it for 0 s; what is new was read, and not kept")
    other.execute("ROLLBACK")
    other.close()
    assert read(project)[1] == []


def test_a_history_of_a_version_that_never_was_is_made_anew(project):
    record(project, write_run(runs_of(project), 1, {"a": "p"}))
    older(project, version=0)
    history, (note,) = read(project)
    assert told_of(history, "a") == [(0, 1, 1, 0)]
    assert "could not be read as the history (its schema is 0, which no pytest-evalbars has written)" in note


def test_a_history_of_a_newer_version_is_left_alone(project):
    path = write_run(runs_of(project), 1, {"a": "p"})
    record(project, path)
    newer = sqlite3.connect(project / ".evalbars" / "history.db")
    newer.execute("PRAGMA user_version = 7")
    newer.close()
    words = (
        ".evalbars/history.db: its schema is 7, this pytest-evalbars reads up to 3; upgrade it, or move the file "
        "away: what is in the run files is read again"
    )
    with pytest.raises(HistoryError) as error:
        read(project)
    assert str(error.value) == words
    assert words in record_quietly(project, path)
    assert [each.name for each in (project / ".evalbars").glob("history*")] == ["history.db"]


@pytest.mark.parametrize("version", [None, "1.4.54"], ids=["none", "an old one"])
def test_without_the_library_sessions_keep_run_files_alone(project, monkeypatch, version):
    path = write_run(runs_of(project), 1, {"a": "p"})
    if version is None:
        monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    else:
        monkeypatch.setattr("sqlalchemy.__version__", version)
    assert record_quietly(project, path) == ""
    with pytest.raises(HistoryError) as error:
        read(project)
    assert str(error.value) == 'the history of runs is kept with SQLAlchemy 2: pip install "pytest-evalbars[history]"'
    assert not (project / ".evalbars" / "history.db").exists()


def test_whatever_goes_wrong_a_session_is_only_warned(project, monkeypatch):
    path = write_run(runs_of(project), 1, {"a": "p"})
    monkeypatch.setattr(mending, "take_in_project", None)
    text(project / ".evalbars" / "history.db")
    assert record_quietly(project, path) == (
        "this run is not in the history yet (TypeError: 'NoneType' object is not callable); "
        "`evalbars history` takes it in from its run file"
    )
    assert "nowhere.jsonl: the run file cannot be read: No such file" in record_quietly(
        project, project / "nowhere.jsonl"
    )
