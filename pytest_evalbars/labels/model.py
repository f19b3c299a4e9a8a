"""What is labelled, by whom and as what: the lines of a labels file, and the plan of a review."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads the annotation
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pytest_evalbars.config.settings import Strict
from pytest_evalbars.run.judged import DIGITS, JudgedBy

SCHEMA = 1
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Hash = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{DIGITS}}}$")]
#: How items are drawn: each as likely as the others in its category; or half of them from what the judge let miss.
Sample = Literal["stratified", "judge_fails"]


class JudgeSaid(Strict):
    """What a judge said of an item."""

    rubric: Name
    model: Name
    prompt: Name
    #: A level's name, "pass" or "miss", or of a pair "first", "second" or "tie".
    value: Name
    passed: bool
    #: How many characters the answer had, where that is known.
    chars: int | None = None

    @property
    def by(self) -> JudgedBy:
        """Who said it."""
        return JudgedBy(self.rubric, self.model, self.prompt)


class Item(Strict):
    """One answer, judged on one dimension, that people are to label."""

    type: Literal["item"] = "item"
    dimension: Name
    #: A hash of what was judged: whoever gives the same answer to the same question is labelled by it.
    of: Hash
    case: Name
    test: str = ""
    trial: Annotated[int, Field(ge=0)] = 0
    category: str = ""
    #: The review that it was drawn in; empty where it was in none, and then it stands for itself alone.
    review: str = ""
    #: How many items of the review's population it stands for.
    weight: Annotated[float, Field(ge=1e-3, le=1e9)] = 1.0
    #: None where no judge that can be named gave the verdict.
    judge: JudgeSaid | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What labels of it name."""
        return self.dimension, self.of


class Population(Strict):
    """What a review's items on one dimension were drawn from."""

    dimension: Name
    #: See `digest_of`: a run with the same is the same answers to the same questions.
    digest: Hash
    items: Annotated[int, Field(ge=1)]
    #: Best first, where the dimension is graded; else empty, and the words are "pass" and "miss".
    levels: tuple[Name, ...] = ()
    #: Those of them that pass.
    passing: tuple[Name, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What a rater can say."""
        return self.levels or ("pass", "miss")

    def passes(self, value: str) -> bool:
        """Whether a word passes."""
        return value in (self.passing or ("pass",))


class Review(Strict):
    """One sample, drawn for people to label."""

    type: Literal["review"] = "review"
    schema_: Annotated[int, Field(alias="schema", ge=1)] = SCHEMA
    id: Name
    drawn: date
    #: The ids of the runs that it was drawn from; of an audit the case files.
    of: tuple[str, ...]
    kind: Literal["answers", "cases"] = "answers"
    sample: Sample = "stratified"
    seed: int = 0
    raters: tuple[Name, ...] = ()
    populations: tuple[Population, ...]

    def population(self, dimension: str) -> Population | None:
        """What its items on a dimension were drawn from."""
        return next((each for each in self.populations if each.dimension == dimension), None)


class Label(Strict):
    """What one person said of one item."""

    type: Literal["label"] = "label"
    dimension: Name
    of: Hash
    rater: Name
    #: One of the population's words.
    value: Name
    #: Whether that passes; None where the rater could not tell.
    passed: bool | None
    note: str = ""
    labelled: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The item that it is of."""
        return self.dimension, self.of


#: The rater under whose name the raters settle together what they disagreed on: it stands above theirs.
SETTLED = "settled"
#: What a rater says who cannot tell.
UNCLEAR = "unclear"


class Shown(Strict):
    """An item as a rater sees it: without what the judge said of it."""

    item: Item
    #: `input`, `output`, `context`, `reference` and whatever else the case recorded, as plain JSON.
    evidence: dict[str, Any]
    #: Who labels it.
    raters: tuple[Name, ...] = ()


class Guide(Strict):
    """The rubric as a rater reads it, for one dimension."""

    dimension: Name
    title: str
    task: str = ""
    #: By word, best first: what an answer of it is like.
    words: dict[Name, str] = Field(default_factory=dict)
    #: Of a checklist: the questions to ask oneself.
    criteria: tuple[str, ...] = ()


class ReviewPlan(Strict):
    """A review with all that its sheets are made of."""

    review: Review
    guides: tuple[Guide, ...]
    items: tuple[Shown, ...]

    def guide(self, dimension: str) -> Guide:
        """The rubric of a dimension."""
        return next(each for each in self.guides if each.dimension == dimension)
