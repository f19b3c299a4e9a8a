"""Keeps apart what bodies that run at the same time print and log."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO, TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

#: What the running body prints and logs; its tasks and threads inherit it.
CURRENT: ContextVar[Output | None] = ContextVar("evalbars_output", default=None)


class Output:
    """What one body printed and logged, until its turn to be reported."""

    def __init__(self) -> None:
        self.texts = {"stdout": io.StringIO(), "stderr": io.StringIO()}
        self.records: list[logging.LogRecord] = []
        #: Set once it was shown: what a task that outlives its case writes from then on is the case's at turn.
        self.released = False

    def release(self, handler: logging.Handler | None) -> None:
        """Print and log all of it, as one block."""
        self.released = True
        for name, text in self.texts.items():
            if words := text.getvalue():
                getattr(sys, name).write(words)
        for record in self.records:
            if handler is not None:
                handler.handle(record)


def keep(record: logging.LogRecord) -> bool:
    """A filter of pytest's log handler: keeps a record for the body that emitted it."""
    output = _open()
    if output is not None:
        output.records.append(record)
    return output is None


def _open() -> Output | None:
    output = CURRENT.get()
    return None if output is None or output.released else output


class Split(io.TextIOBase):
    """A text stream that gives each body its own."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name, self._stream = name, stream

    def write(self, text: str) -> int:
        output = _open()
        return (self._stream if output is None else output.texts[self._name]).write(text)

    def flush(self) -> None:
        if not self._stream.closed:
            self._stream.flush()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    @property
    def buffer(self) -> IO[bytes]:
        """Bytes are not told apart: whoever writes them writes to the case whose turn it is."""
        return self._stream.buffer


@contextmanager
def split() -> Iterator[None]:
    """Give each body streams of its own while it lasts."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Split("stdout", sys.stdout), Split("stderr", sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
