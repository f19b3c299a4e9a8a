"""How each dimension went from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.model import HELD, PointTold, TrendTold
from pytest_evalbars.run.columns import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.history.trend import Point
    from pytest_evalbars.report.building.parts import Part
    from pytest_evalbars.report.past import Past
    from pytest_evalbars.run.columns import Run


def trends_told(
    run: Run, bars: Bars, exit_code: int, parts: Sequence[Part], past: Past | None
) -> Iterator[TrendTold]:
    """Each dimension on the cases that a bar holds which names no status; this run comes last.

    Rates are as trials were judged: what labels correct in this run they did not in those before it.
    """
    if past is None or not _whole(run):
        return
    from pytest_evalbars.history.trend import trends  # noqa: PLC0415 - few suites keep a history

    before = {
        each.dimension: [_point(point) for point in each.points]
        for each in trends(past.runs, past.sums, bars.confidence)
        if each.kind == HELD
    }
    for part in parts:
        if part.category or part.kind != HELD or part.dimension not in before:
            continue
        now = _now(run, bars, exit_code, part)
        yield TrendTold(dimension=part.dimension, kind=HELD, points=(*before[part.dimension], now))


def _whole(run: Run) -> bool:
    """Whether its rates can stand beside those of earlier runs, of which only whole ones are told."""
    picked = run.second_look or run.unseen or bool((run.outcome == LEFT_OUT).any())
    return run.complete and not picked


def _point(point: Point) -> PointTold:
    return PointTold(
        run=point.run.run,
        started=point.run.started,
        commit=point.run.commit or "",
        rate=point.rate,
        interval=point.interval,
        cases=point.cases,
        exit_code=point.run.exit,
    )


def _now(run: Run, bars: Bars, exit_code: int, part: Part) -> PointTold:
    header = run.headers[0] if run.headers else {}
    found = pass_rate.estimate(part.slice)
    rated = found is not None and not part.slice.stopped().any()
    return PointTold(
        run=str(header.get("run") or ""),
        started=str(header.get("started") or ""),
        commit=str(header.get("commit") or ""),
        rate=found.value if found is not None and rated else None,
        interval=found.interval(bars.confidence) if found is not None and rated else None,
        cases=0 if found is None else found.cases,
        exit_code=exit_code,
    )
