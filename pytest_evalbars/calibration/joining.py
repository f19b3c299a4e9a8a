"""Joins what people said of answers with what judges said of the same ones.

People's labels are the source of truth, and each call starts from all of them. A judge's verdict on a labelled item
is known from the review that the item was drawn in; else from a run in which any judge judged the same answer, such
as one on replayed answers; else from the record of an earlier calibration. So labels serve a new judge, too, and an
earlier one is kept as long as labels of its items are.

An item stands for as many of its population as it was drawn to. Where only some of the items were labelled, those
stand for the others that their judge said the same of. An item that was drawn again counts as it was drawn last.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge
from pytest_evalbars.labels.consensus import gold
from pytest_evalbars.labels.model import UNCLEAR, JudgeSaid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pytest_evalbars.calibration.record import Calibration
    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.labels.model import Item, Population
    from pytest_evalbars.labels.store import Key, Labels
    from pytest_evalbars.run.judged import JudgedBy

#: What people say who are not asked for more.
PLAIN = ("pass", "miss", UNCLEAR)
#: Decimal places of a weight.
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Drawn:
    """How an item was drawn last."""

    item: Item
    #: How many items of its population it stands for, now that some are labelled.
    weight: float
    #: The population's digest; empty where it is of none.
    population: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known of all judges of the labelled items."""

    judges: tuple[CalibratedJudge, ...]
    #: Judges of the record none of whose items is labelled any more.
    gone: tuple[CalibratedJudge, ...]


def join(labels: Labels, verdicts: Iterable[Verdict], before: Calibration, today: date) -> Joined:
    """Calibrate each judge of each dimension.

    Args:
        labels: what people said.
        verdicts: what judges said in runs, of labelled items and of others.
        before: the record so far.
        today: the date of a calibration that differs from the record's.
    """
    drawn = drawn_of(labels)
    human = {key: share for key in drawn if (share := gold(labels.of(key))) is not None}
    levels = {dimension: levels_of(labels, dimension) for dimension, _ in human}
    graded = {key[0] for key in human for label in labels.of(key) if label.value not in PLAIN}
    graded |= {dimension for dimension, words in levels.items() if words}
    found: dict[tuple[str, JudgedBy], dict[Key, JudgeSaid]] = defaultdict(dict)
    for key, said in _said(labels, verdicts, before):
        if key in human:
            found[key[0], said.by].setdefault(key, said if key[0] in graded else _plain(said))
    judges = []
    for (dimension, by), items in found.items():
        given = (_item(labels, drawn[key], human[key], said) for key, said in items.items())
        judge = CalibratedJudge(
            dimension=dimension,
            **by._asdict(),
            calibrated=today,
            levels=levels[dimension],
            items=tuple(sorted(given, key=lambda one: one.of)),
        )
        old = before.find(dimension, by)
        same = old is not None and _known(old.items) == _known(judge.items)
        judges.append(judge.model_copy(update={"calibrated": old.calibrated}) if same and old else judge)
    gone = tuple(old for old in before.judges if (old.dimension, old.by) not in found)
    return Joined(tuple(sorted(judges, key=lambda one: (one.dimension, one.by))), gone)


def _known(items: Iterable[CalibratedItem]) -> list[CalibratedItem]:
    """What is known of a judge, whatever the cases are called that its items are of."""
    return [item.model_copy(update={"case": ""}) for item in sorted(items, key=lambda one: one.of)]


def _said(labels: Labels, verdicts: Iterable[Verdict], before: Calibration) -> Iterable[tuple[Key, JudgeSaid]]:
    """What judges said of items: what counts first comes first."""
    for key, drawn in labels.items.items():
        yield from ((key, item.judge) for item in reversed(drawn) if item.judge is not None)
    yield from ((verdict.key, verdict.said) for verdict in verdicts if verdict.decided)
    for judge in before.judges:
        for item in judge.items:
            said = JudgeSaid(**judge.by._asdict(), value=item.judge, passed=item.judged, chars=item.chars)
            yield (judge.dimension, item.of), said


def _plain(said: JudgeSaid) -> JudgeSaid:
    """Only whether it passes, where people say no more than that."""
    return said.model_copy(update={"value": "pass" if said.passed else "miss"})


def _item(labels: Labels, drawn: Drawn, human: float, said: JudgeSaid) -> CalibratedItem:
    stored = drawn.item.judge.chars if drawn.item.judge else None
    return CalibratedItem(
        of=drawn.item.of,
        case=drawn.item.case,
        judge=said.value,
        judged=said.passed,
        human=human,
        raters={each.rater: each.value for each in sorted(labels.of(drawn.item.key), key=lambda one: one.rater)},
        weight=drawn.weight,
        population=drawn.population,
        chars=said.chars if said.chars is not None else stored,
    )


def levels_of(labels: Labels, dimension: str) -> tuple[str, ...]:
    """The levels of a dimension, as its last review has them; none where it is not graded."""
    found: tuple[str, ...] = ()
    for review in labels.reviews.values():
        population = review.population(dimension)
        found = population.levels if population and population.levels else found
    return found


def drawn_of(labels: Labels) -> dict[Key, Drawn]:
    """How each labelled item was drawn last, and how many items it stands for."""
    found: dict[Key, tuple[Item, float]] = {}
    whole: dict[tuple[object, ...], float] = defaultdict(float)
    for key, all_items in labels.items.items():
        items = [item for item in all_items if not is_audit(labels, item)]
        if not items:
            continue
        for item in items:
            whole[_stratum(item)] += item.weight
        # The same answer to the same question may stand in the population more than once.
        same = [item for item in items if item.review == items[-1].review]
        if gold(labels.of(key)) is not None:
            found[key] = items[-1], sum(item.weight for item in same)
    labelled: dict[tuple[object, ...], float] = defaultdict(float)
    for item, weight in found.values():
        labelled[_stratum(item)] += weight
    return {
        key: Drawn(
            item,
            round(weight * whole[_stratum(item)] / labelled[_stratum(item)], DIGITS) if item.review else weight,
            population.digest if (population := _population(labels, item)) else "",
        )
        for key, (item, weight) in found.items()
    }


def _stratum(item: Item) -> tuple[object, ...]:
    """Items that stand for each other where only some of them are labelled."""
    return item.review, item.dimension, None if item.judge is None else item.judge.passed


def is_audit(labels: Labels, item: Item) -> bool:
    """Whether it was drawn to verify a case rather than to hold a judge against people."""
    review = labels.reviews.get(item.review)
    return review is not None and review.kind == "cases"


def _population(labels: Labels, item: Item) -> Population | None:
    review = labels.reviews.get(item.review)
    return review.population(item.dimension) if review else None
