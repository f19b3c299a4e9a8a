"""What a check says of an answer."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """A verdict, a score and the reason: `evalcase.take("accuracy", result)` makes it the case's own."""

    passed: bool
    #: From 0 to 1; None where there is no more to say than the verdict.
    score: float | None
    #: Why it did not pass; empty, or a word on what was found, where it did.
    reason: str = ""
