"""Metrics of what trials measured: quantiles, means, shares within a limit, cost per useful response."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.metrics.means import ByTrial, Share
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.stats.quantiles import (
    Quantile,
    case_quantile,
    least_cases_above,
    least_cases_below,
    quantile_bounds,
    quantile_interval,
    quantile_p_above,
    quantile_p_below,
)
from pytest_evalbars.stats.ratios import (
    Ratio,
    case_amount,
    case_ratio,
    cases_if_skewed,
    cases_to_settle_ratio,
    ratio_bounds,
    ratio_interval,
    ratio_p_above,
    ratio_p_below,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Cases
    from pytest_evalbars.metrics.slice import Counted, Estimate, Slice, Unjudged


#: The squares of larger amounts, summed, would be endless.
LARGEST = 1e100


@dataclass(frozen=True)
class _Measured:
    """Takes one measure of each trial, as it is or held against a limit."""

    name: str
    least: float | None = None
    most: float | None = None

    def __call__(self, part: Slice) -> Counted:
        found = part.measured(self.name)
        said = ~np.isnan(found)
        values: NDArray[Any] = found
        if self.most is not None:
            values = found <= self.most
        elif self.least is not None:
            values = found >= self.least
        return part.counted(values, said)


def _lacking(measure: str) -> str:
    if measure == "tokens":
        return "no trial measures tokens; say evalcase.measure(tokens_in=..., tokens_out=...)"
    price = ", or tell the price of what it asks: litellm.register_model" if measure == "cost_usd" else ""
    return f"no trial measures {measure}; say evalcase.measure({measure}=...){price}"


def within(measure: str, limit: str) -> Share:
    """The share of trials whose measure is at most the limit."""
    return Share(_Measured(measure, most=float(limit)), _lacking(measure))


def beyond(measure: str, limit: str) -> Share:
    """The share of trials whose measure is at least the limit."""
    return Share(_Measured(measure, least=float(limit)), _lacking(measure))


@dataclass(frozen=True, slots=True)
class OfQuantile:
    """An estimate of a quantile of trials; see `Estimate`."""

    quantile: Quantile
    cases: int
    name: str
    #: By error: the bounds that were asked for. They are searched for, and the gate asks more than once.
    known: dict[float, tuple[float, float]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def value(self) -> float:
        return self.quantile.value

    def note(self, alpha: float, upper: bool) -> str:
        """Where so few cases give no bound on the side that the bar asks for."""
        low, high = self.bounds(alpha)
        if not math.isinf(high if upper else low):
            return ""
        least = least_cases_above(self.quantile.q, alpha) if upper else least_cases_below(self.quantile.q, alpha)
        side = "upper" if upper else "lower"
        return f"{self.name}: no {side} bound at n = {self.cases}; {least} needed"

    def bounds(self, alpha: float) -> tuple[float, float]:
        if alpha not in self.known:
            self.known[alpha] = quantile_bounds(self.quantile, alpha)
        return self.known[alpha]

    def interval(self, confidence: float) -> tuple[float, float]:
        return quantile_interval(self.quantile, confidence)

    def p_below(self, threshold: float) -> float:
        return quantile_p_below(self.quantile, threshold)

    def p_above(self, threshold: float) -> float:
        return quantile_p_above(self.quantile, threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        """As many as make a bound on that side; how far off it would lie, the ranks alone do not say."""
        q = self.quantile.q
        good = self.value <= threshold
        least = least_cases_above(q, alpha_below) if good else least_cases_below(q, alpha_above)
        return least if least is not None and least > self.cases else None


@dataclass(frozen=True)
class _Said:
    """Which rows say something: no sums of what they say are asked for."""

    rows: Callable[[Slice], Counted]

    def __call__(self, part: Slice) -> Counted:
        counted = part.by_row(self.rows)
        return counted._replace(values=counted.said)


@dataclass(frozen=True)
class QuantileOf(ByTrial):
    """A quantile of all trials, each case weighing the same."""

    q: str = "50"

    def cases(self, part: Slice) -> Cases:
        return part.cases(_Said(self.rows))

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        values, keep = part.by_row(self.rows).filled(unjudged, self.low, self.high)
        rows = part.rows
        if not keep.all():
            values, rows = values[keep], rows[keep]
        case = part.run.case[rows]
        clusters = part.clusters(rows, case, int(case.max()) + 1)
        found = case_quantile(values, case, float(self.q) / 100, None if clusters is None else clusters[case])
        return OfQuantile(found, found.cases, f"p{self.q}")


def quantile(q: str, measure: str) -> QuantileOf:
    """A quantile of what trials measure: `p95_latency`."""
    return QuantileOf(_Measured(measure), _lacking(measure), -math.inf, math.inf, q)


@dataclass(frozen=True, slots=True)
class OfRatio:
    """An estimate of a mean amount, or of one amount for each of another; see `Estimate`."""

    ratio: Ratio
    #: What is measured.
    measure: str

    @property
    def value(self) -> float:
        return self.ratio.value

    @property
    def cases(self) -> int:
        return self.ratio.cases

    def note(self, alpha: float, upper: bool) -> str:  # noqa: ARG002
        """Where amounts are so skewed that a bar that asks for an upper bound is met too easily."""
        needed = cases_if_skewed(self.ratio) if upper else None
        if needed is None:
            return ""
        return (
            f"amounts this skewed need {needed} cases or more for the upper bound of a mean to hold, "
            f"and here are {self.cases}; hold a share instead, as `{self.measure} <= x`"
        )

    def bounds(self, alpha: float) -> tuple[float, float]:
        return ratio_bounds(self.ratio, alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return ratio_interval(self.ratio, confidence)

    def p_below(self, threshold: float) -> float:
        return ratio_p_below(self.ratio, threshold)

    def p_above(self, threshold: float) -> float:
        return ratio_p_above(self.ratio, threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        return cases_to_settle_ratio(self.ratio, threshold, alpha_above, alpha_below)


class Amount(ByTrial):
    """The mean over cases of what their trials measure, from 0 up."""

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        _check_amounts(part, part.by_row(self.rows))
        sums, trials, clusters = part.cases(self.rows).filled(unjudged, self.low, self.high)
        return OfRatio(case_amount(sums / trials, clusters), getattr(self.rows, "name", "the amount"))


def mean(measure: str) -> Amount:
    """The mean of what trials measure: `mean_tokens`."""
    return Amount(_Measured(measure), _lacking(measure), 0.0, math.inf)


class CostPerUseful(Amount):
    """What is spent for each trial that passes."""

    def fold(self, part: Slice, unjudged: Unjudged) -> Estimate:
        # Of an unjudged trial the best is that it was free and of use, the worst that it cost any amount for nothing.
        values, keep = self.values(part, unjudged)
        useful, _ = pass_rate.values(
            part, "miss" if unjudged == "pass" else "pass" if unjudged == "miss" else "apart"
        )
        top, clusters = _means(part, values, keep)
        bottom, _ = _means(part, useful, keep)
        return OfRatio(case_ratio(top, bottom, clusters), "cost_usd")


def _check_amounts(part: Slice, counted: Counted) -> None:
    """See whether what was measured can be averaged as an amount."""
    wrong = np.flatnonzero(counted.said & ~((counted.values >= 0) & (counted.values <= LARGEST)))
    if len(wrong):
        case, value = part.run.name(int(part.rows[wrong[0]])), counted.values[wrong[0]]
        raise NoData(f"a mean is of amounts from 0 up to {LARGEST:g}; {case} measures {value:g}")


def _means(
    part: Slice, values: NDArray[np.float64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """The mean of each case; endless amounts stay so."""
    endless = np.isinf(values) & keep
    sums, trials, clusters = part.by_case(np.where(endless, 0.0, values), keep)
    means = sums / trials
    if endless.any():
        means = np.where(part.by_case(endless.astype(np.float64), keep)[0] > 0, np.inf, means)
    return means, clusters


cost_per_useful = CostPerUseful(_Measured("cost_usd"), _lacking("cost_usd"), 0.0, math.inf)
