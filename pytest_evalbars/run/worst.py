"""Slices that pass less often than the rest of their dimension, the likely worst first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.stats.grouped import ROWS, rates_and_sizes
from pytest_evalbars.stats.pooling import chances_below, pooled_rate, shrunk_rates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.units import Units

#: The value of a label that a case does not carry; bars call it the same.
NO_LABEL = "(none)"
#: Slices kept of each dimension, and the fewest cases that make one.
KEPT, LEAST_CASES = 10, 2
#: Labels are crossed where no more than so many vary, and two of them where they make no more than so many slices.
CROSSED_KEYS, CROSSED_SLICES = 4, 400
#: Where slices must be cut out of the cases again for each crossing, only so many cases are.
CROSSED_CASES = 100_000
#: Digits of its numbers: those behind depend on the order in which cases ran.
DIGITS = 9
#: How sure it must be that two labels together are worse than each of them explains.
SURE = 0.95


@dataclass(frozen=True, slots=True)
class WeakSlice:
    """A slice whose pass rate is lower than that of the other cases of its dimension."""

    dimension: str
    #: What its cases have in common: one label, or two.
    labels: dict[str, str]
    cases: int
    #: How many of them are capability cases, which are expected to miss.
    capability: int
    #: Its pass rate, and that of the dimension's other cases.
    rate: float
    expected: float
    #: What its rate is likely to be, given how far the slices of its labels differ; what slices are ranked by.
    shrunk: float
    #: How likely it is worse than slices of its labels are on the whole; of two labels, than the two explain.
    likely: float

    @property
    def excess(self) -> float:
        """How many cases more miss than expected; of a case that misses some of its trials, that share."""
        return round((self.expected - self.rate) * self.cases, DIGITS)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "excess": self.excess}


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """The slices of one dimension by one label, or by two; all arrays have shape (slices,)."""

    keys: tuple[str, ...]
    #: Places in the cut's list of values.
    values: NDArray[np.int64]
    cases: NDArray[np.float64]
    rates: NDArray[np.float64]
    sizes: NDArray[np.float64]
    shrunk: NDArray[np.float64]
    likely: NDArray[np.float64]
    pooled: float


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """A label that cases differ in: its values, sorted, and the value of each set of labels."""

    name: str
    values: list[str]
    codes: NDArray[np.int64]


def weak_slices(units: Units) -> tuple[WeakSlice, ...]:
    """The slices that pass less often than expected: by dimension, and there the likely worst first.

    Each value of each label is a slice, and so is each pair of values where few labels vary. A pair is named only
    if it is worse than its two values together explain, and of slices with the very same cases only the first.
    """
    run = units.run
    keys = {key.name: key for key in _keys(run) if len(key.values) > 1}
    sums = {name: units.sums(key.codes, len(key.values)) for name, key in keys.items()}
    crossed = [
        (one, other, units.sums(one.codes * len(other.values) + other.codes, len(one.values) * len(other.values)))
        for one, other in _crossings(units, list(keys.values()))
    ]
    found = []
    for code, dimension in sorted(enumerate(run.dimensions), key=lambda each: each[1]):
        cuts = {name: cut for name, each in sums.items() if (cut := _cut((name,), each[:, code]))}
        ranked = [each for cut in cuts.values() for each in _ranked(cut)]
        for one, other, each in crossed:
            if one.name in cuts and other.name in cuts:
                ranked += _ranked_pairs((cuts[one.name], cuts[other.name]), len(other.values), each[:, code])
        ranked.sort(key=lambda each: (round(each[0], 12), len(each[1].keys), each[1].keys, each[2]))
        kept: dict[bytes, WeakSlice] = {}
        for _, cut, place in ranked:
            if len(kept) == KEPT:
                break
            labels, members = _labels([keys[name] for name in cut.keys], int(cut.values[place]))
            of_cell = units.cells[code] * members
            same = kept.get(cases := (of_cell > 0).tobytes())
            # Of the names of one slice a status says the least.
            if same is None or ("status" in same.labels and "status" not in labels):
                kept[cases] = _weak(dimension, labels, cut, place, run, of_cell)
        found += sorted(kept.values(), key=lambda each: round(each.shrunk, 12))
    return tuple(found)


def _crossings(units: Units, keys: list[_Key]) -> list[tuple[_Key, _Key]]:
    """The pairs of labels to cross, where that is little work."""
    if len(keys) > CROSSED_KEYS or (not units.separable and len(units.case) > CROSSED_CASES):
        return []
    return [
        (one, other) for one, other in combinations(keys, 2) if len(one.values) * len(other.values) <= CROSSED_SLICES
    ]


def _keys(run: Run) -> Iterator[_Key]:
    """Every label of the run, category and status among them, in the order of their names."""
    for name in sorted({"status", *(name for labels in run.labelsets for name in labels)}):
        default = DEFAULT_STATUS if name == "status" else NO_LABEL
        words = [labels.get(name, default) for labels in run.labelsets]
        values = sorted(set(words))
        place = {value: number for number, value in enumerate(values)}
        yield _Key(name, values, np.array([place[word] for word in words], np.int64))


def _cut(keys: tuple[str, ...], sums: NDArray[np.float64]) -> _Cut | None:
    """The slices that a label makes of a dimension; None where it makes one or none."""
    cases = sums[ROWS.index("s")]
    values = np.flatnonzero(cases)
    if len(values) < 2:
        return None
    rates, sizes = rates_and_sizes(sums[:, values])
    rates = np.clip(rates, 0, 1)
    shrunk, likely = shrunk_rates(rates, sizes), chances_below(rates, sizes)
    return _Cut(keys, values, cases[values], rates, sizes, shrunk, likely, pooled_rate(rates, sizes))


def _expected(cut: _Cut) -> NDArray[np.float64]:
    """The rate of the cases outside of each slice."""
    passes = cut.rates * cut.cases
    others: NDArray[np.float64] = (passes.sum() - passes) / (cut.cases.sum() - cut.cases)
    return others.clip(0, 1)


def _ranked(cut: _Cut) -> list[tuple[float, _Cut, int]]:
    """The slices that are lower than expected, as (shrunk rate, cut, place), the lowest few."""
    places = np.flatnonzero((cut.rates < _expected(cut) - 1e-12) & (cut.cases >= LEAST_CASES))
    return _lowest(cut, places)


def _ranked_pairs(parts: tuple[_Cut, _Cut], width: int, sums: NDArray[np.float64]) -> list[tuple[float, _Cut, int]]:
    """The same of two labels crossed: what misses more than both labels together explain.

    Args:
        parts: the slices by each of the labels.
        width: how many values the second label has.
        sums: of the crossed slices, the second label's values running fastest.
    """
    one, other = parts
    keys = (*one.keys, *other.keys)
    cut = _cut(keys, sums)
    if cut is None:
        return []
    first, second = (
        np.searchsorted(part.values, values)
        for part, values in ((one, cut.values // width), (other, cut.values % width))
    )
    mine, others = one.shrunk[first], other.shrunk[second]
    explained = np.clip(mine + others - (one.pooled + other.pooled) / 2, 0, 1)
    shrunk = shrunk_rates(cut.rates, cut.sizes, explained)
    likely = chances_below(cut.rates, cut.sizes, explained)
    cut = _Cut(keys, cut.values, cut.cases, cut.rates, cut.sizes, shrunk, likely, cut.pooled)
    worse = (cut.rates < _expected(cut) - 1e-12) & (shrunk < np.minimum(mine, others)) & (likely >= SURE)
    smaller = cut.cases < np.minimum(one.cases[first], other.cases[second])  # else it is one of the two
    return _lowest(cut, np.flatnonzero(worse & smaller & (cut.cases >= LEAST_CASES)))


def _lowest(cut: _Cut, places: NDArray[np.int64]) -> list[tuple[float, _Cut, int]]:
    lowest = places[np.argsort(np.round(cut.shrunk[places], 12), kind="stable")][: 2 * KEPT]
    return [(float(cut.shrunk[place]), cut, int(place)) for place in lowest]


def _labels(keys: list[_Key], value: int) -> tuple[dict[str, str], NDArray[np.bool_]]:
    """The labels of a slice, and which sets of labels have them."""
    codes = [value] if len(keys) == 1 else divmod(value, len(keys[1].values))
    labels = {key.name: key.values[code] for key, code in zip(keys, codes, strict=True)}
    return labels, np.logical_and.reduce([key.codes == code for key, code in zip(keys, codes, strict=True)])


def _weak(
    dimension: str, labels: dict[str, str], cut: _Cut, place: int, run: Run, of_cell: NDArray[np.int64]
) -> WeakSlice:
    here = np.flatnonzero(of_cell)
    hill = sum(int(of_cell[each]) for each in here if run.labelsets[each].get("status") == "capability")
    return WeakSlice(
        dimension,
        labels,
        int(cut.cases[place]),
        min(hill, int(cut.cases[place])),
        *(round(float(each[place]), DIGITS) for each in (cut.rates, _expected(cut), cut.shrunk, cut.likely)),
    )
