"""What a verdict can see with the cases that it rests on: whether it can be met or missed, and with which power."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.gate.select import held_bars
from pytest_evalbars.gate.slices import metric_of, slices_of
from pytest_evalbars.metrics.estimates import OfMean, OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.stats.means import mean_p_met, mean_p_missed, moved
from pytest_evalbars.stats.planning import (
    differ,
    likely_rates,
    p_met,
    p_missed,
    p_reached,
    smallest_effect,
)
from pytest_evalbars.stats.planning_means import mean_effect, mean_p_to_meet, mean_p_to_miss, mirrored

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from pytest_evalbars.config.settings import Settings
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.metrics.slice import Slice
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.stats.means import Mean


@dataclass(frozen=True, slots=True)
class Sample:
    """What a slice showed of its number, and how much evidence its cases give."""

    value: float
    cases: int
    #: How many independent passes and misses it is worth; and at the least: its independent units.
    n_eff: float
    units: float
    #: How alike the trials of a case are; None where that is not known, or where cases share sources.
    icc: float | None
    #: Of a bar on scores rather than passes: their mean, as a floor sees it.
    mean: Mean | None = None


def sample_of(bar: Bar, settings: Settings, dimension: str | None, part: Slice) -> Sample | None:
    """The evidence of a slice; None for a metric that nothing can be planned for. All that is read of metrics."""
    try:
        estimate = metric_of(bar, settings, dimension).estimate(part)
    except NoData:
        return None
    if isinstance(estimate, OfRate):
        rate = estimate.rate
        icc = rate.icc if rate.clusters == rate.cases else None
        return Sample(rate.value, rate.cases, rate.n_eff, rate.n_perfect, icc)
    if isinstance(estimate, OfMean) and (estimate.low, estimate.high) == (0, 1):
        mean = mirrored(estimate.mean) if bar.upper else estimate.mean
        return Sample(estimate.value, mean.cases, mean.n_eff, mean.df - 1, None, mean)
    return None


@dataclass(frozen=True, slots=True)
class Sight:
    """A bar, the evidence it rests on, and the errors that its verdict may make.

    Of a run to come it is taken that every trial is judged: errors only make verdicts harder to reach.
    """

    bar: Bar
    sample: Sample
    #: Of "met", and of "missed" at worst: as if it had to be proven first in its family.
    alpha: float
    alpha_missed: float

    @property
    def evidence(self) -> bool:
        """Whether the verdict has to be proven, rather than read off the bare number."""
        return self.bar.rule == "evidence"

    @property
    def threshold(self) -> float:
        """The threshold of the bar as a floor: a ceiling is a floor of what must not happen."""
        return self.toward(self.bar.threshold)

    def toward(self, rate: float) -> float:
        """A rate as the floor's; its own inverse."""
        return 1 - rate if self.bar.upper else rate

    @property
    def can_be_met(self) -> bool:
        """Whether it is met if everything goes well."""
        t, sample = self.threshold, self.sample
        if sample.cases < self.bar.min_cases:
            return False
        if sample.mean and self.evidence:
            return mean_p_met(moved(sample.mean, 1.0), t) <= self.alpha
        return not self.evidence or t == 0 or math.pow(t, sample.units) <= self.alpha

    @property
    def can_be_missed(self) -> bool:
        """Whether it is missed if nothing goes well."""
        t, sample = self.threshold, self.sample
        if sample.mean and self.evidence:
            return mean_p_missed(moved(sample.mean, 0.0), t) < self.alpha_missed
        return math.pow(1 - t, sample.units) < self.alpha_missed if self.evidence else t > 0

    def chances(self, rates: NDArray[np.float64] | float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The chances of met and of missed for true rates, given as the floor's."""
        n, t, mean = self.sample.n_eff, self.threshold, self.sample.mean
        if not self.evidence:
            met = p_reached(n, rates, t)
            missed = 1 - met
        elif mean:
            met = mean_p_to_meet(mean, rates, t, self.alpha)
            missed = mean_p_to_miss(mean, rates, t, self.alpha_missed)
        else:
            met, missed = p_met(n, rates, t, self.alpha), p_missed(n, rates, t, self.alpha_missed)
        return met * self.can_be_met, missed * self.can_be_missed

    def flips(self) -> float:
        """The chance that the same product gets another word next time, over all that its true rate may be."""
        met, missed = self.chances(likely_rates(self.toward(self.sample.value), self.sample.n_eff))
        return float(differ(met, missed).mean())

    def sees_from(self, power: float) -> tuple[float | None, float | None]:
        """The rates from which on it is met, and is missed, with the power; None where no rate is enough.

        Only for verdicts that must be proven.
        """
        t, mean = self.threshold, self.sample.mean
        if mean:
            above, below = mean_effect(mean, t, power, self.alpha, self.alpha_missed)
        else:
            above, below = smallest_effect(self.sample.n_eff, t, power, self.alpha, self.alpha_missed)
        met = None if above is None or not self.can_be_met else self.toward(t + above)
        missed = None if below is None or not self.can_be_missed else self.toward(t - below)
        return met, missed


def sights(run: Run, bars: Bars, decision: Decision) -> Iterator[tuple[Verdict, Slice, Sight | str]]:
    """For each verdict of a decision its slice and what it can see, or in words why that is not known."""
    parts = [(bar, *rest) for bar in held_bars(bars, decision.stage) for rest in slices_of(run, bar)]
    family = [each for each in decision.verdicts if each.verdict != "no data" and each.spec.rule == "evidence"]
    tiers = Counter(each.group is not None for each in family)
    for verdict, (_, _, group, part) in zip(decision.verdicts, parts, strict=True):
        multiplicity = max(1, len(tiers) * tiers[group is not None])
        launch = decision.stage == "launch"
        yield verdict, part, _sight(verdict, bars, part, bars.alpha / multiplicity, launch=launch)


def _sight(verdict: Verdict, bars: Bars, part: Slice, alpha_missed: float, *, launch: bool) -> Sight | str:
    if why := _not_planned(verdict, launch=launch):
        return why
    sample = sample_of(verdict.spec, bars, verdict.dimension, part)
    return "not planned for this metric" if sample is None else Sight(verdict.spec, sample, bars.alpha, alpha_missed)


def _not_planned(verdict: Verdict, *, launch: bool) -> str:
    """Why nothing is planned for a verdict; empty if it can be."""
    reasons = {
        "no data": verdict.verdict == "no data",
        "not planned for people's labels": verdict.spec.kind.of == "labels",
        "not planned for a rate that is corrected for its judge's error": verdict.correction is not None,
        "cannot be met at launch, as its judge is not calibrated": launch and verdict.judge == "uncalibrated",
        "not planned for a bar that may stop at any time": verdict.e_met is not None,
        "not planned for a run that stopped early": verdict.stopped > 0,
        "not planned for a comparison": verdict.spec.compares,
    }
    return next((words for words, holds in reasons.items() if holds), "")
