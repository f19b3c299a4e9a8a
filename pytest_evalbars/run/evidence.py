"""What trials recorded for a reader, read back from a run file for the few cases that are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    #: Case, test and dimension.
    Key = tuple[str, str, str]

#: Where a line names its case.
CASE = b'"case"'


def evidence_of(path: Path, wanted: Mapping[Key, int]) -> dict[Key, dict[str, Any]]:
    """What the trials of some cases recorded; of several trials, the first that missed, else the first.

    Args:
        path: the run file.
        wanted: what is asked for, and how many trials there are of it: no more of the file is read than it takes.

    Raises:
        RunFileError: the file cannot be read.
    """
    recorded: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    judged: dict[Key, dict[int, bool]] = {}
    waiting = set(wanted)
    for row in lines_of(path, {case for case, _, _ in wanted}):
        key, trial = (str(row["case"]), str(row.get("test") or "")), row.get("trial") or 0
        if row.get("type") != "trial":
            each = (*key, str(row.get("dimension")))
            judged.setdefault(each, {})[trial] = row.get("outcome") == "miss"
            if min(len(judged[each]), len(recorded.get(key, ()))) >= wanted.get(each, 0):
                waiting.discard(each)
                if not waiting:
                    break
        elif isinstance(row.get("evidence"), dict) and row["evidence"]:
            recorded.setdefault(key, {})[trial] = row["evidence"]
    found = {}
    for each in wanted:
        trials, missed = recorded.get(each[:2], {}), judged.get(each, {})
        if trials:
            found[each] = trials[min(trials, key=lambda trial: (not missed.get(trial, False), trial))]
    return found


def lines_of(path: Path, cases: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """The lines of a file that name a case: one of some, or any.

    Raises:
        RunFileError: the file cannot be read.
    """
    # As JSON may spell them: with or without escapes.
    names = {spelt for case in cases or () for plain in (True, False) for spelt in _spelt(case, ascii_only=plain)}
    try:
        with path.open("rb") as stream:
            for line in stream:
                if cases is None:
                    if CASE in line and isinstance((row := _row(line)).get("case"), str):
                        yield row
                elif _named(line, names) and (row := _row(line)).get("case") in cases:
                    yield row
    except OSError as error:
        raise RunFileError(f"{shown(path)}: the run file cannot be read: {error.strerror or error}") from None


def _named(line: bytes, names: set[bytes]) -> bool:
    """Whether a line names one of the cases; millions of lines must not take long."""
    at = line.find(CASE)
    while at >= 0:
        start = line.find(b'"', at + len(CASE))
        end = line.find(b'"', start + 1)
        while end > 0 and line[end - 1] == 0x5C:  # a backslash: perhaps the quote is a part of the name
            if line[start + 1 : end] in names:
                return True
            end = line.find(b'"', end + 1)
        if line[start + 1 : end] in names:
            return True
        at = line.find(CASE, end) if end > 0 else -1
    return False


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = from_json(line)
    except ValueError:
        try:
            row = json.loads(line)  # it takes lone surrogates
        except (ValueError, RecursionError):
            return {}  # a torn last line
    return row if isinstance(row, dict) else {}


def _spelt(case: str, *, ascii_only: bool) -> Iterator[bytes]:
    try:
        yield json.dumps(case, ensure_ascii=ascii_only)[1:-1].encode()
    except UnicodeEncodeError:  # half of a character has no other spelling than its escape
        return
