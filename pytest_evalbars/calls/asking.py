"""A call on its way, who makes it, and how it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_evalbars.redaction import redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_evalbars.calls.request import Request
    from pytest_evalbars.calls.responses import Numbers
    from pytest_evalbars.calls.store import Entry
    from pytest_evalbars.cases.asked import Asked
    from pytest_evalbars.cases.running import Running


class Found(NamedTuple):
    """An answer: as it is recorded, and as litellm gave it to this very call."""

    entry: Entry | None
    #: Its parts, or the only one; None where another call was given it.
    parts: list[Any] | None = None
    numbers: Numbers | None = None
    streamed: bool = False


@dataclass(slots=True, eq=False)
class Asking:
    """A call, and who makes it."""

    request: Request
    trial: Running | None
    judging: bool
    #: Numbers the questions of whoever asks.
    asked: Asked
    occurrence: int = 0
    key: str = ""

    @property
    def case(self) -> str:
        """The case that asks; "" outside of every trial."""
        return self.trial.case if self.trial else ""

    @property
    def number(self) -> int:
        """The trial that asks; 0 outside of every one."""
        return self.trial.trial if self.trial else 0


def cleaner(request: Request) -> Callable[[Any], Any]:
    """Takes secrets out of all texts of a plain value: those of the environment, and those of the call itself."""
    redacted = redactor()

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for secret in request.secrets:
                value = value.replace(secret, "[secret]")
            return redacted(value)
        if isinstance(value, dict):
            return {clean(key): clean(each) for key, each in value.items()}
        if isinstance(value, list):
            return [clean(each) for each in value]
        return value

    return clean
