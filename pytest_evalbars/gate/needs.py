"""What each bar needs to be settled, judged by what a past run has shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_evalbars.gate.sight import Sight, sights
from pytest_evalbars.run.spent import per_trial
from pytest_evalbars.stats.planning import cases_for_power
from pytest_evalbars.stats.planning_means import cases_for_power_of_mean
from pytest_evalbars.stats.power import zero_miss_cases
from pytest_evalbars.stats.trials import effective_per_case

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.spent import Spent

#: Sums of weights may exceed a whole number by a rounding error.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Need:
    """What one verdict has, what it lacks, and what that would cost."""

    verdict: Verdict
    #: None where nothing can be planned, and then why.
    sight: Sight | None
    why_not: str = ""
    #: The verdict that the present rate is on its way to; none where rate and bar are equal.
    heads_for: Literal["met", "missed"] | None = None
    #: Cases that bring it there: the first number with the power, and the one from which on it never falls below.
    first: int | None = None
    needed: int | None = None
    #: The rates from which on it is met, and missed, with the power and the cases at hand.
    met_from: float | None = None
    missed_from: float | None = None
    #: How many independent cases it would be worth with twice the cases, and with twice the trials of each.
    twice_the_cases: float | None = None
    twice_the_trials: float | None = None
    #: What one trial takes, where it was measured.
    trial_cost_usd: float | None = None
    trial_seconds: float | None = None

    @property
    def trials_a_case(self) -> float:
        """How often a case is tried."""
        return self.verdict.trials / max(1, self.verdict.cases)

    @property
    def cost_usd(self) -> float | None:
        """What one run of the cases needed costs."""
        return self._of_needed(self.trial_cost_usd)

    @property
    def seconds(self) -> float | None:
        """How long their trials take, one after the other."""
        return self._of_needed(self.trial_seconds)

    def _of_needed(self, each: float | None) -> float | None:
        return None if each is None or self.needed is None else self.needed * self.trials_a_case * each

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        verdict, sight = self.verdict, self.sight
        return {
            "bar": verdict.bar,
            "dimension": verdict.dimension,
            "group": verdict.group,
            "metric": verdict.spec.metric,
            verdict.spec.threshold_key: verdict.spec.threshold,
            "verdict": verdict.verdict,
            "why_not": self.why_not,
            "estimate": verdict.estimate,
            "cases": verdict.cases,
            "trials": verdict.trials,
            "n_eff": sight and sight.sample.n_eff,
            "icc": sight and sight.sample.icc,
            "alpha_met": sight and sight.alpha,
            "alpha_missed": sight and sight.alpha_missed,
            "can_be_met": sight and sight.can_be_met,
            "can_be_missed": sight and sight.can_be_missed,
            "heads_for": self.heads_for,
            "first": self.first,
            "needed": self.needed,
            "met_from": self.met_from,
            "missed_from": self.missed_from,
            "twice_the_cases": self.twice_the_cases,
            "twice_the_trials": self.twice_the_trials,
            "trial_cost_usd": self.trial_cost_usd,
            "trial_seconds": self.trial_seconds,
            "cost_usd": self.cost_usd,
            "seconds": self.seconds,
        }


def needs(run: Run, bars: Bars, decision: Decision, spent: Spent, power: float) -> list[Need]:
    """What each verdict of a decision needs, in its order.

    Args:
        run: the past run.
        bars: the declared bars.
        decision: what the gate says of the run under them.
        spent: what its trials took.
        power: the chance with which a verdict must be reached, strictly between 0 and 1.
    """
    found = []
    for verdict, part, sight in sights(run, bars, decision):
        took = (per_trial(spent, "cost_usd", part), per_trial(spent, "seconds", part))
        if isinstance(sight, str):
            found.append(Need(verdict, None, sight))
        elif not sight.evidence:
            found.append(Need(verdict, sight, "the bare number decides, so no number of cases is needed"))
        else:
            found.append(_need(verdict, sight, power, took))
    return found


def _need(verdict: Verdict, sight: Sight, power: float, took: tuple[float | None, float | None]) -> Need:
    heads, (first, needed) = _cases(sight, power)
    met_from, missed_from = sight.sees_from(power)
    return Need(
        verdict,
        sight,
        heads_for=heads,
        first=first,
        needed=needed,
        met_from=met_from,
        missed_from=missed_from,
        twice_the_cases=2 * sight.sample.n_eff,
        twice_the_trials=_twice_the_trials(verdict, sight),
        trial_cost_usd=took[0],
        trial_seconds=took[1],
    )


def _cases(sight: Sight, power: float) -> tuple[Literal["met", "missed"] | None, tuple[int | None, int | None]]:
    """Where the rate is heading, and how many cases like those at hand bring it there: first, and safe."""
    sample, t = sight.sample, sight.threshold
    rate = sight.toward(sample.value)
    heads: Literal["met", "missed"] = "met" if rate > t else "missed"
    error = sight.alpha if heads == "met" else sight.alpha_missed
    if sample.mean:
        number = cases_for_power_of_mean(sample.mean, t, power, error)
        independent, worth = number and (number, number), 1.0
    else:
        independent, worth = cases_for_power(t, rate, power, error), sample.n_eff / sample.cases
    # However alike or unlike trials are, so many units must be there for the verdict to be possible at all.
    units = zero_miss_cases(t if heads == "met" else 1 - t, error)
    if not independent or not units:
        return None, (None, None)
    least = math.ceil(units * sample.cases / sample.units - ROUNDING)
    least = max(least, sight.bar.min_cases if heads == "met" else 1)
    first, safe = (max(least, math.ceil(number / worth - ROUNDING)) for number in independent)
    return heads, (first, safe)


def _twice_the_trials(verdict: Verdict, sight: Sight) -> float | None:
    """What the same cases would be worth with twice the trials; None where the run cannot tell."""
    sample = sight.sample
    if sample.icc is None or verdict.trials <= verdict.cases:
        return None
    trials = verdict.trials / verdict.cases
    # As the gate sees it, so towards the worst case where few cases show how alike their trials are.
    alike = (verdict.trials / sample.n_eff - 1) / (trials - 1)
    return sample.cases * effective_per_case(min(max(alike, 0.0), 1.0), 2 * trials)
