"""The session's summary section on pytest's terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.execution.budget import declared, unenforced
from pytest_evalbars.report.before import write_before
from pytest_evalbars.report.summary import summary
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.session import EvalSession

LOOKS: dict[str, dict[str, bool]] = {
    "plain": {},
    "bad": {"red": True},
    "warn": {"yellow": True},
    "good": {"green": True},
}


def write_summary(reporter: pytest.TerminalReporter, evals: EvalSession) -> None:
    """Write the section `eval bars`."""
    verbosity = reporter.config.get_verbosity()
    reporter.section("eval bars")
    if evals.journal.failure is not None:
        reporter.line(
            f"the run file could not be written ({safe(evals.journal.failure)}): "
            f"the results of {evals.journal.lost} trials are not in it; free the disk and run them again",
            red=True,
        )
    write_before(reporter, evals)
    if evals.decision is None or evals.run is None:
        reporter.line(
            f"bars not judged: {safe(evals.why_not_judged)}; {evals.finished} of {len(evals.plan.planned)} trials "
            f"are in {safe(shown(evals.journal.path))}",
            red=True,
        )
        if evals.baseline.refused:
            reporter.line(safe(evals.baseline.said), red=True)
        for words, bad in evals.reports.said:
            reporter.line(safe(words), red=bad)
        return
    lines = summary(evals.run, evals.bars, evals.decision, brief=verbosity < 0, everything=verbosity > 0)
    for line in lines:
        reporter.line(line.text, **LOOKS[line.look])
    for note in filter(None, [unenforced(declared(evals.config, evals.bars)[0], evals.tally), evals.ledger.outside]):
        reporter.line(f"note: {note}", yellow=True)
    if evals.baseline.said:
        reporter.line(safe(evals.baseline.said), red=evals.baseline.refused)
    if said := evals.calibration.said(evals.decision):
        reporter.line(f"note: {safe(said)}", yellow=True)
    if evals.unrecorded:
        reporter.line(f"note: {safe(evals.unrecorded)}", yellow=True)
    _files(reporter, evals)


def _files(reporter: pytest.TerminalReporter, evals: EvalSession) -> None:
    """Which files the session has written."""
    for words, bad in evals.reports.said:
        reporter.line(safe(words), red=bad)
    if reporter.config.get_verbosity() >= 0:
        reporter.line(f"run file: {safe(shown(evals.journal.path))}")
