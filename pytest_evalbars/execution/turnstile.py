"""Lets calls in as limits allow: from threads and from the tasks of any number of event loops, in order of arrival.

An entrant takes everything that it needs at once or waits holding nothing, so no order of names can deadlock.
Nobody polls: whoever leaves lets the next one in, and one alarm wakes at the moment at which time alone would.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from fnmatch import fnmatchcase
from itertools import count
from typing import TYPE_CHECKING

from pytest_evalbars.execution.alarm import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from pytest_evalbars.config.settings import Limit

MINUTE = 60.0


class Bucket:
    """What one limit allows, shared by all names that its pattern fits.

    `per_minute` is kept as evenly spaced entries after a burst of at most one second's worth (the generic cell
    rate algorithm). The spacing makes room for the burst, so that no sixty seconds see more than `per_minute`.
    """

    def __init__(self, limit: Limit) -> None:
        self.places = math.inf if limit.concurrent is None else limit.concurrent
        #: Who is in, and from which thread each came.
        self.holders: dict[Hashable, int] = {}
        rate = limit.per_minute
        burst = max(1, int(rate / MINUTE)) if rate else 1
        self.spacing = MINUTE / (rate - burst + 1) if rate else 0.0
        self.slack = (burst - 1) * self.spacing
        #: When the next entry would come if all were evenly spaced.
        self.next_entry = -math.inf

    def opens(self, owner: Hashable) -> float:
        """When `owner` could enter; infinity where that takes somebody to leave first."""
        full = len(self.holders) >= self.places and owner not in self.holders
        return math.inf if full else self.next_entry - self.slack

    def enter(self, owner: Hashable, thread: int, now: float) -> bool:
        """Count an entry; False if `owner` was in already, and so takes no second place."""
        self.next_entry = max(now, self.next_entry) + self.spacing
        if owner in self.holders:
            return False
        self.holders[owner] = thread
        return True


class Ticket:
    """One entrant: waiting, let in, or gone.

    Args:
        name: of the resource.
        owner: the task or thread that enters; nested entries of one owner take one place.
        wake: called once, from any thread, when there is nothing left to wait for.
        blocking: whether the owner's thread stands still while it waits.
    """

    def __init__(self, name: str, owner: Hashable, wake: Callable[[], object], *, blocking: bool) -> None:
        self.name, self.owner, self.wake, self.blocking = name, owner, wake, blocking
        self.thread = threading.get_ident()
        self.number = 0
        self.state = "new"  # then waiting, in, gone
        #: Why it will never be let in.
        self.refused = ""
        self.took: list[Bucket] = []

    def honoured(self) -> None:
        """Raise RuntimeError if it was turned away."""
        if self.refused:
            raise RuntimeError(self.refused)


class Turnstile:
    """All limits of one session, in one process."""

    def __init__(
        self,
        limits: Mapping[str, Limit],
        *,
        clock: Callable[[], float] = time.monotonic,
        alarm: Callable[[Callable[[], None], threading.RLock, Callable[[], float]], Alarm] = Alarm,
    ) -> None:
        self._patterns = {pattern: Bucket(limit) for pattern, limit in limits.items()}
        self._buckets: dict[str, tuple[Bucket, ...]] = {}
        #: Until when nobody enters under a name, because its server said so.
        self._pauses: dict[str, float] = {}
        self._queues: dict[str, deque[Ticket]] = {}
        #: Those whose whole thread stands still.
        self._blocking: set[Ticket] = set()
        self._numbers = count()
        self._clock = clock
        # Reentrant: the garbage collector may close a waiting coroutine, which then leaves, at any moment.
        self._lock = threading.RLock()
        self._letting_in = self._once_more = False
        self._closed = ""
        self._alarm = alarm(self.let_in, self._lock, clock)

    def concerns(self, name: str) -> bool:
        """Whether anything may keep an entrant of this name waiting."""
        return bool(self._of(name)) or name in self._pauses

    def holds(self, owner: Hashable) -> bool:
        """Whether this task or thread has a place of any limit."""
        with self._lock:
            return any(owner in bucket.holders for bucket in self._patterns.values())

    def enter(self, ticket: Ticket) -> bool:
        """Let the ticket in at once, or queue it: it is woken when that changes.

        Raises:
            RuntimeError: it could never be let in.
        """
        with self._lock:
            ticket.number = next(self._numbers)
            self._queues.setdefault(ticket.name, deque()).append(ticket)
            if ticket.blocking:
                self._blocking.add(ticket)
            self.let_in()
            ticket.honoured()
            if ticket.state == "new":
                ticket.state = "waiting"
            return ticket.state == "in"

    def leave(self, ticket: Ticket) -> None:
        """Give back what the ticket took, or stop waiting; a second time does nothing."""
        with self._lock:
            ticket.state = "gone"
            self._blocking.discard(ticket)
            for bucket in ticket.took:
                del bucket.holders[ticket.owner]
            ticket.took.clear()
            self.let_in()

    def pause(self, name: str, seconds: float) -> None:
        """Let nobody in under this name for so long; those inside stay."""
        with self._lock:
            until = self._clock() + seconds
            self._pauses[name] = max(until, self._pauses.get(name, until))
            self.let_in()

    def close(self, why: str) -> None:
        """Turn away whoever waits, and whoever comes."""
        with self._lock:
            self._closed = why
            self.let_in()

    def let_in(self) -> None:
        """Let in whoever can go now, oldest first, and set the alarm for the next one whom only time holds."""
        with self._lock:
            self._once_more = True
            if self._letting_in:  # called back by the collector, or by an entrant that cannot be woken
                return
            self._letting_in = True
            try:
                while self._once_more:
                    self._once_more = False
                    self._alarm.set(self._round())
            finally:
                self._letting_in = False

    def _round(self) -> float:
        now = self._clock()
        for name in [name for name, until in self._pauses.items() if until <= now]:
            del self._pauses[name]
        while True:
            soonest = math.inf
            for ticket in self._heads():
                opens = self._opens(ticket)
                if opens <= now or self._closed:
                    self._admit(ticket, now)
                    break
                soonest = min(soonest, opens)
            else:
                self._refuse_the_stuck()
                return soonest

    def _heads(self) -> list[Ticket]:
        """The first in each queue, by arrival."""
        heads = []
        for name, queue in list(self._queues.items()):
            while queue and queue[0].state == "gone":
                queue.popleft()
            if queue:
                heads.append(queue[0])
            else:
                del self._queues[name]
        return sorted(heads, key=lambda ticket: ticket.number)

    def _opens(self, ticket: Ticket) -> float:
        moments = [bucket.opens(ticket.owner) for bucket in self._of(ticket.name)]
        return max(*moments, self._pauses.get(ticket.name, -math.inf), -math.inf)

    def _admit(self, ticket: Ticket, now: float) -> None:
        self._queues[ticket.name].popleft()
        if self._closed:
            self._refuse(ticket, self._closed)
            return
        owner, thread = ticket.owner, ticket.thread
        ticket.took = [bucket for bucket in self._of(ticket.name) if bucket.enter(owner, thread, now)]
        self._wake(ticket, "in")

    def _refuse_the_stuck(self) -> None:
        """Turn away a thread that would wait for what only it could give back: its loop's tasks stand still."""
        for ticket in list(self._blocking):
            full = (each for each in self._of(ticket.name) if each.opens(ticket.owner) == math.inf)
            if any(set(each.holders.values()) == {ticket.thread} for each in full):
                self._refuse(ticket, _STUCK.format(ticket.name))

    def _refuse(self, ticket: Ticket, why: str) -> None:
        ticket.refused = why
        self._wake(ticket, "gone")

    def _wake(self, ticket: Ticket, state: str) -> None:
        waiting, ticket.state = ticket.state == "waiting", state
        self._blocking.discard(ticket)
        if waiting:
            try:
                ticket.wake()
            except RuntimeError:  # its event loop was closed under it
                self.leave(ticket)

    def _of(self, name: str) -> tuple[Bucket, ...]:
        if name not in self._buckets:
            fit = (bucket for pattern, bucket in self._patterns.items() if fits(pattern, name))
            self._buckets[name] = tuple(fit)
        return self._buckets[name]


def fits(pattern: str, name: str) -> bool:
    """Whether a limit's pattern fits the name of a resource."""
    return pattern == name or fnmatchcase(name, pattern)


_STUCK = (
    "limit({!r}): the limit is used up by other code of this very thread, which cannot go on while the thread "
    "waits; in async code write `async with limit(...)`, and do not enter a limit that is already held"
)
