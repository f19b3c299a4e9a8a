"""Lays out the blocks of a summary as lines, for the width and the characters that there are."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

from pytest_evalbars.report.drawing import DRAWN, LEAST, MOST, PLAIN, axis_of, draw
from pytest_evalbars.report.model import Drawn, LineTold, RowTold
from pytest_evalbars.report.screen import Screen
from pytest_evalbars.safe import UNSAFE, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_evalbars.report.model import Block, TableTold

#: Between two columns.
GAP = "  "
#: A column of names becomes as narrow as this, and only where nothing else makes room as that.
NAME, SHORT = 24, 12
#: How far the lines after the first are set in.
HANG = 4
SIGNS = {"met": ("✓", "+"), "missed": ("✗", "x"), "inconclusive": ("?", "?"), "no data": ("-", "-")}


def laid_out(blocks: Iterable[Block | str], screen: Screen | None = None) -> Iterator[LineTold]:
    """The lines.

    Args:
        blocks: what the summary says.
        screen: what they are laid out for; None: a file.
    """
    screen = screen or Screen()
    for block in blocks:
        if isinstance(block, str):
            yield from _line(LineTold(text=_tame(block)), screen)
        elif isinstance(block, LineTold):
            yield from _line(block.model_copy(update={"text": _tame(block.text)}), screen)
        else:
            yield from _Table(_tame_table(block), screen).lines()


def _tame(text: str) -> str:
    """A text that is one line and nothing more: the report in a run file may be somebody else's."""
    return text if UNSAFE.search(text) is None else safe(text, len(text) * 10)


def _tame_table(table: TableTold) -> TableTold:
    rows = tuple(
        row.model_copy(
            update={
                "cells": tuple(_tame(cell) if isinstance(cell, str) else cell for cell in row.cells),
                "aside": _tame(row.aside),
            }
        )
        for row in table.rows
    )
    return table.model_copy(update={"heads": tuple(map(_tame, table.heads)), "rows": rows})


def _line(line: LineTold, screen: Screen) -> Iterator[LineTold]:
    if not screen.fixed or columns_of(line.text) <= screen.width:
        yield line
        return
    start = len(line.text) - len(line.text.lstrip())
    # Where characters are wide, fewer fit.
    width = max(20, int(screen.width * len(line.text) / columns_of(line.text)))
    for text in textwrap.wrap(
        line.text, width, subsequent_indent=" " * (start + HANG), break_long_words=False, break_on_hyphens=False
    ):
        yield LineTold(text=text, look=line.look)


def columns_of(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def folded(name: str, width: int) -> list[str]:
    """A name in lines of so many columns at most, all of them set in as the first is."""
    if columns_of(name) <= width:
        return [name]
    inset = name[: len(name) - len(name.lstrip())]
    lines, line = [], ""
    for word in name.split():
        if line and columns_of(f"{inset}{line} {word}") > width:
            lines.append(line)
            line = ""
        line += f" {word}" if line else ""
        for character in "" if line.endswith(word) else word:
            if line and columns_of(inset + line + character) > width:
                lines.append(line)
                line = ""
            line += character
    return [inset + each for each in (*lines, line)]


class _Table:
    """A table on a screen."""

    def __init__(self, table: TableTold, screen: Screen) -> None:
        self.screen = screen
        self.glyphs = DRAWN if screen.signs else PLAIN
        self.names, self.twin = table.names, table.twin
        self.align = table.align
        #: The column that is drawn, and what is in it.
        places = [place for row in table.rows for place, cell in enumerate(row.cells) if isinstance(cell, Drawn)]
        self.drawn = places[0] if places else None
        self.heads = list(table.heads)
        self.rows = table.rows
        self.texts = [[cell if isinstance(cell, str) else "" for cell in row.cells] for row in table.rows]
        for row, texts in zip(self.rows, self.texts, strict=True):
            texts[-1] = self._last(row, texts[-1])
        #: The columns whose names are folded, and how wide they are.
        self.widths: dict[int, int] = {}
        #: Whether asides stand below their rows.
        self.below = False

    def _last(self, row: RowTold, text: str) -> str:
        """The last cell with its sign: nothing is told by colour alone."""
        text = f"{SIGNS[row.sign][not self.screen.signs]} {text}" if row.sign else text
        return f"{text} ({row.aside})" if row.aside else text

    def lines(self) -> Iterator[LineTold]:
        """The head, then the rows."""
        self._draw()
        if self.screen.fixed and self._over() > 0:
            self._squeeze()
        sizes = self._sizes()
        yield LineTold(text=self._joined(self.heads, sizes))
        for row, texts in zip(self.rows, self.texts, strict=True):
            for line in self._lines_of(texts, sizes):
                yield LineTold(text=line, look=row.look)
            if self.below and row.aside:
                yield LineTold(text=f"{' ' * HANG}({row.aside})", look=row.look)

    def _draw(self) -> None:
        """Draw, where there is room; else leave the column out."""
        told = [] if self.drawn is None else [row.cells[self.drawn] for row in self.rows]
        drawn = [each for each in told if isinstance(each, Drawn)]
        needed = LEAST if drawn else 0
        if self.twin is not None and -self._over() < needed:
            room = self._sizes()[self.twin] + len(GAP) - self._over()
            if (drawn and room >= needed) or (self.screen.fixed and self._over() > 0):
                self._leave_out(self.twin)
        if self.drawn is None:
            return
        if -self._over() < needed:
            self._leave_out(self.drawn)
            return
        axis, place = axis_of(drawn, min(MOST, -self._over())), self.drawn
        self.heads[place] = axis.head(self.glyphs)
        for texts, each in zip(self.texts, told, strict=True):
            texts[place] = draw(each, axis, self.glyphs) if isinstance(each, Drawn) else ""

    def _leave_out(self, place: int) -> None:
        """Take a column away."""
        for row in (self.heads, *self.texts):
            del row[place]
        self.align = self.align[:place] + self.align[place + 1 :]
        self.names = tuple(each - (each > place) for each in self.names)
        if self.drawn is not None and self.drawn > place:
            self.drawn -= 1

    def _squeeze(self) -> None:
        """Fold names, then tell asides below, then fold names into narrow columns."""
        self._fold(NAME)
        if self._over() > 0 and any(row.aside for row in self.rows):
            self.below = True
            for row, texts in zip(self.rows, self.texts, strict=True):
                texts[-1] = texts[-1].removesuffix(f" ({row.aside})")
        self._fold(SHORT)

    def _fold(self, floor: int) -> None:
        """Take from the widest column of names what is too much, then from the next."""
        for place in sorted(self.names, key=lambda each: -self._sizes()[each]):
            if (over := self._over()) <= 0:
                return
            self.widths[place] = max(floor, self._sizes()[place] - over)

    def _lines_of(self, texts: Sequence[str], sizes: Sequence[int]) -> Iterator[str]:
        """A row, and what of its names has no room in its first line."""
        names = {at: self._folded(texts, at) for at in self.widths}
        for number in range(max([1, *map(len, names.values())])):
            line = list(texts) if number == 0 else [""] * len(texts)
            for at, parts in names.items():
                line[at] = parts[number] if number < len(parts) else ""
            yield self._joined(line, sizes)

    def _folded(self, texts: Sequence[str], at: int) -> list[str]:
        """A cell in as many lines as its column asks for; a count of groups, with nothing behind it, in one."""
        if at not in self.widths or not any(texts[at + 1 :]):
            return [texts[at]]
        return folded(texts[at], self.widths[at])

    def _over(self) -> int:
        """How many columns there are too many."""
        return sum(self._sizes()) + len(GAP) * (len(self.heads) - 1) - self.screen.width

    def _sizes(self) -> list[int]:
        """The width of each column; a text with nothing behind it needs none, but in the last one."""
        last = len(self.heads) - 1
        return [
            max(
                columns_of(head),
                *(
                    max(map(columns_of, self._folded(texts, at)))
                    for texts in self.texts
                    if at == last or any(texts[at + 1 :])
                ),
                0,
            )
            for at, head in enumerate(self.heads)
        ]

    def _joined(self, texts: Sequence[str], sizes: Sequence[int]) -> str:
        cells = []
        for text, size, side in zip(texts, sizes, self.align, strict=True):
            padding = " " * (size - columns_of(text))
            cells.append(f"{padding}{text}" if side == "r" else f"{text}{padding}")
        return GAP.join(cells).rstrip()
