"""Cells of the sheets that people open in a spreadsheet: it runs none of them, and rounds no hash."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How a cell begins that a spreadsheet takes for a formula, and what keeps it from that.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARD = "'"
#: A hash that a spreadsheet takes for a number, and rounds.
NUMBER = re.compile(r"\d+(e\d+)?")
#: Tells a spreadsheet that the file is UTF-8.
MARK = "\ufeff"


def line_of(cells: Iterable[str]) -> str:
    """A row of CSV, its end included, of which a spreadsheet runs nothing."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(map(guarded, cells))
    return line.getvalue()


def guarded(cell: str) -> str:
    """The cell as a text, where a spreadsheet would run it."""
    return GUARD + cell if _runs(cell) else cell


def plain(cell: str) -> str:
    """What a guarded cell says."""
    return cell[1:] if cell.startswith(GUARD) and _runs(cell[1:]) else cell


def hash_cell(of: str) -> str:
    """A hash as a text, where a spreadsheet would round it."""
    return GUARD + of if NUMBER.fullmatch(of) else of


def hash_in(cell: str) -> str:
    """The hash that a cell holds, whether the spreadsheet kept its guard or not."""
    return cell.strip().lstrip(GUARD)


def _runs(cell: str) -> bool:
    return cell.lstrip(" ").startswith(FORMULA)
