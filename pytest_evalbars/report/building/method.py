"""How a run was measured: what a reader needs to believe its numbers, or not to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.building.conditions import left_out
from pytest_evalbars.report.building.methods import methods
from pytest_evalbars.report.building.parts import CATEGORIES
from pytest_evalbars.report.building.rubrics import rubrics
from pytest_evalbars.report.building.terms import COVERAGE, ERROR, MISS, RATE, VERDICTS, metric_term, metric_text
from pytest_evalbars.report.building.terms import HELD as HELD_CASES
from pytest_evalbars.report.model import HELD, Definition, Method
from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.columns import ERROR as ERRED
from pytest_evalbars.run.columns import MISS as MISSED
from pytest_evalbars.run.columns import MISSING, SKIPPED
from pytest_evalbars.run.evidence import evidence_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.report.building.parts import Part
    from pytest_evalbars.report.model import Quality
    from pytest_evalbars.run.columns import Run

#: Lines of one kind that are told before the others are only counted.
TOLD = 50


def method(
    run: Run, bars: Bars, decision: Decision, parts: Sequence[Part], quality: Sequence[Quality], unnamed: int
) -> Method:
    """All of it.

    Args:
        run: the run.
        bars: what it was held against.
        decision: what the gate said.
        parts: the parts that the heat map has.
        quality: what is told of dimensions.
        unnamed: categories that the heat map leaves out.
    """
    return Method(
        definitions=tuple(_definitions(run, bars, decision, parts, quality)),
        rubrics=tuple(rubrics(run)),
        methods=tuple(methods(run, bars, decision)),
        sizes=tuple(_few(list(_sizes(run, parts)), "dimensions")),
        gaps=tuple(_few([*_gaps(run, parts), *_unknown(run, decision), *_too_many(unnamed)], "gaps")),
        not_run=tuple(_not_run(run)),
    )


def _definitions(
    run: Run, bars: Bars, decision: Decision, parts: Sequence[Part], quality: Sequence[Quality]
) -> Iterator[Definition]:
    """The words that this report uses."""
    told: dict[str, str] = {"pass rate": RATE}
    told["interval"] = (
        f"where the true number lies, at {bars.confidence * 100:g}% confidence: if all this were done many times, so "
        "many of the intervals would hold it"
    )
    told |= {word: VERDICTS[word] for word in dict.fromkeys(each.verdict for each in decision.verdicts)}
    if (run.outcome == MISSED).any():
        told["miss"] = MISS
    if (run.outcome == ERRED).any():
        told["error"] = ERROR
    if any(part.kind != HELD for part in parts):
        told["held cases"] = HELD_CASES
    for verdict in decision.verdicts:
        told.setdefault(metric_term(verdict.spec), metric_text(verdict.spec))
    if any(each.coverage is not None for each in quality):
        told["coverage"] = COVERAGE
    for name, scale in bars.scales.items():
        told[f"scale {name}"] = str(scale)
    yield from (Definition(term=term, text=text) for term, text in told.items())


def _sizes(run: Run, parts: Sequence[Part]) -> Iterator[str]:
    """How many cases each dimension has, how often each ran, and how many sources they share."""
    for part in parts:
        if part.category:
            continue
        rows = part.slice.rows[part.slice.judged()]
        trials = np.unique(run.case[rows], return_counts=True)[1]
        if not len(trials):
            yield f"{part.name}: nothing was judged"
            continue
        least, most = int(trials.min()), int(trials.max())
        each = f"{least}" if least == most else f"{least} to {most}"
        words = f"{part.name}: {count(len(trials), 'case')}, {count(len(rows), 'judged trial')}, {each} of each case"
        given = run.cluster[rows]
        if (given >= 0).any():
            shared = len(np.unique(given[given >= 0])) + len(np.unique(run.case[rows[given < 0]]))
            words += (
                f"; they come from {count(shared, 'source')}, and cases of one source count as one where they agree"
            )
        yield words


def _gaps(run: Run, parts: Sequence[Part]) -> Iterator[str]:
    """What the numbers of dimensions lack."""
    if note := evidence_note(run):
        yield note
    for part in parts:
        if part.category:
            continue
        outcome = part.slice.of(run.outcome)
        if erred := int((outcome == ERRED).sum()):
            yield f"{part.name}: {count(erred, 'trial')} could not be judged"
        if missing := int((outcome == MISSING).sum()):
            yield f"{part.name}: {count(missing, 'planned trial')} without a result"
        if skipped := int((outcome == SKIPPED).sum()):
            yield f"{part.name}: {count(skipped, 'trial')} skipped"


def _unknown(run: Run, decision: Decision) -> Iterator[str]:
    """What nobody knows."""
    for verdict in decision.verdicts:
        if verdict.verdict == "no data":
            why = f": {verdict.notes[0]}" if verdict.notes else ""
            yield f"{verdict.name}: no data{why}"
    for judge in decision.judges:
        if judge.reason:
            yield f"{judge.dimension}: its judge {judge.by} is uncalibrated: {judge.reason}"
    if run.unplaced:
        yield f"{count(run.unplaced, 'missing trial')}: nothing tells which bars they belong to"


def _too_many(unnamed: int) -> Iterator[str]:
    if unnamed:
        others = "1 category is" if unnamed == 1 else f"{unnamed} categories are"
        yield f"the heat map has the {CATEGORIES} largest categories; {others} not on it"


def _not_run(run: Run) -> Iterator[str]:
    """What was not run, and why."""
    if run.asked:
        yield f"only these were asked for: {', '.join(run.asked[:TOLD])}"
    if gone := left_out(run):
        yield f"{count(gone, 'case')} left out of this run, as by -k, -m, --lf, -x or a node id"
    yield from (f"left out, and nobody can name them: {why}" for why in run.unseen[:TOLD])
    if run.stopped:
        yield f"{count(run.stopped, 'trial')} not started, as no verdict depended on them any more"
    yield from (f"{count(number, 'trial')} not run, because {why}" for why, number in run.not_run.items())
    if run.saturated is not None and (resting := len(run.saturated.resting)):
        yield f"{count(resting, 'saturated case')} not run ({run.saturated.mode})"
    if (rest := len(run.missing) - sum(run.not_run.values())) > 0:
        yield f"{count(rest, 'planned trial')} without a result"


def _few(lines: list[str], what: str) -> list[str]:
    more = len(lines) - TOLD
    return lines if more <= 0 else [*lines[:TOLD], f"and {more} more {what}"]
