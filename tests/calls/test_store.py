"""The folder of recorded calls, as other processes, full disks and other hands leave it."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_evalbars.calls.store import Entry, Store
from pytest_evalbars.errors import CallsError

KEY = "ab" + "0" * 62
ENTRY = Entry(
    key=KEY,
    function="completion",
    request={"model": "m"},
    answer=({"type": "ModelResponse", "value": {"id": "1"}},),
    streamed=False,
    seconds=1.5,
    model="m-1",
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "recordings")


def test_what_is_kept_comes_back(store):
    assert store.get(KEY) is None
    assert store.keep(ENTRY, stands=lambda _: True) is ENTRY
    assert store.get(KEY) == ENTRY
    path = store.folder / "ab" / f"{KEY[2:]}.json"
    assert store.path_of(KEY) == path
    assert json.loads(path.read_bytes())["request"] == {"model": "m"}
    assert path.read_text(encoding="utf-8").startswith('{\n "answer": [')
    assert store.entries() == [ENTRY]
    left = {each.name for each in store.folder.rglob("*") if each.is_file()} - {path.name, ".gitignore"}
    assert left <= {".lock"}


def test_who_was_first_stays(store):
    store.keep(ENTRY, stands=lambda _: True)
    later = replace(ENTRY, model="m-2", recorded=datetime.now(UTC))
    assert store.keep(later, stands=lambda old: old.recorded >= ENTRY.recorded) == ENTRY
    assert store.keep(later, stands=lambda old: old.recorded > ENTRY.recorded) is later
    assert store.get(KEY) == later


def test_many_threads_write_whole_files(tmp_path):
    def write(number):
        mine = Store(tmp_path)  # as another process has
        for _ in range(20):
            mine.keep(replace(ENTRY, model=f"m-{number}" * 1000), stands=lambda _: False)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    reader, seen = Store(tmp_path), set()
    while any(each.is_alive() for each in threads):
        seen.add((reader.get(KEY) or ENTRY).model[:3])
    assert seen <= {"m-0", "m-1", "m-2", "m-3"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"schema": 1}',
        b'{"schema": 2}',
        ENTRY.to_bytes().replace(b'"seconds": 1.5', b'"seconds": "soon"'),
        ENTRY.to_bytes().replace(b'"value": {', b'"other": {'),
        ENTRY.to_bytes().replace(KEY.encode(), b"another"),
        ENTRY.to_bytes().replace(b'"model"', b'"modell"'),
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_named_and_written_anew(store, content):
    store.keep(ENTRY, stands=lambda _: True)
    store.path_of(KEY).write_bytes(content)
    with pytest.raises(
        CallsError, match=r"0\.json: the recorded call is damaged.*delete the file and record the call again"
    ):
        store.get(KEY)
    assert len(store.entries()) <= 1
    store.keep(ENTRY, stands=lambda _: True)
    assert store.get(KEY) == ENTRY


def test_a_disk_that_takes_a_part(store, monkeypatch):
    store.keep(replace(ENTRY, key="cd" + KEY[2:]), stands=lambda _: True)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    with pytest.raises(OSError, match="No space left"):
        store.keep(ENTRY, stands=lambda _: True)
    monkeypatch.undo()
    assert store.get(KEY) is None
    assert len(store.entries()) == 1


def test_a_folder_that_cannot_be_written(store):
    store.folder.parent.joinpath("recordings").write_text("a file")
    with pytest.raises(OSError, match="File exists"):
        store.keep(ENTRY, stands=lambda _: True)
