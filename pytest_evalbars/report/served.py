"""What guardrails let through beside the quality of what is left: nobody buys quality with refusals unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.gate.bar import Bar
from pytest_evalbars.gate.select import exactly
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.metrics import guardrails
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.report.model import TableTold
from pytest_evalbars.report.numbers import ends, share
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.metrics.slice import Estimate, Metric, Slice
    from pytest_evalbars.run.columns import Run

COLUMNS: dict[str, Metric] = {
    "coverage": guardrails.coverage,
    "before": guardrails.coverage_pre,
    "after": guardrails.coverage_post,
    "among answered": guardrails.answered_pass_rate,
    "effective": guardrails.effective_pass_rate,
}
#: Those whose interval is shown too.
WITH_INTERVAL = ("coverage", "among answered", "effective")


def served_lines(run: Run, bars: Bars) -> Iterator[str | TableTold]:
    """A table with one row for each dimension whose trials passed guardrails; nothing where there are none."""
    rows = []
    for dimension, part in _guarded(run):
        cells = []
        for head, metric in COLUMNS.items():
            found = _estimate(metric, part)
            cells.append("-" if found is None else share(found.value))
            if head in WITH_INTERVAL:
                low, high = (0.0, 1.0) if found is None else found.interval(bars.confidence)
                cells[-1] += "" if found is None else f" ({ends('share', low, high)})"
        rows.append([safe(dimension, 40), *cells])
    if rows:
        yield TableTold.of(["let through", *COLUMNS], rows)
        yield "(coverage: let through, before and after generation; effective: what is blocked counts as not served)"


def served_json(run: Run, bars: Bars) -> list[dict[str, Any]]:
    """The same as plain values."""
    found = []
    for dimension, part in _guarded(run):
        row: dict[str, Any] = {"dimension": dimension}
        for head, metric in COLUMNS.items():
            estimate = _estimate(metric, part)
            row[head.replace(" ", "_")] = estimate and {
                "estimate": estimate.value,
                "interval": list(estimate.interval(bars.confidence)),
                "cases": estimate.cases,
            }
        found.append(row)
    return found


def _guarded(run: Run) -> Iterator[tuple[str, Slice]]:
    """The cases that a bar without `status` holds, of each dimension whose trials say anything of guardrails."""
    if not any((actions >= 0).any() for actions in run.extras.guardrail.values()):
        return
    for name in sorted(run.dimensions):
        for _, _, part in slices_of(run, Bar(dimension=(exactly(name),), at_least=0.0)):
            if guardrails.blocked(part)[1].any():
                yield name, part


def _estimate(metric: Metric, part: Slice) -> Estimate | None:
    try:
        return metric.estimate(part)
    except NoData:
        return None
