"""Judges: pass rates corrected by what people say of some items, and a judge's own errors, that miss the truth."""

import itertools

import numpy as np

from proof.rates import AVERAGES, DISPLAY, HIGH, LOW
from proof.table import worst_rows
from pytest_evalbars.stats.corrected import post_stratified, rogan_gladen
from pytest_evalbars.stats.effective import Rate, rate_bounds, rate_interval
from pytest_evalbars.stats.judge_error import error_rates

CASES = 1000
RATES = (0.8, 0.9, 0.95)
#: Sensitivity and specificity.
JUDGES = ((0.95, 0.9), (0.95, 0.8), (0.97, 0.6), (0.9, 0.8))
LABELS = (50, 100, 200)
GRID = list(itertools.product(RATES, JUDGES, LABELS))
PROMISES = {DISPLAY: None, LOW: 0.05, HIGH: 0.05}
SAYING = "p = {0}, sensitivity {1[0]}, specificity {1[1]}, {2} labels"
#: From the rate at which a judge was calibrated to that at which it is used.
SHIFTS = ((0.95, 0.8), (0.9, 0.9), (0.95, 0.95), (0.8, 0.95))
RAW = "the 95% interval of the judge's own rate misses the truth"
STALE = "the 95% interval of a rate corrected by the old items' pass rates misses the truth"


def judged_cases(rng, rate, judge):
    """What people would say of a thousand cases, and what the judge says: booleans, shape (1000,)."""
    truth = rng.random(CASES) < rate
    return truth, rng.random(CASES) < np.where(truth, judge[0], 1 - judge[1])


def drawn(rng, judged, labels, evenly):
    """Which cases people label, and how many each stands for: all alike, or half of them judge-fails."""
    if not evenly:
        return rng.choice(CASES, labels, replace=False), np.ones(labels)
    missed, passed = np.flatnonzero(~judged), np.flatnonzero(judged)
    few = min(labels // 2, len(missed))
    many = labels - few
    chosen = np.r_[rng.choice(missed, few, replace=False), rng.choice(passed, many, replace=False)]
    return chosen, np.repeat([len(missed) / few, len(passed) / many], [few, many])


def own_rate(judged):
    """The judge's pass rate on independent cases of one trial."""
    return Rate(float(judged.mean()), *[len(judged)] * 5, None)


def _broken(shown, bounds, truth):
    return not shown[0] <= truth <= shown[1], bounds[0] > truth, bounds[1] < truth


def _rows(scenarios, broken, promises, saying, averages=None):
    """Rows of a grid; `broken` says of a scenario and random numbers which promises one sample breaks."""

    def errors(scenario, samples, rng):
        wrong = [broken(rng, *scenario) for _ in range(samples)]
        return dict(zip(promises, np.array(wrong).T, strict=True))

    def rows(effort):
        return worst_rows(
            promises,
            scenarios,
            errors,
            effort,
            150,
            2000,
            saying=saying,
            averages=AVERAGES if averages is None else averages,
        )

    return rows


def corrected(evenly):
    """Labels of the population itself; `evenly` of what the judge passed and missed."""

    def broken(rng, rate, judge, labels):
        truth, judged = judged_cases(rng, rate, judge)
        chosen, weights = drawn(rng, judged, labels, evenly)
        q = own_rate(judged)
        found = post_stratified(judged[chosen], truth[chosen], weights, q)
        raw = rate_interval(q, 0.95)
        shown = rate_interval(found, 0.95)
        return *_broken(shown, rate_bounds(found, 0.05), rate), not raw[0] <= rate <= raw[1]

    return _rows(GRID, broken, {**PROMISES, RAW: None}, SAYING)


def transported(rng, shift, judge, labels):
    """Labels of another population, half of them judge-fails; corrected by the judge's errors."""
    truth, judged = judged_cases(rng, shift[0], judge)
    chosen, weights = drawn(rng, judged, labels, evenly=True)
    q = own_rate(judged_cases(rng, shift[1], judge)[1])
    labelled = judged[chosen], truth[chosen], weights
    stale = rate_interval(post_stratified(*labelled, q), 0.95)
    errors = error_rates(*labelled)
    told = False, False, False
    if errors.better_than_chance():
        found = rogan_gladen(q, errors)
        told = _broken(found.interval(0.95), found.bounds(0.05), shift[1])
    return *told, not stale[0] <= shift[1] <= stale[1]


elsewhere = _rows(
    list(itertools.product(SHIFTS, JUDGES, LABELS)),
    transported,
    {**PROMISES, STALE: None},
    "from {0[0]} to {0[1]}, sensitivity {1[0]}, specificity {1[1]}, {2} labels",
)


def errors_of_judges(evenly):
    """Sensitivity and specificity themselves."""
    promises = {
        f"{error}: {rate}": promised
        for rate in ("sensitivity", "specificity")
        for error, promised in PROMISES.items()
    }
    averages = {name: 0.05 for name, promised in promises.items() if promised is None}

    def broken(rng, rate, judge, labels):
        truth, judged = judged_cases(rng, rate, judge)
        chosen, weights = drawn(rng, judged, labels, evenly)
        found = error_rates(judged[chosen], truth[chosen], weights)
        wrong = []
        for each, true in zip((found.sensitivity, found.specificity), judge, strict=True):
            if each is None:
                wrong += [False] * 3
            else:
                wrong += _broken(rate_interval(each, 0.95), rate_bounds(each, 0.05), true)
        return wrong

    return _rows(GRID, broken, promises, SAYING, averages)
