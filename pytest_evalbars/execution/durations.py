"""How long trials took lately, as the project's own run files have it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.shards import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_evalbars.execution.shards import Durations

#: How much is read: files looked at, newest complete runs used, bytes of all of them.
FILES, RUNS, BYTES = 200, 5, 64 * 1024 * 1024
#: A header or an end line is no longer than this.
LINE = 1024 * 1024


def recorded(folder: Path, *, before: str | None = None) -> Durations:
    """The mean seconds of a trial of each case in each test, by the newest complete run that has it.

    The shards of one run are a run once all are there. One alone is none: else the first shard of a new run,
    run on this machine, would change how the second one divides the cases.

    Args:
        folder: where the run files are.
        before: use only runs that began before this time.
    """
    found: Durations = {}
    room = BYTES
    for run in list(_complete_runs(folder, before))[: -RUNS - 1 : -1]:
        room -= sum(path.stat().st_size for path in run)
        if room < 0:
            break
        found = _means(run) | found
    return found


def _complete_runs(folder: Path, before: str | None) -> Iterator[list[Path]]:
    """The files of each run that came to its end, the oldest first."""
    headers = [(header, path) for path in sorted(folder.glob("*.jsonl"))[-FILES:] if (header := _header(path))]
    gathered: dict[tuple[str, int], dict[int, Path]] = {}
    for header, path in sorted(headers, key=lambda each: (str(each[0].get("started")), each[1].name)):
        try:
            shard = shard_of(header)
        except ValueError:
            continue
        if before is not None and str(header.get("started")) >= before:
            continue
        if shard is None:
            yield [path]
            continue
        key = shard.suite, shard.of
        if shard.index in gathered.setdefault(key, {}):
            gathered[key] = {}  # a new run of the same suite begins
        gathered[key][shard.index] = path
        if len(gathered[key]) == shard.of:
            yield list(gathered.pop(key).values())


def _header(path: Path) -> dict[str, Any] | None:
    """The header of a run file that came to its end."""
    try:
        with path.open("rb") as stream:
            header = json.loads(stream.readline(LINE))
            stream.seek(max(0, path.stat().st_size - LINE))
            end = json.loads(stream.read().rstrip(b"\n").rpartition(b"\n")[2])
    except (OSError, ValueError, RecursionError):
        return None
    framed = isinstance(header, dict) and isinstance(end, dict) and end.get("type") == "end"
    return header if framed and header.get("type") == "header" else None


def _means(run: list[Path]) -> Durations:
    sums: dict[tuple[str, str], list[float]] = {}
    for path in run:
        with path.open("rb") as stream:
            for line in stream:
                if b'"seconds"' in line and (row := _trial(line)):
                    sums.setdefault((row["case"], row["test"]), []).append(row["measures"]["seconds"])
    return {key: math.fsum(seconds) / len(seconds) for key, seconds in sums.items()}


def _trial(line: bytes) -> dict[str, Any] | None:
    """A trial line that says how long a judged trial took."""
    try:
        row = json.loads(line)
        seconds = row["measures"]["seconds"]
        fine = row["type"] == "trial" and not row.get("error") and type(seconds) in (int, float)
        known = isinstance(row["case"], str) and isinstance(row["test"], str)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return row if fine and known and 0 <= seconds < math.inf else None
