"""The form of a judge's answer, as pydantic models: the explanation stands before the verdict it leads to."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

if TYPE_CHECKING:
    from pytest_evalbars.judges.prompt import Kind
    from pytest_evalbars.judges.rubric import Rubric


class Form(BaseModel):
    """What a judge fills in: no key too many, none missing, none turned into what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answered(Form):
    """One criterion of a checklist."""

    explanation: str
    answer: Literal["yes", "no"]


class Preferred(Form):
    """Which of two answers is better."""

    explanation: str
    winner: Literal["first", "second", "tie"]


@lru_cache(maxsize=256)
def form_of(rubric: Rubric, kind: Kind) -> type[Form]:
    """The form of one verdict by this rubric.

    Of levels: `explanation` and `level`. Of criteria: for each its name, with `explanation` and `answer`, "yes" or
    "no"; in Python the fields are called `of_0`, `of_1` ... in the rubric's order. Of a pair: `Preferred`.
    """
    if kind == "pair":
        return Preferred
    if kind == "levels":
        level: Any = Literal[tuple(level.name for level in rubric.levels)]
        return create_model("Graded", __base__=Form, explanation=(str, ...), level=(level, ...))
    fields: dict[str, Any] = {
        f"of_{number}": (Answered, Field(alias=each.name)) for number, each in enumerate(rubric.criteria)
    }
    return create_model("Checklist", __base__=Form, **fields)
