"""Bars that may stop at any time: their verdicts rest on e-values (`stats.sequential`), in the planned order.

The unit is the case: its mean over trials. A trial that could not be judged counts against either claim.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.stats.sequential import log_e

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.slice import Metric, Slice, Unjudged


#: What a trial that could not be judged counts as, at worst and at best.
ENDS: tuple[Unjudged, Unjudged] = ("miss", "pass")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The highest e-values that a verdict has reached."""

    met: float
    #: Until it was proven met, if it was: what comes first counts.
    missed: float

    @property
    def p_missed(self) -> float:
        """As a p-value, for the session's family."""
        return min(1.0, 1 / self.missed)


def shares_sources(part: Slice) -> bool:
    """Whether cases of the slice share a cluster: then they are not independent, and nothing can be bet on them."""
    rows = part.rows[(part.run.outcome[part.rows] != LEFT_OUT) & (part.run.cluster[part.rows] >= 0)]
    pairs = np.unique(np.stack([part.run.cluster[rows], part.run.case[rows]]), axis=1)
    return bool(len(np.unique(pairs[0])) < pairs.shape[1])


def asked_for(bar: Bar, part: Slice) -> bool:
    """Whether the run is one whose cases came in random order because of such bars, and this is one."""
    return bar.early_stop == "anytime" and part.run.order is not None


def evidence(bar: Bar, metric: Metric, part: Slice, alpha: float) -> Evidence:
    """The evidence of a finished run.

    Of a case that was stopped half-way nothing counts: what its first trials said may have been the reason.
    """
    worst, best = (_in_order(metric, part, unjudged) for unjudged in ENDS)
    if bar.upper:
        worst, best = 1 - best, 1 - worst
    t = 1 - bar.threshold if bar.upper else bar.threshold
    for_met, for_missed = log_e(worst, t), log_e(1 - best, 1 - t)
    proven = np.flatnonzero(for_met >= -math.log(alpha))
    if len(proven):
        for_missed = for_missed[: proven[0]]
    return Evidence(_exp(for_met.max(initial=0.0)), _exp(for_missed.max(initial=0.0)))


def _in_order(metric: Metric, part: Slice, unjudged: Unjudged) -> NDArray[np.float64]:
    """The means of the slice's cases, in planned order."""
    values, keep = metric.values(part, unjudged)
    case = part.run.case[part.rows]
    keep = keep & ~part.stopped() & ~np.isin(case, case[part.stopped()])
    if not keep.any():
        return np.zeros(0)
    sums, trials, _ = part.by_case(values, keep)
    assert part.run.order is not None  # noqa: S101 - else nobody asks
    return (sums / trials)[np.argsort(part.run.order[np.unique(case[keep])], kind="stable")]


def _exp(log: float) -> float:
    return math.exp(min(float(log), 700.0))
