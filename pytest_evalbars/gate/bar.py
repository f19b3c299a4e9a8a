"""What a bar is, as the user declares it."""

from __future__ import annotations

import difflib
import math
import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pytest_evalbars import presets
from pytest_evalbars.config.scales import Words  # noqa: TC001 - pydantic reads the annotation
from pytest_evalbars.config.settings import Settings, Strict
from pytest_evalbars.metrics.registry import Kind, kind_of, names
from pytest_evalbars.run.plan import QUARANTINED, STATUSES

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


def _rate(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number between 0 and 1")  # noqa: TRY004 - pydantic's protocol
    if not 0 <= value <= 1:
        hint = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise ValueError(f"{value:g} is not a rate between 0 and 1{hint}")
    return float(value)


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is not a number from 0 up")
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
        if not GLOB.search(word) and word not in (*STATUSES, QUARANTINED):
            raise ValueError(f'"{word}" is not a status{nearest(word, STATUSES)}')
    return value


def _known_presets(value: tuple[str, ...]) -> tuple[str, ...]:
    for word in value:
        if word not in presets.names():
            raise ValueError(f'"{word}" is not a preset{nearest(word, presets.names())}')
    return tuple(dict.fromkeys(value))


def _allowance(value: object) -> object:
    """A count of trials, or a share of them as "1%"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip())):
        share = float(match[1])
        if share <= 100:
            return f"{share:g}%"
    raise ValueError(f'{value!r} is neither a count of trials (0, 5) nor a share of them ("1%")')


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

    metric: str = "pass_rate"
    dimension: Words | None = None
    category: Words | None = None
    status: Annotated[Words | None, AfterValidator(_known_statuses)] = None
    labels: dict[str, Words] = Field(default_factory=dict)
    at_least: float | None = None
    at_most: float | None = None
    each: Words = ()
    #: Of a metric of grades: the level. Of a metric of one class: the class.
    level: Annotated[str, StringConstraints(min_length=1)] | None = None
    class_: Annotated[Annotated[str, StringConstraints(min_length=1)] | None, Field(alias="class")] = None
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
        if kind_of(value) is None:
            hint = nearest(value, names())
            own = "" if "did you" in hint else "; one of your own is registered in a conftest.py or by an entry point"
            raise ValueError(f'"{value}" is not a metric{hint}{own}')
        return value

    @field_validator("at_least", "at_most", mode="before")
    @classmethod
    def _threshold_of_metric(cls, value: object, info: ValidationInfo) -> object:
        kind = kind_of(info.data.get("metric", "pass_rate"))
        return value if value is None else _rate(value) if kind is None or kind.bounded else _number(value)

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
        self._asks_what_the_metric_takes()
        if self.early_stop:
            self._can_stop()
        if not self.name:
            object.__setattr__(self, "name", self._default_name())
        return self

    def _asks_what_the_metric_takes(self) -> None:
        takes, by_class = self.kind.takes, "class" in self.each
        said = f'metric = "{self.metric}"'
        if "level" in takes and self.level is None:
            raise ValueError(f'{said} needs a level of a scale, as level = "adequate"')
        if "class" in takes and self.class_ is None and not by_class:
            raise ValueError(f'{said} is of one class; say class = "refunds" for one, or each = "class" for all')
        for key, given in (("level", self.level), ("class", self.class_ or (by_class or None))):
            if given is not None and key not in takes:
                raise ValueError(f"{said} takes no {key}")
        if self.class_ is not None and by_class:
            raise ValueError(f'class = "{self.class_}" is one class, and each = "class" is all of them; keep one')
        if "set" in self.each and "set" not in self.labels:
            raise ValueError(
                'each = "set" needs the selector labels.set: "*" pools the adversarial cases into the whole'
            )

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
        text = self.metric
        if self.dimension or not self.kind.by_trial:
            text += f":{'+'.join(self.dimension or ('*',))}"
        picks = {"category": self.category, "status": self.status, **self.labels}
        picks |= {key: (word,) for key, word in (("level", self.level), ("class", self.class_)) if word}
        text += "".join(f",{key}={'+'.join(words)}" for key, words in picks.items() if words)
        text = re.sub(r"[\x00-\x1f\x7f\[\]]", "_", text)
        return text if self.stage == "testing" else f"{text}@launch"

    @property
    def kind(self) -> Kind:
        """What is known of the bar's metric."""
        kind = kind_of(self.metric)
        assert kind is not None  # noqa: S101 - validated
        return kind

    @property
    def all_trials(self) -> bool:
        """Whether the bar is of trials as a whole, and makes one verdict whatever they are judged on."""
        return self.dimension is None and self.kind.by_trial

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
        if self.dimension is None:
            return not self.kind.by_trial
        return len(self.dimension) > 1 or bool(GLOB.search(self.dimension[0]))


class Bars(Settings):
    """All that `[tool.evalbars]` declares."""

    confidence: Annotated[float, BeforeValidator(_confidence)] = 0.95
    #: The run that `max_drop` bars will compare with; no bar of this version reads it.
    baseline: str | None = None
    max_errors: Annotated[int | str, BeforeValidator(_allowance)] = 0
    #: The smallest distance from its threshold that matters, of a bar that declares none: what audits look for.
    smallest_effect: Effect = 0.05
    #: Whose advised bars and scales stand beside these: see `gate.presets`.
    preset: Annotated[Words, AfterValidator(_known_presets)] = ()
    bar: tuple[Bar, ...] = ()

    @model_validator(mode="after")
    def _levels_of_scales(self) -> Bars:
        """See whether each level that a bar names is one of a declared scale."""
        levels = {level for scale in self.scales.values() for level in scale.levels}
        for bar in self.bar:
            if bar.level is not None and bar.level not in levels:
                hint = nearest(bar.level, levels) or "; no scale is declared, as [tool.evalbars.scales.NAME]"
                raise ValueError(f'bar "{bar.name}": level "{bar.level}" is on no scale{hint}')
        return self

    @property
    def alpha(self) -> float:
        """The error that one verdict, or the session's family of verdicts, may make."""
        return 1 - self.confidence

    def allowed_errors(self, trials: int) -> int:
        """How many of `trials` may go unjudged before that alone fails the session."""
        if isinstance(self.max_errors, int):
            return self.max_errors
        return int(trials * Fraction(self.max_errors.rstrip("%")) / 100)
