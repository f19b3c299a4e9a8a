"""Limits on what eval cases call: `limit("openai/gpt-4o")`, around each call, in sync and in async code.

How much is allowed stands in the bars file, by name or glob. Without it, and outside of a session of eval cases,
nothing is limited.
"""

from __future__ import annotations

import math
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pytest_evalbars.cases.running import waiting
from pytest_evalbars.execution.turnstile import Ticket, Turnstile

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from pytest_evalbars.config.settings import Limit


class _Process:
    #: What holds now; it always takes pauses, so that a client that was told to wait does wait.
    turnstile = Turnstile({})


def hold(limits: Mapping[str, Limit]) -> Callable[[], None]:
    """Let these limits hold in this process, until what is returned is called."""
    before, ours = _Process.turnstile, Turnstile(limits)
    _Process.turnstile = ours

    def end() -> None:
        _Process.turnstile = before
        ours.close("the session that waited for a limit is over")

    return end


#: Whose place in a limit this task may share, since it works for that task or thread, which waits for it.
BEHALF: ContextVar[Hashable | None] = ContextVar("evalbars_behalf", default=None)


def holder() -> Hashable | None:
    """The caller, where it is inside of a limit: what works for it elsewhere must not wait for its place."""
    owner = _current_task() or _current_thread()
    return owner if _Process.turnstile.holds(owner) else None


def limit(name: str) -> Limiter:
    """Wait until the limits of a resource allow one more call, and count it while the block runs.

    Wrap each single call: `with limit("openai/gpt-4o"): ...`, or `async with` in async code. Every limit of the bars
    file whose name fits must allow it; a glob is one limit for all names that it fits. Entries are let in by order
    of arrival. Blocks that one task or thread enters within each other take one place of a limit, but each counts
    for `per_minute`. Enter blocks of different names within each other in one order only.

    The returned object can be kept, shared and entered any number of times.

    Args:
        name: any text; by custom the provider and the model, as in "openai/gpt-4o".
    """
    return Limiter(name)


class Limiter:
    """The limits of one name, as a context manager for sync and async code."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._inside: dict[Hashable, list[tuple[Turnstile, Ticket]]] = {}

    def __repr__(self) -> str:
        return f"limit({self.name!r})"

    def pause(self, retry_after: float | str) -> None:
        """Let no further call of this name begin for a while; what a client does that was answered 429.

        Args:
            retry_after: seconds, or the value of the header `Retry-After` as the server sent it.

        Raises:
            ValueError: it is neither a number of seconds nor a date.
        """
        _Process.turnstile.pause(self.name, seconds_of(retry_after))

    def __enter__(self) -> Self:
        turnstile, may_go = _Process.turnstile, threading.Event()
        ticket = Ticket(self.name, _current_task() or _current_thread(), may_go.set, blocking=True)
        with self._entering(turnstile, ticket):
            if turnstile.concerns(self.name) and not turnstile.enter(ticket):
                with waiting():
                    may_go.wait()
        return self

    async def __aenter__(self) -> Self:
        turnstile, owner = _Process.turnstile, _current_task() or object()
        if not turnstile.concerns(self.name):
            self._inside.setdefault(owner, []).append((turnstile, Ticket(self.name, owner, int, blocking=False)))
            return self
        loop = _running_loop()
        may_go: Future[None] = loop.create_future()
        wake = partial(loop.call_soon_threadsafe, _settle, may_go)
        ticket = Ticket(self.name, owner, wake, blocking=False)
        with self._entering(turnstile, ticket):
            if not turnstile.enter(ticket):
                with waiting():
                    await may_go
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(_current_task() or _current_thread())

    async def __aexit__(self, *_: object) -> None:
        self._leave(_current_task())

    @contextmanager
    def _entering(self, turnstile: Turnstile, ticket: Ticket) -> Iterator[None]:
        """Whatever ends the wait before its time (a cancellation, a timeout, Ctrl-C) gives everything back."""
        try:
            yield
            ticket.honoured()
            self._inside.setdefault(ticket.owner, []).append((turnstile, ticket))
        except BaseException:
            turnstile.leave(ticket)
            raise

    def _leave(self, owner: Hashable) -> None:
        """Give back what this owner entered last; a fixture may be torn down by another task than set it up."""
        if owner not in self._inside:
            owner = next(iter(list(self._inside)), None)
        if entries := self._inside.get(owner):
            turnstile, ticket = entries.pop()
            if not entries:
                del self._inside[owner]
            turnstile.leave(ticket)


def _settle(future: Future[None]) -> None:
    if not future.done():  # cancelled
        future.set_result(None)


def _running_loop() -> AbstractEventLoop:
    asyncio: Any = sys.modules.get("asyncio")
    try:
        loop: AbstractEventLoop = asyncio.get_running_loop()
    except (AttributeError, RuntimeError):
        raise RuntimeError("limit(...) works in threads and in asyncio's event loops; this is neither") from None
    return loop


def _current_task() -> Hashable | None:
    """The asyncio task that is running, if one is; asyncio is never imported for it.

    By its number only: a task that was dropped in a closed loop must be free to be collected, and so to leave.
    """
    if (behalf := BEHALF.get()) is not None:
        return behalf
    asyncio: Any = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task()
    except (AttributeError, RuntimeError):
        return None
    return None if task is None else ("task", id(task))


def _current_thread() -> Hashable:
    return ("thread", threading.get_ident())


def seconds_of(retry_after: float | str) -> float:
    """How long a server wants to be left alone."""
    try:
        seconds = float(retry_after)
    except (TypeError, ValueError):  # a date, or nothing that a server sent
        seconds = _until(str(retry_after))
    if math.isnan(seconds) or math.isinf(seconds):
        raise ValueError(f"pause({retry_after!r}): that is no number of seconds")
    return max(0.0, seconds)


def _until(date: str) -> float:
    from datetime import UTC, datetime  # noqa: PLC0415 - servers rarely send a date
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        raise ValueError(f"pause({date!r}): that is neither a number of seconds nor a date") from None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
