"""The report that a session left in its run file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

#: How lines begin whose order tells whether a report is still of the whole file.
REPORT, RESUME, HEADER, END = (f'{{"type": "{kind}"'.encode() for kind in ("report", "resume", "header", "end"))


def kept_report(path: Path) -> dict[str, Any] | None:
    """The report that the last session of a run left; None where it did not come to its end.

    Raises:
        RunFileError: the file cannot be read.
    """
    found, headers, ended = b"", 0, False
    try:
        with path.open("rb") as stream:
            for line in stream:
                if line.startswith(REPORT):
                    found = line
                elif line.startswith((RESUME, HEADER)):  # what was said before is not of what came then
                    found, headers, ended = b"", headers + line.startswith(HEADER), False
                elif line.startswith(END):
                    ended = True
    except OSError as error:
        raise RunFileError(f"{shown(path)}: the run file cannot be read: {error.strerror or error}") from None
    if not found or headers != 1 or not ended:
        return None
    try:
        row = json.loads(found)
    except ValueError:
        return None  # damaged
    return row if isinstance(row, dict) else None
