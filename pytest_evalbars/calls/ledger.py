"""What a process has to tell of its calls when the session ends."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_evalbars.cases.asked import Call

#: The key under which a worker's ledger travels.
LEDGER_KEY = "evalbars-calls"


@dataclass
class Ledger:
    """Calls that belong to no trial, and those that could not be recorded."""

    #: Of calls outside of every trial: how many, how many of them were replayed, how many have no known price.
    counts: Counter[str] = field(default_factory=Counter)
    #: What this session paid for them, in US dollars.
    usd: float = 0.0
    unrecorded: int = 0
    #: Why the first of those could not be recorded.
    why: str = ""
    #: Numbers the questions that no trial asks.
    asked: Asked = field(default_factory=Asked, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, call: Call) -> None:
        """Take a call that no trial made."""
        with self._lock:
            self.counts["calls"] += 1
            self.counts["replayed"] += call.replayed
            self.counts["unpriced"] += call.cost_usd is None and not call.replayed
            self.usd += 0.0 if call.replayed else call.cost_usd or 0.0

    def not_recorded(self, why: str) -> None:
        """A call could not be recorded."""
        with self._lock:
            self.unrecorded += 1
            self.why = self.why or why

    def to_json(self) -> dict[str, Any]:
        """As a worker sends it."""
        return {"counts": dict(self.counts), "usd": self.usd, "unrecorded": self.unrecorded, "why": self.why}

    def add(self, other: Mapping[str, Any]) -> None:
        """Add what a worker sent."""
        self.counts.update(other["counts"])
        self.usd += other["usd"]
        self.unrecorded += other["unrecorded"]
        self.why = self.why or other["why"]

    @property
    def outside(self) -> str:
        """What to say of calls that no trial made; "" if there is none."""
        if not (calls := self.counts["calls"]):
            return ""
        said = [f"{calls} {'call' if calls == 1 else 'calls'} of models outside of every trial"]
        if replayed := self.counts["replayed"]:
            said.append("replayed" if replayed == calls else f"{replayed} of them replayed")
        if replayed < calls:
            unknown = f" and {self.counts['unpriced']} without a known price" if self.counts["unpriced"] else ""
            said.append(f"${self.usd:.4g}{unknown}")
        return f"{', '.join(said)} (as in fixtures of the session): no trial's measures hold them"

    @property
    def failure(self) -> str:
        """What to say of calls that could not be recorded; "" if there is none."""
        if not (number := self.unrecorded):
            return ""
        return f"{number} {'call' if number == 1 else 'calls'} of models could not be recorded: {self.why}"


#: What this session's processes have to tell; absent where no case runs.
LEDGER: pytest.StashKey[Ledger] = pytest.StashKey()
