"""Lays out the blocks of a summary as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import LineTold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.report.model import Block


def laid_out(blocks: Iterable[Block], width: int = 100) -> Iterator[LineTold]:
    """The lines.

    Args:
        blocks: what the summary says.
        width: the columns that there are.
    """
    del width
    yield from (each for each in blocks if isinstance(each, LineTold))
