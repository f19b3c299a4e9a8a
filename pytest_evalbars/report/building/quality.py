"""The quality of each dimension beside what guardrails let through, and what trials took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics import guardrails
from pytest_evalbars.metrics.measures import mean, quantile
from pytest_evalbars.metrics.registry import UNITS
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.report.model import Measure, Quality
from pytest_evalbars.run.columns import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Metric
    from pytest_evalbars.report.building.parts import Part
    from pytest_evalbars.report.model import Cell
    from pytest_evalbars.run.columns import Run

#: Measures of the user's own that are told.
OWN = 50
#: What the measures are of that have a name of their own, in the order in which they are told.
WHAT = {
    "seconds": "how long the body of a trial took, without waits for limits and without judges; a replayed answer "
    "counts as it did when it was recorded",
    "cost_usd": "what the models of a trial cost, judges not counted; a replayed answer counts as it did when it was "
    "recorded",
    "tokens_in": "tokens that the models of a trial read",
    "tokens_out": "tokens that they wrote",
    "model_seconds": "the time in which a trial waited for its models",
    "judge_seconds": "the time in which a trial waited for judges",
    "judge_cost_usd": "what the judges of a trial cost",
    "judge_tokens_in": "tokens that judges read",
    "judge_tokens_out": "tokens that judges wrote",
    "waited": "the time in which a trial waited for limits",
}


def quality(parts: Iterable[Part], cells: Iterable[Cell]) -> Iterator[Quality]:
    """Each dimension by kind of cases; its cells are those of the same parts."""
    for part, cell in zip(parts, cells, strict=True):
        if part.category:
            continue
        guarded = bool(guardrails.blocked(part.slice)[1].any()) and not cell.stopped
        yield Quality(
            dimension=part.dimension,
            kind=part.kind,
            pass_rate=cell.rate,
            interval=cell.interval,
            cases=cell.cases,
            coverage=_value(guardrails.coverage, part) if guarded else None,
            among_answered=_value(guardrails.answered_pass_rate, part) if guarded else None,
            effective=_value(guardrails.effective_pass_rate, part) if guarded else None,
            mean_cost=_value(mean("cost_usd"), part),
            median_seconds=_value(quantile("50", "seconds"), part),
            p95_seconds=_value(quantile("95", "seconds"), part),
        )


def _value(metric: Metric, part: Part) -> float | None:
    try:
        found = metric.estimate(part.slice)
    except NoData:
        return None
    return None if found is None or not np.isfinite(found.value) else float(found.value)


def measures(run: Run) -> Iterator[Measure]:
    """What the trials that ran took, those that could not be judged among them."""
    # Of a trial that stands in several lines, only what holds is of rows.
    entries = np.unique(run.entry[(run.outcome < MISSING) & (run.entry >= 0)])
    known = run.extras.measures
    own = sorted(known.keys() - WHAT.keys())[:OWN]
    for name in (*(name for name in WHAT if name in known), *own):
        values = known[name][entries]
        values = values[~np.isnan(values)]
        if len(values):
            yield _measure(name, values)


def _measure(name: str, values: NDArray[np.float64]) -> Measure:
    with np.errstate(over="ignore"):
        numbers = {
            "total": values.sum(),
            "mean": values.mean(),
            # As they are: between two of them there is nothing that a trial took.
            "median": np.quantile(values, 0.5, method="inverted_cdf"),
            "p95": np.quantile(values, 0.95, method="inverted_cdf"),
        }
    return Measure(
        name=name,
        unit=UNITS.get(name, "seconds" if name == "waited" else "number"),
        trials=len(values),
        of=WHAT.get(name, ""),
        **{key: float(value) if np.isfinite(value) else None for key, value in numbers.items()},
    )
