"""Metrics that are means over cases of what each trial says: a function of the rows is all they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.estimates import OfMean, OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.means import case_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Counted, Estimate, Slice, Unjudged


@dataclass(frozen=True)
class ByTrial:
    """A metric whose rows each say a number."""

    rows: Callable[[Slice], Counted]
    #: Why there is no data, where no row says anything though some were judged.
    lacking: str = ""
    #: The least and the most that a row can say: what an unjudged one may stand for.
    low: float = 0.0
    high: float = 1.0

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What each of the slice's rows counts as, and which of them count."""
        return self.rows(part).filled(unjudged, self.low, self.high)

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials say nothing though they should; stopped ones are counted elsewhere."""
        return int((self.rows(part).open & ~part.stopped()).sum())

    def trials(self, part: Slice) -> int:
        """How many say something."""
        return int(self.rows(part).said.sum())

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice."""
        counted = self.rows(part)
        if not counted.said.any():
            if self.lacking and part.judged().any():
                raise NoData(self.lacking)
            return None
        return self.fold(part, *counted.filled(unjudged, self.low, self.high))

    def fold(self, part: Slice, values: NDArray[np.float64], keep: NDArray[np.bool_]) -> Estimate:
        """The estimate from the rows that count."""
        raise NotImplementedError


class Share(ByTrial):
    """The mean over cases of each case's share of trials that are what the metric counts: rows say 0 or 1."""

    def fold(self, part: Slice, values: NDArray[np.float64], keep: NDArray[np.bool_]) -> Estimate:
        sums, trials, clusters = part.by_case(values, keep)
        return OfRate(case_rate(sums.astype(np.int64), trials, clusters))


class Score(ByTrial):
    """The mean over cases of each case's mean: rows say a number between `low` and `high`."""

    def fold(self, part: Slice, values: NDArray[np.float64], keep: NDArray[np.bool_]) -> Estimate:
        shares = (values - self.low) / (self.high - self.low)
        sums, trials, clusters = part.by_case(shares, keep)
        means = np.clip(sums / trials, 0, 1)  # sums of fractions may pass the ends by a rounding error
        return OfMean(case_mean(means, clusters), self.low, self.high)
