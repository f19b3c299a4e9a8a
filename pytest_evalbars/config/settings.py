"""How cases are run: the keys of the bars file that are no bars."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from pytest_evalbars.config.options import CALLS, EVIDENCE, SATURATED
from pytest_evalbars.config.scales import Scale  # noqa: TC001 - pydantic reads the annotation

if TYPE_CHECKING:
    from collections.abc import Callable

Count = Annotated[int, Field(ge=1, strict=True)]
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Switch = Annotated[bool, Field(strict=True)]


class Strict(BaseModel):
    """Frozen, and no key passes unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Limit(Strict):
    """How hard one resource may be used by all processes of a session together."""

    concurrent: Count | None = None
    per_minute: Amount | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Limit:
        if self.concurrent is None and self.per_minute is None:
            raise ValueError("a limit takes `concurrent`, `per_minute` or both, as in { concurrent = 20 }")
        return self


def _named(value: object) -> object:
    """Blanks around a name would be stripped, and could make two names one."""
    for name in value if isinstance(value, dict) else ():
        if not name or name != name.strip():
            raise ValueError(f'"{name}" is no name; take one without blanks around it, as "openai/*"')
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def known(word: str) -> str:
        if word not in words:
            close = difflib.get_close_matches(word, words, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f'"{word}" is none of {", ".join(words)}{hint}')
        return word

    return known


def _usable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    from pytest_evalbars.redaction.slow import fault_of  # noqa: PLC0415 - only where there are some

    for pattern in patterns:
        if fault := fault_of(pattern):
            raise ValueError(f'"{pattern}" {fault}')
    return patterns


class Settings(Strict):
    """How the cases of a project are run."""

    #: Cases in flight in each process.
    concurrency: Count = 1
    #: Whether sync cases may share the window too, each in a thread.
    threads: Switch = False
    #: Fixtures whose users must not overlap with other cases.
    serial_fixtures: tuple[str, ...] = ()
    #: Seconds that a case's body may take, where no marker says otherwise.
    timeout: Amount | None = None
    #: Limits by the name of a resource, which may be a glob.
    limits: Annotated[dict[str, Limit], BeforeValidator(_named)] = Field(default_factory=dict)
    #: Past either, no new trial starts.
    budget_usd: Amount | None = None
    budget_seconds: Amount | None = None
    #: Whether cases that can no longer change any verdict are left unrun.
    stop_early: Switch = False
    #: Whether saturated cases are all run, sampled (all at the launch stage) or skipped, where the command line says
    #: nothing; and the share of them that a sample is.
    saturated: Annotated[str, AfterValidator(_one_of(SATURATED))] = "run"
    saturated_share: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.1
    #: Whether models are asked, asked and recorded, only replayed, or asked where nothing is recorded, where the
    #: command line says nothing; the folder of recorded calls (`recordings` where none is named); and whether prompts
    #: and answers are kept as evidence.
    calls: Annotated[str, AfterValidator(_one_of(CALLS))] = "live"
    recordings: Annotated[str, Field(min_length=1)] | None = None
    keep_calls: Switch = False
    #: Whether what cases record, and the reasons they give, are kept, kept as digests, or not kept, where the command
    #: line says nothing.
    evidence: Annotated[str, AfterValidator(_one_of(EVIDENCE))] = "keep"
    #: Regular expressions of what must not reach a disk, beside keys and tokens.
    redact: Annotated[
        tuple[Annotated[str, StringConstraints(strip_whitespace=False)], ...], AfterValidator(_usable)
    ] = ()
    #: Scales by name, for dimensions that are graded.
    scales: Annotated[dict[str, Scale], BeforeValidator(_named)] = Field(default_factory=dict)

    def scale_of(self, dimension: str) -> tuple[str, Scale] | None:
        """The scale that the dimension is graded on, and its name; None if it is on none."""
        return next(((name, each) for name, each in self.scales.items() if each.holds(name, dimension)), None)
