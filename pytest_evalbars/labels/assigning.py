"""Who labels what: items that two raters label apart, and items that one does."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.model import SETTLED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def raters_named(words: str) -> tuple[str, ...]:
    """The raters that `--raters ana,ben` names.

    Raises:
        LabelsError: there is none, or one is named twice, or by no name.
    """
    raters = tuple(" ".join(each.split()) for each in words.split(","))
    if not all(raters):
        raise LabelsError(f"--raters {words!r}: names nobody in one place; write --raters ana,ben")
    if twice := [each for number, each in enumerate(raters) if each.casefold() in map(str.casefold, raters[:number])]:
        raise LabelsError(f"--raters {words!r}: {twice[0]!r} is named twice; two people have two names")
    if SETTLED in raters:
        raise LabelsError(f"--raters {words!r}: {SETTLED!r} is what raters agree on together; name people")
    if long := [each for each in raters if len(each) > 60 or not each.isprintable()]:
        raise LabelsError(f"--raters: {long[0]!r:.80} is no name; take up to 60 printable characters")
    return raters


def doubled(words: str, items: int) -> int:
    """How many items get two raters: `all`, a share such as `30%` or `0.3`, or a number.

    Raises:
        LabelsError: it is none of these.
    """
    if words == "all":
        return items
    try:
        if words.isascii() and words.isdecimal():
            return min(int(words), items)
        share = float(words[:-1]) / 100 if words.endswith("%") else float(words)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise LabelsError(f"--double {words!r}: is neither all, nor a share such as 30%, nor a number of items")
    return round(items * share)


def shared_out(raters: Sequence[str], items: int, double: int, seed: int) -> list[tuple[str, ...]]:
    """Who labels each of some items: all raters get as many, in all pairs alike.

    Args:
        raters: who labels; one alone labels everything.
        items: how many there are, in random order.
        double: how many of them get two raters.
        seed: the same shares out the same.
    """
    rng = np.random.default_rng([seed, items])
    pairs = list(combinations(range(len(raters)), 2))
    load = np.zeros(len(raters), np.int64)
    met = np.zeros(len(pairs), np.int64)
    found: list[tuple[str, ...]] = []
    for number in range(items):
        if number < double and pairs:
            loads = np.array([load[list(pair)].sum() for pair in pairs])
            best = int(rng.choice(_least(loads + met / (items + 1))))
            met[best] += 1
            who: tuple[int, ...] = pairs[best]
        else:
            who = (int(rng.choice(_least(load))),)
        load[list(who)] += 1
        found.append(tuple(raters[each] for each in who))
    return found


def _least(values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
    return np.flatnonzero(values == values.min())
