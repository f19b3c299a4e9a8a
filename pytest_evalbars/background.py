"""Event loops in threads of their own, as long as the process lives: what sync code has awaited there.

Clients of models keep connections in the event loop that opened them. Loops of tests come and go, and what they
leave behind is closed by nobody; these stay. They also go on while a body keeps its own loop to itself.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

T = TypeVar("T")


class Background:
    """One such loop; it begins with the first work that it is given.

    Args:
        name: of its thread.
        nested: what is said to work of the loop that would wait for the loop itself.
        prepare: called with the loop before it begins.
    """

    def __init__(
        self, name: str, nested: str, prepare: Callable[[asyncio.AbstractEventLoop], None] | None = None
    ) -> None:
        self.name, self.nested, self.prepare = name, nested, prepare
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self._lock = threading.Lock()
        #: Loops of the processes that this one was forked from: kept, because clients know theirs by its address.
        self._forked_from: tuple[Any, ...] = ()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin work in the loop, in a copy of the caller's context; cancelling the future cancels the work.

        Raises:
            RuntimeError: the caller runs in the loop itself, and would wait for itself.
        """
        if threading.current_thread() is self.thread:
            work.close()
            raise RuntimeError(self.nested)
        return asyncio.run_coroutine_threadsafe(work, self._begun())

    def finished(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work, for callers that cannot await it.

        Raises:
            RuntimeError: see `submit`.
        """
        future = self.submit(work)
        try:
            return future.result()
        finally:
            future.cancel()  # a case's time limit or Ctrl-C has ended the wait

    def _begun(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                if self.prepare is not None:
                    self.prepare(self.loop)
                self.thread = threading.Thread(target=self.loop.run_forever, name=self.name, daemon=True)
                self.thread.start()
            return self.loop

    def _forget(self) -> None:
        """In a fork: threads stayed behind."""
        self._forked_from += (self.loop,)
        self._lock, self.loop, self.thread = threading.Lock(), None, None


#: Where judges and other tools' scorers are awaited for sync cases.
SYNC_CASES = Background(
    "evalbars-sync", "a judge or a scorer waits for another one in the same event loop: await the async form"
)
