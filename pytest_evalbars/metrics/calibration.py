"""Metrics of confidence: does a prediction that is 80% sure come true in 80 of 100 cases?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.metrics.means import Score
from pytest_evalbars.metrics.predictions import predictions
from pytest_evalbars.metrics.slice import Counted, NoData
from pytest_evalbars.stats import calibration as stats
from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.reliability import brier as losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Estimate, Slice, Unjudged
    from pytest_evalbars.stats.effective import Rate

LACKING = "no trial says how confident it is; say evalcase.predict(expected, predicted, confidence=...)"


class Sure(NamedTuple):
    """By row of a slice: how sure the prediction was, whether it was right, which rows say so, which should."""

    confidence: NDArray[np.float64]
    right: NDArray[np.float64]
    said: NDArray[np.bool_]
    open: NDArray[np.bool_]


def sureness(part: Slice) -> Sure:
    """What the trials of a slice were confident of."""
    found = predictions(part)
    confidence = part.of_trials(part.run.extras.confidence, np.nan)
    said = found.said & ~np.isnan(confidence)
    right = (found.expected == found.predicted).astype(np.float64)
    return Sure(confidence, right, said, found.open | (found.said & ~said))


def _loss(part: Slice) -> Counted:
    sure = sureness(part)
    return Counted(losses(np.nan_to_num(sure.confidence), sure.right), sure.said, sure.open)


def _over(part: Slice) -> Counted:
    sure = sureness(part)
    return Counted(np.nan_to_num(sure.confidence) - sure.right, sure.said, sure.open)


def _under(part: Slice) -> Counted:
    over = _over(part)
    return over._replace(values=-over.values)


@dataclass(frozen=True, slots=True)
class OfGap:
    """An estimate of mean confidence less the rate of success, or of the reverse; see `Estimate`.

    Of gaps from -1 to 1 the bounds of a mean do not see how skewed those of a product are that is sure and mostly
    right. Where all confidences are the same the gap is a rate, so no bound is tighter than that of the rate.
    """

    mean: Estimate
    #: The rate of success.
    rate: Rate
    #: 1 of overconfidence, -1 of underconfidence.
    sign: int

    @property
    def value(self) -> float:
        return self.mean.value

    @property
    def cases(self) -> int:
        return self.mean.cases

    @property
    def confidence(self) -> float:
        """The mean confidence."""
        return self.sign * self.value + self.rate.value

    def bounds(self, alpha: float) -> tuple[float, float]:
        low, high = self.mean.bounds(alpha)
        ends = [self.sign * (self.confidence - rate) for rate in rate_bounds(self.rate, alpha)]
        return min(low, *ends), max(high, *ends)

    def interval(self, confidence: float) -> tuple[float, float]:
        return self.mean.interval(confidence)

    def p_below(self, threshold: float) -> float:
        return max(self.mean.p_below(threshold), self._p_rate(threshold, above=self.sign > 0))

    def p_above(self, threshold: float) -> float:
        return max(self.mean.p_above(threshold), self._p_rate(threshold, above=self.sign < 0))

    def _p_rate(self, threshold: float, *, above: bool) -> float:
        """The p-value of a rate above, or below, the one that makes the gap the threshold."""
        t = self.confidence - self.sign * threshold
        if not 0 < t < 1:
            return float((t >= 1) == above)  # no rate is beyond 0 or 1
        return rate_p_met(self.rate, t) if above else rate_p_missed(self.rate, t)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return self.mean.cases_to_settle(threshold, alpha_below, alpha_above)


@dataclass(frozen=True)
class Gap(Score):
    """The mean of confidence less success, or of the reverse."""

    sign: int = 1

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        mean = super().estimate(part, unjudged)
        if mean is None:
            return None
        sure = sureness(part)
        values, keep = self.values(part, unjudged)
        right = np.where(sure.said, sure.right, self.sign * values < 0)
        passes, trials, clusters = part.by_case(right, keep)
        return OfGap(mean, case_rate(passes.astype(np.int64), trials, clusters), self.sign)


brier = Score(_loss, LACKING)
overconfidence = Gap(_over, LACKING, -1.0, 1.0)
underconfidence = Gap(_under, LACKING, -1.0, 1.0, sign=-1)


@dataclass(frozen=True, slots=True)
class OfCalibration:
    """An estimate of the calibration error; see `Estimate`."""

    error: stats.CalibrationError
    cases: int
    #: How far open trials may bring the error up or down.
    shift: float = 0.0

    @property
    def value(self) -> float:
        return self._moved(self.error.value)

    def _moved(self, value: float) -> float:
        return min(max(value + self.shift, 0.0), 1.0)

    def note(self, alpha: float, upper: bool) -> str:  # noqa: ARG002
        """What a perfectly calibrated system would show on as many trials."""
        error = self.error
        return (
            f"the plain error of its bins is {error.raw:.3f}; perfect calibration would show up to "
            f"{error.null:.3f} on so many trials (p = {error.p:.2g})"
        )

    def bounds(self, alpha: float) -> tuple[float, float]:
        low, high = stats.calibration_bounds(self.error, alpha)
        return self._moved(low), self._moved(high)

    def interval(self, confidence: float) -> tuple[float, float]:
        return self.bounds((1 - confidence) / 2)

    def p_below(self, threshold: float) -> float:
        return stats.calibration_p_below(self.error, threshold - self.shift)

    def p_above(self, threshold: float) -> float:
        return stats.calibration_p_above(self.error, threshold - self.shift)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:  # noqa: ARG002
        """How far more cases would narrow it is not known."""
        return None


class Calibration(Score):
    """How far confidence is from the truth, over its whole range; never below 0 by luck alone."""

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        sure = sureness(part)
        if not sure.said.any():
            if part.judged().any():
                raise NoData(LACKING)
            return None
        keep = sure.said
        rows = part.rows[keep]
        present, case = np.unique(part.run.case[rows], return_inverse=True)
        clusters = part.clusters(rows, case, len(present))
        each = None if clusters is None else clusters[case]
        error = stats.calibration_error(sure.confidence[keep], sure.right[keep], case, each)
        shift = 0.0 if unjudged == "apart" else _reach(part, sure)
        return OfCalibration(error, len(present), shift if unjudged == "pass" else -shift)


def _reach(part: Slice, sure: Sure) -> float:
    """How far the open trials can bring the error up or down.

    What they take away from the others and what they add: each at most their share, as a gap is at most 1.
    """
    count = sure.said | sure.open
    _, case = np.unique(part.run.case[part.rows[count]], return_inverse=True)
    trials = np.bincount(case)
    return 2 * float((sure.open[count] / trials[case]).sum()) / len(trials)


calibration_error = Calibration(_loss, LACKING)
