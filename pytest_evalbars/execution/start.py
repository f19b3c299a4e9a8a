"""What a process that runs eval cases sets up for them, and what it tells before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.calls.begin import hold_calls
from pytest_evalbars.execution import private
from pytest_evalbars.execution.alone import Sharing, switched_off
from pytest_evalbars.execution.budget import Budget
from pytest_evalbars.execution.division import share
from pytest_evalbars.execution.limits import hold
from pytest_evalbars.execution.loops import OwnLoop
from pytest_evalbars.execution.timeouts import Timeouts
from pytest_evalbars.scope import scope_of
from pytest_evalbars.stash import is_worker

if TYPE_CHECKING:
    from pytest_evalbars.config.settings import Settings
    from pytest_evalbars.hooks import TrialHooks


class Execution:
    """How this process runs its cases."""

    def __init__(self, session: pytest.Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._concurrency = concurrency_of(session.config, settings)
        self._sharing: Sharing | None = None
        #: What a reader should know before the first case runs.
        self.notes: list[str] = []
        self._budget = Budget.of(session.config, settings)
        if self._budget is not None:
            self.notes += self._budget.notices
        if self._concurrency > 1:
            self._share()

    def _share(self) -> None:
        config = self._session.config
        if switch := switched_off(config):
            self.notes.append(f"{switch}: cases run one at a time")
            return
        sharing = Sharing(self._session.items, self._settings)
        if note := sharing.note():
            self.notes.append(note)
        item = next(iter(sharing.sharing), None)
        if not isinstance(item, pytest.Function):
            return
        if what := private.unfit(self._session, item):
            self.notes.append(
                f"warning: cases run one at a time: pytest {pytest.__version__} is not as this version knows it "
                f"({what}); upgrade pytest-evalbars",
            )
        elif not scope_of(config, "serial"):
            self._sharing = sharing

    def register(self, trials: TrialHooks) -> None:
        """Register the hooks under which cases run."""
        manager = self._session.config.pluginmanager
        self._hold_limits()
        hold_calls(self._session.config, self._settings)
        timeouts = Timeouts(self._session.config, self._settings)
        own_loop = OwnLoop(timeouts)
        manager.register(own_loop, "evalbars-loop")
        manager.register(timeouts, "evalbars-timeouts")
        if self._budget is not None:
            trials.brakes.brakes.append(self._budget)
        if trials.brakes.brakes:
            manager.register(trials.brakes, "evalbars-brakes")
        if self._sharing is not None:
            from pytest_evalbars.execution.window import Window  # noqa: PLC0415 - imports asyncio

            window = Window(self._session, self._sharing, trials, timeouts, own_loop, self._concurrency)
            if (progress := manager.get_plugin("evalbars-progress")) is not None:
                window.tick = progress.tick
            manager.register(window, "evalbars-window")

    def _hold_limits(self) -> None:
        """Let the limits hold until pytest is unconfigured; in a worker, its share of them."""
        config, limits = self._session.config, dict(self._settings.limits)
        if is_worker(config):
            workers = config.workerinput["workercount"]  # type: ignore[attr-defined]
            limits = dict(share(limits, scope_of(config, "worker"), workers))
        config.add_cleanup(hold(limits))


def concurrency_of(config: pytest.Config, settings: Settings) -> int:
    """How many cases may be in flight in each process."""
    return config.getoption("evalbars_concurrency") or settings.concurrency
