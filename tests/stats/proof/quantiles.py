"""Quantiles, such as p95 of the latency: bounds that miss the true one."""

import itertools
import math

import numpy as np
from scipy.special import binom, ndtri

from proof.passk import PROMISES
from proof.rates import DISPLAY
from proof.table import Row, worst_rows
from pytest_evalbars.stats.quantiles import case_quantile, quantile_bounds, quantile_interval

QUANTILES = (0.05, 0.5, 0.9, 0.95, 0.99)


def missed_by(quantile, t):
    """Whether the lower, and the upper, bound misses the truth."""
    low, high = quantile_bounds(quantile, 0.05)
    return low > t, high < t


def single(_effort):
    """One trial a case: how many values lie below the quantile is all that matters, and can be counted out."""
    scenarios = list(itertools.product(QUANTILES, (10, 20, 50, 59, 100, 200, 299, 500)))
    errors = np.array([_chances(*each) for each in scenarios])
    for place, name in enumerate((DISPLAY, *PROMISES)):
        worst = int(errors[:, place].argmax())
        where = "q = {}, {} cases".format(*scenarios[worst])
        average = float(errors[:, place].mean())
        yield Row(name, 0.05, float(errors[worst, place]), None, where, len(scenarios), None, average)


def _chances(q, n):
    """How probable it is that the interval for display, the lower and the upper bound miss, whatever the values."""
    quantile = case_quantile(np.arange(n) + 0.5, np.arange(n), q)
    below = np.arange(n + 1)  # so many values are at most the truth
    (left, right), (low, high) = quantile_interval(quantile, 0.95), quantile_bounds(quantile, 0.05)
    wrong = [(left > below) | (right < below), low > below, high < below]
    return np.array(wrong, float) @ (binom(n, below) * q**below * (1 - q) ** (n - below))


def repeated(effort):
    """Normal values; those of one case correlate. Fewer cases than give a bound give none, and never miss."""

    def errors(scenario, samples, rng):
        q, (trials, likeness), cases = scenario
        t, wrong = ndtri(q), []
        for _ in range(samples):
            codes = np.repeat(np.arange(cases), rng.choice(trials, cases))
            wrong.append(missed_by(case_quantile(_values(codes, likeness, rng), codes, q), t))
        return dict(zip(PROMISES, np.array(wrong).T, strict=True))

    alike = list(itertools.product(((3,), (10,), (1, 2, 10)), (0, 0.1, 0.3, 0.6, 0.9, 1)))
    grid = list(itertools.product((0.05, 0.5, 0.9, 0.95), alike, (10, 20, 50, 100, 200)))
    saying = "q = {0}, {1[0]} trials, correlation {1[1]}, {2} cases"
    return worst_rows(PROMISES, grid, errors, effort, 40, 3000, saying=saying)


def clustered(effort):
    """Documents of 5 cases, each tried once or twice."""

    def errors(scenario, samples, rng):
        q, likeness, documents = scenario
        t, wrong = ndtri(q), []
        for _ in range(samples):
            cases = np.repeat(np.arange(5 * documents), rng.choice((1, 2), 5 * documents))
            values = _values(cases // 5, likeness, rng)
            wrong.append(missed_by(case_quantile(values, cases, q, cases // 5), t))
        return dict(zip(PROMISES, np.array(wrong).T, strict=True))

    grid = list(itertools.product((0.5, 0.9, 0.95), (0, 0.3, 0.6, 1), (20, 60)))
    saying = "q = {}, correlation {}, {} documents"
    return worst_rows(PROMISES, grid, errors, effort, 100, 3000, saying=saying)


def _values(codes, likeness, rng):
    shared = rng.normal(size=codes[-1] + 1)[codes]
    return math.sqrt(likeness) * shared + math.sqrt(1 - likeness) * rng.normal(size=len(codes))
