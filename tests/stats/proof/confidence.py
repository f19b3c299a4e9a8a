"""Stated confidence: bounds of the calibration error, the Brier score and overconfidence that miss the truth."""

import itertools
import math
from functools import cache, lru_cache
from unittest.mock import patch

import numpy as np

from proof.rates import HIGH, LOW
from proof.table import generator, worst_rows
from pytest_evalbars.stats import calibration
from pytest_evalbars.stats.calibration import brier, calibration_bounds, calibration_error
from pytest_evalbars.stats.means import case_mean, mean_bounds
from pytest_evalbars.stats.reliability import bin_places

PROMISES = {LOW: 0.05, HIGH: 0.05}
SAYING = "{0}, {1}, {2} cases, {3[0]} trials"
MISCALLED = "a calibrated product is called miscalibrated at 5%"

#: How confident a product is, and how often it is right then.
CONFIDENCES = {
    "sharp": lambda rng, n: rng.beta(8, 1, n),
    "mid": lambda rng, n: rng.beta(4, 2, n),
    "near 1": lambda rng, n: 0.95 + 0.05 * rng.random(n),
    "flat": lambda rng, n: rng.random(n),
    "five values": lambda rng, n: rng.choice([0.5, 0.7, 0.8, 0.9, 1], n),
}
TRUTHS = {
    "calibrated": lambda c: c,
    "a little too sure": lambda c: np.clip(c - 0.05, 0, 1),
    "much too sure": lambda c: np.clip(c - 0.15, 0, 1),
    "twice too sure": lambda c: 0.5 + 0.5 * (c - 0.5),
}


def error_rows(cases, trials, again):
    """Bounds of the calibration error over the bins of the sample.

    Args:
        cases: How many there are.
        trials: How many trials a case has, and the share of cases whose trials share their luck.
        again: Samples in the worst scenarios.
    """

    def errors(scenario, samples, rng):
        wrong = [_missed_by(*scenario, rng) for _ in range(samples)]
        return dict(zip(PROMISES, np.array(wrong).T, strict=True))

    def rows(effort):
        grid = list(itertools.product(CONFIDENCES, TRUTHS, cases, trials))
        # The null is drawn a thousand times a sample, and the bounds do not need it.
        with patch.object(calibration, "DRAWS", 1):
            yield from worst_rows(PROMISES, grid, errors, effort, 80, again, saying=SAYING)

    return rows


def _missed_by(confidences, truth, cases, trials, rng):
    each, alike = trials
    codes = np.repeat(np.arange(cases), each)
    confidence = CONFIDENCES[confidences](rng, cases)[codes]
    p = TRUTHS[truth](confidence)
    luck = np.where((rng.random(cases) < alike)[codes], rng.random(cases)[codes], rng.random(len(codes)))
    low, high = calibration_bounds(calibration_error(confidence, luck < p, codes), 0.05)

    order = np.argsort(confidence)
    places = bin_places(confidence[order], np.ones(len(codes)), 10, cases)
    weights = np.bincount(places)
    gaps = np.bincount(places, (p - confidence)[order]) / weights
    t = math.sqrt(weights @ np.square(gaps) / len(codes))
    return low > t + 1e-9, high < t - 1e-9


def consistency(effort):
    """The p-value beside the usual error, of products that are as right as they say."""

    def errors(scenario, samples, rng):
        (law, cases), wrong = scenario, []
        for _ in range(samples):
            confidence = CONFIDENCES[law](rng, cases)
            wrong.append(calibration_error(confidence, rng.random(cases) < confidence).p <= 0.05)
        return {MISCALLED: np.array(wrong)}

    grid = list(itertools.product(CONFIDENCES, (20, 50, 100)))
    return worst_rows({MISCALLED: 0.05}, grid, errors, effort, 60, 800, saying="{}, {} cases")


@cache
def population(law, truth):
    """The true Brier score and overconfidence, from four million cases."""
    c = of_many(law)
    p = TRUTHS[truth](c)
    return float((p * (1 - c) ** 2 + (1 - p) * c**2).mean()), float((c - p).mean())


@lru_cache(1)
def of_many(law):
    """The confidence of four million cases, whatever the truth: they take longest to draw."""
    return CONFIDENCES[law](generator("population", law), 4_000_000)


def losses(effort):
    """The Brier score, and confidence less success, which lies in -1..1 and is held as its share of that."""
    names = [f"{bound}: {what}" for what in ("Brier score", "overconfidence") for bound in PROMISES]

    def errors(scenario, samples, rng):
        (law, truth, cases), wrong = scenario, []
        score, over = population(law, truth)
        for _ in range(samples):
            confidence = CONFIDENCES[law](rng, cases)
            right = rng.random(cases) < TRUTHS[truth](confidence)
            low, high = mean_bounds(case_mean(brier(confidence, right)), 0.05)
            left, far = 2 * np.array(mean_bounds(case_mean((confidence - right + 1) / 2), 0.05)) - 1
            wrong.append((low > score, high < score, left > over, far < over))
        return dict(zip(names, np.array(wrong).T, strict=True))

    grid = list(itertools.product(CONFIDENCES, TRUTHS, (10, 20, 50, 100, 200)))
    return worst_rows(dict.fromkeys(names, 0.05), grid, errors, effort, 100, 4000, saying="{}, {}, {} cases")
