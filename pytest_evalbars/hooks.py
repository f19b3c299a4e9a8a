"""The hooks of a session that has eval cases; registered when the first one is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.judging import (
    SAID,
    BodyPhase,
    Phase,
    body_of,
    end_account,
    judge,
    set_up,
    show,
    show_miss,
    show_part,
    take_part,
)
from pytest_evalbars.cases.running import while_runs
from pytest_evalbars.config.options import labels_of
from pytest_evalbars.execution import early
from pytest_evalbars.execution.brakes import Brakes
from pytest_evalbars.execution.budget import declared
from pytest_evalbars.execution.spool import Spool
from pytest_evalbars.execution.start import Execution
from pytest_evalbars.gate.check import narrow
from pytest_evalbars.gate.select import stands_alone
from pytest_evalbars.report.asked import check_asked
from pytest_evalbars.report.progress import progress_of
from pytest_evalbars.safe import safe
from pytest_evalbars.scope import XDIST_PLAN_KEY, scope_of
from pytest_evalbars.session import EvalSession
from pytest_evalbars.stash import COLLECTION, RESUMED, SESSION, is_worker, runs_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan, Planned


def start(session: pytest.Session) -> None:
    """Begin, now that pytest has decided what will run."""
    config = session.config
    collection = config.stash[COLLECTION]
    plan = collection.plan(session.items)
    if not plan.planned and plan.shard is None:
        if plan.saturated is not None and plan.saturated.of:
            config.pluginmanager.register(Notices(plan.notes), "evalbars-notices")
        return
    if config.getoption("evalbars_resume") is not None:
        from pytest_evalbars.execution.resume import go_on  # noqa: PLC0415 - rare

        if (known := go_on(session, plan)) is None:
            return
        plan = known
    manager = config.pluginmanager
    execution = Execution(session, collection.bars)
    plan = replace(plan, notes=(*plan.notes, *execution.notes))
    if is_worker(config):
        if not plan.planned:  # a shard without a case has no report to tell of it, and still writes its run file
            config.workeroutput[XDIST_PLAN_KEY] = json.dumps(plan.to_json())  # type: ignore[attr-defined]
            return
        spool = Spool(Path(scope_of(config, "part")), config.workerinput["workerid"])  # type: ignore[attr-defined]
        config.add_cleanup(spool.close)
        trials = TrialHooks(config, collection.bars, plan=plan, write=spool.write)
        manager.register(trials, "evalbars-trials")
        execution.register(trials)
        return
    prospects = Prospects(config, plan, collection.bars)
    manager.register(prospects, "evalbars-prospects")
    if not runs_nothing(config):
        check_asked(config)
        evals = begin(config, plan, collection.bars, prospects)
        trials = TrialHooks(config, collection.bars, write=evals.write)
        evals.early = early.brake(config, plan, collection.bars, evals.calibration.record)
        if evals.early is not None:
            for taken in evals.resumed.before() if evals.resumed else ():
                evals.early.ended(*taken)
            trials.brakes.brakes.append(evals.early)
        manager.register(trials, "evalbars-trials")
        execution.register(trials)


def begin(config: pytest.Config, plan: Plan, bars: Bars, prospects: Prospects) -> EvalSession:
    """Open the session's books, in the process that judges."""
    evals = config.stash[SESSION] = EvalSession(config, plan, bars, prospects.verdicts)
    config.pluginmanager.register(JudgingHooks(evals), "evalbars-judging")
    if (progress := progress_of(config, evals.tally, declared(config, bars)[0])) is not None:
        config.pluginmanager.register(progress, "evalbars-progress")
    return evals


class Notices:
    """What is said before the first case runs, or in place of one."""

    def __init__(self, notices: Sequence[str] = ()) -> None:
        self.notices = list(notices)

    def pytest_report_collectionfinish(self) -> list[str]:
        return self.lines()

    def lines(self) -> list[str]:
        """The notices, fit for a terminal."""
        return [f"evalbars: {safe(note)}" for note in self.notices]


class Prospects(Notices):
    """What is known before the first case runs: how many verdicts there will be, and which cannot be met."""

    def __init__(self, config: pytest.Config, plan: Plan, bars: Bars) -> None:
        resumed = config.stash.get(RESUMED, None)
        super().__init__([*(resumed.notices if resumed else ()), *plan.notes])
        self.verdicts = 0
        if plan.shard is None:
            from pytest_evalbars.gate.forecast import forecast  # noqa: PLC0415 - imports numpy

            stage = config.getoption("evalbars_stage") or "testing"
            self.verdicts, notices = forecast(plan, bars, stage, labels_of(config))
            if config.getoption("evalbars_missed"):
                return  # a second look holds no bar
            self.notices += notices
            if config.get_verbosity() >= 0 and not (plan.partial or plan.asked):
                self.notices += filter(None, [narrow(bars, plan.planned)])
            self.notices += early.notices(config, plan, bars)


class TrialHooks:
    """Where tests run: what each trial says is put on its report."""

    def __init__(
        self,
        config: pytest.Config,
        bars: Bars,
        *,
        plan: Plan | None = None,
        write: Callable[[Planned, dict[str, Any]], None] | None = None,
    ) -> None:
        self.bars = bars
        self.brakes = Brakes()
        #: Takes a verdict into the run file while the trial still waits for its turn to be reported.
        self.write = write
        self.as_tests: bool = config.getoption("evalbars_as_tests")
        self.ungated = config.getoption("evalbars_stage") == "none" or bool(config.getoption("evalbars_shard"))
        self.worker = is_worker(config)
        self.resumed = config.stash.get(RESUMED, None)
        #: What a worker still has to tell the controller, with the first report it sends.
        self.untold = plan

    def fails_alone(self, dimension: str, labels: Mapping[str, str]) -> bool:
        """Whether a miss fails the session by itself."""
        return self.as_tests or (not self.ungated and stands_alone(self.bars, dimension, labels))

    # Outside of everything else: what fixtures of the trial ask is the trial's.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        if PLANNED not in item.stash:
            return (yield)
        with set_up(item):
            return (yield)

    # What is set up for several trials is no trial's.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        if fixturedef.scope == "function":
            return (yield)
        with while_runs(None, alone=True):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        if PLANNED not in item.stash:
            return (yield)
        with body_of(item):
            return (yield)

    def said_of(self, item: pytest.Item, call: pytest.CallInfo[Any], report: Phase) -> dict[str, Any] | None:
        """What one phase of a trial says; of a body that ended ahead of its turn, what it said then."""
        if call.when == "call" and SAID in item.stash:
            said = item.stash[SAID]
            del item.stash[SAID]
            return said
        planned = item.stash[PLANNED]
        if (ended := judge(item, call, report)) is not None and "verdicts" in ended:
            if self.resumed is not None:
                self.resumed.stand(ended)
            ended["alone"] = [name for name in ended["verdicts"] if self.fails_alone(name, planned.labels)]
            self.brakes.ended(planned, ended)
        return ended

    def body_ended(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """Judge a trial whose body ended ahead of its turn, and take its verdict into the run file at once.

        What a mark of the item announces is pytest's to decide first, and has to wait.
        """
        if item.get_closest_marker("xfail") is None:
            said = item.stash[SAID] = self.said_of(item, call, BodyPhase(call)) or {}
            if self.write is not None and "verdicts" in said and not said["xfail"]:
                self.write(item.stash[PLANNED], said)

    # Innermost: other plugins' wrappers then see a miss as what it is.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[Any],
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if PLANNED not in item.stash:
            return report
        part = take_part(item, call, report)
        if part is not None:  # a subtest's: the trial goes on
            planned = item.stash[PLANNED]
            if part == "error":
                report.evalbars = {"part": True}  # type: ignore[attr-defined]
            elif part == "miss" and not any(self.fails_alone(name, planned.labels) for name in planned.dimensions):
                show_part(report)
        elif (said := self.said_of(item, call, report)) is not None:
            if "verdicts" in said and not said["xfail"]:  # else pytest decides first whether this was expected
                show_miss(report, said, said["alone"].__contains__)
            report.evalbars = said  # type: ignore[attr-defined]
        if call.when == "teardown":
            end_account(item, report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said: dict[str, Any] | None = report.__dict__.get("evalbars")
        if said is not None and "verdicts" in said and str(report.outcome) != "rerun":
            show(report, said, said["alone"].__contains__)
        if self.untold is not None:
            said, self.untold = {**(said or {}), "plan": self.untold.to_json()}, None
        if said is not None:
            report.evalbars = json.dumps(said) if self.worker else said  # type: ignore[attr-defined]

    # Where every trial was finished before, nothing is left to report.
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.untold is not None and RESUMED in session.config.stash:
            session.config.workeroutput[XDIST_PLAN_KEY] = json.dumps(self.untold.to_json())  # type: ignore[attr-defined]

    # What a model wrote may hold halves of characters, which cannot travel between processes.
    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, Any, Any]:
        return _without_surrogates((yield))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_without_surrogates, value))
    return value


class JudgingHooks:
    """Where the session is judged: reports are folded, and the decision is shown."""

    def __init__(self, evals: EvalSession) -> None:
        self.evals = evals

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.evals.fold(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, object] | None:
        if (
            type(report) is pytest.TestReport
            and report.skipped
            and str(getattr(report, "wasxfail", "")).startswith("missed: ")
        ):
            return "missed", "m", ("MISSED", {"yellow": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        self.evals.summarize(terminalreporter)
