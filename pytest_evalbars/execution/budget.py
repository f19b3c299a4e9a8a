"""A budget of money, of time, or of both: past it no new trial starts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.options import budgets_of
from pytest_evalbars.report.units import money, span
from pytest_evalbars.run.tally import paid
from pytest_evalbars.scope import XDIST_KEY
from pytest_evalbars.stash import STARTED, is_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from pytest_evalbars.config.settings import Settings
    from pytest_evalbars.run.plan import Planned
    from pytest_evalbars.run.tally import Tally


def declared(config: pytest.Config, settings: Settings) -> tuple[float | None, float | None]:
    """The US dollars and the seconds of the session's budget; the command line wins over the bars file."""
    dollars, seconds = budgets_of(config)
    return (
        settings.budget_usd if dollars is None else dollars,
        settings.budget_seconds if seconds is None else seconds,
    )


class Budget:
    """The brake of one process.

    Dollars are divided evenly among xdist's workers, none of which knows what the others spend. Seconds run from
    the start of the session; a worker is told how many had passed when it was started, because the clocks of two
    machines need not agree.

    Args:
        dollars: of the whole session; None if money is no matter.
        seconds: of the whole session; None if time is no matter.
        workers: how many processes share the dollars.
        spent: dollars of this process's share that are gone already, with a worker that it replaces.
        elapsed: seconds of the session that were gone when `clock` stood at `since`.
        since: a time by `clock`.
        clock: where the time comes from.
    """

    def __init__(
        self,
        dollars: float | None,
        seconds: float | None,
        *,
        workers: int = 1,
        spent: float = 0.0,
        elapsed: float = 0.0,
        since: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dollars, self.seconds, self.workers = dollars, seconds, workers
        self.spent = spent
        self.began = since - elapsed
        self.clock = clock

    @classmethod
    def of(cls, config: pytest.Config, settings: Settings) -> Budget | None:
        """The budget of this process; None if the session has none."""
        dollars, seconds = declared(config, settings)
        if dollars is None and seconds is None:
            return None
        if not is_worker(config):
            return cls(dollars, seconds, since=config.stash[STARTED])
        given: dict[str, Any] = config.workerinput  # type: ignore[attr-defined]
        told = json.loads(given[XDIST_KEY])
        return cls(
            dollars,
            seconds,
            workers=given["workercount"],
            spent=told["spent"],
            elapsed=told["elapsed"],
            since=config.stash[STARTED],
        )

    @property
    def notices(self) -> list[str]:
        """What a reader should know of the budget before the first trial."""
        if self.dollars is None or self.workers == 1:
            return []
        whole, share = money(self.dollars), money(self.dollars / self.workers)
        each = f"{share} each: one that has spent its share starts no further trial"
        return [f"the budget of {whole} is divided among {self.workers} workers, {each}"]

    def holds(self, planned: Planned) -> str:  # noqa: ARG002 - every trial is the same to a budget
        """Why no trial may start any more; empty while one may."""
        if self.dollars is not None and self.spent >= self.dollars / self.workers:
            shares = f" ({money(self.dollars / self.workers)} a worker)" if self.workers > 1 else ""
            return f"the budget of {money(self.dollars)} is spent{shares}"
        if self.seconds is not None and self.clock() - self.began >= self.seconds:
            return f"the time budget of {span(self.seconds)} is over"
        return ""

    def ended(self, planned: Planned, said: Mapping[str, Any]) -> None:  # noqa: ARG002 - a brake's signature
        """Add what a trial says that it cost."""
        self.spent += paid(said)


def unenforced(dollars: float | None, tally: Tally) -> str:
    """That a budget could not be held because trials did not say their cost; empty if all did, or none matters."""
    if dollars is None or not tally.unpriced:
        return ""
    ran = tally.priced + tally.unpriced
    return (
        f"the budget of {money(dollars)} could not be held on {tally.unpriced} of {ran} trials: they did not say "
        "what they cost; say it with evalcase.measure(cost_usd=...)"
    )


class Shares:
    """The controller's account of the workers: what each must be told of time and money when it starts."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        #: What workers had spent that have died and not been replaced yet.
        self._orphaned: list[float] = []
        #: What each worker inherited from the one that it replaces.
        self._inherited: dict[str, float] = {}

    def for_worker(self, name: str) -> dict[str, float]:
        """What a new worker is told; one that replaces another goes on with what is left of its share."""
        self._inherited[name] = self._orphaned.pop(0) if self._orphaned else 0.0
        return {"spent": self._inherited[name], "elapsed": time.monotonic() - self.config.stash[STARTED]}

    def died(self, name: str, tally: Tally | None) -> None:
        """A worker has died: whoever replaces it inherits what it spent."""
        spent = tally.spent_by.get(name, 0.0) if tally else 0.0
        self._orphaned.append(self._inherited.get(name, 0.0) + spent)
