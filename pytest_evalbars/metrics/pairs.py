"""The cases that two runs have in common, and what each said in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.run.case_lines import as_before

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Unjudged
    from pytest_evalbars.metrics.slice import Metric, Slice
    from pytest_evalbars.run.matching import Matching

#: With a smaller share of cases in common, of the side that has fewer, two slices are taken as two independent
#: samples: cases that were added, or taken out, leave the others as comparable as they were.
ENOUGH = 0.8


class Pairs(NamedTuple):
    """What each case that two runs have in common said in both; shapes (cases,)."""

    #: Its code in the later run.
    case: NDArray[np.int64]
    #: The mean of its trials, before and after.
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    #: None where no cluster was declared.
    clusters: NDArray[np.int64] | None
    #: How many trials said so, before and after; None: nobody knows.
    before_trials: NDArray[np.int64] | None = None
    after_trials: NDArray[np.int64] | None = None

    def enough(self, fewest: int) -> bool:
        """Whether they speak for two slices of which the smaller one has so many cases."""
        return len(self.case) > 0 and len(self.case) >= ENOUGH * fewest


#: What the unjudged trials before are taken for, where those of now are taken for the one or the other end: at the
#: worst they passed then, and miss now.
EARLIER: dict[str, Unjudged] = {"apart": "apart", "miss": "pass", "pass": "miss"}


def pairs_of(
    metric: Metric,
    part: Slice,
    before: Slice,
    matching: Matching,
    unjudged: Unjudged = "apart",
    among: NDArray[np.bool_] | None = None,
) -> Pairs:
    """Pair the cases of a slice with what they said before.

    Args:
        metric: a mean over cases of what their trials say.
        part: the slice of the later run.
        before: the same dimension of the earlier one, whatever its labels were.
        matching: which case is which.
        unjudged: what to make of trials of the later run that were not judged; those of the earlier one are taken
            for the opposite.
        among: which cases of the earlier run count, shape (cases of the earlier run,); None: all.
    """
    shared_before, shared = matching.shared
    sums, trials = _folded(metric, part, unjudged, shared)
    before_sums, before_trials = _folded(metric, before, EARLIER[unjudged], shared_before)
    if among is not None:
        before_trials = np.where(among, before_trials, 0)
    if not len(before_trials):
        before_sums, before_trials = np.zeros(1), np.zeros(1, np.int64)
    earlier = matching.before_of
    case = np.flatnonzero((trials > 0) & (earlier >= 0) & (before_trials[earlier] > 0))
    then = earlier[case]
    earlier_means = before_sums[then] / before_trials[then]
    return Pairs(
        case,
        earlier_means,
        as_before(earlier_means, sums[case] / trials[case]),
        _clusters(part, case, before, then),
        before_trials[then],
        trials[case],
    )


def cases_said(metric: Metric, part: Slice) -> int:
    """How many cases of a slice say something of the metric."""
    return int((_folded(metric, part, "apart", None)[1] > 0).sum())


def _clusters(
    part: Slice, case: NDArray[np.int64], before: Slice, then: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The cluster of each pair, as the later run declares it, or else the earlier one."""
    for of, code in ((part, case), (before, then)):
        rows, run = of.rows, of.run
        if (found := of.clusters(rows, run.case[rows], len(run.cases))) is not None:
            return found[code]
    return None


def _folded(
    metric: Metric, part: Slice, unjudged: Unjudged, shared: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The sums and numbers of what the trials of each case of the run say; shapes (cases of the run,)."""
    values, keep = metric.values(part, unjudged)
    case = part.of(part.run.case)
    if shared is not None:
        keep = keep & part.of(shared)
    if not keep.all():
        values, case = values[keep], case[keep]
    count = len(part.run.cases)
    return np.bincount(case, values, count).astype(np.float64), np.bincount(case, minlength=count).astype(np.int64)
