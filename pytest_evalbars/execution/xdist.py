"""The controller's side of xdist: it collects nothing, so all it knows comes from its workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.collection import PLAN_KEY, XDIST_KEY, load, scope_for_workers
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.journal import Journal
from pytest_evalbars.stash import RESUMED, runs_nothing

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

    from pytest_evalbars.execution.resume import Held
    from pytest_evalbars.session import EvalSession


class ControllerHooks:
    """Registered on the controller alone."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.begun = False
        self.session: pytest.Session
        #: Reports of workers that died before any worker could say which items are eval cases.
        self.early_crashes: list[pytest.TestReport] = []
        #: The run that is gone on with, as its file was before any worker started.
        self.held: Held | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session
        if self.config.getoption("evalbars_resume") is not None:
            from pytest_evalbars.execution.resume import Held  # noqa: PLC0415 - rare

            self.held = Held.take(self.config)
            return
        try:  # cases cost money before their first report is here; only an explicit place can be wrong for others
            if (target := self.config.getoption("evalbars_run")) is not None:
                Journal.check(self.config.rootpath, target)
        except RunFileError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_configure_node(self, node: WorkerController) -> None:
        more = {} if self.held is None else {"resume": self.held.known.to_json()}
        node.workerinput[XDIST_KEY] = scope_for_workers(self.config, **more)

    def pytest_testnodedown(self, node: WorkerController) -> None:
        output: dict[str, Any] = getattr(node, "workeroutput", None) or {}
        if XDIST_KEY in output:
            raise pytest.UsageError("\n".join(json.loads(output[XDIST_KEY])))
        if PLAN_KEY in output and not self.begun:
            self._begin(json.loads(output[PLAN_KEY]))

    # Before the judging hooks, which it registers when the first report of a session with cases comes in.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.begun or runs_nothing(self.config):
            return
        words = report.__dict__.get("evalbars")
        if words is not None:
            self._begin(json.loads(words)["plan"]).fold(report)
        elif report.when not in ("setup", "call", "teardown"):
            self.early_crashes.append(report)

    def _begin(self, plan_json: dict[str, Any]) -> EvalSession:
        from pytest_evalbars.hooks import Prospects, begin  # noqa: PLC0415 - only where there are cases
        from pytest_evalbars.run.plan import Plan  # noqa: PLC0415

        self.begun = True
        plan, (bars, _) = Plan.from_json(plan_json), load(self.config)
        if self.held is not None:
            from pytest_evalbars.execution.resumption import Resumption  # noqa: PLC0415 - rare

            resumed = self.config.stash[RESUMED] = Resumption.of(self.held.known, plan, self.held)
            plan = resumed.plan
        prospects = Prospects(self.config, plan, bars)
        if (reporter := self.config.pluginmanager.get_plugin("terminalreporter")) is not None:
            reporter.ensure_newline()
            for line in prospects.lines():
                reporter.write_line(line)
        evals = begin(self.config, plan, bars, prospects)
        self.session.testscollected += evals.expected_bars
        for each in self.early_crashes:
            evals.fold(each)
        return evals
