"""The run file while it is being written: append-only JSON Lines, each flushed before its test is reported."""

from __future__ import annotations

import json
import os
import platform
import re
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.hidden import hide
from pytest_evalbars.run.revision import revision
from pytest_evalbars.run.spool import parts_of

SCHEMA = 1
#: How many run files `.evalbars/runs/` keeps; the oldest go first.
KEPT_RUNS = 100
RUN_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]+\.jsonl")


class Journal:
    """Writes one run's lines.

    A line that cannot be written (a full disk) does not stop the session: cases may cost money, and what the
    disk already holds stays true. The first failure is kept in `failure`, nothing is written after it, and
    the gate then treats the run as incomplete.
    """

    def __init__(self, run: str, path: Path, stream: IO[str]) -> None:
        self.run = run
        self.path = path
        self.failure: str | None = None
        #: The items whose lines did not reach the disk.
        self.lost = 0
        self._stream = stream

    @classmethod
    def create(cls, root: Path, target: str | None, run: str | None = None) -> Journal:
        """Open the run file at `target`, or a new one under `root/.evalbars/runs/`.

        Args:
            root: the project's folder.
            target: where the user wants it.
            run: the run's name, as `new_name` gave it before there was anything to write.

        Raises:
            RunFileError: it cannot be written there.
        """
        cls.check(root, target)
        try:
            while True:
                run = run or new_name()
                path = place(root, target, run)
                if target is None:
                    _prepare(path.parent)
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    stream = path.open("w" if target else "x", encoding="utf-8", newline="\n")
                except FileExistsError:  # another session took this name within the same second
                    run = None
                    continue
                _lock(stream)
                return cls(run, path, stream)
        except OSError as error:
            raise _unwritable(error.filename or target, error.strerror) from None

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """Open a run file that another session began, and keep further sessions from it.

        Raises:
            RunFileError: it cannot be written, or some session still writes it.
        """
        if not path.is_file():
            raise RunFileError(f"{shown(path)}: there is no such run file")
        try:
            stream = path.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise RunFileError(f"{shown(path)}: the run file cannot be written: {error.strerror}") from None
        if not _lock(stream):
            stream.close()
            raise RunFileError(f"{shown(path)}: another session still writes this run file; wait for it, or end it")
        return cls(path.stem, path, stream)

    def cut(self, size: int, *, unbroken: bool) -> None:
        """Cut off what lies behind the whole lines of a reopened file.

        Args:
            size: the bytes of all whole lines.
            unbroken: whether the last of them lacks its line break.
        """
        try:
            self._stream.truncate(size)
            if unbroken:
                self._stream.write("\n")
        except OSError as error:
            self.failure = f"{self.path}: {error.strerror or error}"

    @staticmethod
    def check(root: Path, target: str | None) -> None:
        """See whether a run file could be created, without creating it.

        Raises:
            RunFileError: it could not.
        """
        place = Path(target) if target else root / ".evalbars" / "runs" / "run.jsonl"
        problem = "it is no regular file" if place.exists() and not place.is_file() else ""
        while not place.exists():
            place = place.parent
        if not problem and not place.is_dir() and target and Path(target) != place:
            problem = f"{place} is no folder"
        if problem or not os.access(place, os.W_OK):
            raise _unwritable(target or place, problem or "permission denied")

    def write(self, *lines: dict[str, Any]) -> None:
        """Append lines and hand them to the operating system in one go."""
        if not lines:
            return
        if self.failure is not None:
            self.lost += lines[0]["type"] == "trial"
            return
        text = "".join(json.dumps(line, separators=(", ", ": ")) + "\n" for line in lines)
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self.failure = f"{self.path}: {error.strerror or error}"
            self.lost += lines[0]["type"] == "trial"

    def close(self) -> None:
        """Close the file; what could not be flushed before is lost, and `failure` says so."""
        try:
            self._stream.close()
        except OSError as error:
            self.failure = self.failure or f"{self.path}: {error.strerror or error}"


def _lock(stream: IO[str]) -> bool:
    """Mark a file as being written until it is closed; False if another process has done so."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _unwritable(place: object, problem: object) -> RunFileError:
    return RunFileError(
        f"the run file {place} cannot be written: {problem}; name another place with --evalbars-run=FILE",
    )


def header(run: str, root: Path, **more: Any) -> dict[str, Any]:
    """The first line of a run file: which run this is, of what, under which bars."""
    return {
        "type": "header",
        "schema": SCHEMA,
        "run": run,
        "started": _now(),
        **revision(root),
        "versions": _versions(),
        **more,
    }


def resume(taken: int, again: int, **more: Any) -> dict[str, Any]:
    """The line under which another session goes on with a run: an end line before it holds no longer.

    Args:
        taken: how many trials it takes from the lines above.
        again: how many others have lines above, and are run once more because they erred.
        **more: further keys, as a header has them.
    """
    return {"type": "resume", "resumed": _now(), "taken": taken, "again": again, "versions": _versions(), **more}


def end(exit_code: int, **more: Any) -> dict[str, Any]:
    """The last line of a run file that came to its end."""
    return {"type": "end", "finished": _now(), "exit": exit_code, **more}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@cache
def _versions() -> dict[str, str]:
    names = ("pytest-evalbars", "pytest", "numpy", "scipy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def new_name() -> str:
    """A name for a run that begins now: names sort as the runs began, also within a second."""
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%dT%H-%M-%S}-{now.microsecond * 0x10000 // 1_000_000:04x}"


def place(root: Path, target: str | None, run: str) -> Path:
    """Where the run file of a run goes."""
    return Path(target) if target else root / ".evalbars" / "runs" / f"{run}.jsonl"


def _prepare(runs: Path) -> None:
    """Make the folder of run files, hide it from version control, and make room for one more."""
    runs.mkdir(parents=True, exist_ok=True)
    hide(runs.parent)
    ours = sorted(path for path in runs.iterdir() if RUN_NAME.fullmatch(path.name))
    for path in ours[: max(0, len(ours) - KEPT_RUNS + 1)]:
        for each in (*parts_of(path), path):
            each.unlink(missing_ok=True)
