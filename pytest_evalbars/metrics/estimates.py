"""The statistics' estimates as the gate asks them; see `Estimate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.stats.effective import rate_bounds, rate_interval, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import mean_bounds, mean_interval, mean_p_met, mean_p_missed
from pytest_evalbars.stats.power import cases_to_settle_mean, cases_to_settle_rate

if TYPE_CHECKING:
    from pytest_evalbars.stats.corrected import Adjusted
    from pytest_evalbars.stats.effective import Rate
    from pytest_evalbars.stats.means import Mean
    from pytest_evalbars.stats.mixed import Mixed


@dataclass(frozen=True, slots=True)
class OfRate:
    """An estimate of a share."""

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


@dataclass(frozen=True, slots=True)
class OfAdjusted:
    """An estimate of a share that was corrected by the errors of its judge."""

    adjusted: Adjusted | Mixed
    #: Whether it is the share of misses, and not of passes.
    turned: bool = False

    @property
    def value(self) -> float:
        return self._shown(self.adjusted.value)

    @property
    def cases(self) -> int:
        return self.adjusted.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        return self._ends(self.adjusted.bounds(alpha))

    def interval(self, confidence: float) -> tuple[float, float]:
        return self._ends(self.adjusted.interval(confidence))

    def p_below(self, threshold: float) -> float:
        return self._p(self._shown(threshold), below=not self.turned)

    def p_above(self, threshold: float) -> float:
        return self._p(self._shown(threshold), below=self.turned)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:  # noqa: ARG002
        return None  # more cases do not tell more of the judge

    def _p(self, threshold: float, *, below: bool) -> float:
        if below:
            return self.adjusted.p_below(threshold)
        # A rate of 0 is no evidence of a rate above 0, though no rate is below it.
        return self.adjusted.p_above(threshold) if threshold or self.adjusted.value else 1.0

    def _shown(self, share: float) -> float:
        return 1 - share if self.turned else share

    def _ends(self, ends: tuple[float, float]) -> tuple[float, float]:
        return (1 - ends[1], 1 - ends[0]) if self.turned else ends


@dataclass(frozen=True, slots=True)
class OfMean:
    """An estimate of a mean of numbers between two ends."""

    mean: Mean
    #: What a mean of 0 and of 1 stand for.
    low: float = 0.0
    high: float = 1.0

    @property
    def value(self) -> float:
        return self._shown(self.mean.value)

    @property
    def cases(self) -> int:
        return self.mean.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        low, high = mean_bounds(self.mean, alpha)
        return self._shown(low), self._shown(high)

    def interval(self, confidence: float) -> tuple[float, float]:
        low, high = mean_interval(self.mean, confidence)
        return self._shown(low), self._shown(high)

    def p_below(self, threshold: float) -> float:
        return mean_p_missed(self.mean, self._share(threshold))

    def p_above(self, threshold: float) -> float:
        # A mean of 0 is no evidence of a mean above 0, though no mean is below it.
        share = self._share(threshold)
        return mean_p_met(self.mean, share) if share or self.mean.value else 1.0

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return cases_to_settle_mean(self.mean, self._share(threshold), alpha_above, alpha_below)

    def _shown(self, share: float) -> float:
        return self.low + share * (self.high - self.low)

    def _share(self, shown: float) -> float:
        return (shown - self.low) / (self.high - self.low)
