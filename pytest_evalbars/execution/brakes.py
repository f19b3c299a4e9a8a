"""What keeps trials from starting: a spent budget, a verdict that no further trial can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.judging import NOT_RUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.run.plan import Planned


class Brake(Protocol):
    """Lives in the process that runs the trials, and hears of each that ends there."""

    def holds(self, planned: Planned) -> str:
        """Why this trial must not start, in words for a reader; empty if it may."""

    def ended(self, planned: Planned, said: Mapping[str, Any]) -> None:
        """Take what a finished trial said, as `judge` made it."""


class Brakes:
    """Asks every brake before a trial is set up, and again before its body starts."""

    def __init__(self, brakes: Iterable[Brake] = ()) -> None:
        self.brakes = list(brakes)

    def ask(self, item: pytest.Item) -> None:
        """Skip the item if a brake holds it: nothing is said of its model then, not even that it was skipped."""
        for brake in self.brakes:
            if why := brake.holds(item.stash[PLANNED]):
                item.stash[NOT_RUN] = why
                pytest.skip(f"not run: {why}")

    def ended(self, planned: Planned, said: Mapping[str, Any]) -> None:
        """Tell every brake of a finished trial."""
        for brake in self.brakes:
            brake.ended(planned, said)

    # First of all but the wrappers: these set up what they tear down, whether or not the trial starts.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if PLANNED in item.stash:
            self.ask(item)
