"""All that a report says, of a run, its bars and the gate's decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.apart import expired_cases
from pytest_evalbars.report.building.bars import bar_told
from pytest_evalbars.report.building.cells import cells
from pytest_evalbars.report.building.compared import compared
from pytest_evalbars.report.building.conditions import conditions
from pytest_evalbars.report.building.judges import judges
from pytest_evalbars.report.building.method import method
from pytest_evalbars.report.building.parts import parts_of
from pytest_evalbars.report.building.quality import measures, quality
from pytest_evalbars.report.building.trends import trends_told
from pytest_evalbars.report.model import DecisionTold, LineTold, Report, RunTold, Standing
from pytest_evalbars.report.summary import besides, outcome_line, summary
from pytest_evalbars.run.columns import MISSING

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.report.model import Outcome
    from pytest_evalbars.report.past import Past
    from pytest_evalbars.run.columns import Run

#: The exit code of a session, and why it fails beside what its gate says.
Session = tuple[int, list[str]]
#: Misses that fail by themselves and are named; the others are only counted, and stand among the misses.
STANDING = 200


def build(
    run: Run, bars: Bars, decision: Decision, past: Past | None = None, *, session: Session | None = None
) -> Report:
    """Make the report.

    Args:
        run: the run.
        bars: the bars that it was held against.
        decision: what the gate said.
        past: the runs before it, where there is a history.
        session: how the session ends that runs it.
    """
    parts, unnamed = parts_of(run)
    told = tuple(cells(parts, decision, bars.confidence))
    of_dimensions = tuple(quality(parts, told))
    rated = [part for part, cell in zip(parts, told, strict=True) if not cell.predicted]
    report = Report(
        run=_run(run, decision),
        decision=_decision(run, bars, decision, session),
        bars=tuple(bar_told(run, bars, verdict) for verdict in decision.verdicts),
        cells=told,
        compared=compared(run, decision),
        trends=tuple(trends_told(run, bars, session[0] if session else decision.exit_code, rated, past)),
        quality=of_dimensions,
        measures=tuple(measures(run)),
        judges=tuple(judges(decision, bars.confidence)),
        method=method(run, bars, decision, parts, of_dimensions, unnamed),
        summary=tuple(summary(run, bars, decision)),
    )
    return report.model_copy(update={"summary": (*report.summary, *besides(report))})


def bare(run: Run, bars: Bars, decision: Decision, *, session: Session | None = None) -> Report:
    """What is told where not all of it can be: the decision."""
    told = _decision(run, bars, decision, session)
    return Report(run=_run(run, decision), decision=told, summary=(LineTold(text=told.sentence, look="bad"),))


def _run(run: Run, decision: Decision) -> RunTold:
    header = run.headers[0] if run.headers else {}
    return RunTold(
        names=tuple(str(each.get("run") or "") for each in run.headers),
        started=str(header.get("started") or ""),
        commit=str(header.get("commit") or ""),
        changed=bool(header.get("changes")),
        labels=_pairs(header.get("labels")),
        versions=_pairs(header.get("versions")),
        cases=len(np.unique(run.case[run.outcome < MISSING])),
        trials=run.trials,
        errors=run.errors,
        complete=run.complete,
        conditions=tuple(conditions(run, decision)),
    )


def _pairs(given: object) -> dict[str, str]:
    """What a header says by name; another tool's may say anything."""
    return {str(key): str(value) for key, value in given.items()} if isinstance(given, Mapping) else {}


def _decision(run: Run, bars: Bars, decision: Decision, session: Session | None) -> DecisionTold:
    outcomes: dict[int, Outcome] = {0: "not held" if decision.stage == "none" else "passed", 1: "failed"}
    code, besides = (decision.exit_code, []) if session is None else session
    over = expired_cases(run)
    sentence = outcome_line(run, decision).text
    if decision.stage == "none" and decision.exit_code:
        sentence = f"{sentence}; the session fails (exit {decision.exit_code}): {'; '.join(decision.notes[:1])}"
    if besides and not decision.exit_code:  # who reads its first words alone must not take it for a pass
        sentence = f"session failed (exit {code}): {', '.join(besides)}; {sentence}"
    elif besides:
        sentence = f"{sentence}; besides: {', '.join(besides)}"
    return DecisionTold(
        outcome=outcomes.get(code or decision.exit_code, "undecided"),
        exit_code=decision.exit_code,
        session_exit=None if session is None else code,
        besides=tuple(besides),
        sentence=sentence,
        stage=decision.stage,
        confidence=bars.confidence,
        allowed_errors=decision.allowed_errors,
        standing=tuple(
            Standing(case=each.case, dimension=each.dimension, reason=each.reason, expired=each.case in over)
            for each in decision.standing[:STANDING]
        ),
        standing_count=len(decision.standing),
        standing_expired=sum(each.case in over for each in decision.standing),
        notes=decision.notes,
        changed_bars=tuple(map(str, decision.changes)),
    )
