"""Pass rates: intervals and bounds that miss the true rate."""

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.special import binom

from proof.laws import LAWS, SIZES
from proof.table import Row, worst_rows
from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_interval

RATES = (0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
CASES = (10, 20, 50, 100, 200)
GRID = list(itertools.product(LAWS, RATES, CASES))
IN_WORDS = "{}, p = {}, {} cases"

DISPLAY = "the 95% interval for display misses the truth"
LOW = "the lower bound at 5% lies above the truth"
HIGH = "the upper bound at 5% lies below the truth"
LOW_1, HIGH_1 = LOW.replace("5%", "1%"), HIGH.replace("5%", "1%")
#: Wilson's interval is promised to be right on average only.
PROMISES = {DISPLAY: None, LOW: 0.05, HIGH: 0.05, LOW_1: 0.01, HIGH_1: 0.01}
AVERAGES = {DISPLAY: 0.05}


def ends(rate):
    """The interval and the bounds that the promises above are about, in their order."""
    return rate_interval(rate, 0.95), *rate_bounds(rate, 0.05), *rate_bounds(rate, 0.01)


def broken(told, p):
    """Which of the promises they break at a true rate."""
    shown, low, high, low_1, high_1 = told
    return not shown[0] <= p <= shown[1], low > p, high < p, low_1 > p, high_1 < p


def missed_by(rate, p):
    """Which of the promises an estimate breaks at a true rate."""
    return broken(ends(rate), p)


def named(wrong):
    """By promise: shape (samples, promises) to (samples,)."""
    return dict(zip(PROMISES, np.array(wrong).T, strict=True))


def kinds(passes, trials):
    """Samples that `case_rate` cannot tell apart are estimated once.

    Args:
        passes: Shape (samples, cases).
        trials: Of every case.

    Returns:
        One sample of each kind, and the kind of each sample. The estimate depends on the sum of passes, the sum of
        their squares, and how many cases missed and passed a trial.
    """
    cases = passes.shape[1]
    squares = (passes * passes).sum(axis=1)
    told = passes.sum(axis=1) * (cases * trials**2 + 1) + squares
    told = (told * (cases + 1) + (passes < trials).sum(axis=1)) * (cases + 1) + (passes > 0).sum(axis=1)
    _, first, kind = np.unique(told, return_index=True, return_inverse=True)
    return passes[first], kind


def single(_effort):
    """One trial a case: every law is the same one, and all samples can be counted out."""
    fine = [number / 2000 for number in range(1400, 1991)]
    yield from _counted(list(itertools.product(fine, CASES)), PROMISES, AVERAGES)
    # Whole numbers of passes make coverage a saw-tooth in the rate; the round rates of the other grids lie low on it.
    rows = _counted(list(itertools.product(RATES, CASES)), {DISPLAY: None}, {})
    yield from (replace(row, what=f"{row.what}, at the six rates of the grids below") for row in rows)


def _counted(scenarios, promises, averages):
    errors = np.array([_chances(p, n) for p, n in scenarios])
    for place, (name, promised) in enumerate(promises.items()):
        worst = int(errors[:, place].argmax())
        measured, average = float(errors[worst, place]), float(errors[:, place].mean())
        where = "p = {}, {} cases".format(*scenarios[worst])
        yield Row(name, promised, measured, None, where, len(scenarios), averages.get(name), average)


def _chances(p, n):
    """How probable it is, with n cases of one trial, that each promise is broken."""
    x = np.arange(n + 1)
    wrong = [broken(told, p) for told in _outcomes(n)]
    return binom(n, x) * p**x * (1 - p) ** (n - x) @ np.array(wrong, float)


@cache
def _outcomes(n):
    return [ends(case_rate((np.arange(n) < x).astype(int), np.ones(n, int))) for x in range(n + 1)]


def repeated(trials):
    """Cases of several trials each, alike by any law."""

    def errors(scenario, samples, rng):
        law, p, cases = scenario
        some, kind = kinds(rng.binomial(trials, LAWS[law](rng, p, (samples, cases))), trials)
        k = np.full(cases, trials)
        return named(np.array([missed_by(case_rate(sample, k), p) for sample in some])[kind])

    def rows(effort):
        return worst_rows(PROMISES, GRID, errors, effort, 300, 10_000, saying=IN_WORDS, averages=AVERAGES)

    return rows


def uneven(effort):
    """Cases tried 1, 2, 3 or 10 times, by chance."""

    def errors(scenario, samples, rng):
        (law, p, cases), wrong = scenario, []
        for _ in range(samples):
            trials = rng.choice([1, 2, 3, 10], cases)
            wrong.append(missed_by(case_rate(rng.binomial(trials, LAWS[law](rng, p, cases)), trials), p))
        return named(wrong)

    return worst_rows(PROMISES, GRID, errors, effort, 150, 5000, saying=IN_WORDS, averages=AVERAGES)


def clustered(size):
    """Documents of unequal size, each with a rate of its own; one trial a case."""

    def errors(scenario, samples, rng):
        (law, p, count), wrong = scenario, []
        for _ in range(samples):
            codes = np.repeat(np.arange(count), SIZES[size](rng, count))
            passes = rng.binomial(1, LAWS[law](rng, p, count)[codes])
            wrong.append(missed_by(case_rate(passes, np.ones_like(passes), codes), p))
        return named(wrong)

    def rows(effort):
        saying = IN_WORDS.replace("cases", "documents")
        return worst_rows(PROMISES, GRID, errors, effort, 200, 10_000, saying=saying, averages=AVERAGES)

    return rows
