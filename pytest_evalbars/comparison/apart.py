"""The drop between two samples that have too few cases in common to be compared one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.metrics.drops import exact_interval
from pytest_evalbars.stats.independent import (
    Difference,
    difference_bounds,
    difference_cases_to_settle,
    difference_interval,
    difference_p_larger,
    difference_p_smaller,
)

if TYPE_CHECKING:
    from pytest_evalbars.metrics.slice import Estimate


@dataclass(frozen=True, slots=True)
class Apart:
    """The drop between two independent estimates; see `Estimate`."""

    was: Estimate
    now: Estimate

    @property
    def difference(self) -> Difference:
        """Of which a number above 0 is a drop; with the bounds that verdicts rest on."""
        return Difference(self.was.value, self.now.value, exact_interval(self.was), exact_interval(self.now))

    @property
    def value(self) -> float:
        return self.difference.value

    @property
    def cases(self) -> int:
        return self.now.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        return difference_bounds(self.difference, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        shown = Difference(self.was.value, self.now.value, self.was.interval, self.now.interval)
        return difference_interval(shown, confidence)

    def p_below(self, threshold: float) -> float:
        return difference_p_smaller(self.difference, threshold)

    def p_above(self, threshold: float) -> float:
        return difference_p_larger(self.difference, threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return difference_cases_to_settle(self.difference, self.cases, threshold, alpha_above, alpha_below)
