"""A transient line on the terminal, below whatever pytest writes.

The cursor rests where pytest left it, so that nobody who writes need know of the line. Whatever goes through pytest's
own terminal writer takes the line away first; what others write (a test that switches capturing off) lands where it
would without us.
"""

from __future__ import annotations

from shutil import get_terminal_size
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

#: Columns below which there is no room for a line.
NARROW = 20
#: Clears from the cursor to the end of the screen.
CLEAR = "\x1b[J"
#: Down and up again: at the bottom of the screen all moves up, and there is a row below.
ROOM = "\x1bD\x1b[A"
#: Keep the cursor's place, and go back there; right only while nothing moves up in between.
KEEP, BACK = "\x1b7", "\x1b8"


class StatusLine:
    """One line of text below the line that the terminal writer is at."""

    def __init__(self, writer: TerminalWriter) -> None:
        self.writer = writer
        self.shown = False
        self._file: TextIO = writer._file  # noqa: SLF001 - what goes through the writer is counted as pytest's line
        self._write = writer.write
        self._watching = False

    def draw(self, text: str) -> None:
        """Show the line, in place of what it showed before.

        Not where there is no room, nor where the cursor's place is unknown (control characters in pytest's line), nor
        where it hangs past the end of a full row, because it could not be put back there.
        """
        if not self._watching:
            self._watching = True
            self.writer.write = self._write_over  # type: ignore[method-assign]
        # Not the writer's own width: pytest takes a narrow terminal for one of 80 columns.
        width = get_terminal_size((self.writer.fullwidth, 0)).columns
        column = self.writer.width_of_current_line
        self.clear()
        if width < NARROW or column < 0 or (column and column % width == 0):
            return
        self._file.write(f"{ROOM}{KEEP}\r\n{cut(text, width - 1)}{BACK}")
        self._file.flush()
        self.shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            self.shown = False
            self._file.write(CLEAR)

    def close(self) -> None:
        """Take the line away, and the hands off pytest's terminal writer."""
        self.clear()
        if self._watching:
            self.writer.write = self._write  # type: ignore[method-assign]

    def _write_over(self, msg: str, *, flush: bool = False, **markup: bool) -> None:
        self.clear()
        self._write(msg, flush=flush, **markup)


def cut(text: str, width: int) -> str:
    """The text, in so many columns at most."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[: max(0, width)]
