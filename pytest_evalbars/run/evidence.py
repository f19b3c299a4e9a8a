"""What trials recorded for a reader, read back from a run file for the few cases that are shown."""

from __future__ import annotations

import json
import mmap
import re
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

#: Where a line names its case.
CASE = re.compile(rb'"case"\s*:\s*("(?:[^"\\]|\\.)*")')


def evidence_of(path: Path, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What the trials of some cases recorded; of several trials, the first that missed, else the first.

    Args:
        path: the run file.
        wanted: case, test and dimension.

    Raises:
        RunFileError: the file cannot be read.
    """
    recorded: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    missed: set[tuple[str, str, str, int]] = set()
    for row in _rows(path, {case for case, _, _ in wanted}):
        key, trial = (str(row["case"]), str(row.get("test") or "")), row.get("trial") or 0
        if row.get("type") == "trial" and isinstance(row.get("evidence"), dict) and row["evidence"]:
            recorded.setdefault(key, {})[trial] = row["evidence"]
        elif row.get("outcome") == "miss":
            missed.add((*key, str(row.get("dimension")), trial))
    found = {}
    for each in wanted:
        case, test, dimension = each
        trials = recorded.get((case, test), {})
        if trials:
            first = min(trials, key=lambda trial: ((case, test, dimension, trial) not in missed, trial))
            found[each] = trials[first]
    return found


def _rows(path: Path, cases: set[str]) -> Iterator[dict[str, Any]]:
    """The lines of a file that name one of the cases."""
    # As JSON may spell them: with or without escapes.
    names = {spelt for case in cases for plain in (True, False) for spelt in _spelt(case, ascii_only=plain)}
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                return
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
                end = 0
                for match in CASE.finditer(text):
                    if match[1] not in names or match.start() < end:
                        continue
                    start = text.rfind(b"\n", 0, match.start()) + 1
                    end = text.find(b"\n", match.end())
                    end = len(text) if end < 0 else end
                    row = _row(text[start:end])
                    if row.get("case") in cases:
                        yield row
    except (OSError, ValueError) as error:
        raise RunFileError(f"{shown(path)}: the run file cannot be read: {error}") from None


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
        yield json.dumps(case, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # half of a character has no other spelling than its escape
        return
