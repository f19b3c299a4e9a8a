"""The session's summary section on pytest's terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.execution.budget import declared, unenforced
from pytest_evalbars.report.before import write_before
from pytest_evalbars.report.layout import laid_out
from pytest_evalbars.report.screen import MARKUP, screen_of_pytest
from pytest_evalbars.report.summary import besides, brief, summary
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from pytest_evalbars.report.model import Block, Report
    from pytest_evalbars.session import EvalSession


def write_summary(reporter: pytest.TerminalReporter, evals: EvalSession) -> None:
    """Write the section `eval bars`; with `-q` one line, and what is grave."""
    quiet = reporter.config.get_verbosity() < 0
    if not quiet:
        reporter.section("eval bars")
    if evals.journal.failure is not None:
        reporter.line(
            f"the run file could not be written ({safe(evals.journal.failure)}): "
            f"the results of {evals.journal.lost} trials are not in it; free the disk and run them again",
            red=True,
        )
    write_before(reporter, evals)
    if evals.report is None:
        reporter.line(
            f"bars not judged: {safe(evals.why_not_judged)}; {evals.finished} of {len(evals.plan.planned)} trials "
            f"are in {safe(shown(evals.journal.path))}",
            red=True,
        )
        if evals.baseline.refused:
            reporter.line(safe(evals.baseline.said), red=True)
        _files(reporter, evals, quiet=quiet)
        return
    for line in laid_out(_blocks(reporter, evals, evals.report), screen_of_pytest(reporter)):
        reporter.line(line.text, **MARKUP.get(line.look, {}))
    for words, bad in _notes(evals):
        if bad or not quiet:
            reporter.line(safe(words), red=bad, yellow=not bad and words.startswith("note: "))
    _files(reporter, evals, quiet=quiet)
    if not quiet:
        reporter.line(f"run file: {safe(shown(evals.journal.path))}")


def _blocks(reporter: pytest.TerminalReporter, evals: EvalSession, report: Report) -> Iterable[Block]:
    """What the run file keeps, too; one line of it for `-q`, more than it for `-v`."""
    verbosity = reporter.config.get_verbosity()
    if verbosity < 0:
        return [brief(report)]
    if verbosity == 0 or evals.run is None or evals.decision is None:
        return report.summary
    full = summary(evals.run, evals.bars, evals.decision, everything=True, every_case=verbosity > 1)
    return [*full, *besides(report)]


def _notes(evals: EvalSession) -> Iterator[tuple[str, bool]]:
    """What is to say of the session beside its run, and whether that is grave."""
    for note in (unenforced(declared(evals.config, evals.bars)[0], evals.tally), evals.ledger.outside):
        if note:
            yield f"note: {note}", False
    if evals.baseline.said:
        yield evals.baseline.said, evals.baseline.refused
    if evals.decision is not None and (said := evals.calibration.said(evals.decision)):
        yield f"note: {said}", False
    if evals.unrecorded:
        yield f"note: {evals.unrecorded}", False


def _files(reporter: pytest.TerminalReporter, evals: EvalSession, *, quiet: bool) -> None:
    """Which reports the session has written, or could not."""
    for words, bad in evals.reports.said:
        if bad or not quiet:
            reporter.line(safe(words), red=bad)
