"""What a judge says, and all that it takes to trace it: `evalcase.take(judgement.dimension, judgement)`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Literal

Winner = Literal["first", "second", "tie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(ABC):
    """Where a judgement comes from. True where it passed, as a check's result is: `assert await judge.judge(...)`."""

    passed: bool
    #: From 0 to 1.
    score: float
    #: Why, in the judge's words.
    reason: str
    #: What was judged.
    dimension: str
    #: The rubric as `name@version`.
    rubric: str
    #: The version of the model that answered; several, where several models did, with commas between them.
    model: str
    #: A hash of what was asked, the data left out: of the rubric and the words around it.
    prompt: str
    #: What each vote said, as plain JSON.
    votes: tuple[dict[str, Any], ...]
    #: The share of votes that say something else than the verdict, 0 to 1.
    spread: float
    #: Of each field of which not all was shown, how many characters were left out.
    left_out: dict[str, int] = field(default_factory=dict)
    #: A hash of what was judged: the same for the same question, reference, context and answer.
    of: str
    #: How many characters the answer had; of two answers, those of both.
    chars: int
    #: What was judged, for a reader: `input`, `output`, `context` and `reference`, as far as they are there.
    shown: dict[str, Any] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Whether it passed."""
        return self.passed

    @abstractmethod
    def _said(self) -> dict[str, Any]:
        """The verdict itself, as plain JSON."""

    @property
    def provenance(self) -> dict[str, Any]:
        """What the run file keeps with the verdict, as plain JSON."""
        found = {key: getattr(self, key) for key in ("rubric", "model", "prompt", "of", "chars")} | self._said()
        if len(self.votes) > 1:
            found |= {"votes": list(self.votes), "spread": round(self.spread, 6)}
        return found | ({"left_out": self.left_out} if self.left_out else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Traced):
    """A verdict on one answer.

    The score of a level is its place, from 1 for the best to 0 for the worst in equal steps; that of a checklist is
    the share of criteria that hold.
    """

    #: None of a checklist.
    level: str | None = None
    #: Of each criterion, whether it holds; empty where the rubric has levels.
    criteria: dict[str, bool] = field(default_factory=dict)

    def _said(self) -> dict[str, Any]:
        return {"criteria": self.criteria} if self.level is None else {"level": self.level}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference(Traced):
    """Which of two answers is better, asked in both orders.

    It passes where the first is not worse; the score is 1 where it is better, 0.5 of a tie. Where the order decided
    who wins, nothing was found out: it does not pass, and a case that takes it is an error.
    """

    winner: Winner
    #: Whether every vote named the same winner in both orders; one that did not counts as a tie.
    consistent: bool
    #: Of each vote which place won in each order: a judge that prefers whatever stands first says "first" twice.
    orders: tuple[tuple[Winner, Winner], ...]

    @property
    def undecided(self) -> str:
        """Why it is no verdict; empty where it is one."""
        if self.winner != "tie" or self.consistent:
            return ""
        return "the judge's preference changed with the order of the two answers: that is no verdict"

    def _said(self) -> dict[str, Any]:
        orders = [list(each) for each in self.orders]
        return {"winner": self.winner, "consistent": self.consistent, "orders": orders}
