"""An item of a review: what names it, what its judge said, and what a rater sees of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_evalbars.labels.model import Item, JudgeSaid
from pytest_evalbars.labels.texts import FIELDS, whole
from pytest_evalbars.labels.vocabulary import said_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_evalbars.labels.answers import Answers, Said
    from pytest_evalbars.labels.model import Population
    from pytest_evalbars.run.columns import Run

#: Characters of a name that an item keeps.
LENGTH = 200


def item_of(
    run: Run,
    answers: Answers,
    place: int,
    verdict: Mapping[str, Any],
    population: Population,
    *,
    weight: float,
    by: str,
    review: str,
) -> Item:
    """The item of a row that was drawn.

    Args:
        run: the run.
        answers: the population.
        place: where the row stands in the population.
        verdict: the line of a run's file that says what was said of it.
        population: in which words.
        weight: how many rows it stands for.
        by: the label that was stratified by.
        review: the review's id.

    Raises:
        LabelsError: what the judge said is none of the words.
    """
    row, trial = int(answers.at[place]), answers.trial(run, place)
    judge = None
    if answers.judged[place] and run.judged is not None:
        named, chars = run.judged.judges[run.judged.by[row]], int(run.judged.chars[row])
        passed = bool(answers.rows.passed[place])
        judge = JudgeSaid(
            **named._asdict(),
            value=said_as(verdict, population, passed=passed),
            passed=passed,
            chars=None if chars < 0 else chars,
        )
    return Item(
        dimension=answers.dimension,
        of=f"{int(answers.rows.of[place]):016x}",
        case=_short(trial.case),
        test=whole(trial.test),
        trial=trial.trial,
        category=whole(run.labelsets[int(run.labelset[row])].get(by, "")),
        review=review,
        weight=weight,
        judge=judge,
    )


def seen(said: Said) -> dict[str, Any]:
    """What a rater sees of a trial: nothing that a judge said stands there, as it does in the calls of models."""
    return {name: whole(said.evidence[name]) for name in FIELDS if said.evidence.get(name) is not None}


def _short(name: str) -> str:
    """A case's name as an item keeps it: a long one is cut, and stays different from others."""
    name = whole(name)
    if len(name) <= LENGTH and name.strip():
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LENGTH - 9].strip()}~{digest}"
