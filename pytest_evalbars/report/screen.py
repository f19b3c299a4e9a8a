"""Where lines are written to: how wide it is, what it can show, and whether in colour."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    import pytest

    from pytest_evalbars.report.model import LineTold

#: Columns that what is no terminal has at least: logs of CI, files. Who says COLUMNS=80 there means other lines.
WIDTH = 120
#: Fewer columns than that are not believed, as pytest does not.
NARROW = 40
#: All signs that need more than ASCII.
SIGNS = "✓✗·━●│┿◆"
#: How lines look in colour; the words say the same.
MARKUP = {
    "bad": {"red": True, "bold": True},
    "warn": {"yellow": True},
    "good": {"green": True},
}
CODES = {"bad": "31;1", "warn": "33", "good": "32"}


@dataclass(frozen=True, slots=True)
class Screen:
    """What lines are laid out for.

    Args:
        width: the columns.
        fixed: whether it would break what is wider, so that long sentences are wrapped and names folded. Logs and
            files take any width; there each sentence and each row is one line, and can be searched for.
        signs: whether it shows more than ASCII.
    """

    width: int = WIDTH
    fixed: bool = False
    signs: bool = True


def screen_of(stream: TextIO | None = None, width: int | None = None) -> Screen:
    """The screen that a stream writes to.

    Args:
        stream: where to; None: the standard output.
        width: its columns, where somebody has found out already.
    """
    stream = sys.stdout if stream is None else stream
    terminal = _is_terminal(stream)
    columns = get_terminal_size().columns if width is None else width
    return Screen(
        width=columns if terminal and columns >= NARROW else max(columns, WIDTH),
        fixed=terminal,
        signs=os.environ.get("TERM") != "dumb" and _shows(stream),
    )


def screen_of_pytest(reporter: pytest.TerminalReporter) -> Screen:
    """The screen that pytest's terminal reporter writes to."""
    writer = reporter.config.get_terminal_writer()
    return screen_of(getattr(writer, "_file", None), writer.fullwidth)


def _is_terminal(stream: TextIO) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _shows(stream: TextIO) -> bool:
    try:
        SIGNS.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_told(lines: Iterable[LineTold]) -> None:
    """Print lines on the standard output, in colour where it is a terminal that should have it."""
    coloured = _coloured()
    for line in lines:
        code = CODES.get(line.look, "") if coloured else ""
        print(f"\x1b[{code}m{line.text}\x1b[0m" if code else line.text)  # noqa: T201 - a command prints


def _coloured() -> bool:
    """As pytest decides it."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (_is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb")
