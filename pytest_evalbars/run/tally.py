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
    """US dollars that a session paid for a trial, as far as it says; recorded answers are free.

    Args:
        said: what the trial said, or its line in a run file, which says it only where it used recorded answers.
    """
    calls = said.get("calls") or {}
    if (known := said.get("paid", calls.get("paid"))) is not None:
        return float(known)
    parts = ((COST, _free(calls, "models", "replayed")), (JUDGE_COST, _free(calls, "judges", "judges_replayed")))
    return sum(float(said["measures"].get(name) or 0.0) for name, free in parts if not free)


def priced(said: Mapping[str, Any]) -> bool:
    """Whether a trial says all that a session paid for it: of what was replayed no price need be known."""
    calls: Mapping[str, Any] = said.get("calls") or {}
    measures = said["measures"]
    if COST not in measures and ("models" not in calls or calls.get("unpriced")):
        return False
    return bool(JUDGE_COST in measures or not calls.get("judges_unpriced"))


def _free(calls: Mapping[str, Any], models: str, replayed: str) -> bool:
    """Whether recorded answers stood in for all calls of a kind."""
    many: int = sum((calls.get(models) or {}).values())
    return many > 0 and bool(calls.get(replayed) == many)


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
        if said["error"] or "error" in outcomes:
            self.errors += 1
        elif "miss" in outcomes:
            self.missed += 1
        elif "pass" in outcomes:
            self.passed += 1
        else:
            self.skipped += 1
            if COST not in said["measures"] and "calls" not in said:  # it asked no model, as far as it says
                return
        known = priced(said)
        self.priced += known
        self.unpriced += not known
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
