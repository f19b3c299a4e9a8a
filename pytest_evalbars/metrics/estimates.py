"""The statistics' estimates as the gate asks them; see `Estimate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.stats.effective import rate_bounds, rate_interval, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import mean_bounds, mean_interval, mean_p_met, mean_p_missed
from pytest_evalbars.stats.power import cases_to_settle_mean, cases_to_settle_rate

if TYPE_CHECKING:
    from pytest_evalbars.stats.effective import Rate
    from pytest_evalbars.stats.means import Mean


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
