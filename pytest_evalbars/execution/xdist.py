"""The controller's side of xdist: it collects nothing, so all it knows comes from its workers."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.calls.ledger import LEDGER, LEDGER_KEY, Ledger
from pytest_evalbars.collection import advised, load
from pytest_evalbars.errors import BarsError, RunFileError
from pytest_evalbars.execution.budget import Shares
from pytest_evalbars.execution.start import concurrency_of
from pytest_evalbars.report.asked import check_asked
from pytest_evalbars.run.journal import Journal, new_name, place
from pytest_evalbars.run.spool import part_of
from pytest_evalbars.scope import XDIST_KEY, XDIST_PLAN_KEY, scope_for_workers
from pytest_evalbars.stash import RESUMED, RUN, SESSION, runs_nothing

if TYPE_CHECKING:
    from pathlib import Path

    from xdist.scheduler import LoadScheduling
    from xdist.workermanage import WorkerController

    from pytest_evalbars.execution.resume import Held
    from pytest_evalbars.session import EvalSession


class ControllerHooks:
    """Registered on the controller alone."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.begun = False
        self.crashed = False
        self.shares = Shares(config)
        self.session: pytest.Session
        #: The workers by number, from 0: one that replaces a dead one takes over its number, and so its share.
        self.numbers: dict[WorkerController, int] = {}
        #: Reports of workers that died before any worker could say which items are eval cases.
        self.early_crashes: list[pytest.TestReport] = []
        #: The run that is gone on with, as its file was before any worker started.
        self.held: Held | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session
        check_asked(self.config)
        if self.config.getoption("evalbars_resume") is not None:
            from pytest_evalbars.execution.resume import hold  # noqa: PLC0415 - rare

            self.held = hold(self.config)
            return
        try:  # cases cost money before their first report is here; only an explicit place can be wrong for others
            if (target := self.config.getoption("evalbars_run")) is not None:
                Journal.check(self.config.rootpath, target)
        except RunFileError as error:
            raise pytest.UsageError(str(error)) from None
        self.config.stash[RUN] = new_name()

    def _run_file(self) -> Path:
        """Where the run file is, or will be once the first report is here."""
        if self.held is not None:
            return self.held.former.path
        return place(self.config.rootpath, self.config.getoption("evalbars_run"), self.config.stash[RUN])

    def pytest_configure_node(self, node: WorkerController) -> None:
        taken = self.numbers.values()
        number = self.numbers[node] = next(number for number in count() if number not in taken)
        more: dict[str, Any] = {} if self.held is None else {"resume": self.held.known.to_json()}
        more |= self.shares.for_worker(node.gateway.id)
        more["part"] = str(part_of(self._run_file(), node.gateway.id).absolute())
        node.workerinput[XDIST_KEY] = scope_for_workers(self.config, worker=number, serial=self.crashed, **more)

    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        self.numbers.pop(node, None)
        if error:
            evals = self.config.stash.get(SESSION, None)
            self.shares.died(node.gateway.id, evals.tally if evals else None)
            if evals is not None:
                evals.take_parts(node.gateway.id)
        # xdist blames the item whose turn it is, and that may be another than the one that killed the process; in the
        # worker that replaces it cases run one at a time, so that only the culprit can do it again.
        self.crashed |= bool(error)
        output: dict[str, Any] = getattr(node, "workeroutput", None) or {}
        if LEDGER_KEY in output:
            self.config.stash.setdefault(LEDGER, Ledger()).add(output[LEDGER_KEY])
        if XDIST_KEY in output:
            raise pytest.UsageError("\n".join(json.loads(output[XDIST_KEY])))
        if XDIST_PLAN_KEY in output and not self.begun and not runs_nothing(self.config):
            self._begin(json.loads(output[XDIST_PLAN_KEY]))

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> LoadScheduling | None:
        if config.getoption("dist", "no") != "load":
            return None
        try:
            size = concurrency_of(config, load(config)[0])
        except BarsError:  # told by the workers, if there are eval cases
            return None
        if size == 1:
            return None
        from pytest_evalbars.execution.scheduling import WindowScheduling  # noqa: PLC0415 - imports xdist

        return WindowScheduling(config, log, size)

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
        if plan.shard is None:  # what of the bars is left out the workers tell
            resting = plan.saturated.examples() if plan.saturated else ()
            bars, _ = advised(self.config, bars, (*plan.planned, *plan.left_out, *resting))
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
