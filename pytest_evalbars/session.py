"""What one pytest session holds of its evals: the plan, the run file, the decision."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.baseline import baseline_of
from pytest_evalbars.calibration.named import NamedCalibration
from pytest_evalbars.calls.ledger import LEDGER, Ledger
from pytest_evalbars.cases.judging import trial_lines
from pytest_evalbars.collection import MISSED_CACHE, missed_last_time
from pytest_evalbars.config.options import labels_of
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import CalibrationError, EvalbarsError, RunFileError
from pytest_evalbars.execution import early
from pytest_evalbars.execution.opening import new_run_file
from pytest_evalbars.garbage import no_garbage_collection
from pytest_evalbars.gate.verdict import UNDECIDED
from pytest_evalbars.redaction import redacted
from pytest_evalbars.report.asked import AskedReports, asked_of
from pytest_evalbars.report.session_report import session_report
from pytest_evalbars.report.shard import report_command
from pytest_evalbars.run.former import said_of
from pytest_evalbars.run.journal import end
from pytest_evalbars.run.rubrics import rubric_lines
from pytest_evalbars.run.spool import part_of, parts_of, whole_trials
from pytest_evalbars.run.tally import Tally
from pytest_evalbars.stash import RESUMED, runs_nothing

if TYPE_CHECKING:
    from pytest_evalbars.baseline import Baseline
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.report.model import Report
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.plan import Plan, Planned

#: Why there is no report of a run that was judged in a session that then broke off: its file has no end.
BROKEN = "the session broke off before its end"


class EvalSession:
    """The books of one session, kept in the process that judges (serially the only one, else the controller)."""

    def __init__(self, config: pytest.Config, plan: Plan, bars: Bars, expected_bars: int) -> None:
        self.config = config
        self.bars = bars
        #: How many verdicts will be reported as tests after the last case.
        self.expected_bars = expected_bars
        self.plan = plan
        self.stage: str = config.getoption("evalbars_stage") or "testing"
        self.second_look: bool = config.getoption("evalbars_missed")
        self.labels = labels_of(config)
        #: What an earlier session of the same run has done, where this one goes on with it.
        self.resumed = config.stash.get(RESUMED, None)
        self.baseline = self._baseline()
        self.calibration = self._calibration()
        self.reports = AskedReports(config)
        self.journal = self.resumed.begin(config, plan, bars) if self.resumed else new_run_file(config, plan, bars)
        #: Whether the run loop came to its end, or was stopped there by -x.
        self.concluded = False
        self.decision: Decision | None = None
        self.run: Run | None = None
        #: What reports say of it; None where it was not judged.
        self.report: Report | None = None
        self.why_not_judged = ""
        #: Why the run is not in the history, though it should be.
        self.unrecorded = ""
        #: What the trials add up to while they run.
        self.tally = Tally(self.resumed.fresh if self.resumed else len(plan.planned))
        self._planned = {one.item: one for one in plan.planned}
        #: Items whose verdict is in the run file; those that were reported too, and which of them missed or erred.
        self._written: set[str] = set(self.resumed.taken if self.resumed else ())
        self._done: set[str] = set(self._written)
        self._bad: dict[str, str] = dict.fromkeys(self.resumed.missed() if self.resumed else (), "miss")
        #: Items that a brake kept from starting, by the reason.
        self.not_run: dict[str, list[str]] = {}
        #: The brake that holds trials on which no verdict depends, where one does.
        self.early: early.EarlyStop | None = None
        #: Failed reports that only say that an eval case could not be judged, and those of our own bars.
        self.failed_errors = 0
        self._failed_bars = 0
        #: Rubrics that have their line in the run file.
        self._rubrics: set[str] = set()
        self._stopped_early = False

    def _baseline(self) -> Baseline:
        try:
            return baseline_of(self.config, self.bars, self.plan)
        except RunFileError as error:
            raise pytest.UsageError(str(error)) from None

    def _calibration(self) -> NamedCalibration:
        try:
            return NamedCalibration(self.config.getoption("evalbars_calibration"), self.bars)
        except CalibrationError as error:
            raise pytest.UsageError(str(error)) from None

    # -- while the cases run -----------------------------------------------------------------------------

    def fold(self, report: pytest.TestReport) -> None:
        """Take what a report says of a trial into the run file, once."""
        said = self._said(report)
        if said is None:
            if report.when == "teardown" and report.failed:
                self._failed_apart(report)
            return
        if "not_run" in said:
            self.not_run.setdefault(said["not_run"], []).append(said["item"])
            self.tally.not_run += 1
            return
        planned = self._planned.get(said["item"])
        missed = any(outcome == "miss" for outcome, *_ in said["verdicts"].values())
        final = str(report.outcome) != "rerun" or missed  # another attempt may fill in an error, never a miss
        if not final:
            self.tally.pay(said, getattr(report, "worker_id", None))
        if planned is None or not final:
            return
        died_after = said.get("crashed") and planned.item in self._written  # as its worker wrote for itself
        if planned.item in self._done or died_after:
            self._done.add(planned.item)
            self._failed_apart(report)
            return
        self._done.add(planned.item)
        self._note(planned.item, said)
        if said["error"] and report.failed and not hasattr(report, "wasxfail"):
            self.failed_errors += 1
        self.write(planned, said, worker=getattr(report, "worker_id", None), xfail=said["xfail"])
        if not (missed or said["error"]):
            self._failed_apart(report)

    def write(
        self, planned: Planned, said: dict[str, Any], *, worker: str | None = None, xfail: bool = False
    ) -> None:
        """Take a finished trial into the run file, once."""
        self.journal.write(*rubric_lines(said, self._rubrics))
        if planned.item not in self._written:
            self.tally.take(said, worker)
            self._write(planned.item, trial_lines(planned, said, worker=worker, xfail=xfail))

    def _write(self, item: str, lines: list[dict[str, Any]]) -> None:
        self._written.add(item)
        self.journal.write(*(self.resumed.open_lines(item, lines) if self.resumed else lines))

    def take_parts(self, worker: str | None = None) -> None:
        """Take into the run file what workers (or a dead one) wrote for themselves and may never report."""
        path = self.journal.path
        for part in parts_of(path) if worker is None else [part_of(path, worker)]:
            everything = len(self._written) == len(self._planned)
            for planned, lines in () if everything else whole_trials(part, self._planned):
                if planned.item not in self._written:
                    said = said_of(lines)
                    self.tally.take(said, worker or lines[0].get("worker"))
                    self._note(planned.item, said)
                    self._write(planned.item, lines)
            if self.journal.failure is None:
                part.unlink(missing_ok=True)

    def _note(self, item: str, said: dict[str, Any]) -> None:
        """Note whether a trial missed or erred, for a second look."""
        missed = any(outcome == "miss" for outcome, *_ in said["verdicts"].values())
        if missed or said["error"]:
            self._bad.setdefault(item, "miss" if missed else "error")

    def _failed_apart(self, report: pytest.TestReport) -> None:
        """Note a failure of the session that no verdict tells of: who resumes the run must know of it."""
        planned = self._planned.get(self._item(report))
        if planned is not None and report.failed and not hasattr(report, "wasxfail"):
            self.journal.write({"type": "failure", "item": planned.item, "when": report.when})

    def _item(self, report: pytest.TestReport) -> str:
        """The report's item, without the group that xdist adds to it."""
        nodeid = redacted(report.nodeid)
        return nodeid if nodeid in self._planned else nodeid.rpartition("@")[0]

    def _said(self, report: pytest.TestReport) -> dict[str, Any] | None:
        words = report.__dict__.pop("evalbars", None)
        if words is not None:
            said: dict[str, Any] = json.loads(words) if isinstance(words, str) else words
            if "part" in said and report.failed:
                self.failed_errors += 1  # a subtest's, on top of the report of the trial that it makes an error
            return said if "item" in said else None  # a worker's first report may hold the plan alone
        if report.when in ("setup", "call", "teardown"):
            return None
        planned = self._planned.get(self._item(report))
        return _crashed(planned, report) if planned is not None else None

    # -- when they have run ------------------------------------------------------------------------------

    def looped(self, session: pytest.Session, stopped: BaseException | None) -> None:
        """Judge the run, and report every bar as a test; a shard is judged with the others, by `evalbars gate`.

        Args:
            session: pytest's.
            stopped: what ended the run loop before its end, if anything did.
        """
        self.take_parts()
        self._stopped_early = isinstance(stopped, session.Failed | session.Interrupted)
        if stopped is not None and not self._stopped_early:
            self.why_not_judged = f"the session was interrupted {f'({stopped})' if str(stopped) else ''}".strip()
            return
        self.concluded = True
        if self.plan.shard is None:
            with no_garbage_collection():  # what cases left behind must not speak up within our imports
                self._judge(session)

    def _judge(self, session: pytest.Session) -> None:
        from pytest_evalbars.gate.presets import judged  # noqa: PLC0415 - imports pydantic, then numpy and scipy
        from pytest_evalbars.report.tests import report_bars  # noqa: PLC0415
        from pytest_evalbars.run.reading import load_run  # noqa: PLC0415

        try:
            self.run = load_run(self.journal.path, ended=self.journal.failure is None, **self._not_started())
        except EvalbarsError as error:
            self.why_not_judged = str(error)
            return
        self.decision, self.bars = judged(
            self.run,
            self.bars,
            stage=self.stage,
            strict=self.config.getoption("evalbars_strict"),
            baseline=self.baseline.run,
            updating=self.baseline.updating,
            calibration=self.calibration.record,
        )
        session.testscollected += len(self.decision.verdicts) - self.expected_bars
        failed_before = session.testsfailed
        report_bars(self.config, self.run, self.bars, self.decision)
        self._failed_bars = session.testsfailed - failed_before

    def finish(self, session: pytest.Session) -> None:
        """Settle the exit code, and close the run file."""
        # As a shard may have no case, and a run that is gone on with none that is not finished.
        nothing = pytest.ExitCode.NO_TESTS_COLLECTED if self.plan.shard or self.resumed else None
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, nothing):
            session.exitstatus = self._exit_code(session)
        self._update_baseline(session)
        if self.ledger.unrecorded and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = UNDECIDED  # who asked for a recording does not have it
        with no_garbage_collection():
            self._tell(session)
        if self._ended(session) and (self.decision is not None or (self.concluded and self.plan.shard is not None)):
            self.journal.write(end(int(session.exitstatus), **self._not_started()))
        self.journal.close()
        self._remember()
        self._record()

    def _tell(self, session: pytest.Session) -> None:
        """Keep what reports say in the run file, and write those that were asked for; they come before its end."""
        if self.concluded and self.plan.shard is not None:
            if self.reports:
                self.reports.wait_for(report_command(self, self.plan.shard))
            return
        self.report, whole = session_report(self, session)
        told = self.report if whole and self._ended(session) else None
        why_not = self.why_not_judged or ("see above" if self._ended(session) else BROKEN)
        self.reports.write(told, self.journal.path, why_not, self.run)
        if self.reports.failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = UNDECIDED  # who asked for a report does not have it
            if told is not None:  # nor may the others say that all is well
                self.report, _ = session_report(self, session)
                told = self.report or told
                self.reports.write_again(told, self.journal.path, self.run)
        if told is not None:
            self.journal.write(told.to_json())
        self.reports.tell(told, self.journal.path, why_not, self.run)

    def _ended(self, session: pytest.Session) -> bool:
        """Whether the session comes to its end, whatever is said there."""
        return session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, UNDECIDED)

    def _update_baseline(self, session: pytest.Session) -> None:
        """Make the run the baseline, where that was asked for; a session that could not do so has not succeeded."""
        if not self.baseline.updating:
            return
        if self.run is None or self.decision is None:
            self.baseline.refuse(self.why_not_judged or "the session did not come to its end")
        else:
            self.baseline.update(self.run, self.decision)
        if self.baseline.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = UNDECIDED

    @property
    def ledger(self) -> Ledger:
        """What there is to tell of calls of models."""
        return self.config.stash.get(LEDGER, None) or Ledger()

    def _not_started(self) -> dict[str, Any]:
        """What the end line says of trials that were not started."""
        more: dict[str, Any] = {}
        held = {item for items in self.not_run.values() for item in items}
        spoken = self._written | (self.resumed.again if self.resumed else frozenset())
        if self._stopped_early:  # those that pytest did not come to
            more["left_out"] = [item for item in self._planned if item not in spoken and item not in held]
        decided = dict.fromkeys(item for item in self.not_run.get(early.DECIDED, ()) if item not in spoken)
        if decided and self.early is not None:
            more["stopped"] = list(decided)
            more["saved"] = self.early.saved([self._planned[item] for item in decided])
        more["not_run"] = {why: len(items) for why, items in self.not_run.items() if why != early.DECIDED}
        return {key: value for key, value in more.items() if value}

    def _exit_code(self, session: pytest.Session) -> int:
        """The session's exit code: what tests and bars say together."""
        if self.concluded and self.plan.shard is not None:
            if self.failed_before or self._stopped_early or session.testsfailed > self.failed_errors:
                return int(pytest.ExitCode.TESTS_FAILED)
            return UNDECIDED if self.without_result or self.journal.failure else 0
        if self.decision is None:
            return int(session.exitstatus) or UNDECIDED
        tolerated = 0 if self.decision.too_many_errors else self.failed_errors
        if self.failed_before or self._stopped_early or session.testsfailed - self._failed_bars > tolerated:
            return int(pytest.ExitCode.TESTS_FAILED)
        return self.decision.exit_code

    @property
    def stopped_early(self) -> bool:
        """Whether pytest was stopped before its last test, as by -x."""
        return self._stopped_early

    def failures(self, session: pytest.Session) -> int:
        """How many tests failed that are no bar, no eval case that could not be judged, and no miss by itself."""
        alone = len(self.decision.standing) if self.decision is not None else 0
        return max(0, session.testsfailed - self._failed_bars - self.failed_errors - alone)

    @property
    def failed_before(self) -> frozenset[str]:
        """Trials taken from an earlier session of the run that failed it, whatever their verdict."""
        as_tests: bool = self.config.getoption("evalbars_as_tests")
        return self.resumed.failed(as_tests=as_tests) if self.resumed else frozenset()

    def _remember(self) -> None:
        """Keep the cases that missed or erred, for `--evalbars-missed`."""
        cache = getattr(self.config, "cache", None)
        if cache is not None and not self.second_look and self._done:
            before = missed_last_time(self.config).items()
            cache.set(MISSED_CACHE, {item: word for item, word in before if item not in self._done} | self._bad)

    def _record(self) -> None:
        """Take the run into the history, where its extra is installed."""
        if self.run is None or self.decision is None or self.journal.failure or self.second_look:
            return
        from pytest_evalbars.history.access import record_quietly  # noqa: PLC0415 - imports numpy

        self.unrecorded = record_quietly(self.config.rootpath, self.journal.path, self.decision)

    def summarize(self, reporter: pytest.TerminalReporter) -> None:
        """Write the summary section."""
        if self.concluded and self.plan.shard is not None:
            from pytest_evalbars.report.shard import write_shard  # noqa: PLC0415

            write_shard(reporter, self, self.plan.shard)
            return
        from pytest_evalbars.report.terminal import write_summary  # noqa: PLC0415 - imports pydantic, then numpy

        write_summary(reporter, self)

    @property
    def finished(self) -> int:
        """How many trials have their verdict."""
        return len(self._written)

    @property
    def cases_run(self) -> int:
        """How many cases have a verdict of some trial."""
        return len({self._planned[item].case for item in self._done})

    @property
    def without_result(self) -> int:
        """How many trials should have a line in the run file and have none."""
        return self.journal.lost + sum(item not in self._done for item in self._planned)


def _crashed(planned: Planned, report: pytest.TestReport) -> dict[str, Any]:
    """What is said for a trial whose worker died under it."""
    reason = redacted(str(report.longrepr or "the process died").strip().splitlines()[0])
    return {
        "item": planned.item,
        "verdicts": {dimension: ["error", None, None, reason] for dimension in planned.dimensions},
        "measures": {},
        "evidence": {},
        "error": reason,
        "xfail": False,
        "crashed": True,
    }


def no_case(session: pytest.Session) -> None:
    """A stage or a run to go on with was asked for, and there is no case: unknown is never a pass.

    Of reports it is only said that there is none: such options stand in a project's settings, whatever is run.
    """
    config = session.config
    resume, stage = config.getoption("evalbars_resume"), config.getoption("evalbars_stage")
    empty = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if session.exitstatus not in empty or runs_nothing(config):
        return
    for _, _, target in asked_of(config):
        sys.stderr.write(f"evalbars: no report {shown(target)}: this session ran no eval case\n")
    if resume is None and stage in (None, "none"):
        return
    session.exitstatus = UNDECIDED if resume is None else pytest.ExitCode.USAGE_ERROR
    asked = f"--evalbars-stage={stage}" if resume is None else "--evalbars-resume"
    sys.stderr.write(f"ERROR: {asked} was asked for, but this session ran no eval case: nothing was judged\n")
