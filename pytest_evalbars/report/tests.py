"""Bars as test reports, so that `-v`, JUnit XML and every reporting plugin carry them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pytest_evalbars.report.evidence import details
from pytest_evalbars.report.numbers import number, span, threshold
from pytest_evalbars.report.properties import of_bar
from pytest_evalbars.report.summary import headline
from pytest_evalbars.report.words import sentence
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.run.columns import Run

#: Plugins that remember failed tests by node id in order to run them again: a bar is not theirs to run.
REMEMBERING = ("lfplugin", "stepwiseplugin")


class BarFailure:
    """The long representation of a failed bar: its words, and no traceback."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        #: Where pytest looks for the short test summary's message.
        self.reprcrash = SimpleNamespace(message=lines[0], path="evalbars", lineno=0)

    def toterminal(self, writer: Any) -> None:
        """Write the first line; the others follow in the summary section."""
        writer.line(self.lines[0], red=True)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def report_bars(config: pytest.Config, run: Run, bars: Bars, decision: Decision) -> None:
    """Report every verdict as a test that has just run."""
    manager = config.pluginmanager
    remembering = [manager.get_plugin(name) for name in REMEMBERING if manager.hasplugin(name)]
    log_report = manager.subset_hook_caller("pytest_runtest_logreport", remembering)
    for verdict in decision.verdicts:
        nodeid = f"evalbars::{safe(verdict.name)}"
        location = ("evalbars", None, safe(verdict.name))
        config.hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        for when in ("setup", "call", "teardown"):
            log_report(report=_report(nodeid, location, when, run, bars, verdict))
        config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)


def _report(
    nodeid: str,
    location: tuple[str, int | None, str],
    when: Literal["setup", "call", "teardown"],
    run: Run,
    bars: Bars,
    verdict: Verdict,
) -> pytest.TestReport:
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    longrepr: Any = None
    if when == "call" and verdict.fails:
        first = f"{headline(verdict)}: {sentence(verdict, bars.confidence)}"
        outcome, longrepr = "failed", BarFailure([first, *details(run, bars, verdict)])
    elif when == "call" and not verdict.enforced:
        outcome, longrepr = "skipped", ("evalbars", 0, f"Skipped: {safe(verdict.notes[-1])}")
    now = time.time()
    return pytest.TestReport(
        nodeid=nodeid,
        location=location,
        keywords={"evalbars": 1},
        outcome=outcome,
        longrepr=longrepr,
        when=when,
        duration=0.0,
        start=now,
        stop=now,
        user_properties=_properties(verdict),
    )


def _properties(verdict: Verdict) -> list[tuple[str, object]]:
    bar = verdict.spec
    return [
        *of_bar(
            verdict=verdict.verdict,
            estimate="" if verdict.estimate is None else number(bar, verdict.estimate),
            interval="" if verdict.interval is None else span(bar, verdict.interval),
            threshold=threshold(bar),
            cases=verdict.cases,
            trials=verdict.trials,
        )
    ]
