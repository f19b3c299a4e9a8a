"""The report as JUnit XML: bars and cases as test cases, misses not as failures.

Readers know three things beside a pass. What fails the session is a `failure`: a bar, a miss that no bar holds, and
what is neither, as one test case `session`.
What could not be judged, or has no result, is an `error`. A miss that a bar holds is `skipped`, with its reason: of
all that readers know this alone is neither counted as failed nor lost among the passed; and pytest's own JUnit XML of
the session says the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from pytest_evalbars.report.junit_cases import cases_of
from pytest_evalbars.report.properties import of_bar
from pytest_evalbars.report.standing import alone_in
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.report.model import BarTold, Report
    from pytest_evalbars.run.columns import Run

#: Characters of a message; what it leaves out stands in the element's text.
MESSAGE = 1_000
#: The elements that readers count, and where.
COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}
#: What readers take for a time.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def junit(report: Report, run: Run) -> str:
    """The XML.

    Args:
        report: what it says of bars.
        run: the cases.
    """
    bars = _Suite("evalbars", report, [*_of_decision(report), *_of_run(report)])
    for bar in report.bars:
        bars.add("evalbars", bar.name, 0.0, _properties(_of_bar(bar)), *_result(bar))
    cases = _Suite("cases", report, _of_run(report))
    known: dict[tuple[object, ...], str] = {}
    for case in cases_of(run, alone_in(report)):
        if case.key not in known:
            known[case.key] = _properties(case.properties())
        cases.add(case.place, case.name, case.seconds, known[case.key], case.result, case.message, case.text)
    decision = report.decision
    if decision.besides or (decision.outcome in ("failed", "undecided") and not bars.broken + cases.broken):
        bars.add("evalbars", "session", 0.0, _properties(()), "failure", decision.sentence)
    suites = (bars, cases)
    total = {word: str(sum(suite.counts[word] for suite in suites)) for word in ("tests", "failures", "errors")}
    seconds = {"time": f"{sum(suite.seconds for suite in suites):.3f}"}
    return "".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>\n',
            f"<testsuites{_attributes({'name': 'evalbars'} | total | seconds)}>\n",
            *bars.text(),
            *cases.text(),
            "</testsuites>\n",
        ]
    )


@dataclass
class _Suite:
    """A `testsuite`, and what its test cases add up to."""

    name: str
    report: Report
    properties: Iterable[tuple[str, str]]
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED.values(), 0) | {"tests": 0})

    def add(
        self, place: str, name: str, seconds: float, properties: str, result: str, message: str = "", text: str = ""
    ) -> None:
        """Add a test case.

        Args:
            place: where it stands: its module, as readers group by.
            name: its own.
            seconds: how long it took.
            properties: the element.
            result: the element that tells it: failure, error, skipped, or system-out of one that passed; empty
                where nothing is to be told.
            message: what it says first.
            text: all that it says.
        """
        self.counts["tests"] += 1
        self.seconds += seconds
        if result in COUNTED:
            self.counts[COUNTED[result]] += 1
        said = _element(result, message, text) if result else ""
        head = f"<testcase classname={_quoted(place)} name={_quoted(name)}"
        self.lines.append(f'{head} time="{seconds:.3f}">{properties}{said}</testcase>\n')

    @property
    def broken(self) -> int:
        """How many readers take for such that fail the session."""
        return self.counts["failures"] + self.counts["errors"]

    def text(self) -> Iterator[str]:
        """The element."""
        started = self.report.run.started
        attributes = {"name": self.name, **{word: str(many) for word, many in self.counts.items()}}
        attributes |= {"time": f"{self.seconds:.3f}"} | ({"timestamp": started} if TIME.fullmatch(started) else {})
        yield f"<testsuite{_attributes(attributes)}>\n{_properties(self.properties)}\n"
        yield from self.lines
        yield "</testsuite>\n"


def _of_decision(report: Report) -> Iterator[tuple[str, str]]:
    decision = report.decision
    yield "decision", decision.sentence
    yield "outcome", decision.outcome
    yield "exit_code", str(decision.exit_code)
    yield "stage", decision.stage
    yield "confidence", f"{decision.confidence:g}"
    if decision.session_exit is not None:
        yield "session_exit", str(decision.session_exit)
    for number, note in enumerate((*decision.besides, *decision.notes), 1):
        yield f"note.{number}", note


def _of_run(report: Report) -> Iterator[tuple[str, str]]:
    """What limits what the numbers say first, then which run it was."""
    run = report.run
    for number, each in enumerate(run.conditions):
        again = sum(other.kind == each.kind for other in run.conditions[:number])
        yield f"condition.{each.kind}{f'.{again + 1}' if again else ''}", each.text
    yield "run", ", ".join(run.names)
    yield "commit", run.commit + (" with changes" if run.commit and run.changed else "")
    yield "complete", "true" if run.complete else "false"
    yield from ((f"label.{key}", value) for key, value in run.labels.items())
    yield from ((f"version.{key}", value) for key, value in run.versions.items())


def _of_bar(bar: BarTold) -> Iterator[tuple[str, str]]:
    return of_bar(
        verdict=bar.verdict,
        estimate=bar.estimate_words,
        interval=bar.interval_words,
        threshold=bar.threshold_words,
        cases=bar.cases,
        trials=bar.trials,
    )


def _result(bar: BarTold) -> tuple[str, str, str]:
    """The element that tells what came of a bar, its message and its text."""
    head = f"{bar.verdict.upper() if bar.fails else bar.verdict} {bar.subject}: {bar.sentence}"
    more = [head, *([f"why: {bar.why}"] if bar.why else []), *bar.details]
    if bar.fails:
        return "failure", head, "\n".join(more)
    if not bar.enforced:
        return "skipped", bar.notes[-1] if bar.notes else "not enforced", head
    return "system-out", "", "\n".join([*more, *(f"({aside})" for aside in bar.asides)])


def _element(name: str, message: str, text: str) -> str:
    lines = escape("\n".join(map(safe, text.split("\n")))) if text != message or len(text) > MESSAGE else ""
    if name == "system-out":
        return f"<system-out>{lines}</system-out>"
    kind = {"failure": ' type="missed"', "error": ' type="not judged"'}.get(name, "")
    return f"<{name}{kind} message={_quoted(message, MESSAGE)}>{lines}</{name}>"


def _properties(pairs: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f"<property name={_quoted(name)} value={_quoted(value)}/>" for name, value in pairs if value)
    return f"<properties>{inner}</properties>"


def _attributes(pairs: dict[str, str]) -> str:
    return "".join(f" {name}={_quoted(value)}" for name, value in pairs.items())


def _quoted(value: str, length: int = 10_000) -> str:
    """A value as an attribute: nothing in it can end it, nor is it a character that XML forbids."""
    return quoteattr(safe(value, length))
