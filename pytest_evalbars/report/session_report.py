"""The report of a session that is about to end: what the gate said of its run, and what else fails the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from pytest_evalbars.report.model import Report
    from pytest_evalbars.session import EvalSession


def session_report(evals: EvalSession, session: pytest.Session) -> tuple[Report | None, bool]:
    """What reports say of a session, and whether that is all; None where its run was not judged.

    It never fails: where not all can be told, the decision is, and the session says what went wrong.
    """
    if evals.run is None or evals.decision is None:
        return None, True
    from pytest_evalbars.report.building.build import bare, build  # noqa: PLC0415 - imports pydantic, then numpy
    from pytest_evalbars.report.past import past_of  # noqa: PLC0415

    ended = int(session.exitstatus), besides(evals, session)
    try:
        past = None if evals.second_look else past_of(evals.config.rootpath, evals.run)
        return build(evals.run, evals.bars, evals.decision, past, session=ended), True
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the gate's verdict
        words = f"the report cannot be made: {type(error).__name__}: {error}"
        evals.reports.said.append((words, bool(evals.reports)))
        return bare(evals.run, evals.bars, evals.decision, session=ended), False


def besides(evals: EvalSession, session: pytest.Session) -> list[str]:
    """Why the session fails beside what its gate says."""
    found = []
    if before := len(evals.failed_before):
        found.append(f"{count(before, 'trial')} failed before the run was resumed")
    if failures := evals.failures(session):
        found.append(f"{count(failures, 'test')} failed")
    if evals.stopped_early:
        found.append("it was stopped before its last test")
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        found.append("it was interrupted")
    if evals.baseline.refused:
        found.append("the baseline was not updated")
    if evals.ledger.unrecorded:
        found.append("not every call could be recorded")
    if evals.reports.failed:
        found.append("not every report could be written")
    if session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
        found.append("pytest broke off with an internal error")
    if session.exitstatus and not (found or (evals.decision and evals.decision.exit_code)):
        found.append("something beside its evals failed it")
    return found
