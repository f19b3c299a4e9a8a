"""The history as plain values: what `evalbars history --json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.commands.history import Found
    from pytest_evalbars.history.cases import Standing
    from pytest_evalbars.history.records import PastRun
    from pytest_evalbars.history.trend import Trend


def as_json(found: Found, confidence: float, notes: Sequence[str]) -> dict[str, Any]:
    """What was found. Runs are named elsewhere by their places in `runs`, oldest first."""
    places = {id(run): place for place, run in enumerate(found.runs)}
    parts: dict[str, Any] = {}
    if found.trends is not None:
        parts["trends"] = [_trend(each, places) for each in found.trends]
    if found.cases is not None:
        parts["cases"] = [_case(each, found.runs) for each in found.cases]
    if found.bars is not None:
        parts["bars"] = [{**asdict(each), "runs": each.runs} for each in found.bars]
    runs = [asdict(run) for run in found.runs]
    return {"schema": 1, "confidence": confidence, "runs": runs, **parts, "notes": list(notes)}


def _trend(trend: Trend, places: dict[int, int]) -> dict[str, Any]:
    points = [
        {
            "run": places[id(point.run)],
            "cases": point.cases,
            "trials": point.trials,
            "errors": point.errors,
            "stopped": point.stopped,
            "rate": point.rate,
            "interval": point.interval,
        }
        for point in trend.points
    ]
    return {"dimension": trend.dimension, "kind": trend.kind, "category": trend.category, "points": points}


def _case(one: Standing, runs: Sequence[PastRun]) -> dict[str, Any]:
    before = None if one.before is None else runs[one.before].commit
    commits = {"commit": runs[one.since].commit, "commit_before": before}
    return {**asdict(one), **commits}
