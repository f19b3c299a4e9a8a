"""How many cases a bar will need, from numbers alone: before there is any run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_evalbars.stats.planning import cases_for_power, smallest_effect
from pytest_evalbars.stats.power import EQUAL, zero_miss_cases
from pytest_evalbars.stats.trials import cases_with_trials, expected_n_eff, trials_worth

#: Trials of a case that are set side by side, beside the ones asked for.
TRIALS = (1, 2, 3, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is known of a suite to come. Rates are 0..1, money is in USD."""

    bar: float
    at_most: bool = False
    #: The true rate that must be told from the bar, and the cases at hand: either, or both.
    rate: float | None = None
    cases: int | None = None
    power: float = 0.8
    confidence: float = 0.95
    trials: int = 1
    #: How alike the trials of a case are; needed for more than one.
    icc: float | None = None
    #: In how many verdicts of its session a miss must be proven.
    verdicts: int = 1
    #: What a trial costs, and a new case before any trial.
    cost: float | None = None
    case_cost: float = 0.0

    @property
    def alpha(self) -> float:
        """The error of "met"."""
        return 1 - self.confidence

    @property
    def alpha_missed(self) -> float:
        """The error of "missed", as the first to be proven among all verdicts."""
        return self.alpha / self.verdicts

    def toward(self, rate: float) -> float:
        """A rate as a floor sees it; its own inverse."""
        return 1 - rate if self.at_most else rate


@dataclass(frozen=True, slots=True)
class Option:
    """One way to get the evidence."""

    trials: int
    cases: int
    cost_usd: float | None

    @property
    def trials_in_all(self) -> int:
        """Of all cases."""
        return self.trials * self.cases

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "trials": self.trials,
            "cases": self.cases,
            "trials_in_all": self.trials_in_all,
            "cost_usd": self.cost_usd,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What it takes."""

    question: Question
    #: What the true rate heads for; "neither" where it is the bar.
    verdict: str | None
    #: Independent cases: the first number with the power, and the one from which on it never falls below.
    first: int | None
    safe: int | None
    #: The ways to get that evidence, by trials of a case; the second is the cheapest where costs are known.
    options: tuple[Option, ...]
    cheapest: Option | None
    #: What the cases at hand are worth, and the rates from which on they show it met, and missed.
    n_eff: float | None
    met_from: float | None
    missed_from: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `evalbars plan --json`."""
        ask = self.question
        return {
            "schema": 1,
            ("at_most" if ask.at_most else "at_least"): ask.bar,
            "rate": ask.rate,
            "power": ask.power,
            "confidence": ask.confidence,
            "alpha_met": ask.alpha,
            "alpha_missed": ask.alpha_missed,
            "trials": ask.trials,
            "icc": ask.icc,
            "verdict": self.verdict,
            "first": self.first,
            "safe": self.safe,
            "options": [each.to_json() for each in self.options],
            "cheapest": self.cheapest and self.cheapest.to_json(),
            "cases": ask.cases,
            "n_eff": self.n_eff,
            "met_from": self.met_from,
            "missed_from": self.missed_from,
        }


def answer(ask: Question) -> Answer:
    """Say what it takes."""
    verdict, sizes, options = None, None, list[Option]()
    if ask.rate is not None:
        t, p = ask.toward(ask.bar), ask.toward(ask.rate)
        verdict = "neither" if abs(p - t) <= EQUAL else "met" if p > t else "missed"
        error = ask.alpha if verdict == "met" else ask.alpha_missed
        sizes = cases_for_power(t, p, ask.power, error)
        units = zero_miss_cases(t if verdict == "met" else 1 - t, error)
        if sizes and units:
            options = [each for trials in _trials(ask) if (each := _option(ask, sizes[1], units, trials, p))]
        else:
            sizes = None
    first, safe = sizes or (None, None)
    cheapest = min(options, key=lambda each: each.cost_usd or 0.0) if ask.cost is not None and options else None
    return Answer(ask, verdict, first, safe, tuple(options), cheapest, *_seen(ask))


def _trials(ask: Question) -> list[int]:
    """The numbers of trials to set side by side; without a likeness nothing is known of more than one."""
    if ask.icc is None:
        return [1]
    best = trials_worth(ask.icc, ask.cost, ask.case_cost) if ask.cost else None
    return sorted({*TRIALS, ask.trials, best or 1})


def _option(ask: Question, n: int, units: int, trials: int, p: float) -> Option | None:
    cases = n if trials == 1 else cases_with_trials(n, trials, p, ask.icc or 0.0)
    if cases is None:
        return None
    # However unlike trials are, a few cases alone prove nothing.
    cases = max(cases, units)
    return Option(trials, cases, None if ask.cost is None else cases * (ask.case_cost + trials * ask.cost))


def _seen(ask: Question) -> tuple[float | None, float | None, float | None]:
    """What the cases at hand are worth, and show."""
    if ask.cases is None:
        return None, None, None
    t, units = ask.toward(ask.bar), float(ask.cases)
    rate = t if ask.rate is None else ask.toward(ask.rate)
    n = units if ask.trials == 1 else expected_n_eff(ask.cases, ask.trials, rate, ask.icc or 0.0)
    above, below = smallest_effect(n, t, ask.power, ask.alpha, ask.alpha_missed)
    if above is not None and t**units > ask.alpha:
        above = None
    if below is not None and (1 - t) ** units >= ask.alpha_missed:
        below = None
    met_from = None if above is None else ask.toward(t + above)
    return n, met_from, None if below is None else ask.toward(t - below)
