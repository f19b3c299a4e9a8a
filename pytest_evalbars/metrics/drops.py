"""How much worse a metric is than in an earlier run: paired by case, or as two independent samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.stats.paired import (
    case_drop,
    drop_bounds,
    drop_cases_to_settle,
    drop_interval,
    drop_p_larger,
    drop_p_smaller,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Unjudged
    from pytest_evalbars.metrics.registry import Kind
    from pytest_evalbars.metrics.slice import Estimate, Metric, Slice
    from pytest_evalbars.run.matching import Matching
    from pytest_evalbars.stats.paired import Drop


class Pairs(NamedTuple):
    """What each case that two runs have in common said in both; shapes (cases,)."""

    #: Its code in the later run.
    case: NDArray[np.int64]
    #: The mean of its trials, before and after.
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    #: None where no cluster was declared.
    clusters: NDArray[np.int64] | None


def pairs_of(metric: Metric, part: Slice, before: Slice, matching: Matching, unjudged: Unjudged = "apart") -> Pairs:
    """Pair the cases of a slice with what they said before.

    Args:
        metric: a mean over cases of what their trials say.
        part: the slice of the later run.
        before: the same dimension of the earlier one, whatever its labels were.
        matching: which case is which.
        unjudged: what to make of trials of the later run that were not judged.
    """
    sums, trials = _folded(metric, part, unjudged)
    before_sums, before_trials = _folded(metric, before, "apart")
    if not len(before_trials):
        before_sums, before_trials = np.zeros(1), np.zeros(1, np.int64)
    earlier = matching.before_of
    case = np.flatnonzero((trials > 0) & (earlier >= 0) & (before_trials[earlier] > 0))
    then = earlier[case]
    rows = part.rows
    clusters = part.clusters(rows, part.run.case[rows], len(part.run.cases))
    return Pairs(
        case,
        before_sums[then] / before_trials[then],
        sums[case] / trials[case],
        None if clusters is None else clusters[case],
    )


def _folded(metric: Metric, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The sums and numbers of what the trials of each case of the run say; shapes (cases of the run,)."""
    values, keep = metric.values(part, unjudged)
    case = part.of(part.run.case)
    if not keep.all():
        values, case = values[keep], case[keep]
    count = len(part.run.cases)
    return np.bincount(case, values, count).astype(np.float64), np.bincount(case, minlength=count).astype(np.int64)


@dataclass(frozen=True, slots=True)
class OfDrop:
    """An estimate of how much worse a share or a score is, on the same cases; see `Estimate`."""

    drop: Drop
    #: The means before, and now.
    before: float
    after: float

    @property
    def value(self) -> float:
        return self.drop.value

    @property
    def cases(self) -> int:
        return self.drop.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        return drop_bounds(self.drop, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return drop_interval(self.drop, confidence)

    def p_below(self, threshold: float) -> float:
        return drop_p_smaller(self.drop, threshold)

    def p_above(self, threshold: float) -> float:
        return drop_p_larger(self.drop, threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return drop_cases_to_settle(self.drop, threshold, alpha_above, alpha_below)


def paired(pairs: Pairs, kind: Kind, *, relative: bool = False) -> Estimate | None:  # noqa: ARG001
    """How much worse the cases are than they were, one by one.

    Args:
        pairs: what they said before, and say now.
        kind: of the metric.
        relative: whether as a share of what it was.
    """
    before, after = float(pairs.before.mean()), float(pairs.after.mean())
    worse = (pairs.after, pairs.before) if kind.less_is_better else (pairs.before, pairs.after)
    return OfDrop(case_drop(*worse, pairs.clusters), before, after)


def independent(before: Estimate, after: Estimate, kind: Kind, same: int, *, relative: bool = False) -> Estimate:
    """How much worse a slice is than another, that has too few cases in common with it."""
    raise NotImplementedError
