"""How far one row of a comparison dropped: case by case, or as two independent samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pytest_evalbars.metrics.drops import independent, paired
from pytest_evalbars.metrics.estimates import OfMean, OfRate
from pytest_evalbars.metrics.pairs import Pairs
from pytest_evalbars.metrics.registry import kind_of
from pytest_evalbars.run.case_lines import as_before
from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.means import case_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.comparison.fold import Folded
    from pytest_evalbars.metrics.slice import Estimate

Measure = Literal["pass_rate", "mean_score"]
#: Means that differ by less are the same: sums of the same scores depend on their order.
PLACES = 12
#: What the trials that were not judged are taken to have been, before and after; None: they are left out.
ENDS: dict[str, tuple[int, int] | None] = {"apart": None, "worst": (1, 0), "best": (0, 1)}


@dataclass(frozen=True, slots=True)
class Change:
    """How far the cases of one row dropped, with what was not judged left out, and at either end."""

    measure: Measure
    #: Whether case by case.
    paired: bool
    before: float
    after: float
    #: Of the drop: above 0 is worse.
    estimates: tuple[Estimate, ...]
    #: Cases that were compared; of independent samples, those of the later run.
    cases: int
    #: Those whose own number fell and rose; of cases that are compared one by one.
    worse: int = 0
    better: int = 0

    @property
    def p_worse(self) -> float:
        """How surprising so large a drop would be, had nothing changed, whatever the unjudged trials were."""
        return max(each.p_above(0.0) for each in self.estimates)

    @property
    def p_better(self) -> float:
        """How surprising so large a rise would be, had nothing changed, whatever the unjudged trials were."""
        return max(each.p_below(0.0) for each in self.estimates)

    def within(self, margin: float, alpha: float) -> bool:
        """Whether the drop is proven to be at most the margin, whatever the unjudged trials were."""
        return all(each.bounds(alpha)[1] <= margin for each in self.estimates)


def change_of(both: Sequence[Folded], own: Sequence[Folded], measure: Measure) -> Change | None:
    """The change of one row; None where one of the runs says nothing of it.

    Args:
        both: what the two runs say of the cases that they have in common, in the same order.
        own: what each of them says of the row.
        measure: of what.
    """
    fewest = min(_judged(each, measure) for each in own)
    common = _pairs(both, measure, None)
    if common.enough(fewest):
        return _paired(both, common, measure)
    return _independent(own, measure)


def _paired(both: Sequence[Folded], common: Pairs, measure: Measure) -> Change:
    kind = kind_of(measure)
    assert kind is not None  # noqa: S101 - built in
    cuts = [_pairs(both, measure, ends) for ends in (ENDS.values() if _any_open(both, measure) else [None])]
    estimates = [found for each in cuts if (found := paired(each, kind)) is not None]
    before, after = float(common.before.mean()), float(common.after.mean())
    worse, better = int((common.after < common.before).sum()), int((common.after > common.before).sum())
    return Change(measure, True, before, after, tuple(estimates), len(common.case), worse, better)


def _independent(own: Sequence[Folded], measure: Measure) -> Change | None:
    if not all(_judged(each, measure) for each in own):
        return None
    kind, estimates, values = kind_of(measure), [], []
    assert kind is not None  # noqa: S101 - built in
    for ends in ENDS.values() if _any_open(own, measure) else [None]:
        before, after = (_alone(each, measure, None if ends is None else ends[at]) for at, each in enumerate(own))
        estimates.append(independent(before, after, kind, 0))
        values.append((before.value, after.value))
    return Change(measure, False, *values[0], tuple(estimates), _judged(own[1], measure))


def _pairs(both: Sequence[Folded], measure: Measure, ends: tuple[int, int] | None) -> Pairs:
    """The means of the cases that say something in both."""
    before, after = both
    sums, trials = zip(
        *(_said(each, measure, None if ends is None else ends[at]) for at, each in enumerate(both)),
        strict=True,
    )
    there = np.flatnonzero((trials[0] > 0) & (trials[1] > 0))
    was, now = (np.round(s[there] / n[there], PLACES) for s, n in zip(sums, trials, strict=True))
    cluster = before.cluster if after.cluster is None else after.cluster
    clusters = None if cluster is None else cluster[there]
    return Pairs(there, was, as_before(was, now), clusters, *(n[there] for n in trials))


def _alone(of: Folded, measure: Measure, end: int | None) -> Estimate:
    """What a run says of a row, by itself."""
    sums, trials = _said(of, measure, end)
    there = np.flatnonzero(trials)
    clusters = None if of.cluster is None else of.cluster[there]
    if measure == "pass_rate":
        return OfRate(case_rate(sums[there], trials[there], clusters))
    return OfMean(case_mean(np.clip(sums[there] / trials[there], 0, 1), clusters))


def _said(of: Folded, measure: Measure, end: int | None) -> tuple[NDArray[np.float64 | np.int64], NDArray[np.int64]]:
    """The sums and numbers of trials of each case, with the open ones left out or at one end."""
    sums, trials = (of.passes, of.trials) if measure == "pass_rate" else (of.scores, of.scored)
    if end is None:
        return sums, trials
    still = _open(of, measure)
    return sums + end * still, trials + still


def _open(of: Folded, measure: Measure) -> NDArray[np.int64]:
    """Trials that should say something and do not; without a score, those that were judged too."""
    return of.open if measure == "pass_rate" else of.open + of.trials - of.scored


def _any_open(sides: Sequence[Folded], measure: Measure) -> bool:
    return any(bool(_open(each, measure).any()) for each in sides)


def _judged(of: Folded, measure: Measure) -> int:
    return int(np.count_nonzero(of.trials if measure == "pass_rate" else of.scored))
