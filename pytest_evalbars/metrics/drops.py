"""How much worse a metric is than in an earlier run: paired by case, or as two independent samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.stats.independent import (
    Difference,
    difference_bounds,
    difference_cases_to_settle,
    difference_interval,
    difference_p_larger,
    difference_p_smaller,
)
from pytest_evalbars.stats.paired import (
    case_drop,
    drop_bounds,
    drop_cases_to_settle,
    drop_interval,
    drop_p_larger,
    drop_p_smaller,
)
from pytest_evalbars.stats.paired_amounts import (
    amount_drop,
    amount_drop_bounds,
    amount_drop_cases_to_settle,
    amount_drop_interval,
    amount_drop_p_larger,
    amount_drop_p_smaller,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_evalbars.metrics.pairs import Pairs
    from pytest_evalbars.metrics.registry import Kind
    from pytest_evalbars.metrics.slice import Estimate
    from pytest_evalbars.stats.paired import Drop
    from pytest_evalbars.stats.paired_amounts import AmountDrop

    Interval = Callable[[float], tuple[float, float]]


class Ways(NamedTuple):
    """How `stats` reads one kind of drop."""

    bounds: Callable[[Any, float], tuple[float, float]]
    interval: Callable[[Any, float], tuple[float, float]]
    p_smaller: Callable[[Any, float], float]
    p_larger: Callable[[Any, float], float]
    cases_to_settle: Callable[[Any, float, float, float], int | None]


#: Of a share or a score, and of an amount: as a difference or relative.
SHARE = Ways(drop_bounds, drop_interval, drop_p_smaller, drop_p_larger, drop_cases_to_settle)
AMOUNT = Ways(
    amount_drop_bounds,
    amount_drop_interval,
    amount_drop_p_smaller,
    amount_drop_p_larger,
    amount_drop_cases_to_settle,
)


@dataclass(frozen=True, slots=True)
class OfDrop:
    """An estimate of how much worse a metric is, on the same cases; see `Estimate`."""

    drop: Drop | AmountDrop
    ways: Ways
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
        return self.ways.bounds(self.drop, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return self.ways.interval(self.drop, confidence)

    def p_below(self, threshold: float) -> float:
        return self.ways.p_smaller(self.drop, threshold)

    def p_above(self, threshold: float) -> float:
        return self.ways.p_larger(self.drop, threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return self.ways.cases_to_settle(self.drop, threshold, alpha_above, alpha_below)


@dataclass(frozen=True, slots=True)
class OfDifference:
    """An estimate of how much worse one sample is than another that it has too little in common with."""

    #: With the bounds of both that verdicts rest on; and with their intervals for display.
    difference: Difference
    displayed: Difference
    cases: int
    before: float
    after: float
    #: How many cases are the same.
    same: int
    #: Whether the difference is one of logarithms, and so a share of what was.
    relative: bool

    @property
    def value(self) -> float:
        return self._shown(self.difference.value)

    def note(self, alpha: float, upper: bool) -> str:  # noqa: ARG002
        """That nothing is compared case by case, which sees less."""
        common = "no case is" if not self.same else f"{self.same} cases are" if self.same > 1 else "1 case is"
        return f"compared as two independent samples, which sees less: {common} the same in both"

    def bounds(self, alpha: float) -> tuple[float, float]:
        low, high = difference_bounds(self.difference, alpha)
        return self._shown(low), self._shown(high)

    def interval(self, confidence: float) -> tuple[float, float]:
        low, high = difference_interval(self.displayed, confidence)
        return self._shown(low), self._shown(high)

    def p_below(self, threshold: float) -> float:
        return difference_p_smaller(self.difference, self._inside(threshold))

    def p_above(self, threshold: float) -> float:
        return difference_p_larger(self.difference, self._inside(threshold))

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        t = self._inside(threshold)
        return difference_cases_to_settle(self.difference, self.cases, t, alpha_above, alpha_below)

    def _shown(self, inside: float) -> float:
        return float(np.expm1(inside)) if self.relative else inside

    def _inside(self, shown: float) -> float:
        return math.log1p(shown) if self.relative else shown


@dataclass(frozen=True, slots=True)
class Endless:
    """What could be had trials that measured nothing taken any amount, now or then: no bound; see `Estimate`."""

    cases: int
    value: float = math.inf

    def bounds(self, alpha: float) -> tuple[float, float]:  # noqa: ARG002
        return -math.inf, math.inf

    def interval(self, confidence: float) -> tuple[float, float]:  # noqa: ARG002
        return -math.inf, math.inf

    def p_below(self, threshold: float) -> float:  # noqa: ARG002
        return 1.0

    def p_above(self, threshold: float) -> float:  # noqa: ARG002
        """At the one end far above anything, and it is the other end that speaks against a drop."""
        return 0.0 if self.value > 0 else 1.0

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> None:  # noqa: ARG002
        return None


def paired(pairs: Pairs, kind: Kind, *, relative: bool = False) -> Estimate:
    """How much worse the cases are than they were, one by one.

    Args:
        pairs: what they said before, and say now.
        kind: of the metric.
        relative: whether as a share of what it was.

    Raises:
        NoData: what was measured cannot be averaged as an amount.
    """
    before, after = float(pairs.before.mean()), float(pairs.after.mean())
    good, bad = (pairs.before, pairs.after) if kind.less_is_better else (pairs.after, pairs.before)
    trials = pairs.before_trials, pairs.after_trials
    if kind.bounded:
        # Sums of fractions may pass the ends by a rounding error.
        of = trials[::-1] if kind.less_is_better else trials
        drop = case_drop(np.clip(bad, 0, 1), np.clip(good, 0, 1), pairs.clusters, of)
        return OfDrop(drop, SHARE, before, after)
    for end, means in ((math.inf, pairs.after), (-math.inf, pairs.before)):
        if np.isinf(means).any():
            return Endless(len(pairs.case), end)
    if min(pairs.before.min(), pairs.after.min()) < 0:
        raise NoData("a mean is of amounts from 0 up, and some of these are below")
    risen = amount_drop(good, bad, pairs.clusters, relative=relative, trials=trials)
    return OfDrop(risen, AMOUNT, before, after)


def independent(before: Estimate, after: Estimate, kind: Kind, same: int, *, relative: bool = False) -> Estimate:
    """How much worse a slice is than it was, where it has too few cases in common with that.

    Args:
        before: the metric then.
        after: the metric now.
        kind: of the metric.
        same: how many cases are the same.
        relative: whether as a share of what it was.

    Raises:
        NoData: it was 0, and nothing is a share of that.
    """
    if math.isinf(after.value):
        return Endless(after.cases)
    if relative and not before.value:
        raise NoData("it was 0 in the baseline, and nothing is a share of that")
    more, less = (after, before) if kind.less_is_better else (before, after)

    def held(*intervals: Interval) -> Difference:
        if relative:
            return Difference(_log(more.value), _log(less.value), *map(_logs, intervals))
        return Difference(more.value, less.value, *intervals)

    difference, displayed = held(exact_interval(more), exact_interval(less)), held(more.interval, less.interval)
    return OfDifference(difference, displayed, after.cases, before.value, after.value, same, relative)


def exact_interval(estimate: Estimate) -> Interval:
    """From a confidence to the two bounds that verdicts rest on, which are not those for display."""
    return lambda confidence: estimate.bounds((1 - confidence) / 2)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _logs(interval: Interval) -> Interval:
    def logs(confidence: float) -> tuple[float, float]:
        low, high = interval(confidence)
        return _log(low), _log(high)

    return logs
