"""What a bar is, as the user declares it."""

from __future__ import annotations

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
from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.config.scales import Words  # noqa: TC001 - pydantic reads the annotation
from pytest_evalbars.config.settings import Settings, Strict
from pytest_evalbars.gate import values
from pytest_evalbars.metrics.registry import Kind, kind_of, names
from pytest_evalbars.run.plan import QUARANTINED, STATUSES

#: What a bar without `status` holds: the ground already won.
HELD_BY_DEFAULT = ("regression", "saturated")

#: Metrics on whose cases one can bet, one by one.
BETTABLE = ("pass_rate", "mean_score")

Stage = Literal["testing", "launch"]
GLOB = re.compile(r"[*?\[]")


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


Rate = Annotated[float, BeforeValidator(values.rate)]
Effect = Annotated[float, BeforeValidator(values.effect)]
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
    #: How much worse than in the baseline the number may be: a difference, or of amounts a share of them ("10%").
    max_drop: float | str | None = None
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
        if value is None:
            return None
        return values.rate(value) if kind is None or kind.bounded else values.number(value)

    @field_validator("max_drop", mode="before")
    @classmethod
    def _drop_of_metric(cls, value: object, info: ValidationInfo) -> object:
        kind = kind_of(info.data.get("metric", "pass_rate"))
        return value if value is None else values.drop(value, bounded=kind is None or kind.bounded)

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
        thresholds = ("at_least", "at_most", "max_drop")
        given = [key for key in thresholds if getattr(self, key) is not None]
        if len(given) != 1:
            said, verb = " and ".join(given) or "none", "are" if len(given) > 1 else "is"
            raise ValueError(f"a bar takes one threshold, at_least, at_most or max_drop; {said} {verb} given")
        if self.max_drop is not None and not self.kind.comparable:
            raise ValueError(
                f'max_drop compares case by case, and metric = "{self.metric}" is no mean over cases; '
                "hold it with at_least or at_most, or compare pass_rate, mean_score or the mean of a measure"
            )
        self._asks_what_the_metric_takes()
        if self.relative and not self.kind.less_is_better:
            raise ValueError(f'max_drop = "{self.max_drop}" is for time, money and tokens; write a difference here')
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
        if self.kind.of == "labels":
            self._is_of_labels(said)
        if "set" in self.each and "set" not in self.labels:
            raise ValueError(
                'each = "set" needs the selector labels.set: "*" pools the adversarial cases into the whole'
            )

    def _is_of_labels(self, said: str) -> None:
        """See whether it speaks of a judge alone: what people labelled is of no slice of this run's cases."""
        if self.dimension is None:
            raise ValueError(f'{said} is of the judge of one dimension; say which, as dimension = "tone"')
        for key, given in (("category", self.category), ("status", self.status), ("labels", self.labels)):
            if given:
                raise ValueError(f"{said} is of what people labelled, whatever cases a run has; leave out {key}")
        if self.each:
            raise ValueError(f"{said} makes one verdict on each judge, and none on groups; leave out each")

    def _can_stop(self) -> None:
        """See whether evidence on this bar can be collected case by case."""
        asks = f'early_stop = "{self.early_stop}"'
        if self.rule != "evidence":
            raise ValueError(f'{asks} collects evidence; it does not go with rule = "{self.rule}"')
        if self.metric not in BETTABLE:
            raise ValueError(f"{asks} needs a metric that is a mean over cases: {' or '.join(BETTABLE)}")
        if self.compares:
            raise ValueError(f"{asks} does not go with max_drop, which compares all cases with the baseline")
        if not 0 < self.threshold < 1:
            raise ValueError(f"{asks} needs a threshold between 0 and 1, not at either end")

    def _default_name(self) -> str:
        text = self.metric
        if self.dimension or not self.kind.by_trial:
            text += f":{'+'.join(self.dimension or ('*',))}"
        picks = {"category": self.category, "status": self.status, **self.labels}
        picks |= {key: (word,) for key, word in (("level", self.level), ("class", self.class_)) if word}
        text += "".join(f",{key}={'+'.join(words)}" for key, words in picks.items() if words)
        text += ",max_drop" if self.compares else ""
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
        """The number that `at_least`, `at_most` or `max_drop` names; of a share of an amount that share, 0..1."""
        if self.relative:
            return float(str(self.max_drop).rstrip("%")) / 100
        given = (self.at_least, self.at_most, self.max_drop)
        return next(float(each) for each in given if each is not None)

    @property
    def compares(self) -> bool:
        """Whether the bar holds how much worse the number is than in the baseline."""
        return self.max_drop is not None

    @property
    def relative(self) -> bool:
        """Whether that is a share of what it was."""
        return isinstance(self.max_drop, str)

    @property
    def upper(self) -> bool:
        """Whether the bar is a ceiling: `at_most`, or `max_drop` of what the number may have become worse."""
        return self.at_least is None

    @property
    def threshold_key(self) -> str:
        """What the bar calls its threshold."""
        return "max_drop" if self.compares else "at_most" if self.upper else "at_least"

    @property
    def many_dimensions(self) -> bool:
        """Whether the bar may make verdicts on more than one dimension."""
        if self.dimension is None:
            return not self.kind.by_trial
        return len(self.dimension) > 1 or bool(GLOB.search(self.dimension[0]))


class Bars(Settings):
    """All that `[tool.evalbars]` declares."""

    confidence: Annotated[float, BeforeValidator(values.confidence)] = 0.95
    #: The file of the run that `max_drop` bars compare with; written relative to the file of the bars.
    baseline: Annotated[str, StringConstraints(min_length=1)] | None = None
    #: The file of people's labels, and the record of what they say of judges; written as the baseline.
    human_labels: Annotated[str, StringConstraints(min_length=1)] | None = None
    calibration: Annotated[str, StringConstraints(min_length=1)] | None = None
    #: Cases that are called otherwise than in the baseline: old ids to new ones.
    renamed: dict[str, str] = Field(default_factory=dict)
    max_errors: Annotated[int | str, BeforeValidator(values.allowance)] = 0
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

    @field_validator("renamed")
    @classmethod
    def _each_once(cls, value: dict[str, str]) -> dict[str, str]:
        """One case is one case: no two are called the same now."""
        for name in value.values():
            if (old := [each for each, now in value.items() if now == name])[1:]:
                raise ValueError(f'"{name}" cannot be what {" and ".join(old)} are called now; keep one of them')
        return value

    @property
    def alpha(self) -> float:
        """The error that one verdict, or the session's family of verdicts, may make."""
        return 1 - self.confidence

    def allowed_errors(self, trials: int) -> int:
        """How many of `trials` may go unjudged before that alone fails the session."""
        if isinstance(self.max_errors, int):
            return self.max_errors
        return int(trials * Fraction(self.max_errors.rstrip("%")) / 100)
