"""What a check says of an answer."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """A verdict, a score and the reason: `evalcase.take("accuracy", result)` makes it the case's own.

    True where it passed, so that `assert checks.contains(answer, "30 days")` means what it says.
    """

    passed: bool
    #: From 0 to 1; None where there is no more to say than the verdict.
    score: float | None
    #: Why it did not pass; empty, or a word on what was found, where it did.
    reason: str = ""

    def __bool__(self) -> bool:
        """Whether it passed."""
        return self.passed
