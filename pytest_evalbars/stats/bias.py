"""What sways a judge besides quality: the place of an answer, its length, chance, and time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.effective import Rate, rate_bounds, rate_interval
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.independent import Difference, difference_interval
from pytest_evalbars.stats.judge_error import labelled
from pytest_evalbars.stats.proportions import p_at_least, wilson
from pytest_evalbars.stats.reliability import bin_places
from pytest_evalbars.stats.trend import Trend, trend
from pytest_evalbars.stats.units import unit_rate

#: What a judge says of a pair: the place of the better answer, or neither.
FIRST, SECOND, TIE = "first", "second", "tie"
#: Lengths are held apart in so many groups.
QUARTILES = 4


# --- Place ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    """What became of pairs that were judged in both orders."""

    pairs: int
    #: Pairs whose verdict is another one when the answers change places; as a share with its Wilson interval.
    flips: int
    flip_rate: float
    low: float
    high: float
    #: Flipped pairs that lean to whatever stands first; the others lean to what stands second.
    first: int
    #: The two-sided p-value of "flipped pairs lean to either place alike".
    p: float


def position(one_order: Sequence[str], other_order: Sequence[str], confidence: float = 0.95) -> Position:
    """Hold the verdicts on pairs against those on the same pairs with their answers swapped.

    Args:
        one_order: The winner's place for each pair: "first", "second" or "tie".
        other_order: The same with the answers swapped; where the judge is steady, "first" is "second" here.
        confidence: Of the interval, two-sided.

    Returns:
        A pair that is "first" in one order and "tie" in the other is flipped too, and leans to the first.

    Raises:
        ValueError: No pair, lists of two lengths, or another word.

    Source: the sign test (exact binomial).
    """
    if len(one_order) != len(other_order) or not one_order:
        raise ValueError(f"there must be two verdicts a pair, got {len(one_order)} and {len(other_order)}")
    lean = {FIRST: 1, SECOND: -1, TIE: 0}
    strange = {*one_order, *other_order} - lean.keys()
    if strange:
        raise ValueError(f"a verdict on a pair must be {FIRST}, {SECOND} or {TIE}, got {min(strange)!r}")
    leans = [lean[one] + lean[other] for one, other in zip(one_order, other_order, strict=True)]
    pairs, flips, first = len(leans), sum(each != 0 for each in leans), sum(each > 0 for each in leans)
    low, high = wilson(flips, pairs, confidence)
    return Position(pairs, flips, flips / pairs, low, high, first, _either(first, flips))


def _either(first: int, flips: int) -> float:
    """The two-sided p-value of so many of these events, each with chance one half."""
    return min(1.0, 2 * min(p_at_least(first, flips, 0.5), p_at_least(flips - first, flips, 0.5)))


# --- Length --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verbosity:
    """Whether a judge passes longer answers more often: among those that people miss, and those that they pass.

    Each None where there are too few items for two groups of lengths.
    """

    missed: Trend | None
    passed: Trend | None


def verbosity(judged: ArrayLike, human: ArrayLike, chars: ArrayLike) -> Verbosity:
    """Whether the judge's verdict moves with the length of the answer, given what people say of it.

    Args:
        judged: Shape (items,), booleans: whether the judge passes each item.
        human: Shape (items,), 0..1: the share of people by whom it passes; items of exactly 0.5 are left out.
        chars: Shape (items,): how long its answer is.

    Returns:
        Trends over quartiles of length, each of its own items; answers of one length share a quartile, and fewer
        than 20 items make fewer groups.

    Raises:
        ValueError: As `error_rates`, or a length that is not a number.
    """
    j, h, _, _ = labelled(judged, human, None, None)
    length = np.asarray(chars, np.float64)
    if length.shape != j.shape:
        raise ValueError(f"there must be one length an item, got shape {length.shape} for {len(j)} items")
    if not np.isfinite(length).all():
        raise ValueError("a length must be a number")
    return Verbosity(_by_length(j[h < 0.5], length[h < 0.5]), _by_length(j[h > 0.5], length[h > 0.5]))


def _by_length(judged: NDArray[np.bool_], length: NDArray[np.float64]) -> Trend | None:
    if not len(judged):
        return None
    order = np.argsort(length, kind="stable")
    places = bin_places(length[order], np.ones(len(order)), QUARTILES, len(order))
    items = np.bincount(places)
    return trend(np.bincount(places, judged[order]), items) if len(items) > 1 else None


# --- Chance --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consistency:
    """What became of items that were judged several times."""

    items: int
    #: Verdicts on them, in all.
    verdicts: int
    #: Items whose verdicts are not all alike, as a share with its Wilson interval.
    flipped: int
    flip_rate: float
    low: float
    high: float
    #: The chance that two verdicts on one item differ, with its interval.
    differ: float
    differ_low: float
    differ_high: float


def self_consistency(votes: ArrayLike, confidence: float = 0.95) -> Consistency:
    """Hold repeated verdicts of one judge on the same items against each other.

    Args:
        votes: Shape (items, repeats), integers 0 and above, one a verdict; -1 where there is none. Items with fewer
            than two verdicts are left out.
        confidence: Of the intervals, two-sided.

    Raises:
        ValueError: No item with two verdicts, or another shape or kind.
    """
    v = np.asarray(votes)
    if v.ndim != 2 or v.dtype.kind not in "biu":
        raise ValueError(f"votes must be a table of integers, items by repeats, got {v.dtype} of shape {v.shape}")
    v = v.astype(np.int64)
    given = (v >= 0).sum(axis=1)
    v, given = v[given > 1], given[given > 1]
    if not len(v):
        raise ValueError("there must be an item with two verdicts")
    each = [np.unique(row[row >= 0], return_counts=True)[1] for row in v]
    alike = np.array([total((many * (many - 1)).astype(np.float64)) for many in each]) / (given * (given - 1))
    flipped = sum(len(many) > 1 for many in each)
    rate = unit_rate(1 - alike)
    return Consistency(
        len(v),
        int(given.sum()),
        flipped,
        flipped / len(v),
        *wilson(flipped, len(v), confidence),
        rate.value,
        *rate_interval(rate, confidence),
    )


# --- Time ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A rate now less the same rate before."""

    value: float
    #: Newcombe's interval, for display.
    low: float
    high: float
    #: Whether exact bounds prove that there is a change at all.
    proven: bool


def changed(before: Rate, after: Rate, confidence: float = 0.95) -> Change:
    """Whether a rate has changed between two samples that share no items, such as two calibrations.

    Args:
        before: Measured first.
        after: Measured later.
        confidence: Of the interval, two-sided; a change is proven with the error that is missing to 1.
    """
    shown = difference_interval(_difference(before, after, exact=False), confidence)
    low, high = difference_interval(_difference(before, after, exact=True), confidence)
    return Change(after.value - before.value, *shown, low > 0 or high < 0)


def _difference(before: Rate, after: Rate, *, exact: bool) -> Difference:
    def around(rate: Rate, confidence: float) -> tuple[float, float]:
        return rate_bounds(rate, (1 - confidence) / 2) if exact else rate_interval(rate, confidence)

    return Difference(
        after.value, before.value, lambda level: around(after, level), lambda level: around(before, level)
    )
