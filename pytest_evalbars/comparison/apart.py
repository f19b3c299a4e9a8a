"""The drop between two samples that have too few cases in common: from the intervals of both.

Each end lies as far from the difference as the squares of the two distances to the ends of its parts, summed, say.

Source: Newcombe 1998, method 10; Zou & Donner 2008 (MOVER).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.metrics import drops

if TYPE_CHECKING:
    from pytest_evalbars.metrics.registry import Kind
    from pytest_evalbars.metrics.slice import Estimate

#: P-values are found by halving: to one part in 2 ** 40.
HALVINGS = 40


def independent(before: Estimate, after: Estimate, kind: Kind, same: int) -> Estimate:
    """How much worse a row is than another, that has too few cases in common with it."""
    try:
        return drops.independent(before, after, kind, same)
    except NotImplementedError:
        return Apart(before, after)


@dataclass(frozen=True, slots=True)
class Apart:
    """The drop between two independent estimates; see `Estimate`."""

    was: Estimate
    now: Estimate

    @property
    def value(self) -> float:
        return self.was.value - self.now.value

    @property
    def cases(self) -> int:
        return self.now.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        (low, high), (least, most) = (each.interval(1 - 2 * alpha) for each in (self.was, self.now))
        return (
            self.value - math.hypot(self.was.value - low, most - self.now.value),
            self.value + math.hypot(high - self.was.value, self.now.value - least),
        )

    def interval(self, confidence: float) -> tuple[float, float]:
        return self.bounds((1 - confidence) / 2)

    def p_above(self, threshold: float) -> float:
        return self._p(lambda alpha: self.bounds(alpha)[0] <= threshold)

    def p_below(self, threshold: float) -> float:
        return self._p(lambda alpha: self.bounds(alpha)[1] >= threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:  # noqa: ARG002
        return None

    @staticmethod
    def _p(open_at: object) -> float:
        """The largest error at which the bound does not clear the threshold; a half and more is no evidence."""
        low, high = 0.0, 0.5
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if middle > 0 and open_at(middle):  # type: ignore[operator]
                low = middle
            else:
                high = middle
        return 1.0 if high >= 0.499 else high
