"""How long a case's body waited for a limit: time that says nothing of the model's speed."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Waits:
    """The waits of one body. Calls that wait at the same time are one wait: this is the body's time, not theirs."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._waiting, self._since = 0, 0.0
        self._lock = threading.Lock()

    def total(self) -> float:
        """The seconds waited so far, those of a wait that goes on included."""
        with self._lock:
            return self.seconds + (time.perf_counter() - self._since if self._waiting else 0.0)

    def begin(self) -> None:
        """A call of the body begins to wait."""
        with self._lock:
            if not self._waiting:
                self._since = time.perf_counter()
            self._waiting += 1

    def end(self) -> None:
        """It waits no more."""
        with self._lock:
            self._waiting -= 1
            if not self._waiting:
                self.seconds += time.perf_counter() - self._since


#: Of the body that this task or thread runs, where several bodies run at the same time.
MINE: ContextVar[Waits | None] = ContextVar("evalbars_waits", default=None)


class _Process:
    #: Of the only body that runs; also seen by threads and event loops that keep a context of their own.
    alone: Waits | None = None


@contextmanager
def counted(waits: Waits, *, alone: bool = False) -> Iterator[Waits]:
    """While a body runs, count its waits.

    Args:
        waits: where to count.
        alone: whether no other body runs in this process.
    """
    before = _Process.alone
    token = MINE.set(waits)
    if alone:
        _Process.alone = waits
    try:
        yield waits
    finally:
        MINE.reset(token)
        if alone:
            _Process.alone = before


@contextmanager
def waiting() -> Iterator[None]:
    """While a call waits, count that for the body which makes it."""
    waits = MINE.get() or _Process.alone
    if waits is None:
        yield
        return
    waits.begin()
    try:
        yield
    finally:
        waits.end()
