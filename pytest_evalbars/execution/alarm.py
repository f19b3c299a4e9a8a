"""Calls back at a moment, whatever threads and event loops are doing."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Waits are cut here, because the platform's timers do not take any number.
LONGEST_NAP = 3_600.0


class Alarm:
    """Rings at the moment last asked for; its thread lives only while there is one."""

    def __init__(self, ring: Callable[[], None], lock: threading.RLock, clock: Callable[[], float]) -> None:
        self._ring, self._clock = ring, clock
        self._changed = threading.Condition(lock)
        self._moment = math.inf
        self._thread: threading.Thread | None = None

    def set(self, moment: float) -> None:
        """Ring then and no earlier; never, at infinity. The caller holds the lock."""
        earlier, self._moment = moment < self._moment, moment
        if earlier:  # else the thread wakes at the old moment, and looks
            self._changed.notify_all()
        if moment < math.inf and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._wait, name="evalbars-limits", daemon=True)
            self._thread.start()

    def _wait(self) -> None:
        with self._changed:
            while self._moment < math.inf:
                left = self._moment - self._clock()
                if left > 0:
                    self._changed.wait(min(left, LONGEST_NAP))
                else:
                    self._moment = math.inf
                    self._ring()
            self._thread = None
