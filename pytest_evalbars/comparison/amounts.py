"""What two runs took, beside how good they are: time, money, tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.metrics.measures import LARGEST
from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.run.columns import MISS
from pytest_evalbars.stats.paired_amounts import amount_drop, amount_drop_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.matching import Matching

#: What is compared, and what a reader calls it.
AMOUNTS = {"seconds": "latency", "cost_usd": "cost", "tokens_in": "tokens in", "tokens_out": "tokens out"}


@dataclass(frozen=True, slots=True)
class Amount:
    """The mean over cases of what their trials took, before and after."""

    measure: str
    before: float
    after: float
    #: As a share of what it was: above 0 is more; None where it was nothing. And its two-sided interval, of which
    #: the upper end is infinite where the cases do not bound it.
    change: float | None
    interval: tuple[float, float] | None
    #: The same cases, whose amounts are compared one by one.
    cases: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        ends = self.interval and [end if math.isfinite(end) else None for end in self.interval]
        return {
            "measure": self.measure,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "interval": ends,
            "cases": self.cases,
        }


def amounts_of(matching: Matching, confidence: float) -> Iterator[Amount]:
    """Compare what both runs measured, on the cases that they have in common."""
    before, after = matching.before, matching.after
    sides = [_places(run) for run in (before, after)]
    clusters = Slice(after).clusters(None, after.case, len(after.cases))
    known = np.flatnonzero(matching.before_of >= 0)
    known = np.flatnonzero(matching.before_of >= 0)
    for measure in AMOUNTS:
        means = [_means(run, *side, measure) for run, side in zip((before, after), sides, strict=True)]
        then, here = means[0][matching.before_of[known]], means[1][known]
        both = ~np.isnan(then) & ~np.isnan(here)
        then, here = then[both], here[both]
        # Another tool's may be no amounts at all.
        if len(then) and all(each.min() >= 0 and each.max() <= LARGEST for each in (then, here)):
            yield _compared(measure, then, here, None if clusters is None else clusters[known[both]], confidence)


def _compared(
    measure: str,
    then: NDArray[np.float64],
    here: NDArray[np.float64],
    cluster: NDArray[np.int64] | None,
    confidence: float,
) -> Amount:
    before, after = float(then.mean()), float(here.mean())
    if before == 0:
        return Amount(measure, before, after, 0.0 if after == 0 else None, None, len(then))
    more = amount_drop(then, here, cluster, relative=True)
    low, high = amount_drop_interval(more, confidence)
    known = low > -1 or math.isfinite(high)
    return Amount(measure, before, after, more.value, (low, high) if known else None, len(then))


def _places(run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The entries of all judged trials, and the case of each."""
    rows = np.flatnonzero((run.outcome <= MISS) & (run.entry >= 0))
    of_entry = np.full(int(run.entry.max(initial=-1)) + 1, -1, np.int64)
    of_entry[run.entry[rows]] = run.case[rows]
    entries = np.flatnonzero(of_entry >= 0)
    return entries, of_entry[entries]


def _means(run: Run, entries: NDArray[np.int64], case: NDArray[np.int64], measure: str) -> NDArray[np.float64]:
    """The mean of each case of the run, NaN where nothing was measured."""
    column = run.extras.measures.get(measure)
    values = np.full(len(entries), np.nan) if column is None else column[entries]
    said = ~np.isnan(values)
    count = np.bincount(case[said], minlength=len(run.cases))
    sums = np.bincount(case[said], values[said], len(run.cases))
    means = np.full(len(run.cases), np.nan)
    np.divide(sums, count, out=means, where=count > 0)
    return means
