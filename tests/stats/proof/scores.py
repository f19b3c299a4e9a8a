"""Mean scores: intervals and bounds that miss the true mean."""

import itertools

import numpy as np

from proof.laws import RARE, SCORES, SIZES
from proof.rates import AVERAGES, DISPLAY, HIGH, LOW
from proof.table import worst_rows
from pytest_evalbars.stats.means import case_mean, mean_bounds, mean_interval

CASES = (5, 10, 20, 50, 100, 200)
PROMISES = {DISPLAY: 0.05, LOW: 0.05, HIGH: 0.05}
LAWS = SCORES | RARE


def missed_by(mean, t):
    """Which of the promises above an estimate breaks, in their order."""
    shown, (low, high) = mean_interval(mean, 0.95), mean_bounds(mean, 0.05)
    return not shown[0] <= t <= shown[1], low > t, high < t


def named(wrong):
    """By promise: shape (samples, promises) to (samples,)."""
    return dict(zip(PROMISES, np.array(wrong).T, strict=True))


def independent(laws):
    """Cases with a score each."""

    def errors(scenario, samples, rng):
        law, cases = scenario
        draw, t = LAWS[law]
        return named([missed_by(case_mean(scores), t) for scores in draw(rng, (samples, cases))])

    def rows(effort):
        grid = list(itertools.product(laws, CASES))
        return worst_rows(PROMISES, grid, errors, effort, 500, 10_000, saying="{}, {} cases", averages=AVERAGES)

    return rows


def clustered(effort):
    """Documents of unequal size; all cases of one have its score."""

    def errors(scenario, samples, rng):
        law, size, count = scenario
        (draw, t), wrong = SCORES[law], []
        for scores in draw(rng, (samples, count)):
            codes = np.repeat(np.arange(count), SIZES[size](rng, count))
            wrong.append(missed_by(case_mean(scores[codes], codes), t))
        return named(wrong)

    grid = list(itertools.product(SCORES, SIZES, CASES))
    saying = "{}, {}, {} documents"
    return worst_rows(PROMISES, grid, errors, effort, 200, 20_000, saying=saying, averages=AVERAGES)
