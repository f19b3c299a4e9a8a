"""Identical calls at the same time are one call: the first asks, the others wait for its answer."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_evalbars.calls.store import Entry

    #: How a call ended: answered, failed (then each asks for itself), or given up (then the next one asks).
    End = Entry | Literal["failed", "given up"]


class Flight:
    """A call that someone makes and others may wait for; entered by who makes it."""

    def __init__(self, flights: Flights, key: str, loop: object) -> None:
        self.key, self.loop = key, loop
        self.entry: Entry | None = None
        self._flights = flights
        self._end: Future[End] = Future()
        self._end.set_running_or_notify_cancel()  # one who waits no more does not end it for the others

    def wait(self) -> End:
        """Block until it has ended."""
        return self._end.result()

    async def wait_async(self) -> End:
        """Wait until it has ended."""
        import asyncio  # noqa: PLC0415 - async code has imported it

        return await asyncio.wrap_future(self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._flights.leave(self)
        if self.entry is not None:
            self._end.set_result(self.entry)
        else:
            given_up = kind is not None and not issubclass(kind, Exception)
            self._end.set_result("given up" if given_up else "failed")


class Flights:
    """The calls that are being made."""

    def __init__(self) -> None:
        self._now: dict[str, Flight] = {}
        self._lock = threading.Lock()

    def join(self, key: str, loop: object = None) -> tuple[Flight, bool]:
        """The flight of a call, and whether it is the caller's to make.

        A task waits for tasks of its own event loop only, and a thread for none: what they wait for could be held
        up by themselves. Sync calls are independent, so all wait for those.

        Args:
            key: what is asked.
            loop: the event loop that the caller is a task of; None in sync code.
        """
        with self._lock:
            flight = self._now.get(key)
            if flight is not None and flight.loop in (None, loop):
                return flight, False
            flight = self._now[key] = Flight(self, key, loop)
            return flight, True

    def leave(self, flight: Flight) -> None:
        """It has ended."""
        with self._lock:
            if self._now.get(flight.key) is flight:
                del self._now[flight.key]
