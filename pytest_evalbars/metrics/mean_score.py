"""The mean score: the mean over cases of each case's mean score, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.stats.means import Mean, case_mean, mean_bounds, mean_interval, mean_p_met, mean_p_missed
from pytest_evalbars.stats.power import cases_to_settle_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice, Unjudged


@dataclass(frozen=True, slots=True)
class MeanScore:
    """An estimate of a mean score; see `pytest_evalbars.metrics.slice.Estimate`."""

    mean: Mean

    @property
    def value(self) -> float:
        return self.mean.value

    @property
    def cases(self) -> int:
        return self.mean.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        return mean_bounds(self.mean, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return mean_interval(self.mean, confidence)

    def p_below(self, threshold: float) -> float:
        return mean_p_missed(self.mean, threshold)

    def p_above(self, threshold: float) -> float:
        # A mean of 0 is no evidence of a mean above 0, though no mean is below it.
        return mean_p_met(self.mean, threshold) if threshold or self.value else 1.0

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return cases_to_settle_mean(self.mean, threshold, alpha_above, alpha_below)


def estimate(part: Slice, unjudged: Unjudged = "apart") -> MeanScore | None:
    """The mean score of a slice; None if no trial in it has a score."""
    if not _scored(part).any():
        return None
    sums, trials, clusters = part.by_case(*values(part, unjudged))
    return MeanScore(case_mean(sums / trials, clusters))


def values(part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What each row counts as, and which rows count."""
    score, scored = part.run.score[part.rows], _scored(part)
    if unjudged == "apart":
        return score, scored
    return np.where(scored, score, 1.0 if unjudged == "pass" else 0.0), scored | _unscored(part) | part.stopped()


def unjudged(part: Slice) -> int:
    """How many trials ended in an error, have no result, or were judged without a score."""
    return int(_unscored(part).sum())


def _scored(part: Slice) -> NDArray[np.bool_]:
    return part.judged() & ~np.isnan(part.run.score[part.rows])


def _unscored(part: Slice) -> NDArray[np.bool_]:
    return part.unjudged() | (part.judged() & np.isnan(part.run.score[part.rows]))
