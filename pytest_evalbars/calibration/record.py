"""The calibration record: which judges were compared with people, on which items, and what came out.

JSON Lines, committed beside the bars: one line for each judge of each dimension, then one for each of its items, in
an order that does not change. The items are the record: all numbers can be found out from them again.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pytest_evalbars.config.settings import Strict
from pytest_evalbars.labels.model import Hash, Name  # noqa: TC001 - pydantic reads the annotations
from pytest_evalbars.run.judged import JudgedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = 1
#: With fewer labelled items the error of a judge is not known well enough to correct anything by it.
FEWEST = 30


class CalibratedItem(Strict):
    """One answer that a judge and at least one person judged."""

    of: Hash
    #: Answers of one case resemble each other, and are worth less than as many cases. Older records do not say it.
    case: Annotated[str, Field(max_length=200)] = ""
    #: What the judge said, and whether it passed.
    judge: Name
    judged: bool
    #: The share of people by whom it passes, 0 to 1; 0 or 1 once they settled it.
    human: Annotated[float, Field(ge=0, le=1)]
    #: What each rater said.
    raters: dict[Name, Name] = Field(default_factory=dict)
    #: How many items of its population it stands for.
    weight: Annotated[float, Field(ge=1e-3, le=1e15)] = 1.0
    #: The digest of the population that it was drawn from; empty where it was drawn from none.
    population: str = ""
    chars: int | None = None


class CalibratedJudge(Strict):
    """One judge on one dimension."""

    dimension: Name
    rubric: Name
    model: Name
    prompt: Name
    calibrated: date
    #: Best first, where the dimension is graded.
    levels: tuple[Name, ...] = ()
    items: tuple[CalibratedItem, ...]
    #: What was found out, for readers: agreement and bias, as `evalbars calibrate --json` says them.
    found: dict[str, Any] = Field(default_factory=dict)

    @property
    def by(self) -> JudgedBy:
        """What it is bound to."""
        return JudgedBy(self.rubric, self.model, self.prompt)


class Calibration(Strict):
    """All that is known of a project's judges."""

    judges: tuple[CalibratedJudge, ...] = ()

    def of_dimension(self, dimension: str) -> Iterator[CalibratedJudge]:
        """Its judges on one dimension."""
        return (each for each in self.judges if each.dimension == dimension)

    def find(self, dimension: str, judge: JudgedBy) -> CalibratedJudge | None:
        """What is known of the very judge that gave a verdict."""
        return next((each for each in self.of_dimension(dimension) if each.by == judge), None)
