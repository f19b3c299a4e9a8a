"""The heat map: how many miss in each category, dimension by dimension."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.report.html.figures import figure, interval
from pytest_evalbars.report.model import HELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.report.model import Cell

#: Shares of misses up to which a cell has each shade, from none on.
SHADES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.6)
#: An interval that is longer than this says little: such cells are hatched, and half as dark.
WIDE = 0.3
#: Cells that one page shows.
CELLS = 2_000


@dataclass(frozen=True, slots=True)
class Square:
    """A cell as it is drawn and read."""

    cell: Cell
    rate: str
    ends: str
    shade: int
    wide: bool
    #: Start, length and the number, in percent.
    low: float
    length: float
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A category: one square for each dimension, None where nothing was said."""

    category: str
    squares: list[Square | None]


@dataclass(frozen=True, slots=True)
class Heat:
    """The table of one kind of cases."""

    #: Empty where there is one kind only.
    title: str
    dimensions: list[str]
    lines: list[Line]
    left_out: int


@dataclass(frozen=True, slots=True)
class Heats:
    """All tables, and what of their legend is needed."""

    maps: list[Heat]
    left_out: int
    any_wide: bool
    any_raw: bool
    any_corrected: bool
    #: Whether any square has a colour, and whether any line is of a category.
    any_rate: bool
    any_category: bool


def kind_words(kind: str) -> str:
    """What a kind of cases is called above its table."""
    status, _, apart = kind.partition(", ")
    if status == HELD:
        return f"{apart.capitalize()} cases" if apart else "Held cases"
    words = f"{status.capitalize()} cases"
    return f"{words}, {apart}" if apart else words


def heat(cells: Sequence[Cell]) -> Heats | None:
    """Draw them; None where there is nothing to draw."""
    # Of what only its bars tell, the column's head says so.
    whole = {(each.dimension, each.kind) for each in cells if each.predicted and not each.category}
    cells = [each for each in cells if not each.category or (each.dimension, each.kind) not in whole]
    kinds = sorted({each.kind for each in cells}, key=lambda each: (each != HELD, each))
    if not kinds:
        return None
    maps = [_heat(kind, [each for each in cells if each.kind == kind], len(kinds)) for kind in kinds]
    squares = [each for one in maps for line in one.lines for each in line.squares if each is not None]
    return Heats(
        maps,
        left_out=sum(each.left_out for each in maps),
        any_wide=any(each.wide for each in squares),
        any_raw=any(each.cell.raw for each in squares),
        any_corrected=any(each.cell.corrected for each in squares),
        any_rate=any(each.rate for each in squares),
        any_category=any(line.category for one in maps for line in one.lines),
    )


def _heat(kind: str, cells: Sequence[Cell], kinds: int) -> Heat:
    dimensions = list(dict.fromkeys(each.dimension for each in cells))
    found = {(each.category, each.dimension): each for each in cells}
    categories = list(dict.fromkeys(each.category for each in cells if each.category))
    room = max(10, CELLS // kinds // len(dimensions))
    kept = set(sorted(categories, key=lambda each: _grave(found, each, dimensions))[:room])
    names = [each for each in ("", *categories) if not each or each in kept]
    lines = [Line(name, [_square(found.get((name, each))) for each in dimensions]) for name in names]
    lines = [each for each in lines if any(each.squares)]
    return Heat(kind_words(kind) if kinds > 1 else "", dimensions, lines, len(categories) - len(kept))


def _grave(found: dict[tuple[str, str], Cell], category: str, dimensions: list[str]) -> tuple[bool, float]:
    """Those that a bar found missed first, then those with the lowest rate."""
    cells = [cell for each in dimensions if (cell := found.get((category, each))) is not None]
    rates = [each.rate for each in cells if each.rate is not None]
    return all(each.verdict != "missed" for each in cells), min(rates, default=1.0)


def _square(cell: Cell | None) -> Square | None:
    if cell is None:
        return None
    if cell.rate is None or cell.interval is None:
        return Square(cell, "", "", 0, wide=False, low=0, length=0, value=0)
    low, high = cell.interval
    wide = high - low > WIDE
    shade = bisect_left(SHADES, round(1 - cell.rate, 9))
    return Square(
        cell,
        figure("share", cell.rate),
        interval("share", cell.interval),
        (shade + 1) // 2 if wide else shade,
        wide=wide,
        low=round(100 * low, 1),
        length=round(100 * max(high - low, 0.02), 1),
        value=round(100 * cell.rate, 1),
    )
