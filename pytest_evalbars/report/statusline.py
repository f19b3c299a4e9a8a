"""A transient line on the terminal, below whatever pytest writes.

The cursor rests where pytest left it, so that nobody who writes need know of the line. Whatever goes through pytest's
own terminal writer takes the line away first; of others (a test that switches capturing off) the first line lands
where it would without us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

#: Clears from the cursor to the end of the screen.
CLEAR = "\x1b[J"


class StatusLine:
    """One line of text below the line that the terminal writer is at."""

    def __init__(self, writer: TerminalWriter) -> None:
        self.writer = writer
        self.shown = False
        self._write = writer.write_raw
        writer.write_raw = self._write_over  # type: ignore[method-assign]

    def draw(self, text: str) -> None:
        """Show the line, in place of what it showed before.

        Not where the cursor's place is unknown (control characters in pytest's line), nor where it hangs past the
        end of a full row, because it could not be put back there.
        """
        width, column = self.writer.fullwidth, self.writer.width_of_current_line
        self.clear()
        if column < 0 or (column and column % width == 0):
            return
        back = f"\r\x1b[{column % width}C" if column else "\r"
        self._write(f"\r\n{cut(text, width - 1)}\x1b[1A{back}", flush=True)
        self.shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            self.shown = False
            self._write(CLEAR)

    def close(self) -> None:
        """Take the line away, and the hands off pytest's terminal writer."""
        self.clear()
        self.writer.__dict__.pop("write_raw", None)

    def _write_over(self, msg: str, *, flush: bool = False) -> None:
        self.clear()
        self._write(msg, flush=flush)


def cut(text: str, width: int) -> str:
    """The text, in so many columns at most."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[: max(0, width)]
