"""What the finished trials of a session add up to so far: for progress and for budgets, never for a verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The measure that says what a trial cost.
COST = "cost_usd"
JUDGE_COST = "judge_cost_usd"


def paid(said: Mapping[str, Any]) -> float:
    """US dollars that this session paid for a trial, as far as it says; what was replayed cost nothing."""
    if "paid" in said:
        return float(said["paid"])
    calls, measures = said.get("calls") or {}, said["measures"]
    parts = ((COST, "models", "replayed"), (JUDGE_COST, "judges", "judges_replayed"))
    return sum(
        float(measures.get(cost) or 0.0)
        for cost, asked, replayed in parts
        if not calls.get(replayed) or calls[replayed] < sum(calls[asked].values())
    )


@dataclass(slots=True)
class Tally:
    """Counts of trials; each finished one is passed, missed, an error or skipped, and counted once.

    A trial with an error is an error, whatever else it said; one that missed any dimension is missed.
    """

    planned: int
    passed: int = 0
    missed: int = 0
    errors: int = 0
    skipped: int = 0
    #: Trials that were kept from starting.
    not_run: int = 0
    #: US dollars, by the worker that spent them (None where there are no workers).
    spent_by: dict[str | None, float] = field(default_factory=lambda: defaultdict(float))
    #: Trials that said what they cost, and those that ran and did not.
    priced: int = 0
    unpriced: int = 0

    def take(self, said: Mapping[str, Any], worker: str | None = None) -> None:
        """Count a finished trial."""
        outcomes = {outcome for outcome, *_ in said["verdicts"].values()}
        cost = said["measures"].get(COST)
        if said["error"] or "error" in outcomes:
            self.errors += 1
        elif "miss" in outcomes:
            self.missed += 1
        elif "pass" in outcomes:
            self.passed += 1
        else:
            self.skipped += 1
            if cost is None:  # a skipped trial asked no model, as far as it says
                return
        self.priced += cost is not None
        self.unpriced += cost is None
        self.pay(said, worker)

    def pay(self, said: Mapping[str, Any], worker: str | None = None) -> None:
        """Add what a trial, or an attempt at it that does not count, says that it cost."""
        self.spent_by[worker] += paid(said)

    @property
    def finished(self) -> int:
        """How many trials have their verdict."""
        return self.passed + self.missed + self.errors + self.skipped

    @property
    def rate(self) -> float | None:
        """The share of judged trials that missed nothing; None before the first."""
        judged = self.passed + self.missed
        return self.passed / judged if judged else None

    @property
    def spent(self) -> float:
        """US dollars, as far as trials have said."""
        return sum(self.spent_by.values())
