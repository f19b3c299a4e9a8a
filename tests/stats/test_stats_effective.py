"""Pass rates of repeated and clustered trials: the reference, its generalisation, and what it promises."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.effective import (
    case_rate,
    rate_bounds,
    rate_interval,
    rate_p_met,
    rate_p_missed,
)
from pytest_evalbars.stats.proportions import wilson

ALPHAS = st.floats(1e-5, 0.5)
THRESHOLDS = st.floats(0.001, 0.999)


def reference(s, k, c=2.0):
    """The estimator as it was first written and simulated, for independent cases of equally many trials."""
    total, m = k.sum(), len(k)
    p = s.sum() / total
    worst = (k**2).sum() / total
    if worst == 1:
        return p, float(total)
    if p in {0, 1} or m < 2:
        rho = 1.0
    else:
        variance = m / (m - 1) * ((s - p * k) ** 2).sum() / total**2
        rho = (min(max(variance / (p * (1 - p) / total), 1), worst) - 1) / (worst - 1)
    f = min((s < k).sum(), (s > 0).sum())
    shrunk = (f * rho + c) / (f + c)
    return p, total / (1 + (worst - 1) * shrunk)


@st.composite
def samples(draw, *, clustered=None, trials=None):
    """(passes, trials, clusters or None)."""
    k = draw(st.lists(st.integers(1, 12) if trials is None else st.just(trials), min_size=1, max_size=30))
    x = [draw(st.one_of(st.just(most), st.just(0), st.integers(0, most))) for most in k]
    if clustered is None:
        clustered = draw(st.booleans())
    clusters = draw(st.lists(st.integers(-3, 6), min_size=len(k), max_size=len(k))) if clustered else None
    return np.array(x), np.array(k), None if clusters is None else np.array(clusters)


# Known answers of the reference: rate, n_eff, two-sided Wilson 95%, one-sided lower bound before the cap.
@pytest.mark.parametrize(
    ("passes", "trials", "n_eff", "interval"),
    [
        ([3, 2, 0, 3, 2, 3, 3, 2], 3, 10.573426573426573, (0.450125971582899, 0.9166277792911482)),
        ([5] * 20, 5, 20, (0.8388748419471808, 1)),
        ([3] * 29 + [2], 3, 38.509615384615365, (0.890109890963404, 0.9989784464730416)),
        ([3] * 29 + [0], 3, 30, (0.8332960900859083, 0.9940914096183875)),
    ],
)
def test_known_effective_sizes(passes, trials, n_eff, interval):
    rate = case_rate(passes, [trials] * len(passes))

    assert rate.value == pytest.approx(sum(passes) / trials / len(passes), abs=1e-12)
    assert rate.n_eff == pytest.approx(n_eff, abs=1e-9)
    assert rate_interval(rate, 0.95) == pytest.approx(interval, abs=1e-9)


def test_known_lower_bounds_and_the_cap():
    toy = case_rate([3, 2, 0, 3, 2, 3, 3, 2], [3] * 8)
    perfect = case_rate([5] * 20, [5] * 20)
    flaky = case_rate([3] * 29 + [2], [3] * 30)
    dead = case_rate([3] * 29 + [0], [3] * 30)

    assert rate_bounds(toy, 0.05)[0] == pytest.approx(0.4515950466918991, abs=1e-9)
    assert rate_bounds(perfect, 0.05)[0] == pytest.approx(0.8608916593317348, abs=1e-9)
    assert rate_bounds(flaky, 0.05)[0] == pytest.approx(0.05 ** (1 / 30), abs=1e-9)  # without the cap .90597
    assert rate_bounds(dead, 0.05)[0] == pytest.approx(0.8514039313408869, abs=1e-9)


def test_likeness_comes_from_the_cluster_robust_variance():
    """Liang & Zeger's variance with C/(C-1), as in statsmodels: standard error .121988 for these cases."""
    rate = case_rate([3, 2, 0, 3, 2, 3, 3, 2], [3] * 8)

    variance = rate.value * (1 - rate.value) / rate.trials * (1 + 2 * rate.icc)
    assert math.sqrt(variance) == pytest.approx(0.12198750911856665, abs=1e-12)


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 12).flatmap(lambda k: samples(clustered=False, trials=k)))
def test_equal_trials_reduce_to_the_reference(sample):
    x, k, _ = sample
    rate = case_rate(x, k)
    value, n_eff = reference(x, k)

    assert rate.value == pytest.approx(value, abs=1e-12)
    assert rate.n_eff == pytest.approx(n_eff, rel=1e-9)


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 12).flatmap(lambda k: samples(clustered=False, trials=k)))
def test_cases_of_one_trial_in_equal_clusters_are_like_trials_of_one_case(sample):
    x, k, _ = sample
    per_case = int(k[0])
    passes = (np.arange(per_case) < x[:, None]).astype(int).ravel()
    rate = case_rate(passes, np.ones_like(passes), np.repeat(np.arange(len(x)), per_case))

    value, n_eff = reference(x, k)
    assert rate.value == pytest.approx(value, abs=1e-12)
    assert rate.n_eff == pytest.approx(n_eff, rel=1e-9)
    assert rate.n_perfect == pytest.approx(len(x), rel=1e-12)


@settings(deadline=None, derandomize=True)
@given(samples(clustered=False))
def test_clusters_of_one_case_are_no_clusters(sample):
    x, k, _ = sample
    plain, clustered = case_rate(x, k), case_rate(x, k, np.arange(len(x)) * 7 - 3)

    assert plain.icc == (None if clustered.icc is None else pytest.approx(clustered.icc, abs=1e-9))
    assert clustered.n_eff == pytest.approx(plain.n_eff, rel=1e-9)
    assert clustered.n_perfect == plain.n_perfect == len(x)
    assert (plain.trials, plain.cases, plain.clusters) == (
        clustered.trials,
        clustered.cases,
        clustered.clusters,
    )


@pytest.mark.parametrize("n", [1, 4, 30, 111])
def test_one_trial_a_case_is_the_exact_binomial_test(n):
    for x in range(n + 1):
        rate = case_rate(np.arange(n) < x, np.ones(n, dtype=int))
        more, less = (stats.binomtest(x, n, 0.9, alternative=side) for side in ("greater", "less"))

        assert (rate.n_eff, rate.n_perfect, rate.icc) == (n, n, None)
        assert rate_p_met(rate, 0.9) == pytest.approx(more.pvalue, rel=1e-9)
        assert rate_p_missed(rate, 0.9) == pytest.approx(less.pvalue, rel=1e-9)
        assert rate_bounds(rate, 0.05) == pytest.approx(
            (more.proportion_ci(0.95).low, less.proportion_ci(0.95).high), abs=1e-9
        )
        assert rate_interval(rate, 0.95) == pytest.approx(wilson(x, n, 0.95), abs=1e-9)


def test_every_case_weighs_the_same_however_often_it_was_tried():
    rate = case_rate([1, 0, 90], [1, 1, 100])

    assert rate.value == pytest.approx((1 + 0 + 0.9) / 3)
    assert (rate.trials, rate.cases, rate.clusters) == (102, 3, 3)


def test_more_trials_of_perfect_cases_are_no_more_cases():
    assert case_rate([1] * 26, [1] * 26).n_eff == 26
    assert case_rate([10] * 26, [10] * 26).n_eff == pytest.approx(26, rel=1e-12)
    assert case_rate([0] * 26, [10] * 26).n_eff == pytest.approx(26, rel=1e-12)


def test_a_failing_trial_does_not_raise_the_bound():
    perfect = case_rate([10] * 26, [10] * 26)
    failing = case_rate([10] * 25 + [9], [10] * 26)

    assert failing.n_eff > perfect.n_eff  # the trial shows that trials of a case differ
    assert rate_bounds(failing, 0.05)[0] <= rate_bounds(perfect, 0.05)[0] + 1e-12 == pytest.approx(0.05 ** (1 / 26))
    assert rate_p_met(failing, 0.89) >= rate_p_met(perfect, 0.89) - 1e-12


def test_a_heavy_cluster_counts_as_few():
    clusters = np.r_[np.zeros(30, dtype=int), np.arange(1, 31)]
    rate = case_rate(np.ones(60, dtype=int), np.ones(60, dtype=int), clusters)

    assert (rate.cases, rate.clusters) == (60, 31)
    assert rate.n_eff == rate.n_perfect == pytest.approx(60**2 / (30**2 + 30))


def test_a_lucky_large_document_is_no_evidence():
    """All documents say one thing in all their cases; the large ones happen to pass.

    The variance between documents is then small by luck, and would alone claim 135 independent cases.
    """
    sizes = np.r_[np.full(12, 20), np.ones(60, dtype=int)]
    passes = np.repeat(np.r_[np.ones(12), np.tile([1, 0], 30)].astype(int), sizes)
    rate = case_rate(passes, np.ones_like(passes), np.repeat(np.arange(72), sizes))

    assert rate.icc == pytest.approx(1)
    assert rate.n_eff == pytest.approx(rate.n_perfect) == pytest.approx(300**2 / (12 * 400 + 60))


def test_large_documents_of_one_mind_are_not_excused_by_small_ones_that_vary():
    """Within the many small documents cases differ; what moves the rate is 4 large ones, all or nothing."""
    passes = np.r_[np.ones(60), np.zeros(20), np.tile([0, 1], 100)].astype(int)
    codes = np.r_[np.repeat(np.arange(4), 20), np.repeat(np.arange(4, 104), 2)]
    rate = case_rate(passes, np.ones_like(passes), codes)

    within = 200 * 0.25 / (rate.value * (1 - rate.value) * (4 * 19 + 100))
    assert rate.icc > 1 - within + 0.05


@pytest.mark.parametrize(
    ("passes", "trials", "message"),
    [
        ([], [], "at least one case"),
        ([1, 1], [1], "two lists of one length"),
        ([[1]], [[1]], "two lists of one length"),
        ([0], [0], "every case must have a trial"),
        ([1], [-1], "every case must have a trial"),
        ([-1], [1], "between 0 and the trials"),
        ([2], [1], "between 0 and the trials"),
        ([0.5], [1], "must be integers"),
        ([1], [math.nan], "must be integers"),
    ],
)
def test_impossible_counts_are_refused(passes, trials, message):
    with pytest.raises(ValueError, match=message):
        case_rate(passes, trials)


@pytest.mark.parametrize(("clusters", "message"), [([0], "one cluster a case"), ([0.5, 1.0], "must be integers")])
def test_impossible_clusters_are_refused(clusters, message):
    with pytest.raises(ValueError, match=message):
        case_rate([1, 1], [1, 1], clusters)


def test_thresholds_at_the_ends():
    some, none, every = case_rate([1, 0], [1, 1]), case_rate([0, 0], [1, 1]), case_rate([1, 1], [1, 1])

    assert [rate_p_met(rate, 0) for rate in (none, some, every)] == [0, 0, 0]
    assert [rate_p_met(rate, 1) for rate in (none, some, every)] == [1, 1, 1]
    assert [rate_p_missed(rate, 0) for rate in (none, some, every)] == [1, 1, 1]
    assert [rate_p_missed(rate, 1) for rate in (none, some, every)] == [0, 0, 1]


@settings(deadline=None, derandomize=True)
@given(samples())
def test_the_effective_size_lies_between_the_worst_and_the_trials(sample):
    rate = case_rate(*sample)

    assert 1 - 1e-12 <= rate.n_perfect <= rate.clusters + 1e-9
    assert rate.n_perfect * (1 - 1e-12) <= rate.n_eff <= rate.trials * (1 + 1e-12)
    assert rate.icc is None or 0 <= rate.icc <= 1


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_everything_stays_in_range(sample, alpha, t):
    rate = case_rate(*sample)
    bounds, interval = rate_bounds(rate, alpha), rate_interval(rate, 1 - alpha)

    for low, high in (bounds, interval):
        assert 0 <= low <= rate.value + 1e-9
        assert rate.value - 1e-9 <= high <= 1
    assert 0 <= rate_p_met(rate, t) <= 1
    assert 0 <= rate_p_missed(rate, t) <= 1


@settings(deadline=None, derandomize=True, max_examples=300)
@given(samples(), ALPHAS, THRESHOLDS)
def test_bounds_and_p_values_say_the_same(sample, alpha, t):
    rate = case_rate(*sample)
    low, high = rate_bounds(rate, alpha)

    if abs(high - t) > 1e-9:
        assert (high < t) == (rate_p_missed(rate, t) < alpha)
    if abs(low - t) > 1e-9:
        assert (low >= t) == (rate_p_met(rate, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_passes_and_misses_are_mirror_images(sample, alpha, t):
    x, k, clusters = sample
    rate, mirrored = case_rate(x, k, clusters), case_rate(k - x, k, clusters)
    low, high = rate_bounds(rate, alpha)
    left, right = rate_interval(rate, 1 - alpha)

    assert mirrored.n_eff == pytest.approx(rate.n_eff, rel=1e-9)
    assert rate_bounds(mirrored, alpha) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert rate_interval(mirrored, 1 - alpha) == pytest.approx((1 - right, 1 - left), abs=1e-9)
    assert rate_p_met(mirrored, 1 - t) == pytest.approx(rate_p_missed(rate, t), abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(sample, random):
    x, k, clusters = sample
    order = np.array(random.sample(range(len(x)), len(x)))
    renamed = None if clusters is None else 5 - 3 * clusters[order]
    rate, shuffled = case_rate(x, k, clusters), case_rate(x[order], k[order], renamed)

    assert shuffled.value == pytest.approx(rate.value, abs=1e-12)
    assert shuffled.n_eff == pytest.approx(rate.n_eff, rel=1e-9)
    assert shuffled.n_perfect == pytest.approx(rate.n_perfect, rel=1e-12)


@settings(deadline=None, derandomize=True)
@given(samples(), st.integers(0, 29), ALPHAS, THRESHOLDS)
def test_misses_never_beat_a_perfect_run(sample, case, alpha, t):
    x, k, clusters = sample
    one_more = k.copy()
    one_more[case % len(k)] += 1
    perfect = case_rate(k, k, clusters)

    for other in (case_rate(x, k, clusters), case_rate(k, one_more, clusters)):
        assert rate_bounds(other, alpha)[0] <= rate_bounds(perfect, alpha)[0] + 1e-9
        assert rate_p_met(other, t) >= rate_p_met(perfect, t) - 1e-9


@settings(deadline=None, derandomize=True)
@given(samples(clustered=False, trials=1), ALPHAS)
def test_one_trial_a_case_is_monotone_in_passes(sample, alpha):
    x, k, _ = sample
    assume(x.sum() < len(x))
    better = x.copy()
    better[np.flatnonzero(x == 0)[0]] = 1

    (low, high), (low_better, high_better) = (rate_bounds(case_rate(s, k), alpha) for s in (x, better))
    assert low <= low_better + 1e-12
    assert high <= high_better + 1e-12


@settings(deadline=None, derandomize=True)
@given(samples(clustered=False), st.integers(1, 9))
def test_repeating_perfect_trials_adds_nothing(sample, times):
    _, k, _ = sample
    assert case_rate(k * times, k * times).n_eff == pytest.approx(len(k), rel=1e-12)
    assert case_rate(0 * k, k * times).n_eff == pytest.approx(len(k), rel=1e-12)
