"""Metrics of confidence: does a prediction that is 80% sure come true in 80 of 100 cases?"""

from __future__ import annotations

import math
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
    from collections.abc import Iterator

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
    #: Which share of all trials is open, and by how much these may bring the square of the error up or down.
    open: float = 0.0
    shift: float = 0.0
    #: Samples in which the open trials did worst: new ones are also less sure.
    worst: tuple[stats.CalibrationError, ...] = ()

    @property
    def value(self) -> float:
        return self._moved(self.error.value)

    def _moved(self, value: float) -> float:
        return math.sqrt(min(max((1 - self.open) * value**2 + self.shift, 0.0), 1.0))

    def _back(self, moved: float) -> float:
        """What is moved there; below 0 where nothing is."""
        square = (moved**2 - self.shift) / (1 - self.open)
        return math.sqrt(square) if square >= 0 else -1.0

    def note(self, alpha: float, upper: bool) -> str:  # noqa: ARG002
        """What a perfectly calibrated system would show on as many trials."""
        error = self.error
        return (
            f"the plain error of its bins is {error.raw:.3f}; perfect calibration would show up to "
            f"{error.null:.3f} on so many trials (p = {error.p:.2g})"
        )

    def bounds(self, alpha: float) -> tuple[float, float]:
        low, high = stats.calibration_bounds(self.error, alpha)
        highs = [stats.calibration_bounds(error, alpha)[1] for error in self.worst]
        return self._moved(low), max(self._moved(high), *highs, 0.0)

    def interval(self, confidence: float) -> tuple[float, float]:
        return self.bounds((1 - confidence) / 2)

    def p_below(self, threshold: float) -> float:
        moved = stats.calibration_p_below(self.error, self._back(threshold))
        return max(moved, *(stats.calibration_p_below(error, threshold) for error in self.worst), 0.0)

    def p_above(self, threshold: float) -> float:
        return stats.calibration_p_above(self.error, self._back(threshold))

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
        error = _error(part, sure.confidence, sure.right, sure.said)
        share = 0.0 if unjudged == "apart" else _open(part, sure)
        # Open trials that are sure and wrong add their share; among others they take away three times that at most
        # (of a bin with the gap g, 2g + g**2), and they change what chance adds.
        shift = share + (error.noise if share else 0.0) if unjudged == "pass" else -4 * share
        worst = tuple(_sure_and_wrong(part, sure)) if share and unjudged == "pass" else ()
        return OfCalibration(error, error.cases, share, shift, worst)


def _error(
    part: Slice, confidence: NDArray[np.float64], right: NDArray[np.float64], keep: NDArray[np.bool_]
) -> stats.CalibrationError:
    rows = part.rows[keep]
    present, case = np.unique(part.run.case[rows], return_inverse=True)
    clusters = part.clusters(rows, case, len(present))
    return stats.calibration_error(confidence[keep], right[keep], case, None if clusters is None else clusters[case])


def _sure_and_wrong(part: Slice, sure: Sure) -> Iterator[stats.CalibrationError]:
    """The samples in which the open trials were sure to be right and were wrong, the reverse, and half of each."""
    among = np.cumsum(sure.open) % 2
    for end in (np.ones(len(among)), np.zeros(len(among)), among):
        confidence, right = np.where(sure.open, end, sure.confidence), np.where(sure.open, 1 - end, sure.right)
        yield _error(part, confidence, right, sure.said | sure.open)


def _open(part: Slice, sure: Sure) -> float:
    """Which share of all trials does not say how sure it is, each case weighing the same."""
    count = sure.said | sure.open
    _, case = np.unique(part.run.case[part.rows[count]], return_inverse=True)
    trials = np.bincount(case)
    return float((sure.open[count] / trials[case]).sum()) / len(trials)


calibration_error = Calibration(_loss, LACKING)
