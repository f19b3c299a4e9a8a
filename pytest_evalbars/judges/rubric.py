"""What a judge judges by: levels from best to worst, or a checklist of yes/no criteria."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, field_validator, model_validator

from pytest_evalbars.config.scales import Scale
from pytest_evalbars.config.settings import Strict, Switch
from pytest_evalbars.judges.signs import fault

#: Text whose line breaks mean nothing: what is hashed is what the judge reads.
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(lambda s: " ".join(s.split()))
]
Word = Annotated[Prose, StringConstraints(max_length=80)]
#: A name that is a key of the judge's answer.
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Example = Annotated[str, StringConstraints(min_length=1)]


def _sign(given: str) -> str:
    if wrong := fault(given):
        raise ValueError(wrong)
    return given


Sign = Annotated[Prose, AfterValidator(_sign)]


class Level(Strict):
    """One level of a rubric."""

    name: Word
    #: What an answer on this level is like.
    definition: Prose
    #: Answers on this level, or descriptions of some.
    examples: tuple[Example, ...] = ()
    #: Phrases that show it, see `signs`.
    signs: tuple[Sign, ...] = ()


class Criterion(Strict):
    """One question of a checklist, to be answered with yes or no."""

    name: Key
    ask: Prose
    #: The answer with which the criterion holds: "no" where the question is after a fault.
    passes: Literal["yes", "no"] = "yes"
    #: Whether an answer that does not meet it misses as a whole.
    required: Switch = True
    definition: Prose | None = None
    #: Answers to which it is answered with yes.
    examples: tuple[Example, ...] = ()
    #: Answers to which it is answered with no.
    counterexamples: tuple[Example, ...] = ()
    #: Phrases that make it yes, see `signs`.
    signs: tuple[Sign, ...] = ()


class Rubric(Strict):
    """What is judged, and by what: either `levels` with `passing`, or `criteria`.

    An answer passes a rubric of levels from the level `passing` on, and a checklist where all required criteria hold
    and at least `least` of all.
    """

    name: Word
    #: What the cases declare; the default is the rubric's name.
    dimension: Word = ""
    #: What the judge is to look at, in a sentence or more.
    task: Prose
    #: From best to worst.
    levels: tuple[Level, ...] = ()
    #: The lowest level that passes.
    passing: Word | None = None
    #: Levels that pass, but only just; the default is the one that a scale takes, see `Scale.weak`.
    weak: tuple[Word, ...] | None = None
    criteria: tuple[Criterion, ...] = ()
    #: How many criteria must hold, required or not.
    least: Annotated[int, Field(ge=1, strict=True)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_for_its_dimension(cls, given: Any) -> Any:
        return {"dimension": given["name"], **given} if isinstance(given, dict) and "name" in given else given

    @field_validator("weak", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _means_something(self) -> Rubric:
        if bool(self.levels) == bool(self.criteria):
            raise ValueError("a rubric has either `levels`, from best to worst, or `criteria`, a checklist")
        if self.levels:
            if self.least is not None:
                raise ValueError("`least` belongs to `criteria`; what passes of levels is `passing`")
            if self.passing is None:
                raise ValueError("a rubric of levels says from which one on an answer passes: `passing`")
            self._hold_as_scale()
            return self
        if self.passing is not None or self.weak is not None:
            raise ValueError("`passing` and `weak` belong to `levels`; of criteria, mark each as `required` or not")
        names = [each.name for each in self.criteria]
        if len(set(names)) < len(names):
            raise ValueError(f"each criterion is named once; they are {', '.join(names)}")
        if self.least is not None and self.least > len(names):
            raise ValueError(f"`least` is {self.least}, of {len(names)} criteria")
        if self.least is None and not any(each.required for each in self.criteria):
            raise ValueError("no criterion is required, so that every answer would pass; set `least`, or require one")
        return self

    def _hold_as_scale(self) -> None:
        try:
            _ = self.scale
        except ValidationError as error:
            found = error.errors()[0]
            few = "a rubric of levels has two or more" if found["type"] == "too_short" else found["msg"]
            raise ValueError(str(found.get("ctx", {}).get("error", few))) from None

    @property
    def scale(self) -> Scale | None:
        """The levels as a scale, for dimensions that are graded; None of a checklist."""
        if not self.levels:
            return None
        given = {"levels": tuple(level.name for level in self.levels), "passing": self.passing}
        weak = {} if self.weak is None else {"weak": self.weak}
        return Scale.model_validate({**given, **weak, "dimension": self.dimension})

    @property
    def document(self) -> dict[str, Any]:
        """What the judge reads of it, as plain JSON.

        `task`, `dimension`, and either `levels`: a list of `name`, `definition` and `examples`, best first, or
        `criteria`: a list of `name`, `ask`, `definition` and `examples`; both with `signs`, and criteria with
        `counterexamples`, where there are some. What passes is not the judge's business.
        """
        document: dict[str, Any] = {"dimension": self.dimension, "task": self.task}
        part = "levels" if self.levels else "criteria"
        document[part] = [_read(each) for each in self.levels or self.criteria]
        return document

    @property
    def what_passes(self) -> dict[str, Any]:
        """What passes, for a reader: `passing`, a level; or `required`, names of criteria, and `least`."""
        if self.levels:
            return {"passing": self.passing}
        least = {} if self.least is None else {"least": self.least}
        inverted = [each.name for each in self.criteria if each.passes == "no"]
        required = [each.name for each in self.criteria if each.required]
        return {"required": required, **least, **({"holds_with_no": inverted} if inverted else {})}

    @property
    def has_signs(self) -> bool:
        """Whether any level or criterion has signs."""
        return any(each.signs for each in self.levels) or any(each.signs for each in self.criteria)

    @property
    def version(self) -> str:
        """12 hex digits of a hash of all that changes a judgement: what the judge reads, and what passes."""
        scale = self.scale
        content = {
            "reads": self.document,
            "passes": [scale.passing, list(scale.weak)]
            if scale
            else [self.least, [[each.passes, each.required] for each in self.criteria]],
        }
        words = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(words.encode()).hexdigest()[:12]

    @property
    def id(self) -> str:
        """`name@version`: what travels with every judgement."""
        return f"{self.name}@{self.version}"

    def passes(self, met: dict[str, bool]) -> bool:
        """Whether a checklist passes.

        Args:
            met: of each criterion's name, whether it holds.
        """
        required = all(met[each.name] for each in self.criteria if each.required)
        return required and sum(met.values()) >= (self.least or 0)


def _read(part: Level | Criterion) -> dict[str, Any]:
    """What the judge reads of a level or of a criterion."""
    found: dict[str, Any] = part.model_dump(mode="json", exclude={"passes", "required"})
    return {key: value for key, value in found.items() if value or key not in {"counterexamples", "signs"}}
