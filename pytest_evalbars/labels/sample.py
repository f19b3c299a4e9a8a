"""Draws the items that people label: which, and how many of the population each stands for.

Strata are the judge's verdict crossed with a label, the category by default. Within a stratum every case is as likely
as the others, and within a case each of its answers: two stages, each a simple random sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from pytest_evalbars.labels.model import Sample

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The population on one dimension: judged rows; columns of shape (rows,)."""

    #: A hash of what was judged. Rows of one hash are one item.
    of: NDArray[np.uint64]
    #: Codes of cases, and of what they are stratified by.
    case: Ints
    category: Ints
    #: Whether the judge let it pass.
    passed: NDArray[np.bool_]
    #: Whether there is something to show to a rater.
    shown: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sample, in random order; columns of shape (items,)."""

    #: Places in the population's columns.
    rows: Ints
    #: How many rows of the population each stands for. They add up to the rows of its stratum.
    weights: NDArray[np.float64]


def draw(rows: Rows, items: int, *, sample: Sample = "stratified", seed: int = 0) -> Drawn:
    """Draw items for people to label.

    Strata that are too small for a sample of this size, or of which nothing can be shown, are pooled with others of
    the same verdict. Only where nothing at all of one verdict can be shown is it left unrepresented.

    Args:
        rows: what is drawn from.
        items: how many; all that there are, where there are fewer.
        sample: `stratified` allots them in proportion to the strata, at least one to each; `judge_fails` takes half
            of them from what the judge let miss, and the weights undo it.
        seed: the same draws the same.
    """
    rng = np.random.default_rng(seed)
    units = _units(rows)
    of_verdict = [np.flatnonzero(units.passed == passed) for passed in (False, True)]
    parts = [(of_verdict, items)]
    if sample == "judge_fails":
        fails, passes = (int(units.shown[each].sum()) for each in of_verdict)
        half = min(fails, max(-(-items // 2), items - passes))
        parts = [([of_verdict[0]], half), ([of_verdict[1]], min(passes, items - half))]
    found = [(np.zeros(0, np.int64), np.zeros(0))]
    for groups, many in parts:
        strata = _strata(units, groups, many)
        sizes = [int(units.size[stratum].sum()) for stratum in strata]
        shares = allot(many, sizes, [int(units.shown[stratum].sum()) for stratum in strata])
        for stratum, share in zip(strata, shares, strict=True):
            found.append(_of_stratum(units, stratum, int(share), rng))
    chosen, weights = (np.concatenate(each) for each in zip(*found, strict=True))
    order = rng.permutation(len(chosen))
    return Drawn(units.row[chosen[order]], weights[order])


def allot(items: int, sizes: ArrayLike, most: ArrayLike) -> Ints:
    """Share items out in proportion to sizes, by the largest remainder.

    Each stratum gets at least one, where there are enough, and at most what it has; the rest is given to others.

    Args:
        items: how many.
        sizes: of the strata, shape (strata,).
        most: what each has, shape (strata,).
    """
    size, cap = np.asarray(sizes, np.float64), np.asarray(most, np.int64)
    items = min(items, int(cap.sum()))
    least = (cap > 0).astype(np.int64) if items >= np.count_nonzero(cap) else np.zeros(len(cap), np.int64)
    low, high = 0.0, float(cap.max(initial=0)) + 1  # a size is 1 or more, so that at this rate each has all
    for _ in range(80):
        rate = (low + high) / 2
        low, high = (rate, high) if np.clip(rate * size, least, cap).sum() < items else (low, rate)
    shares = np.clip(high * size, least, cap)
    whole = np.floor(shares + 1e-9).astype(np.int64)
    left = items - int(whole.sum())
    first = np.argsort(np.where(whole < cap, whole - shares, np.inf), kind="stable")[:left]
    whole[first] += 1
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """What is judged, each once; columns of shape (units,)."""

    #: A row that stands for it: where there is a choice one that can be shown, with its most frequent verdict.
    row: Ints
    #: How many rows it stands in.
    size: Ints
    case: Ints
    category: Ints
    passed: NDArray[np.bool_]
    shown: NDArray[np.bool_]


def _units(rows: Rows) -> _Units:
    _, unit, size = np.unique(rows.of, return_inverse=True, return_counts=True)
    unit = unit.reshape(-1)
    usual = np.bincount(unit, rows.passed, len(size)) * 2 >= size
    order = np.lexsort((rows.passed != usual[unit], ~rows.shown, unit))
    first = np.ones(len(order), bool)
    first[1:] = unit[order][1:] != unit[order][:-1]
    row = order[first].astype(np.int64)
    return _Units(row, size.astype(np.int64), rows.case[row], rows.category[row], rows.passed[row], rows.shown[row])


def _strata(units: _Units, groups: list[Ints], items: int) -> list[Ints]:
    """The units of each stratum: within the groups, by category; pooled where there are more than items."""
    strata: list[list[Ints]] = []
    for group in groups:
        category = units.category[group]
        strata.append([group[category == each] for each in np.unique(category)])
    for each in strata:
        while len(each) > 1 and min(_shown(units, one) for one in each) == 0:
            _pool(units, each)
    while sum(map(len, strata)) > max(items, 1) and any(len(each) > 1 for each in strata):
        _pool(units, max(strata, key=len))
    return [one for each in strata for one in each if _shown(units, one)]


def _shown(units: _Units, stratum: Ints) -> int:
    return int(units.shown[stratum].sum())


def _pool(units: _Units, strata: list[Ints]) -> None:
    """Make one stratum of the two smallest, of which those with nothing to show come first."""
    strata.sort(key=lambda one: (_shown(units, one) > 0, int(units.size[one].sum())))
    strata[:2] = [np.concatenate(strata[:2])]


def _of_stratum(
    units: _Units, stratum: Ints, items: int, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.float64]]:
    """Draw some units: one of each case before a second of any; and how many rows each stands for."""
    shown = stratum[units.shown[stratum]]
    shown = shown[rng.permutation(len(shown))]
    _, case, answers = np.unique(units.case[shown], return_inverse=True, return_counts=True)
    case = case.reshape(-1)
    place = np.empty(len(shown), np.int64)
    by_case = np.argsort(case, kind="stable")
    place[by_case] = np.arange(len(shown)) - np.repeat(np.cumsum(answers) - answers, answers)
    taken = np.lexsort((rng.permutation(len(answers))[case], place))[:items]
    case = case[taken]
    weights = units.size[shown[taken]] * answers[case] / np.bincount(case, minlength=1)[case]
    total = float(weights.sum())
    return shown[taken], weights * (units.size[stratum].sum() / total) if total else weights
