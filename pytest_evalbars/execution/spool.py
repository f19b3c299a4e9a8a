"""What a worker keeps of its finished trials until they are reported: nothing paid for is lost with it."""

from __future__ import annotations

import contextlib
import json
from typing import IO, TYPE_CHECKING, Any

from pytest_evalbars.cases.judging import trial_lines

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_evalbars.run.plan import Planned


class Spool:
    """Writes a worker's part, a trial at a time, as its bodies end.

    Whatever keeps it from being written (another host, a full disk) costs nothing but what a crash would lose.
    """

    def __init__(self, path: Path, worker: str) -> None:
        self._path, self._worker = path, worker
        self._stream: IO[str] | None = None

    def write(self, planned: Planned, said: dict[str, Any]) -> None:
        """Take a finished trial."""
        lines = trial_lines(planned, said, worker=self._worker, xfail=False)
        try:
            if self._stream is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self._path.open("a", encoding="utf-8", newline="\n")
            self._stream.write("".join(json.dumps(line) + "\n" for line in lines))
            self._stream.flush()
        except OSError:
            return

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
