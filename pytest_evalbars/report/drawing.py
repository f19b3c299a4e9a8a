"""Draws numbers with their intervals against their bars, in the characters of a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.report.model import Drawn

#: Cells of an axis at least and at most.
LEAST, MOST = 16, 20
#: An axis begins and ends at a multiple of this; of twice this where it is more than half of all.
STEP = 0.05
#: What sums of floats differ by.
NOISE = 1e-9


class Glyphs(NamedTuple):
    """The characters of a drawing."""

    track: str
    line: str
    point: str
    #: The bar: beside the interval, on it, and where the number is the bar's own.
    mark: str
    crossed: str
    on: str


DRAWN = Glyphs("·", "━", "●", "│", "┿", "◆")
PLAIN = Glyphs(".", "=", "o", "|", "+", "#")


class Axis(NamedTuple):
    """The part of 0 to 1 that all rows of a table share."""

    low: float
    high: float
    cells: int

    def head(self, glyphs: Glyphs) -> str:
        """`60% ········ 100%`."""
        first, last = f"{self.low:.0%}", f"{self.high:.0%}"
        return f"{first} {glyphs.track * (self.cells - len(first) - len(last) - 2)} {last}"

    def cell(self, value: float) -> int:
        """Where a number lies."""
        place = (value - self.low) / (self.high - self.low) * self.cells
        return min(max(math.floor(place + NOISE), 0), self.cells - 1)


def axis_of(drawn: Sequence[Drawn], cells: int) -> Axis:
    """The axis on which all of them have room."""
    numbers = [
        number for each in drawn for number in (each.low, each.high, each.value, each.threshold) if number is not None
    ]
    low, high = max(min(numbers), 0.0), min(max(numbers), 1.0)
    step = STEP if high - low <= 0.5 else 2 * STEP
    first, last = math.floor(low / step + NOISE) * step, math.ceil(high / step - NOISE) * step
    if last - first < 2 * step:
        first, last = (first - step, last) if last >= 1 else (first, last + step)
    return Axis(round(max(first, 0.0), 2), round(min(last, 1.0), 2), cells)


def draw(drawn: Drawn, axis: Axis, glyphs: Glyphs) -> str:
    """A row: `···│····━━●━━··`.

    What lies on one side of the bar is never drawn on it, or beyond it, however few cells there are.
    """
    cells = [glyphs.track] * axis.cells
    first, last = axis.cell(drawn.low), axis.cell(drawn.high)
    point = None if drawn.value is None else axis.cell(drawn.value)
    mark, bar = None, drawn.threshold
    if bar is not None:
        mark = _mark(bar, axis)
        first, last = _beside(drawn.low, first, bar, mark), _beside(drawn.high, last, bar, mark)
        if point is not None and drawn.value is not None:
            point = _beside(drawn.value, point, bar, mark)
    cells[first : last + 1] = [glyphs.line] * (last + 1 - first)
    if mark is not None:
        cells[mark] = glyphs.crossed if first <= mark <= last else glyphs.mark
    if point is not None:
        cells[point] = glyphs.on if point == mark else glyphs.point
    return "".join(cells)


def _mark(threshold: float, axis: Axis) -> int:
    """The bar's cell, with one left on either side for what is on that side."""
    cell = axis.cell(threshold)
    if axis.low < threshold < axis.high:
        return min(max(cell, 1), axis.cells - 2)
    return cell


def _beside(value: float, cell: int, threshold: float, mark: int) -> int:
    """A number's cell, on the side of the bar on which it lies."""
    if math.isclose(value, threshold, rel_tol=NOISE):
        return mark
    return max(cell, mark + 1) if value > threshold else min(cell, mark - 1)
