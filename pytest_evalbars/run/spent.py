"""What the trials of a run took, as their lines measured it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.run.columns import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_evalbars.metrics.slice import Slice

MEASURES = ("cost_usd", "seconds")
#: By measure and case: what each of its trials took.
Spent = dict[str, dict[str, list[float]]]


def spent(paths: Iterable[Path]) -> Spent:
    """Read run files that `load_run` could read; of a trial that was run again the last line counts."""
    trials: dict[tuple[str, str, int], dict[str, Any]] = {}
    for path in paths:
        with path.open("rb") as stream:
            for line in stream:
                if b'"measures"' in line and (row := _measured(line)):
                    trials[row["case"], str(row.get("test")), row.get("trial") or 0] = row["measures"]
    found: Spent = {measure: {} for measure in MEASURES}
    for (case, _, _), measures in trials.items():
        for measure in MEASURES:
            value = measures.get(measure)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
                found[measure].setdefault(case, []).append(value)
    return found


def per_trial(found: Spent, measure: str, part: Slice) -> float | None:
    """The mean of a measure over the trials of a slice's cases; None if none was measured."""
    codes = np.unique(part.run.case[part.rows[part.run.outcome[part.rows] < MISSING]])
    values = [value for code in codes for value in found[measure].get(part.run.cases[int(code)], ())]
    return math.fsum(values) / len(values) if values else None


def _measured(line: bytes) -> dict[str, Any] | None:
    """A trial or an observation with measures."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None  # a last line that was cut off
    fine = isinstance(row, dict) and row.get("type", "observation") in ("trial", "observation")
    return row if fine and isinstance(row.get("case"), str) and isinstance(row.get("measures"), dict) else None
