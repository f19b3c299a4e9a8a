"""Run files before they are read: which there are, what they are of, and which of them are one run."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.history.rows import Stamp
from pytest_evalbars.run.shards import Shard, shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: No header and no end line is longer than this.
LINE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run file, its first line and its last."""

    path: Path
    stamp: Stamp
    #: Empty where it has none: a plain list of observations.
    header: Mapping[str, Any]
    #: Empty where its session did not come to its end.
    end: Mapping[str, Any]
    shard: Shard | None

    @property
    def name(self) -> str:
        """The run's name; another tool's may have none."""
        name = self.header.get("run")
        return name if isinstance(name, str) and name else self.stamp.path

    @property
    def started(self) -> str:
        """When the run began; empty where nobody knows."""
        return str(self.header.get("started") or "")

    @property
    def second_look(self) -> bool:
        """Whether it only looks again at cases that missed."""
        return bool(self.header.get("second_look"))


def stamp_of(path: Path, root: Path | None) -> Stamp:
    """The file as it is now.

    Raises:
        RunFileError: there is none.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise RunFileError(f"{shown(path)}: the run file cannot be read: {error.strerror}") from None
    full = path.resolve()
    named = full.relative_to(root.resolve()) if root is not None and full.is_relative_to(root.resolve()) else full
    return Stamp(named.as_posix(), found.st_size, found.st_mtime_ns)


def look(path: Path, root: Path | None) -> RunFile:
    """Read a file's first line and its last.

    Args:
        path: the file.
        root: the folder in which paths are told from it.

    Raises:
        RunFileError: it cannot be read, or its header is damaged.
    """
    stamp = stamp_of(path, root)  # before it is read: what comes later is seen as a change
    try:
        with path.open("rb") as stream:
            first = stream.readline(LINE)
            stream.seek(max(0, stamp.size - LINE), os.SEEK_SET)
            last = stream.read(LINE).rstrip(b"\n").rpartition(b"\n")[2]
    except OSError as error:
        raise RunFileError(f"{shown(path)}: the run file cannot be read: {error.strerror}") from None
    header, end = _of_type(first, "header"), _of_type(last, "end")
    try:
        shard = shard_of(header)
    except ValueError as error:
        raise RunFileError(f"{shown(path)}, line 1: not a line of a run file: {error}") from None
    return RunFile(path, stamp, header, end, shard)


def _of_type(line: bytes, kind: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) and row.get("type") == kind else {}


def found_in(folder: Path) -> list[Path]:
    """The files in a folder, and in those below it, that may be run files; sorted.

    Raises:
        RunFileError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.rglob("*.jsonl") if path.is_file())
    except OSError as error:
        raise RunFileError(f"{shown(folder)}: the folder cannot be read: {error.strerror}") from None


def one_run(files: Iterable[RunFile]) -> Iterator[list[RunFile]]:
    """The files of each run, the oldest first: mostly one, of a run in shards all that are there.

    Shards are of one run where they were split alike, of the same code and under the same labels; the same shard
    once more begins another run.
    """
    gathered: dict[tuple[str, ...], dict[int, RunFile]] = {}
    for one in sorted(files, key=lambda each: (each.started, each.stamp.path)):
        if one.shard is None:
            yield [one]
            continue
        same = json.dumps([one.header.get(key) for key in ("commit", "changes", "labels")], sort_keys=True)
        key = one.shard.suite, str(one.shard.of), same
        if one.shard.index in gathered.setdefault(key, {}):
            yield list(gathered.pop(key).values())
        gathered.setdefault(key, {})[one.shard.index] = one
        if len(gathered[key]) == one.shard.of:
            yield list(gathered.pop(key).values())
    for some in gathered.values():
        yield list(some.values())
