"""What the numbers promise, simulated: errors of met and missed, coverage of intervals, error of a session.

Each check draws samples whose true value lies exactly on the threshold, where the promise is hardest to keep, and
counts wrong claims. A promise of 5% is held against 5% plus four standard errors of that count (a correct promise
breaks it once in 30,000 seeds; the seeds are fixed). A law says how alike the trials of one case are.

This is the quick version. `prove.py` simulates the grids that the choices in `stats` rest on, and writes down what it
finds; here `-m slow` adds only what its page does not say: that bad sessions are found, and good ones left alone.
"""

import functools
import math

import numpy as np
import pytest
from proof.laws import LAWS, RARE, SCORES, SIZES

from pytest_evalbars.stats.effective import case_rate, rate_interval, rate_p_met, rate_p_missed
from pytest_evalbars.stats.families import two_tiers
from pytest_evalbars.stats.means import case_mean, mean_interval, mean_p_met, mean_p_missed

ALPHA = 0.05


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


# --- Trials and documents --------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=200_000)
def errors_of_counts(p, trials, histogram):
    """P-values of met and missed; they depend only on how many cases passed how often."""
    passes = np.repeat(np.arange(trials + 1), histogram)
    rate = case_rate(passes, np.full(len(passes), trials))
    return rate_p_met(rate, p), rate_p_missed(rate, p), rate_interval(rate, 0.95)


def repeated(law, p, cases, trials, samples, seed):
    """(met, missed, interval) of samples of cases with equally many trials."""
    rng = np.random.default_rng(seed)
    passes = rng.binomial(trials, LAWS[law](rng, p, (samples, cases)))
    for sample in passes:
        yield errors_of_counts(p, trials, tuple(np.bincount(sample, minlength=trials + 1).tolist()))


def uneven(law, p, cases, samples, seed):
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        trials = rng.choice([1, 2, 3, 10], cases)
        rate = case_rate(rng.binomial(trials, LAWS[law](rng, p, cases)), trials)
        yield rate_p_met(rate, p), rate_p_missed(rate, p), rate_interval(rate, 0.95)


def documents(law, p, count, size, samples, seed):
    """Each document has a rate of its own and gives one trial to each of its cases."""
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        codes = np.repeat(np.arange(count), SIZES[size](rng, count))
        passes = rng.binomial(1, LAWS[law](rng, p, count)[codes])
        rate = case_rate(passes, np.ones_like(passes), codes)
        yield rate_p_met(rate, p), rate_p_missed(rate, p), rate_interval(rate, 0.95)


def assert_honest(results, p, promises=(ALPHA,), interval=None):
    met, missed, intervals = zip(*results, strict=True)
    for alpha in promises:
        assert (np.array(met) <= alpha).mean() <= most(alpha, len(met))
        assert (np.array(missed) < alpha).mean() <= most(alpha, len(met))
    if interval:
        low, high = np.array(intervals).T
        assert ((low > p) | (high < p)).mean() <= most(1 - interval, len(met))


@pytest.mark.parametrize("law", LAWS)
def test_rates_of_repeated_trials(law):
    assert_honest(repeated(law, 0.9, 25, 3, 2000, seed=1), 0.9, interval=0.95)


@pytest.mark.parametrize("law", ["icc .3", "always or never"])
def test_rates_of_cases_tried_unequally_often(law):
    assert_honest(uneven(law, 0.9, 30, 1500, seed=2), 0.9)


@pytest.mark.parametrize("size", SIZES)
def test_rates_of_clustered_cases(size):
    assert_honest(documents("always or never", 0.8, 50, size, 1500, seed=3), 0.8)


# --- Scores ----------------------------------------------------------------------------------------------------


def means(law, cases, samples, seed):
    draw, t = (SCORES | RARE)[law]
    for scores in draw(np.random.default_rng(seed), (samples, cases)):
        mean = case_mean(scores)
        yield mean_p_met(mean, t), mean_p_missed(mean, t), mean_interval(mean, 0.95)


def means_of_documents(law, count, size, samples, seed):
    """All cases of a document have its score."""
    rng = np.random.default_rng(seed)
    draw, t = SCORES[law]
    for scores in draw(rng, (samples, count)):
        codes = np.repeat(np.arange(count), SIZES[size](rng, count))
        mean = case_mean(scores[codes], codes)
        yield mean_p_met(mean, t), mean_p_missed(mean, t), mean_interval(mean, 0.95)


@pytest.mark.parametrize("law", SCORES | RARE)
def test_mean_scores(law):
    assert_honest(means(law, 100, 1200, seed=4), (SCORES | RARE)[law][1], interval=0.95)


def test_mean_scores_of_documents():
    """At most 6% for 5%: the variance between a few heavy documents is itself uncertain."""
    met, missed, _ = zip(*means_of_documents("graded", 50, "heavy tail to 100", 1200, seed=4), strict=True)
    assert (np.array(met) <= ALPHA).mean() <= most(0.06, 1200)
    assert (np.array(missed) < ALPHA).mean() <= most(0.06, 1200)


# --- A whole session: 4 dimensions, each whole and in 14 categories of 25 cases with 3 trials ------------------

DIMENSIONS, CATEGORIES, CASES, TRIALS, BAR = 4, 14, 25, 3, 0.9


def sessions(law, true, samples, seed):
    """Corrected p-values of "missed", shape (samples, 4 + 56), for true rates by dimension."""
    rng = np.random.default_rng(seed)
    second = np.arange(DIMENSIONS * (1 + CATEGORIES)) >= DIMENSIONS
    shape = (samples, CATEGORIES, CASES)
    passes = np.stack([rng.binomial(TRIALS, LAWS[law](rng, p, shape)) for p in true], axis=1)
    for session in passes:
        groups = session.reshape(-1, CASES)
        wholes = session.reshape(DIMENSIONS, -1)
        yield two_tiers([missed_p(cases) for cases in (*wholes, *groups)], second)


def missed_p(passes):
    return errors_of_counts(BAR, TRIALS, tuple(np.bincount(passes, minlength=TRIALS + 1).tolist()))[1]


def failing(law, true, samples, seed):
    return np.mean([(p < ALPHA).any() for p in sessions(law, true, samples, seed)])


def test_a_session_exactly_at_its_bars_rarely_fails():
    assert failing("icc .3", [BAR] * DIMENSIONS, 300, seed=5) <= most(ALPHA, 300)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_a_session_above_its_bars_never_fails(law):
    assert failing(law, [0.95] * DIMENSIONS, 2000, seed=7) <= 0.002


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_a_bad_dimension_is_found(law):
    """One dimension at .80 among three good ones: with 350 cases it is found nearly always."""
    assert failing(law, [0.80, 0.95, 0.95, 0.95], 1000, seed=8) >= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("law", ["icc .3", "mostly always", "always or never"])
def test_what_the_effective_size_is_for(law):
    """The same sessions, with every trial taken for a case: false failures in a fourth of them and more."""
    rng = np.random.default_rng(9)
    passes = rng.binomial(TRIALS, LAWS[law](rng, BAR, (300, DIMENSIONS, CATEGORIES, CASES)))
    second = np.arange(DIMENSIONS * (1 + CATEGORIES)) >= DIMENSIONS
    wrong = 0
    for session in passes:
        totals = np.r_[session.sum(axis=(1, 2)), session.sum(axis=2).ravel()]
        sizes = np.where(second, CASES, CASES * CATEGORIES) * TRIALS
        p = [naive_p(int(x), int(n)) for x, n in zip(totals, sizes, strict=True)]
        wrong += (two_tiers(p, second) < ALPHA).any()
    assert wrong / 300 >= 0.2


@functools.lru_cache(maxsize=10_000)
def naive_p(x, n):
    return rate_p_missed(case_rate((np.arange(n) < x).astype(int), np.ones(n, dtype=int)), BAR)
