"""Metrics that are means over cases of what each trial says: a function of the rows is all they need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.estimates import OfMean, OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.run.columns import PASS
from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.means import case_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Cases
    from pytest_evalbars.metrics.slice import Counted, Estimate, Slice, Unjudged


@dataclass(frozen=True)
class ByTrial(ABC):
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

    def cases(self, part: Slice) -> Cases:
        """What the slice's cases say."""
        return part.cases(self.rows)

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials say nothing though they should; stopped ones are counted elsewhere."""
        return self.cases(part).unjudged

    def trials(self, part: Slice) -> int:
        """How many say something."""
        return int(self.cases(part).said.sum())

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice."""
        return self.fold(part, unjudged) if self.any(part) else None

    def any(self, part: Slice) -> bool:
        """Whether any row says something.

        Raises:
            NoData: none does, though some were judged.
        """
        said = bool(self.cases(part).said.any())
        if not said and self.lacking and part.tally()[PASS]:
            raise NoData(self.lacking)
        return said

    @abstractmethod
    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        """The estimate from the rows that count."""


class Share(ByTrial):
    """The mean over cases of each case's share of trials that are what the metric counts: rows say yes or no."""

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        return OfRate(case_rate(*part.cases(self.rows).filled(unjudged, 0, 1)))


class Conditional(Share):
    """A share of those trials that turned out some way: each of them weighs the same, whatever case it is of.

    A case weighs by how many of its trials are such. Else one that is so by chance, in one trial of ten, would
    weigh as much as one that always is, and the number would change with the number of trials.
    """

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        cases = part.cases(self.rows)
        if int((cases.said if cases.open is None else cases.said + cases.open).max(initial=0)) <= 1:
            return super().fold(part, unjudged)
        sums, trials, declared = cases.filled(unjudged, 0, 1)
        clusters = np.arange(len(trials)) if declared is None else declared
        # Each trial as a case of its own, in the cluster of its case; of a case, first those that count.
        number = np.arange(trials.sum()) - np.repeat(np.cumsum(trials) - trials, trials)
        yes = number < np.repeat(sums, trials)
        rate = case_rate(yes, np.ones(len(yes), np.int64), np.repeat(clusters, trials))
        return OfRate(replace(rate, cases=len(trials)))


@dataclass(frozen=True)
class _Shares:
    """How far each row is on the way from `low` to `high`."""

    rows: Callable[[Slice], Counted]
    low: float
    high: float

    def __call__(self, part: Slice) -> Counted:
        counted = self.rows(part)
        return counted._replace(values=(counted.values - self.low) / (self.high - self.low))


class Score(ByTrial):
    """The mean over cases of each case's mean: rows say a number between `low` and `high`."""

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        rows = self.rows if (self.low, self.high) == (0, 1) else _Shares(self.rows, self.low, self.high)
        sums, trials, clusters = part.cases(rows).filled(unjudged, 0, 1)
        means = np.clip(sums / trials, 0, 1)  # sums of fractions may pass the ends by a rounding error
        return OfMean(case_mean(means, clusters), self.low, self.high)
