"""Mean scores: scipy's t on the sample with a 0 and a 1 added, the exact floor, and what they promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import OLS

from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import (
    case_mean,
    mean_bounds,
    mean_interval,
    mean_p_met,
    mean_p_missed,
    resized,
)

ALPHAS = st.floats(1e-5, 0.5)
THRESHOLDS = st.floats(0.001, 0.999)
SCORES = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.floats(0, 1))
GRADED = np.array([0.9, 0.7, 1.0, 0.8, 0.85, 0.6, 0.95, 0.8, 0.75, 0.9])


@st.composite
def samples(draw):
    """(scores, clusters or None)."""
    scores = draw(st.lists(SCORES, min_size=1, max_size=30))
    clusters = draw(st.lists(st.integers(-3, 6), min_size=len(scores), max_size=len(scores)))
    return np.array(scores), np.array(clusters) if draw(st.booleans()) else None


def plus_two(scores):
    """Scipy's Student t, fitted to the sample with a 0 and a 1 added."""
    added = np.r_[scores, 0, 1]
    return stats.t(len(added) - 1, added.mean(), stats.sem(added))


def test_graded_scores_give_the_plus_two_t():
    """Of the 12 scores with a 0 and a 1: mean 9.25 / 12, variance .0733902, t of 11 degrees of freedom."""
    mean = case_mean(GRADED)

    assert mean.value == pytest.approx(0.825)
    assert mean.shifted == pytest.approx(9.25 / 12)
    assert mean.se == pytest.approx(math.sqrt(0.0733901515151515 / 12))
    assert (mean.df, mean.cases, mean.clusters) == (11, 10, 10)
    assert mean_bounds(mean, 0.05) == pytest.approx((0.63038818, 0.91127848), abs=1e-8)
    assert mean_interval(mean, 0.95) == pytest.approx((0.59870777, 0.9429589), abs=1e-8)


@settings(deadline=None, derandomize=True)
@given(st.lists(SCORES, min_size=1, max_size=60))
def test_the_t_agrees_with_scipy(scores):
    mean, oracle = case_mean(scores), plus_two(scores)

    assert mean.shifted == pytest.approx(oracle.mean(), abs=1e-12)
    assert mean.se == pytest.approx(oracle.args[-1], rel=1e-9)
    assert mean.df == len(scores) + 1
    low, high = oracle.interval(0.95)
    assert mean_interval(mean, 0.95) == pytest.approx((max(0, low), min(1, high)), abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(st.lists(SCORES, min_size=1, max_size=60), st.floats(1e-5, 0.1), THRESHOLDS)
def test_a_bound_is_the_wider_of_the_t_and_the_exact_one(scores, alpha, t):
    mean, oracle = case_mean(scores), plus_two(scores)
    low, high = mean_bounds(mean, alpha)

    assert low <= max(0, oracle.ppf(alpha)) + 1e-9
    assert high >= min(1, oracle.ppf(1 - alpha)) - 1e-9
    assert mean_p_met(mean, t) >= oracle.cdf(t) - 1e-9
    assert mean_p_missed(mean, t) >= oracle.sf(t) - 1e-9


@pytest.mark.parametrize("n", [1, 5, 25, 60])
def test_scores_of_0_and_1_are_held_to_the_exact_binomial(n):
    for x in range(n + 1):
        scores = (np.arange(n) < x).astype(int)
        mean, rate = case_mean(scores), case_rate(scores, np.ones(n, dtype=int))

        assert mean.n_eff == pytest.approx(n)
        assert mean_bounds(mean, 0.05)[0] <= rate_bounds(rate, 0.05)[0] + 1e-9
        assert mean_bounds(mean, 0.05)[1] >= rate_bounds(rate, 0.05)[1] - 1e-9
        assert mean_p_met(mean, 0.9) >= rate_p_met(rate, 0.9) - 1e-9
        assert mean_p_missed(mean, 0.9) >= rate_p_missed(rate, 0.9) - 1e-9


def test_the_t_alone_would_pass_25_perfect_cases_at_their_wilson_bound():
    """.8998**25 = 7.1% of all suites truly at .8998 have 25 perfect cases; the exact bound is .8871."""
    perfect = np.ones(25)

    assert plus_two(perfect).ppf(0.05) == pytest.approx(0.8997919, abs=1e-7)
    assert mean_bounds(case_mean(perfect), 0.05)[0] == pytest.approx(0.05 ** (1 / 25))


def test_a_worse_score_does_not_raise_the_bound():
    perfect, worse = case_mean(np.ones(25)), case_mean(np.r_[np.ones(24), 0.99])

    assert mean_bounds(worse, 0.05)[0] <= mean_bounds(perfect, 0.05)[0] + 1e-12


def test_equal_clusters_have_the_cluster_robust_variance():
    rng = np.random.default_rng(1)
    scores, clusters = rng.random(24), np.repeat(np.arange(8), 3)
    fit = OLS(scores, np.ones(24)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True})
    mean = case_mean(scores, clusters)

    # statsmodels multiplies by C/(C-1) * (N-1)/(N-1) for one coefficient
    assert math.sqrt(mean.variance / 8) == pytest.approx(fit.bse[0], rel=1e-9)
    assert (mean.df, mean.clusters) == (9, 8)


def test_equal_clusters_are_one_unit_each():
    scores, clusters = np.repeat(GRADED, 4), np.repeat(np.arange(10), 4)

    assert mean_bounds(case_mean(scores, clusters), 0.05) == pytest.approx(mean_bounds(case_mean(GRADED), 0.05))


def test_ordinary_scores_have_the_bounds_of_the_t():
    rng = np.random.default_rng(2)
    for n in (5, 20, 100):
        scores = rng.beta(8, 2, n)
        assert mean_bounds(case_mean(scores), 0.05)[0] == pytest.approx(plus_two(scores).ppf(0.05))


def test_even_scores_have_finite_evidence():
    mean = case_mean([0.7] * 20)

    assert mean.n_eff < 1e10
    assert mean_bounds(mean, 0.05)[0] == pytest.approx(plus_two([0.7] * 20).ppf(0.05))


def test_a_heavy_cluster_counts_as_few_units():
    clusters = np.r_[np.zeros(30, dtype=int), np.arange(1, 31)]
    mean = case_mean(np.full(60, 0.9), clusters)

    assert mean.clusters == 31
    assert mean.df - 1 == pytest.approx(60**2 / (30**2 + 30))


def test_one_case_says_little():
    mean = case_mean([1.0])
    low, high = mean_bounds(mean, 0.05)

    assert (low, high) == pytest.approx((max(0, plus_two([1.0]).ppf(0.05)), 1))
    assert low < 0.06


def test_more_cases_of_the_same_kind():
    mean = resized(case_mean(GRADED), 10)
    assert mean == case_mean(GRADED)

    larger = resized(mean, 1000)
    assert (larger.cases, larger.clusters, larger.df) == (1000, 1000, 1001)
    assert larger.se == pytest.approx(math.sqrt(mean.variance / 1000), rel=0.03)
    assert larger.value == mean.value


@pytest.mark.parametrize("scores", [[], [[0.5]], [0.5, 1.1], [-0.1], [math.nan], 0.5])
def test_what_is_no_list_of_scores_is_refused(scores):
    with pytest.raises(ValueError, match="scores must"):
        case_mean(scores)


@pytest.mark.parametrize(("clusters", "message"), [([0], "one cluster a case"), ([0.5, 1.0], "must be integers")])
def test_impossible_clusters_are_refused(clusters, message):
    with pytest.raises(ValueError, match=message):
        case_mean([1, 1], clusters)


def test_thresholds_at_the_ends():
    some, none, every = case_mean([1, 0.5]), case_mean([0, 0]), case_mean([1, 1])

    assert [mean_p_met(mean, 0) for mean in (none, some, every)] == [0, 0, 0]
    assert [mean_p_met(mean, 1) for mean in (none, some, every)] == [1, 1, 1]
    assert [mean_p_missed(mean, 0) for mean in (none, some, every)] == [1, 1, 1]
    assert mean_p_missed(every, 1) == 1


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_everything_stays_in_range(sample, alpha, t):
    mean = case_mean(*sample)
    bounds, interval = mean_bounds(mean, alpha), mean_interval(mean, 1 - alpha)

    for low, high in (bounds, interval):
        assert 0 <= low <= mean.value + 1e-9
        assert mean.value - 1e-9 <= high <= 1
    assert 0 <= mean_p_met(mean, t) <= 1
    assert 0 <= mean_p_missed(mean, t) <= 1
    assert math.isfinite(mean.n_eff)
    assert mean.se > 0


@settings(deadline=None, derandomize=True, max_examples=300)
@given(samples(), ALPHAS, THRESHOLDS)
def test_bounds_and_p_values_say_the_same(sample, alpha, t):
    mean = case_mean(*sample)
    low, high = mean_bounds(mean, alpha)

    if abs(high - t) > 1e-9:
        assert (high < t) == (mean_p_missed(mean, t) < alpha)
    if abs(low - t) > 1e-9:
        assert (low >= t) == (mean_p_met(mean, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_high_and_low_scores_are_mirror_images(sample, alpha, t):
    scores, clusters = sample
    mean, mirrored = case_mean(scores, clusters), case_mean(1 - scores, clusters)
    low, high = mean_bounds(mean, alpha)

    assert mean_bounds(mirrored, alpha) == pytest.approx((1 - high, 1 - low), abs=1e-6)
    assert mean_p_met(mirrored, 1 - t) == pytest.approx(mean_p_missed(mean, t), abs=1e-6)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(sample, random):
    scores, clusters = sample
    order = np.array(random.sample(range(len(scores)), len(scores)))
    renamed = None if clusters is None else 5 - 3 * clusters[order]

    shuffled = mean_bounds(case_mean(scores[order], renamed), 0.05)
    assert shuffled == pytest.approx(mean_bounds(case_mean(scores, clusters), 0.05), abs=1e-6)


@settings(deadline=None, derandomize=True)
@given(st.lists(SCORES, min_size=1, max_size=30))
def test_clusters_of_one_case_are_no_clusters(scores):
    plain, clustered = case_mean(scores), case_mean(scores, np.arange(len(scores)) * 7 - 3)

    assert (clustered.se, clustered.df) == pytest.approx((plain.se, plain.df), rel=1e-9)
    assert clustered.n_eff == pytest.approx(plain.n_eff, rel=1e-6)
