"""What models one trial asked: numbers for its measures, and which versions answered."""

from __future__ import annotations

import threading
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import EvalbarsError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model that was answered."""

    #: The version that answered, as the provider names it.
    model: str
    #: How long it took; of a replayed call, when it was recorded.
    seconds: float
    #: None where it is not known.
    tokens_in: int | None = None
    tokens_out: int | None = None
    #: US dollars; None where the model has no known price. Of a replayed call, what it cost when it was recorded.
    cost_usd: float | None = None
    #: Whether a recorded answer stood in for the model.
    replayed: bool = False
    #: Whether a judge asked.
    judging: bool = False
    #: Prompt and answer, where they are to be kept for a reader.
    shown: dict[str, Any] | None = None


#: Takes the calls of this context that were answered, where the client wants to hear of its own.
HEARD: ContextVar[list[Call] | None] = ContextVar("evalbars_heard", default=None)
#: Calls of a trial whose texts are kept for a reader.
MOST_SHOWN = 50


class Asked:
    """The calls that one trial made, in the order in which they were answered."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._times: Counter[str] = Counter()
        self._unused: dict[str, list[int]] = {}
        #: What kept calls from being recorded or replayed: whatever the case made of that, it was not judged.
        self.faults: list[str] = []
        #: Of what judges were to judge: the dimension and why there is no verdict; None where there is one.
        self._judged: dict[str, tuple[str, str] | None] = {}
        self._open: list[Callable[[], None]] = []
        self._ended = False
        self._lock = threading.Lock()
        #: How long the product would have waited for answers that were replayed; those that it asked for at the
        #: same time are one wait.
        self.replayed_seconds = 0.0
        self._replaying, self._longest = 0, 0.0

    def add(self, call: Call) -> bool:
        """Note a call that was answered; false where that is too late, as the trial's line is written."""
        with self._lock:
            if not self._ended:
                self._calls.append(call)
            return not self._ended

    def occurrence(self, content: str) -> int:
        """How often this trial has asked the very same before: repeated questions have answers of their own."""
        with self._lock:
            if unused := self._unused.get(content):
                unused.sort()
                return unused.pop(0)
            self._times[content] += 1
            return self._times[content] - 1

    def not_answered(self, content: str, occurrence: int) -> None:
        """The call got no answer: who asks again asks for the same one."""
        with self._lock:
            self._unused.setdefault(content, []).append(occurrence)

    def replay_begins(self) -> None:
        """The product asks for an answer that will be replayed."""
        with self._lock:
            self._replaying += 1

    def replay_ends(self, seconds: float) -> None:
        """It has the answer, which took so long when it was recorded."""
        with self._lock:
            self._replaying -= 1
            self._longest = max(self._longest, seconds)
            if not self._replaying:
                self.replayed_seconds += self._longest
                self._longest = 0.0

    def judged(self, what: str) -> None:
        """A judge gave a verdict, perhaps on a further attempt."""
        with self._lock:
            self._judged[what] = None

    def not_judged(self, what: str, dimension: str, error: BaseException) -> None:
        """A judge gave none."""
        from asyncio import CancelledError  # noqa: PLC0415 - who judges has imported it

        if isinstance(error, Exception | CancelledError):  # what else ends a body is no case's to catch
            given_up = f"a judge was given up ({type(error).__name__})"
            words = str(error) if isinstance(error, EvalbarsError) else given_up
            with self._lock:
                self._judged.setdefault(what, (dimension, words))

    def unjudged(self) -> list[tuple[str, str]]:
        """Of judges without a verdict the dimension and why: an outage that a case passes over is no verdict."""
        return [each for each in self._judged.values() if each is not None]

    def reading(self, given_up: Callable[[], None]) -> None:
        """An answer comes in parts; `given_up` is called when the trial has ended, read to its end or not."""
        with self._lock:
            self._open.append(given_up)

    def settle(self) -> None:
        """The trial has ended: what it did not read to its end counts as far as it came."""
        with self._lock:
            given_up, self._open = self._open, []
        for each in given_up:
            each()
        with self._lock:
            self._ended = True

    def measures(self) -> dict[str, float | int]:
        """What the calls add up to, by the names of measures; a judge's have names of their own.

        A sum of which one part is not known is not known either.
        """
        return self._sums("", judging=False) | self._sums("judge_", judging=True)

    def _sums(self, prefix: str, *, judging: bool) -> dict[str, float | int]:
        calls = [call for call in self._calls if call.judging is judging]
        if not calls:
            return {}
        found: dict[str, float | int] = {f"{prefix}calls": len(calls)}
        for name in ("tokens_in", "tokens_out", "cost_usd"):
            parts = [getattr(call, name) for call in calls]
            if None not in parts:
                found[prefix + name] = round(sum(parts), 12)
        took = "judge_seconds" if judging else "model_seconds"
        return found | {took: round(sum(call.seconds for call in calls), 6)}

    def paid(self, *, own: bool) -> float:
        """US dollars that this session pays for the calls: recorded answers are free.

        Args:
            own: whether the product's calls are meant too, or the judges' only.
        """
        paid = [call for call in self._calls if not call.replayed and (own or call.judging)]
        return sum(call.cost_usd or 0.0 for call in paid)

    def models(self) -> Counter[str]:
        """How often the product was answered, by version."""
        return Counter(call.model for call in self._calls if not call.judging)

    def further(self) -> dict[str, Any]:
        """The trial line's key `calls`: which versions answered how often, and how many answers were replayed.

        Where the price of others is not known, also how many those are.
        """
        found: dict[str, Any] = {}
        for key, judging in (("models", False), ("judges", True)):
            versions = Counter(call.model for call in self._calls if call.judging is judging)
            if versions:
                found[key] = dict(sorted(versions.items()))
        for prefix, judging in (("", False), ("judges_", True)):
            calls = [call for call in self._calls if call.judging is judging]
            if number := sum(call.replayed for call in calls):
                found[f"{prefix}replayed"] = number
            if number := sum(call.cost_usd is None and not call.replayed for call in calls):
                found[f"{prefix}unpriced"] = number
        return {"calls": found} if found else {}

    def evidence(self) -> dict[str, Any]:
        """The texts of the calls, where they are kept."""
        shown = [call.shown for call in self._calls if call.shown is not None][:MOST_SHOWN]
        return {"calls": shown} if shown else {}
