"""What the words of several commands may be, and how these commands print."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: More of anything is a slip of the finger.
MOST = 1_000_000


def number_of(what: str) -> Callable[[str], int]:
    """A type of word: so many of something, from 1 on."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdecimal()) or not 1 <= int(word) <= MOST:
            raise argparse.ArgumentTypeError(f"{word!r} is no number of {what}")
        return int(word)

    return read


def seed(word: str) -> int:
    """A type of word: what a sample is drawn by."""
    if not (word.isascii() and word.isdecimal()) or int(word) >= 2**63:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 0 on")
    return int(word)


def print_lines(lines: Iterable[str]) -> None:
    """Print what is said."""
    for line in lines:
        print(line)  # noqa: T201 - a command prints
