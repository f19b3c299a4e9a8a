"""What raters hold of an item together, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from pytest_evalbars.labels.model import SETTLED, UNCLEAR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.labels.model import Item, Label
    from pytest_evalbars.labels.store import Labels

#: How much depends on it: whether the item passes; whether that can be told; only which word it is.
Severity = Literal["passing", "unclear", "word"]
SEVERITIES: tuple[Severity, ...] = ("passing", "unclear", "word")


def gold(labels: Iterable[Label]) -> float | None:
    """The share of raters by whom an item passes: 0.5 where two differ, 0 or 1 once they settled it.

    Args:
        labels: of one item, one each rater.

    Returns:
        None where nobody could tell, or nobody said anything.
    """
    by_rater = {label.rater: label.passed for label in labels}
    said = [by_rater[SETTLED]] if SETTLED in by_rater else list(by_rater.values())
    told = [passed for passed in said if passed is not None]
    return sum(told) / len(told) if told else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An item of which raters said different words, and that is not settled."""

    key: tuple[str, str]
    #: As it was drawn last; None where the labels file does not hold it.
    item: Item | None
    #: One each rater, by name.
    labels: tuple[Label, ...]
    severity: Severity
    #: How many levels lie between the words at most; 0 where that is not known.
    apart: int


def disagreements(labels: Labels) -> list[Disagreement]:
    """Where raters differ: first by whether the item passes, then by how far apart their words are."""
    found = []
    for key, by_rater in labels.labels.items():
        if SETTLED in by_rater or len({label.value for label in by_rater.values()}) < 2:
            continue
        of = tuple(by_rater[name] for name in sorted(by_rater))
        population = labels.population(key)
        words = population.words if population else ()
        places = [words.index(label.value) for label in of if label.value in words]
        apart = max(places) - min(places) if places else 0
        found.append(Disagreement(key, labels.item(key), of, _severity(of), apart))
    order = {word: place for place, word in enumerate(SEVERITIES)}
    return sorted(found, key=lambda one: (order[one.severity], -one.apart, one.key[0], _name(one), one.key[1]))


def agreement(labels: Labels, dimension: str | None = None) -> tuple[int, int]:
    """How many pairs of raters said the same word of the same item, and how many pairs there are."""
    same = pairs = 0
    for key, by_rater in labels.labels.items():
        if dimension in (None, key[0]):
            words = [label.value for rater, label in by_rater.items() if rater != SETTLED and label.value != UNCLEAR]
            pairs += len(words) * (len(words) - 1) // 2
            same += sum(one == other for one, other in combinations(words, 2))
    return same, pairs


def _severity(labels: Iterable[Label]) -> Severity:
    said = {label.passed for label in labels}
    if {True, False} <= said:
        return "passing"
    return "unclear" if None in said else "word"


def _name(found: Disagreement) -> str:
    return found.item.case if found.item else ""
