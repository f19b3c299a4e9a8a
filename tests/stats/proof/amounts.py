"""Amounts, and the cost of a useful response: bounds that miss the truth where few cases cost many times the rest."""

import itertools
import math
from dataclasses import replace

import numpy as np

from proof.laws import SIZES
from proof.rates import AVERAGES, DISPLAY, HIGH, LOW
from proof.table import worst_rows
from pytest_evalbars.stats.ratios import case_ratio, ratio_bounds, ratio_interval

CASES, USEFUL = (20, 50, 100), (0.3, 0.6, 0.9, 1)
PROMISES = {DISPLAY: None, LOW: 0.05, HIGH: 0.05}


def missed_by(ratio, t):
    """Which of the promises above an estimate breaks, in their order."""
    (left, right), (low, high) = ratio_interval(ratio, 0.95), ratio_bounds(ratio, 0.05)
    near = t * 1e-9  # where nothing varies, bounds are the truth but for rounding
    return left > t + near or right < t - near, low > t + near, high < t - near


def named(wrong):
    """By promise: shape (samples, promises) to (samples,)."""
    return dict(zip(PROMISES, np.array(wrong).T, strict=True))


def lognormal(*sigmas):
    """Costs whose logarithm is normal, of responses that are useful or not; each number of cases has a row."""

    def errors(scenario, samples, rng):
        sigma, useful, cases = scenario
        t, shape = math.exp(sigma**2 / 2) / useful, (samples, cases)
        cost, served = rng.lognormal(0, sigma, shape), (rng.random(shape) < useful).astype(float)
        return named([missed_by(case_ratio(*each), t) for each in zip(cost, served, strict=True)])

    def rows(effort):
        for cases in CASES:
            grid = list(itertools.product(sigmas, USEFUL, (cases,)))
            saying = "sigma {}, {} useful"
            found = worst_rows(PROMISES, grid, errors, effort, 300, 5000, saying=saying, averages=AVERAGES)
            yield from (replace(row, what=f"{row.what}, {cases} cases") for row in found)

    return rows


def clustered(effort):
    """Documents of unequal size; all cases of one have its cost and its usefulness."""

    def errors(scenario, samples, rng):
        useful, size, count = scenario
        t, wrong = math.exp(0.5**2 / 2) / useful, []
        for _ in range(samples):
            codes = np.repeat(np.arange(count), SIZES[size](rng, count))
            cost, served = rng.lognormal(0, 0.5, count), (rng.random(count) < useful).astype(float)
            wrong.append(missed_by(case_ratio(cost[codes], served[codes], codes), t))
        return named(wrong)

    grid = list(itertools.product((0.6, 0.9), SIZES, (20, 50, 200)))
    saying = "{} useful, {}, {} documents"
    return worst_rows(PROMISES, grid, errors, effort, 300, 5000, saying=saying, averages=AVERAGES)
