"""The event loop of all calls of models, whoever asks, and what closes it: a `Background` for litellm."""

from __future__ import annotations

import asyncio
import atexit
import inspect
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_evalbars.background import Background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")

#: Seconds that connections have to be closed in, when the process ends.
PATIENCE = 2.0
#: Seconds after which nobody will await a coroutine any more.
SOON = 0.5


class _Executor(ThreadPoolExecutor):
    """The threads of the loop.

    litellm makes its coroutines in them, and awaits each at once, unless it is cancelled just then. Python warns of a
    coroutine that nobody has awaited, which ends sessions that take warnings for errors; so it is closed.
    """

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future = super().submit(call, *args, **kwargs)
        future.add_done_callback(self._watch)
        return future

    @staticmethod
    def _watch(future: Future[Any]) -> None:
        made = None if future.cancelled() or future.exception() else future.result()
        if asyncio.iscoroutine(made) and LOOP.loop is not None:
            _Process.made.add(made)
            with suppress(RuntimeError):  # the loop was closed meanwhile
                LOOP.loop.call_soon_threadsafe(LOOP.loop.call_later, SOON, _close_unless_awaited, made)


def _close_unless_awaited(made: Coroutine[Any, Any, Any]) -> None:
    _Process.made.discard(made)
    if inspect.getcoroutinestate(made) == inspect.CORO_CREATED:
        made.close()


class _Process:
    #: Coroutines that were made a moment ago.
    made: set[Coroutine[Any, Any, Any]] = set()  # noqa: RUF012 - the process's own
    #: Closes what calls left open.
    closing: Callable[[], Awaitable[Any]] | None = None


LOOP = Background(
    "evalbars-models",
    "a model was asked from within the call of a model: a callback of litellm's cannot",
    lambda loop: loop.set_default_executor(_Executor()),
)
submit = LOOP.submit


def at_exit(closing: Callable[[], Awaitable[Any]]) -> None:
    """Await this in the loop before the process ends. Callbacks of libraries imported before now come after it."""
    if _Process.closing is None:
        atexit.register(_stop)
    _Process.closing = closing


def _stop() -> None:
    loop, thread = LOOP.loop, LOOP.thread
    if loop is None or thread is None or not thread.is_alive():
        return
    with suppress(Exception):  # whatever fails here, the process ends
        asyncio.run_coroutine_threadsafe(_close(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    if not thread.is_alive():
        loop.close()


async def _close() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for made in list(_Process.made):
        _close_unless_awaited(made)
    if _Process.closing is not None:
        await _Process.closing()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.made.clear)
