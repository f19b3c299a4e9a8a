"""What a bar is, as the user declares it."""

from __future__ import annotations

import difflib
import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from pytest_evalbars.config.settings import Settings, Strict
from pytest_evalbars.metrics import METRICS
from pytest_evalbars.run.plan import STATUSES

#: What a bar without `status` holds: the ground already won.
HELD_BY_DEFAULT = ("regression", "saturated")

#: Metrics on whose cases one can bet, one by one.
BETTABLE = ("pass_rate", "mean_score")

Stage = Literal["testing", "launch"]
GLOB = re.compile(r"[*?\[]")


def nearest(word: str, valid: Any) -> str:
    """`; did you mean "x"?` for the closest valid word, or the words there are."""
    valid = sorted(valid)
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f" (there is: {', '.join(valid)})" if valid else ""


def _words(value: object) -> object:
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple) or not value or not all(isinstance(v, str) and v for v in value):
        raise ValueError("takes a string or a list of strings, none of them empty")
    return tuple(value)


def _rate(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number between 0 and 1")  # noqa: TRY004 - pydantic's protocol
    if not 0 <= value <= 1:
        hint = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise ValueError(f"{value:g} is not a rate between 0 and 1{hint}")
    return float(value)


def _confidence(value: object) -> object:
    value = _rate(value)
    if not isinstance(value, float) or not 0.5 <= value < 1:
        raise ValueError(f"{value} is no confidence; take one from 0.5 up to, not including, 1")
    return value


def _effect(value: object) -> object:
    value = _rate(value)
    if not isinstance(value, float) or not 0 < value < 1:
        raise ValueError(f"{value:g} is no effect; take a difference of rates between 0 and 1, as 0.05")
    return value


def _known_statuses(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    for word in value or ():
        if not GLOB.search(word) and word not in STATUSES:
            raise ValueError(f'"{word}" is not a status{nearest(word, STATUSES)}')
    return value


def _allowance(value: object) -> object:
    """A count of trials, or a share of them as "1%"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip())):
        share = float(match[1])
        if share <= 100:
            return f"{share:g}%"
    raise ValueError(f'{value!r} is neither a count of trials (0, 5) nor a share of them ("1%")')


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Rate = Annotated[float, BeforeValidator(_rate)]
Effect = Annotated[float, BeforeValidator(_effect)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f\[\]]+$"),
]


class Bar(Strict):
    """A slice of the verdicts, a metric of it and the threshold that must hold.

    The keys are those of `[[tool.evalbars.bar]]`; the selectors `dimension`, `category`, `status` and
    `labels` take a string, a list or a glob.
    """

    dimension: Words | None = None
    category: Words | None = None
    status: Annotated[Words | None, AfterValidator(_known_statuses)] = None
    labels: dict[str, Words] = Field(default_factory=dict)
    at_least: Rate | None = None
    at_most: Rate | None = None
    each: Words = ()
    metric: str = "pass_rate"
    stage: Stage = "testing"
    rule: Literal["evidence", "estimate"] = "evidence"
    inconclusive: Literal["pass", "fail"] | None = None
    early_stop: Literal["anytime"] | None = None
    min_cases: Annotated[int, Field(ge=1, strict=True)] = 1
    #: The smallest distance from the threshold that matters to the product; None: that of the whole table.
    smallest_effect: Effect | None = None
    name: Name = ""
    why: str = ""

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, value: str) -> str:
        if value not in METRICS:
            raise ValueError(f'"{value}" is not a metric{nearest(value, METRICS)}')
        return value

    @field_validator("each")
    @classmethod
    def _label_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "dimension" in value:
            raise ValueError("a bar makes one verdict per dimension anyway; leave `dimension` out of `each`")
        return tuple(key.removeprefix("labels.") for key in value)

    @field_validator("labels")
    @classmethod
    def _own_keys(cls, value: dict[str, Any]) -> dict[str, Any]:
        for key in ("dimension", "category", "status"):
            if key in value:
                raise ValueError(f"labels.{key} is the selector `{key}`; write it without `labels.`")
        return value

    @model_validator(mode="after")
    def _one_threshold(self) -> Bar:
        if (self.at_least is None) == (self.at_most is None):
            given = "none" if self.at_least is None else "both"
            raise ValueError(f"a bar takes one threshold, at_least or at_most; {given} is given")
        if self.early_stop:
            self._can_stop()
        if not self.name:
            object.__setattr__(self, "name", self._default_name())
        return self

    def _can_stop(self) -> None:
        """See whether evidence on this bar can be collected case by case."""
        asks = f'early_stop = "{self.early_stop}"'
        if self.rule != "evidence":
            raise ValueError(f'{asks} collects evidence; it does not go with rule = "{self.rule}"')
        if self.metric not in BETTABLE:
            raise ValueError(f"{asks} needs a metric that is a mean over cases: {' or '.join(BETTABLE)}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"{asks} needs a threshold between 0 and 1, not at either end")

    def _default_name(self) -> str:
        text = f"{self.metric}:{'+'.join(self.dimension or ('*',))}"
        picks = {"category": self.category, "status": self.status, **self.labels}
        text += "".join(f",{key}={'+'.join(words)}" for key, words in picks.items() if words)
        text = re.sub(r"[\x00-\x1f\x7f\[\]]", "_", text)
        return text if self.stage == "testing" else f"{text}@launch"

    @property
    def threshold(self) -> float:
        """The number that `at_least` or `at_most` names."""
        return self.at_most if self.at_least is None else self.at_least  # type: ignore[return-value]

    @property
    def upper(self) -> bool:
        """Whether the bar is a ceiling (`at_most`)."""
        return self.at_least is None

    @property
    def many_dimensions(self) -> bool:
        """Whether the bar may make verdicts on more than one dimension."""
        return self.dimension is None or len(self.dimension) > 1 or bool(GLOB.search(self.dimension[0]))


class Bars(Settings):
    """All that `[tool.evalbars]` declares."""

    confidence: Annotated[float, BeforeValidator(_confidence)] = 0.95
    #: The run that `max_drop` bars will compare with; no bar of this version reads it.
    baseline: str | None = None
    max_errors: Annotated[int | str, BeforeValidator(_allowance)] = 0
    #: The smallest distance from its threshold that matters, of a bar that declares none: what audits look for.
    smallest_effect: Effect = 0.05
    bar: tuple[Bar, ...] = ()

    @property
    def alpha(self) -> float:
        """The error that one verdict, or the session's family of verdicts, may make."""
        return 1 - self.confidence

    def allowed_errors(self, trials: int) -> int:
        """How many of `trials` may go unjudged before that alone fails the session."""
        if isinstance(self.max_errors, int):
            return self.max_errors
        return int(trials * Fraction(self.max_errors.rstrip("%")) / 100)
