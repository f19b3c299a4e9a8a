"""One probability a case, such as pass^k: bounds that miss the true mean."""

import itertools
from functools import cache

import numpy as np

from proof.laws import SIZES
from proof.rates import HIGH, LOW
from proof.table import worst_rows
from pytest_evalbars.stats.effective import rate_bounds
from pytest_evalbars.stats.passk import agreement, pass_at_k, pass_hat_k
from pytest_evalbars.stats.units import unit_rate

PROMISES = {LOW: 0.05, HIGH: 0.05}

#: Rates of cases, by their place from 0 to 1 among all cases.
RATES = {
    "all .8": lambda place: np.full_like(place, 0.8),
    "anything": lambda place: place,
    "mostly 1": lambda place: np.clip((place - 0.9) / 0.1, 0, 1) * (place > 0.9) + (place <= 0.9),
    "near 1": lambda place: place ** (1 / 19),
}

#: What is said of a case that passed some of its trials, and what is so of a case with a rate.
METRICS = {
    "pass^2": (lambda x, n: pass_hat_k(x, n, 2), lambda p: p**2),
    "pass^4": (lambda x, n: pass_hat_k(x, n, 4), lambda p: p**4),
    "pass@2": (lambda x, n: pass_at_k(x, n, 2), lambda p: 1 - (1 - p) ** 2),
    "agreement": (agreement, lambda p: p**2 + (1 - p) ** 2),
}


@cache
def true(law, metric):
    """The mean over all cases there might be."""
    places = (np.arange(1_000_000) + 0.5) / 1_000_000
    return float(METRICS[metric][1](RATES[law](places)).mean())


def missed_by(rate, t):
    """Which of the promises above an estimate breaks, in their order."""
    low, high = rate_bounds(rate, 0.05)
    return low > t + 1e-9, high < t - 1e-9


def independent(effort):
    """Cases of 4 or 8 trials each."""

    def errors(scenario, samples, rng):
        metric, trials, law, cases = scenario
        of_case, t, n = METRICS[metric][0], true(law, metric), np.full(cases, trials)
        passes = rng.binomial(trials, RATES[law](rng.random((samples, cases))))
        wrong = [missed_by(unit_rate(of_case(each, n)), t) for each in passes]
        return dict(zip(PROMISES, np.array(wrong).T, strict=True))

    grid = list(itertools.product(METRICS, (4, 8), RATES, (10, 20, 50, 100, 200)))
    return worst_rows(PROMISES, grid, errors, effort, 100, 5000, saying="{} of {} trials, rates {}, {} cases")


def clustered(effort):
    """Documents of unequal size, each with a rate of its own, and 4 trials of each case."""

    def errors(scenario, samples, rng):
        law, size, count = scenario
        t, wrong = true(law, "pass^2"), []
        for _ in range(samples):
            codes = np.repeat(np.arange(count), SIZES[size](rng, count))
            passes = rng.binomial(4, RATES[law](rng.random(count))[codes])
            wrong.append(missed_by(unit_rate(pass_hat_k(passes, np.full(len(codes), 4), 2), codes), t))
        return dict(zip(PROMISES, np.array(wrong).T, strict=True))

    grid = list(itertools.product(RATES, SIZES, (10, 25, 100)))
    return worst_rows(PROMISES, grid, errors, effort, 150, 3000, saying="rates {}, {}, {} documents")
