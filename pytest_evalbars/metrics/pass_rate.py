"""The pass rate: the mean over cases of each case's share of passed trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.columns import PASS
from pytest_evalbars.stats.effective import (
    Rate,
    case_rate,
    rate_bounds,
    rate_interval,
    rate_p_met,
    rate_p_missed,
)
from pytest_evalbars.stats.power import cases_to_settle_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice, Unjudged


@dataclass(frozen=True, slots=True)
class PassRate:
    """An estimate of a pass rate; see `pytest_evalbars.metrics.slice.Estimate`."""

    rate: Rate

    @property
    def value(self) -> float:
        return self.rate.value

    @property
    def cases(self) -> int:
        return self.rate.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        return rate_bounds(self.rate, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return rate_interval(self.rate, confidence)

    def p_below(self, threshold: float) -> float:
        return rate_p_missed(self.rate, threshold)

    def p_above(self, threshold: float) -> float:
        # A rate of 0 is no evidence of a rate above 0, though no rate is below it.
        return rate_p_met(self.rate, threshold) if threshold or self.value else 1.0

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return cases_to_settle_rate(self.rate, threshold, alpha_above, alpha_below)


def estimate(part: Slice, unjudged: Unjudged = "apart") -> PassRate | None:
    """The pass rate of a slice; None if nothing in it was judged."""
    if not part.judged().any():
        return None
    passes, trials, clusters = part.by_case(*values(part, unjudged))
    return PassRate(case_rate(passes.astype(np.int64), trials, clusters))


def values(part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What each row counts as, and which rows count."""
    passed, keep = part.run.outcome[part.rows] == PASS, part.judged()
    if unjudged != "apart":
        keep = keep | part.unknown()
        if unjudged == "pass":
            passed = passed | part.unknown()
    return passed.astype(np.float64), keep


def unjudged(part: Slice) -> int:
    """How many trials ended in an error or have no result."""
    return int(part.unjudged().sum())
