"""The misses as the page shows and filters them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_evalbars.report.model import Miss, Misses

#: Labels that are filtered by first; and how many of them, and values of each, a reader chooses from.
FIRST = ("category", "status")
FILTERS, VALUES = 6, 60
#: Bytes that evidence may take on the page: the rest of it is in the run file.
ROOM = 2_500_000
#: Lengths to which texts are cut, one after the other, until they fit.
LENGTHS = (4_000, 2_000, 1_000, 500, 200, 0)


@dataclass(frozen=True, slots=True)
class Filter:
    """What misses can be chosen by: values with the numbers that stand for them, and how often each is there."""

    name: str
    options: list[tuple[int, str, int]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a trial recorded, and how many characters of it are not here."""

    name: str
    text: str
    cut: int


@dataclass(frozen=True, slots=True)
class Told:
    """A miss: with the numbers of its values, and its texts as far as they fit."""

    miss: Miss
    numbers: str
    category: str
    first: str
    texts: list[Text]


@dataclass(frozen=True, slots=True)
class ToldMisses:
    """All that are shown."""

    shown: list[Told] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    #: `109 misses, 2 errors`, and what of it is not here.
    total: str = ""
    rule: str = ""
    cut: str = ""


def told_misses(misses: Misses) -> ToldMisses:
    """Make them ready."""
    numbers: dict[tuple[str, str], int] = {}
    filters = [_filter(name, values, numbers) for name, values in _keys(misses.shown)]
    length = _length(misses.shown)
    return ToldMisses(
        shown=[_told(each, numbers, length) for each in misses.shown],
        filters=filters,
        total=", ".join(
            [
                count(misses.misses, "miss", "es"),
                *([f"{count(misses.errors, 'trial')} that could not be judged"] if misses.errors else []),
            ]
        ),
        rule=_rule(misses),
        cut=""
        if length is None
        else f"To keep the page small, texts are cut at {length} characters; the run file has them whole.",
    )


def _rule(misses: Misses) -> str:
    missing = misses.misses + misses.errors - len(misses.shown)
    if misses.rule or missing <= 0:
        return misses.rule
    return f"{missing} of them are not on this page"


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


def _told(miss: Miss, numbers: dict[tuple[str, str], int], length: int | None) -> Told:
    values = {**miss.labels, "dimension": miss.dimension, "outcome": miss.outcome}
    found = [number for pair in values.items() if (number := numbers.get(pair)) is not None]
    return Told(
        miss=miss,
        numbers=" ".join(map(str, sorted(found))),
        category=miss.labels.get("category", ""),
        first=_cut(miss.reason.strip().partition("\n")[0], 300)[0],
        texts=[_text(each.name, each.text, each.cut, length) for each in miss.evidence],
    )


def _text(name: str, text: str, cut: int, length: int | None) -> Text:
    kept, more = _cut(text, length)
    return Text(name, kept, cut + more)


def _cut(text: str, length: int | None) -> tuple[str, int]:
    if length is None or len(text) <= length:
        return text, 0
    return text[:length], len(text) - length


def _length(shown: Sequence[Miss]) -> int | None:
    """To how many characters texts must be cut; None where all fit."""
    texts = [each.text for miss in shown for each in miss.evidence]
    if _size(texts, None) <= ROOM:
        return None
    return next((each for each in LENGTHS if _size(texts, each) <= ROOM), 0)


def _size(texts: Sequence[str], length: int | None) -> int:
    """About so many bytes, with what escapes make of them."""
    return sum(
        len(each[:length].encode("utf-8", "backslashreplace")) + 4 * sum(map(each[:length].count, "<>&\"'"))
        for each in texts
    )
