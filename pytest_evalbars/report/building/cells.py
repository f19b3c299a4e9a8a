"""The heat map: the pass rate of each dimension in each category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.model import Cell
from pytest_evalbars.run.columns import ERROR, LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run


def cells(run: Run, bars: Bars, decision: Decision) -> Iterator[Cell]:
    """Each dimension as a whole, then by category."""
    del decision
    category = np.array([labels.get("category", "") for labels in run.labelsets], dtype=object)
    names, of_labelset = np.unique(category.astype(str), return_inverse=True)
    of_row = of_labelset[run.labelset] if len(run.labelsets) else np.zeros(0, np.int64)
    for code, dimension in sorted(enumerate(run.dimensions), key=lambda each: each[1]):
        rows = np.flatnonzero((run.dimension == code) & (run.outcome != LEFT_OUT))
        yield _cell(dimension, "", Slice(run, rows), bars.confidence)
        for number, name in enumerate(names.tolist()):
            if name and len(some := rows[of_row[rows] == number]):
                yield _cell(dimension, name, Slice(run, some), bars.confidence)


def _cell(dimension: str, category: str, part: Slice, confidence: float) -> Cell:
    stopped = bool(part.stopped().any())
    found = pass_rate.estimate(part)
    rated = found is not None and not stopped
    return Cell(
        dimension=dimension,
        category=category,
        rate=found.value if found is not None and rated else None,
        interval=found.interval(confidence) if found is not None and rated else None,
        cases=0 if found is None else found.cases,
        trials=int(part.judged().sum()),
        errors=int((part.of(part.run.outcome) == ERROR).sum()),
        stopped=stopped,
    )
