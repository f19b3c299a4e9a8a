"""The folder of recorded calls: one JSON file each, named by what was asked.

CacheControl's file cache writes them: under a lock, and moved into place when they are whole.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cachecontrol.caches.file_cache import FileCache
from filelock import FileLock

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import CallsError

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = 1
#: How long to wait for another process that writes, in seconds.
PATIENCE = 10.0
LOCK = ".lock"
#: The lock, and what a writer that was killed leaves.
UNTRACKED = f"{LOCK}\ntmp*\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded call: what was asked, and how it was answered."""

    key: str
    #: Which of litellm's functions, and its parameters.
    function: str
    request: dict[str, Any]
    #: The parts of a streamed answer, or the only one.
    answer: tuple[dict[str, Any], ...]
    streamed: bool
    seconds: float
    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    #: The trial and the case that asked first, and how often the trial had asked the very same before.
    trial: int = 0
    occurrence: int = 0
    case: str = ""
    recorded: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_bytes(self) -> bytes:
        """As its file holds it."""
        values = {name: getattr(self, name) for name in self.__slots__} | {"recorded": self.recorded.isoformat()}
        return (
            json.dumps({"schema": SCHEMA, **values}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        ).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Entry:
        """The reverse.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        values = json.loads(content)
        if values.pop("schema") != SCHEMA:
            raise ValueError("of another version of pytest-evalbars")
        values["answer"] = tuple(values["answer"])
        values["recorded"] = datetime.fromisoformat(values["recorded"])
        values["seconds"] = float(values["seconds"])
        if not (values["answer"] and all(isinstance(part["value"], dict) for part in values["answer"])):
            raise ValueError("it holds no answer")
        return cls(**values)


class Store:
    """The recorded calls of a project.

    Args:
        folder: where they are; made when the first call is kept.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._lock = FileLock(self.folder / LOCK, timeout=PATIENCE, poll_interval=0.005)
        self._files = _Files(self.folder, lock_class=lambda _: self._lock)
        self._threads = threading.Lock()

    def path_of(self, key: str) -> Path:
        """The file of a call."""
        return Path(self._files._fn(key))  # noqa: SLF001 - our own

    def get(self, key: str) -> Entry | None:
        """The recorded call, if there is one.

        Raises:
            CallsError: its file is damaged, or none of ours.
        """
        try:
            content = self._files.get(key)
        except OSError as error:
            raise CallsError(
                f"{shown(self.path_of(key))}: the recorded call cannot be read: {error.strerror}"
            ) from None
        if content is None:
            return None
        try:
            entry = Entry.from_bytes(content)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise self._damaged(key, str(error) if type(error) is ValueError else "") from None
        if entry.key != key:
            raise self._damaged(key, "it is the recording of another call")
        return entry

    def _damaged(self, key: str, why: str) -> CallsError:
        because = f" ({why})" if why else ""
        return CallsError(
            f"{shown(self.path_of(key))}: the recorded call is damaged{because}; delete the file and record the call "
            "again with --evalbars-calls=auto"
        )

    def keep(self, entry: Entry, *, stands: Callable[[Entry], bool]) -> Entry:
        """Keep a call, unless another process was first.

        Args:
            entry: the call.
            stands: whether a call that is recorded already is to stay.

        Returns:
            What is recorded now: the entry, or the one that stays.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._threads, self._lock:
            try:
                before = self.get(entry.key)
            except CallsError:  # damaged: replaced
                before = None
            if before is not None and stands(before):
                return before
            self._ignore()
            content = entry.to_bytes()
            self._files.set(entry.key, content)
            if self._files.get(entry.key) != content:  # a full disk may take a part of it without a word
                self.path_of(entry.key).unlink(missing_ok=True)
                raise OSError(28, os.strerror(28))
        return entry

    def _ignore(self) -> None:
        """Keep git from seeing what is of no use to others."""
        path = self.folder / ".gitignore"
        if not path.exists():
            path.write_text(UNTRACKED, encoding="utf-8")

    def entries(self) -> list[Entry]:
        """All recorded calls that can be read."""
        found = []
        for path in sorted(self.folder.glob("*/*.json")):
            try:
                found.append(Entry.from_bytes(path.read_bytes()))
            except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
                continue
        return found


class _Files(FileCache):
    """Names its files so that a person and git can live with them."""

    def __init__(self, folder: Path, lock_class: Any) -> None:
        super().__init__(folder, filemode=0o644, dirmode=0o755, lock_class=lock_class)

    def _fn(self, name: str) -> str:
        return str(Path(self.directory) / name[:2] / f"{name[2:]}.json")
