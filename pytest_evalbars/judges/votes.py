"""One verdict out of several: by whom they were given, and how far they lie apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.judges.form import Form
    from pytest_evalbars.judges.rubric import Rubric

#: Characters of a vote's explanation that go with the verdict where there are several.
KEPT = 500


@dataclass(frozen=True, slots=True)
class Vote:
    """What one model said, asked once."""

    #: The version that answered, as the provider names it.
    model: str
    reason: str
    #: The level's number, 0 best; None of a checklist.
    level: int | None = None
    #: Of each criterion, whether it holds, and the explanation.
    met: dict[str, bool] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def told(self, rubric: Rubric) -> dict[str, Any]:
        """As plain JSON."""
        verdict = {"criteria": self.met} if self.level is None else {"level": rubric.levels[self.level].name}
        return {"model": self.model, **verdict, "reason": self.reason[:KEPT]}


def vote_of(rubric: Rubric, filled: Form, model: str) -> Vote:
    """What a filled form says.

    Args:
        rubric: what the form was made from.
        filled: the form.
        model: the version that filled it in.
    """
    said: dict[str, Any] = filled.model_dump()
    if rubric.levels:
        names = [level.name for level in rubric.levels]
        return Vote(model, said["explanation"].strip(), names.index(said["level"]))
    answers = dict(zip(rubric.criteria, (said[f"of_{n}"] for n in range(len(rubric.criteria))), strict=True))
    met = {each.name: each.passes == given["answer"] for each, given in answers.items()}
    why = {each.name: given["explanation"].strip() for each, given in answers.items()}
    return Vote(model, _reason(rubric, met, why), None, met, why)


def combined(rubric: Rubric, votes: Sequence[Vote]) -> tuple[Vote, float]:
    """What the votes say together, and their spread.

    The middle level, or of each criterion what most say; between two, the worse. The reason is that of the first vote
    for it.

    Args:
        rubric: what they judged by.
        votes: one or more.

    Returns:
        The verdict, and the share of votes that say something else in any part of it: 0 where all agree.
    """
    levels = sorted(vote.level for vote in votes if vote.level is not None)
    if levels:
        level = levels[len(levels) // 2]
        first = next(vote for vote in votes if vote.level == level)
        return first, sum(vote.level != level for vote in votes) / len(votes)
    met = {each.name: 2 * sum(vote.met[each.name] for vote in votes) > len(votes) for each in rubric.criteria}
    why = {name: next(vote.why[name] for vote in votes if vote.met[name] == holds) for name, holds in met.items()}
    verdict = Vote(votes[0].model, _reason(rubric, met, why), None, met, why)
    return verdict, sum(vote.met != met for vote in votes) / len(votes)


def most(winners: Sequence[str]) -> str:
    """The winner that more than half of the comparisons name, or a tie."""
    winner, times = Counter(winners).most_common(1)[0]
    return winner if 2 * times > len(winners) else "tie"


def _reason(rubric: Rubric, met: dict[str, bool], why: dict[str, str]) -> str:
    """Why the criteria that do not hold do not: those that are required first."""
    failed = sorted((each for each in rubric.criteria if not met[each.name]), key=lambda each: not each.required)
    return "; ".join(f"{each.name}: {why[each.name]}".rstrip(": ") for each in failed)
