"""The misses as the page shows and filters them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_evalbars.report.model import Miss, Misses

#: Labels that are filtered by first; and how many of them, and values of each, a reader chooses from.
FIRST = ("category", "status")
FILTERS, VALUES = 6, 60
#: Characters of a reason's first line.
LINE = 300


@dataclass(frozen=True, slots=True)
class Filter:
    """What misses can be chosen by: values with the numbers that stand for them, and how often each is there."""

    name: str
    options: list[tuple[int, str, int]]


@dataclass(frozen=True, slots=True)
class Told:
    """A miss: with the numbers of its values, and the first line of its reason."""

    miss: Miss
    numbers: str
    category: str
    first: str


@dataclass(frozen=True, slots=True)
class ToldMisses:
    """All that are shown."""

    shown: list[Told]
    filters: list[Filter]
    #: `109 misses, 2 trials that could not be judged`, and what of it is not here.
    total: str
    rule: str


def told_misses(misses: Misses) -> ToldMisses:
    """Make them ready."""
    numbers: dict[tuple[str, str], int] = {}
    filters = [_filter(name, values, numbers) for name, values in _keys(misses.shown)]
    return ToldMisses(
        shown=[_told(each, numbers) for each in misses.shown],
        filters=filters,
        total=", ".join(
            [
                count(misses.misses, "miss", "es"),
                *([f"{count(misses.errors, 'trial')} that could not be judged"] if misses.errors else []),
            ]
        ),
        rule=misses.rule,
    )


def _keys(shown: Sequence[Miss]) -> Iterable[tuple[str, Counter[str]]]:
    """What can be filtered by, and the values there are."""
    found = [("dimension", Counter(each.dimension for each in shown))]
    outcomes = Counter(each.outcome for each in shown)
    found.append(("outcome", Counter({str(key): many for key, many in outcomes.items()})))
    labels = dict.fromkeys(key for each in shown for key in each.labels if key not in {"dimension", "outcome"})
    order = sorted(labels, key=lambda each: (each not in FIRST, each))
    found += [(key, Counter(each.labels[key] for each in shown if key in each.labels)) for key in order]
    return [(name, values) for name, values in found if 1 < len(values) <= VALUES][:FILTERS]


def _filter(name: str, values: Counter[str], numbers: dict[tuple[str, str], int]) -> Filter:
    options = []
    for value, many in sorted(values.items()):
        number = numbers.setdefault((name, value), len(numbers))
        options.append((number, value, many))
    return Filter(name, options)


def _told(miss: Miss, numbers: dict[tuple[str, str], int]) -> Told:
    values = {**miss.labels, "dimension": miss.dimension, "outcome": miss.outcome}
    found = [number for pair in values.items() if (number := numbers.get(pair)) is not None]
    return Told(
        miss=miss,
        numbers=" ".join(map(str, sorted(found))),
        category=miss.labels.get("category", ""),
        first=miss.reason.strip().partition("\n")[0][:LINE],
    )
