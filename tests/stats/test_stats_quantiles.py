"""Quantiles by order statistics: printed ranks, scipy's test of a quantile, repeated trials, the promised error."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.quantiles import (
    case_quantile,
    least_cases_above,
    least_cases_below,
    quantile_bounds,
    quantile_interval,
    quantile_p_above,
    quantile_p_below,
)

ALPHA = 0.05


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


def independent(values, q):
    return case_quantile(values, np.arange(len(values)), q)


@st.composite
def samples(draw):
    """(values, cases, q, clusters or None), full of ties."""
    cases = np.array(draw(st.lists(st.integers(0, 12), min_size=1, max_size=60)))
    values = draw(
        st.lists(
            st.sampled_from([-math.inf, -1, 0, 1, 1.5, 2, 3, math.inf]), min_size=len(cases), max_size=len(cases)
        )
    )
    clusters = cases % draw(st.integers(1, 12)) if draw(st.booleans()) else None
    return np.array(values), cases * 3, draw(st.sampled_from([0.05, 0.3, 0.5, 0.9, 0.95])), clusters


# --- Known answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "q", "ranks"),
    [
        (100, 0.5, (40, 61)),
        (100, 0.9, (84, 96)),
        (200, 0.95, (184, 197)),
        (500, 0.99, (490, 500)),
        (50, 0.95, (44, math.inf)),
    ],
)
def test_known_ranks(n, q, ranks):
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))

    assert quantile_interval(independent(values, q), 0.95) == ranks


@pytest.mark.parametrize(
    ("q", "one_sided", "two_sided"), [(0.5, 5, 6), (0.9, 29, 36), (0.95, 59, 72), (0.99, 299, 368)]
)
def test_fewest_cases_with_a_bound(q, one_sided, two_sided):
    assert (least_cases_above(q, 0.05), least_cases_above(q, 0.025)) == (one_sided, two_sided)
    assert (least_cases_below(1 - q, 0.05), least_cases_below(1 - q, 0.025)) == (one_sided, two_sided)
    for n, found in [(one_sided - 1, False), (one_sided, True)]:
        assert math.isfinite(quantile_bounds(independent(np.arange(n), q), 0.05)[1]) == found
        assert math.isfinite(quantile_bounds(independent(np.arange(n), 1 - q), 0.05)[0]) == found


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 0.95])
@pytest.mark.parametrize("n", [1, 7, 40, 333])
def test_one_trial_a_case_is_the_exact_test(n, q):
    values = np.random.default_rng(n).lognormal(size=n).round(1)
    quantile = independent(values, q)
    oracle = stats.quantile_test(values, q=0, p=q, alternative="two-sided").confidence_interval(0.95)

    assert quantile.value == pytest.approx(np.quantile(values, q, method="inverted_cdf"))
    assert quantile_interval(quantile, 0.95) == tuple(
        end if math.isfinite(end) else fallback for end, fallback in zip(oracle, (-math.inf, math.inf), strict=True)
    )
    for t in [values.min() - 1, *np.unique(values)[:20], values.max() + 1]:
        assert quantile_p_above(quantile, t) == pytest.approx(
            stats.quantile_test(values, q=t, p=q, alternative="greater").pvalue, rel=1e-9
        )
        assert quantile_p_below(quantile, t) == pytest.approx(
            stats.quantile_test(values, q=t, p=q, alternative="less").pvalue, rel=1e-9
        )


# --- Cases and clusters -----------------------------------------------------------------------------------------


def test_every_case_weighs_the_same():
    quantile = case_quantile([1, 2, 9, 9, 9, 9], [0, 1, 2, 2, 2, 2], 0.6)

    assert (quantile.value, quantile.trials, quantile.cases, quantile.clusters) == (2, 6, 3, 3)
    assert case_quantile([1, 2, 9, 9, 9, 9], [0, 1, 2, 2, 2, 2], 0.7).value == 9


def test_repeated_trials_are_not_more_cases():
    """30 cases that are always as fast as the first time: no upper bound for p95, however often they run."""
    values = np.tile(np.arange(30.0), 10)
    quantile = case_quantile(values, np.tile(np.arange(30), 10), 0.95)

    assert (quantile.n_eff, quantile.n_perfect) == (30, 30)
    assert quantile_bounds(quantile, ALPHA) == quantile_bounds(independent(np.arange(30.0), 0.95), ALPHA)


def test_trials_that_differ_count_for_more():
    values = np.random.default_rng(1).normal(size=600)
    quantile = case_quantile(values, np.repeat(np.arange(100), 6), 0.5)

    assert 400 < quantile.n_eff < 600


def test_clusters_widen():
    values = np.repeat(np.random.default_rng(2).normal(size=40), 5)
    free, bound = (case_quantile(values, np.arange(200), 0.5, codes) for codes in (None, np.repeat(np.arange(40), 5)))

    assert bound.n_eff == pytest.approx(40)
    assert quantile_bounds(bound, ALPHA)[0] < quantile_bounds(free, ALPHA)[0]
    assert quantile_bounds(free, ALPHA)[1] < quantile_bounds(bound, ALPHA)[1]


def test_endless_values():
    """What never answers is slower than everything."""
    quantile = independent(np.r_[np.ones(100), math.inf], 0.9)
    late = independent(np.r_[np.ones(80), np.full(20, math.inf)], 0.9)

    assert (quantile.value, *quantile_bounds(quantile, ALPHA)) == (1, 1, 1)
    assert (late.value, *quantile_bounds(late, ALPHA)) == (math.inf, math.inf, math.inf)
    assert quantile_p_above(late, 1e9) < ALPHA
    assert quantile_p_below(late, math.inf) > 0.9
    assert quantile_p_above(late, math.inf) == 1


@pytest.mark.parametrize(
    ("values", "cases", "q", "clusters", "message"),
    [
        ([], [], 0.5, None, "at least one trial"),
        ([[1]], [[1]], 0.5, None, "at least one trial"),
        ([1, math.nan], [0, 1], 0.5, None, "must be a number"),
        ([1], [0], 0, None, "strictly between 0 and 1"),
        ([1], [0], 1, None, "strictly between 0 and 1"),
        ([1], [0, 1], 0.5, None, "one case a trial"),
        ([1], [0.5], 0.5, None, "cases must be integers"),
        ([1], [0], 0.5, [0, 1], "one cluster a trial"),
        ([1], [0], 0.5, [0.5], "clusters must be integers"),
        ([1, 1], [7, 7], 0.5, [0, 1], "in one cluster"),
    ],
)
def test_impossible_samples_are_refused(values, cases, q, clusters, message):
    with pytest.raises(ValueError, match=message):
        case_quantile(np.array(values, dtype=float), np.array(cases, dtype=None if cases else int), q, clusters)


@pytest.mark.parametrize("alpha", [0, 1, math.nan])
def test_impossible_errors_are_refused(alpha):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        quantile_bounds(independent([1.0], 0.5), alpha)


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=300)
@given(samples(), st.floats(1e-4, 0.2))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, alpha):
    quantile = case_quantile(*sample)
    low, high = quantile_bounds(quantile, alpha)

    assert low <= quantile.value <= high
    assert quantile.n_perfect <= quantile.n_eff * (1 + 1e-12) <= quantile.trials * (1 + 1e-9)
    for t in [-math.inf, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, math.inf]:
        assert (low > t) == (quantile_p_above(quantile, t) < alpha)
        assert (high < t) == (quantile_p_below(quantile, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(sample, random):
    values, cases, q, clusters = sample
    order = np.array(random.sample(range(len(values)), len(values)))
    renamed = None if clusters is None else 3 - 5 * clusters[order]
    quantile, shuffled = case_quantile(*sample), case_quantile(values[order], 10**12 - cases[order], q, renamed)

    assert shuffled.value == quantile.value
    assert shuffled.n_eff == pytest.approx(quantile.n_eff, rel=1e-9)
    assert shuffled.n_perfect == pytest.approx(quantile.n_perfect, rel=1e-12)


@settings(deadline=None, derandomize=True)
@given(samples())
def test_a_monotone_scale_changes_nothing(sample):
    values, cases, q, clusters = sample
    quantile, other = case_quantile(*sample), case_quantile(np.arctan(values) * 7 + 1, cases, q, clusters)

    assert other.value == np.arctan(quantile.value) * 7 + 1
    assert other.n_eff == pytest.approx(quantile.n_eff)


# --- The promised error -----------------------------------------------------------------------------------------


def wrong_claims(q, cases, trials, likeness, repetitions, seed, per_document=1):
    """Shares of samples in which the true quantile is called above, and below, itself.

    Values are normal; likeness is the correlation of the trials of one document.
    """
    rng = np.random.default_rng(seed)
    truth = stats.norm.ppf(q)
    documents = cases // per_document
    wrong = np.zeros(2)
    for _ in range(repetitions):
        counts = rng.choice(trials, cases)
        codes = np.repeat(np.arange(cases), counts)
        shared = rng.normal(size=documents)[codes % documents]
        values = math.sqrt(likeness) * shared + math.sqrt(1 - likeness) * rng.normal(size=len(codes))
        quantile = case_quantile(values, codes, q, codes % documents if per_document > 1 else None)
        wrong += quantile_p_above(quantile, truth) < ALPHA, quantile_p_below(quantile, truth) <= ALPHA
    return wrong / repetitions


@pytest.mark.parametrize(("shares", "q"), [((0.3, 0.4, 0.3), 0.5), ((0.5, 0.3, 0.2), 0.5), ((0.85, 0.1, 0.05), 0.9)])
def test_quantiles_of_whole_numbers_keep_their_error(shares, q):
    """All four claims that a bar can make of a value that many trials share."""
    rng = np.random.default_rng(3)
    truth = 2 + int(np.searchsorted(np.cumsum(shares), q - 1e-9))
    wrong = np.zeros(4)
    for _ in range(600):
        quantile = independent(rng.choice([2, 3, 4], 100, p=shares), q)
        low, high = quantile_bounds(quantile, ALPHA)
        wrong += quantile_p_above(quantile, truth) < ALPHA, quantile_p_below(quantile, truth) < ALPHA, 0, 0
        # Bars that just do not hold: at most a little less, at least a little more.
        wrong += 0, 0, high <= truth - 0.5, low >= truth + 0.5
    assert max(wrong / 600) <= most(ALPHA, 600)


@pytest.mark.parametrize("likeness", [0, 0.5, 1])
@pytest.mark.parametrize("trials", [(1,), (5,), (1, 2, 10)])
def test_quantiles_keep_their_error(trials, likeness):
    assert max(wrong_claims(0.9, 60, trials, likeness, 1000, seed=1)) <= most(ALPHA, 1000)


@pytest.mark.parametrize("likeness", [0, 0.5, 1])
def test_quantiles_of_documents_keep_their_error(likeness):
    assert max(wrong_claims(0.9, 300, (1, 2), likeness, 800, seed=2, per_document=5)) <= most(ALPHA, 800)
