"""The lines of a run file, read once more for what its columns leave out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Where a line names its case.
CASE = b'"case"'


class Trial(NamedTuple):
    """Which trial a line is of."""

    case: str
    test: str
    trial: int

    @classmethod
    def of_line(cls, row: Mapping[str, Any]) -> Trial:
        """The trial that a line names."""
        return cls(str(row["case"]), str(row.get("test") or ""), int(row.get("trial") or 0))


def lines_of(path: Path, cases: set[str] | None = None, *, holding: bytes = CASE) -> Iterator[dict[str, Any]]:
    """The lines of a file that name a case.

    Args:
        path: the run file.
        cases: one of these; None: any.
        holding: where any will do, what else stands in the line, so that the others need not be parsed.

    Raises:
        RunFileError: the file cannot be read.
    """
    # As JSON may spell them: with or without escapes.
    names = {spelt for case in cases or () for plain in (True, False) for spelt in _spelt(case, ascii_only=plain)}
    try:
        with path.open("rb") as stream:
            for line in stream:
                if cases is None:
                    if holding in line and isinstance((row := _row(line)).get("case"), str):
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
