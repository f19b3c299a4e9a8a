"""All that one calibration finds out, dimension by dimension."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.calibration.drift import drift
from pytest_evalbars.calibration.findings import Bias, Judged, Raters
from pytest_evalbars.calibration.held import held
from pytest_evalbars.calibration.joining import is_audit, levels_of
from pytest_evalbars.calibration.probes import consistency, position, verbosity
from pytest_evalbars.calibration.rater_agreement import raters
from pytest_evalbars.calibration.raw_rate import raw_of
from pytest_evalbars.calibration.record import Calibration
from pytest_evalbars.calibration.to_look_at import Look, to_look_at
from pytest_evalbars.labels.consensus import gold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.calibration.asking_again import Again
    from pytest_evalbars.calibration.findings import Consistency
    from pytest_evalbars.calibration.joining import Joined
    from pytest_evalbars.calibration.record import CalibratedJudge
    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.labels.store import Labels
    from pytest_evalbars.run.judged import JudgedBy


@dataclass(frozen=True, slots=True)
class Given:
    """What a calibration starts from."""

    labels: Labels
    #: What judges said in runs.
    verdicts: Sequence[Verdict]
    #: The record so far.
    before: Calibration
    #: Of intervals and of all that is called proven.
    confidence: float
    #: What was asked again; None: nothing.
    again: Again | None = None
    #: By dimension and judge: their verdicts in runs.
    by_judge: dict[tuple[str, JudgedBy], list[Verdict]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Sort the verdicts."""
        for each in self.verdicts:
            self.by_judge[each.dimension, each.said.by].append(each)


@dataclass(frozen=True, slots=True)
class Dimension:
    """What is known of one dimension."""

    name: str
    raters: Raters
    #: Its judges, and what people's labels say of each.
    judges: tuple[tuple[CalibratedJudge, Judged], ...]
    #: Labelled items of which no judge that can be named said anything.
    unjudged: int
    look: tuple[Look, ...]
    #: Items that were drawn, how many of them have no label that tells, and the categories of which none has one.
    drawn: int
    left: int
    left_out: tuple[str, ...]
    #: The judges that this calibration is about: those of the runs, else those of the last review, else all.
    current: frozenset[JudgedBy]
    #: Judges of the runs none of whose answers is labelled.
    unlabelled: tuple[JudgedBy, ...]

    @property
    def usable(self) -> bool:
        """Whether each judge that this calibration is about can be relied on, and there is one."""
        found = [judged.usable for judge, judged in self.judges if judge.by in self.current]
        return bool(found) and all(found) and not self.unlabelled

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "dimension": self.name,
            "usable": self.usable,
            "raters": self.raters.to_json(),
            "judges": [
                {
                    **judge.by._asdict(),
                    "calibrated": judge.calibrated.isoformat(),
                    "current": judge.by in self.current,
                    **judged.to_json(),
                }
                for judge, judged in self.judges
            ],
            "unjudged": self.unjudged,
            "drawn": self.drawn,
            "left": self.left,
            "left_out": list(self.left_out),
            "unlabelled": [by._asdict() for by in self.unlabelled],
            "look": [each.to_json() for each in self.look],
        }


def find_out(given: Given, joined: Joined, dimensions: Sequence[str]) -> list[Dimension]:
    """What people's labels say of themselves and of judges.

    Args:
        given: what to start from.
        joined: their judges.
        dimensions: whose.
    """
    return [_dimension(given, joined, each) for each in dimensions]


def record_of(found: Sequence[Dimension], others: Sequence[CalibratedJudge], confidence: float) -> Calibration:
    """The record anew.

    Args:
        found: what was found out.
        others: judges of the record that stay as they are.
        confidence: of what was found out.
    """
    judges = [
        judge.model_copy(
            update={"found": {"confidence": confidence, "raters": each.raters.to_json(), **judged.to_json()}}
        )
        for each in found
        for judge, judged in each.judges
    ]
    return Calibration(judges=(*judges, *others))


def dimensions_of(labels: Labels) -> list[str]:
    """The dimensions on which people labelled answers, by name."""
    return sorted({key[0] for key in labels.labels if _answers(labels, key)})


def _dimension(given: Given, joined: Joined, name: str) -> Dimension:
    labels = given.labels
    keys = [key for key in labels.labels if key[0] == name and _answers(labels, key)]
    cases = {key[1]: _case(labels, key) for key in keys}
    agree = raters(
        [labels.of(key) for key in keys], levels_of(labels, name), [cases[key[1]] for key in keys], given.confidence
    )
    judges = [each for each in joined.judges if each.dimension == name]
    told = tuple((judge, _judged(given, judge)) for judge in judges)
    known = {item.of for judge in judges for item in judge.items}
    in_runs = {by for dimension, by in given.by_judge if dimension == name}
    known_judges = {judge.by for judge in judges}
    current = frozenset(in_runs & known_judges or _of_last_review(labels, name) & known_judges or known_judges)
    drawn = {key: labels.item(key) for key in labels.items if key[0] == name and _drawn(labels, key)}
    told_of = {key for key in drawn if gold(labels.of(key)) is not None}
    categories = [{item.category for key in some if (item := drawn[key])} for some in (drawn, told_of)]
    return Dimension(
        name=name,
        raters=agree,
        judges=told,
        unjudged=len(keys) - len(known & cases.keys()),
        drawn=len(drawn),
        left=len(drawn) - len(told_of),
        left_out=tuple(sorted(categories[0] - categories[1])),
        look=tuple(to_look_at(labels, name, [judge for judge in judges if judge.by in current])),
        current=current,
        unlabelled=tuple(sorted(in_runs - known_judges)),
    )


def _judged(given: Given, judge: CalibratedJudge) -> Judged:
    own = given.by_judge.get((judge.dimension, judge.by), [])
    found = held(judge, raw_of(judge, given.labels, own), given.confidence)
    # What runs told, or was asked for, once is not forgotten where this call has no such run.
    known = _known(given.before.find(judge.dimension, judge.by))
    bias = Bias(
        position=position(own, given.confidence) or known.position,
        verbosity=verbosity(judge.items, given.confidence),
        consistency=_consistency(given, judge, own) or known.consistency,
    )
    changed = drift(judge, given.before, given.confidence)
    return found.model_copy(update={"bias": bias, "drift": changed})


def _known(judge: CalibratedJudge | None) -> Bias:
    """What the record knew of a judge's bias."""
    try:
        return Bias.model_validate({} if judge is None else judge.found.get("bias") or {})
    except ValidationError:  # another version's
        return Bias()


def _consistency(given: Given, judge: CalibratedJudge, own: Sequence[Verdict]) -> Consistency | None:
    """From asking again, where that was done, else from the votes of its verdicts."""
    if given.again is not None and (words := given.again.words.get((judge.dimension, judge.by))):
        return consistency(words, "asked again", given.confidence, given.again.left_out)
    votes = {each.of: each.votes for each in own if each.votes}
    return consistency(list(votes.values()), "votes", given.confidence)


def _of_last_review(labels: Labels, dimension: str) -> set[JudgedBy]:
    """The judges of the items that were drawn last, and of those that are of no review."""
    last = next((each.id for each in reversed(labels.reviews.values()) if each.population(dimension)), "")
    return {
        item.judge.by
        for (name, _), items in labels.items.items()
        for item in items
        if name == dimension and item.judge is not None and item.review in (last, "")
    }


def _answers(labels: Labels, key: tuple[str, str]) -> bool:
    """Whether a label is of an answer that was judged, not of a case that was audited."""
    items = labels.items.get(key)
    return bool(items) and not all(is_audit(labels, item) for item in items or ())


def _drawn(labels: Labels, key: tuple[str, str]) -> bool:
    """Whether an item was drawn for a review of answers."""
    return any(item.review and not is_audit(labels, item) for item in labels.items[key])


def _case(labels: Labels, key: tuple[str, str]) -> str:
    item = labels.item(key)
    return item.case if item else key[1]
