"""A case of the window, from its set-up to its report."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.judging import TRIAL
from pytest_evalbars.cases.running import Running
from pytest_evalbars.execution import private
from pytest_evalbars.execution.streams import Output

if TYPE_CHECKING:
    import asyncio

    import pytest


class Slot:
    """A case that is set up, ahead of its turn to be reported."""

    def __init__(self, item: pytest.Function) -> None:
        self.item = item
        self.function: Any = item.obj
        self.output = Output()
        planned = item.stash[PLANNED]
        self.trial = item.stash[TRIAL] = Running(planned.case, planned.trial, shared=True)
        self.task: asyncio.Task[None] | None = None
        #: What the body raised; it is raised again when its turn comes, in nobody's event loop.
        self.error: BaseException | None = None
        self.start = self.stop = 0.0
        #: The longest time for which the body kept the event loop from everybody else.
        self.blocked = 0.0
        private.begin(item)
        self.setup_report = private.phase(item, "setup", log=False)
        self.context = contextvars.copy_context()
        self.parked = private.Parked(item)

    @property
    def done(self) -> bool:
        """Whether nothing of the case is left but to report it."""
        return not self.setup_report.passed or (self.task is not None and self.task.done())

    def time(self, call: pytest.CallInfo[Any]) -> None:
        """Give a call the time that the body took, rather than that of its turn."""
        if self.stop:
            call.start, call.stop, call.duration = self.start, self.stop, self.stop - self.start

    def let_go(self) -> None:
        """Drop what the case held, so that nothing has to wait for the garbage collector."""
        private.finish(self.item)
        self.parked.let_go()
        self.task = self.error = self.function = None
