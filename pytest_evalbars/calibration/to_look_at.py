"""Which labelled items to look at: where judge and people differ, and where people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_evalbars.calibration.findings import Finding
from pytest_evalbars.labels.consensus import disagreements
from pytest_evalbars.labels.model import SETTLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.calibration.record import CalibratedJudge
    from pytest_evalbars.labels.store import Labels

#: Most people let miss what the judge passes; or pass what it lets miss; or do not agree, and settled nothing.
Why = Literal["let through", "stopped", "unsettled"]


class Look(Finding):
    """An item to look at."""

    why: Why
    dimension: str
    of: str
    case: str
    trial: int
    #: Who judged it, and what it said; absent of an item that is only unsettled.
    model: str | None = None
    rubric: str | None = None
    judge: str | None = None
    #: What each rater said, and wrote beside it.
    raters: dict[str, str]
    notes: dict[str, str]


def to_look_at(labels: Labels, dimension: str, judges: Iterable[CalibratedJudge]) -> list[Look]:
    """Items to look at, what was let through first; of those, what people are surest of.

    Args:
        labels: what people said.
        dimension: of which items.
        judges: whose verdicts are held against theirs.
    """
    found = [each for judge in judges for each in _differ(labels, judge)]
    known = {each.of for each in found}
    unsettled = [
        _look(labels, "unsettled", one.key)
        for one in disagreements(labels)
        if one.key[0] == dimension and one.severity == "passing" and one.key[1] not in known
    ]
    return [each for why in ("let through", "stopped") for each in found if each.why == why] + unsettled


def _differ(labels: Labels, judge: CalibratedJudge) -> Iterator[Look]:
    for item in sorted(judge.items, key=lambda one: (-abs(one.human - 0.5), one.of)):
        if item.human != 0.5 and item.judged != (item.human > 0.5):
            look = _look(labels, "let through" if item.judged else "stopped", (judge.dimension, item.of))
            yield look.model_copy(update={"model": judge.model, "rubric": judge.rubric, "judge": item.judge})


def _look(labels: Labels, why: Why, key: tuple[str, str]) -> Look:
    item, said = labels.item(key), sorted(labels.of(key), key=lambda one: (one.rater == SETTLED, one.rater))
    return Look(
        why=why,
        dimension=key[0],
        of=key[1],
        case=item.case if item else "",
        trial=item.trial if item else 0,
        raters={label.rater: label.value for label in said},
        notes={label.rater: label.note for label in said if label.note},
    )
