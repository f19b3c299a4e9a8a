"""One probability a case: pass@k, pass^k, agreement, and the rate that their mean is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.passk import agreement, pass_at_k, pass_hat_k
from pytest_evalbars.stats.units import unit_rate

ALPHA = 0.05


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


@st.composite
def samples(draw):
    """(values, clusters or None)."""
    values = draw(st.lists(st.sampled_from([0, 0.1, 0.5, 0.6, 0.95, 1]), min_size=1, max_size=30))
    clusters = draw(st.lists(st.integers(-3, 6), min_size=len(values), max_size=len(values)))
    return np.array(values), np.array(clusters) if draw(st.booleans()) else None


# --- What k trials do together ---------------------------------------------------------------------------------


def test_both_are_hypergeometric():
    for n, k in [(1, 1), (7, 3), (30, 30), (2000, 100)]:
        c = np.arange(0, n + 1, max(1, n // 40))
        none = stats.hypergeom(n, n - c, k).pmf(k)  # all k drawn from the misses

        assert pass_at_k(c, np.full_like(c, n), k) == pytest.approx(1 - none, abs=1e-9)
        assert pass_hat_k(n - c, np.full_like(c, n), k) == pytest.approx(none, abs=1e-9)


def test_both_are_unbiased():
    n, k, p = 5, 3, 0.8
    c = np.arange(n + 1)
    chance = stats.binom(n, p).pmf(c)

    assert chance @ pass_hat_k(c, np.full_like(c, n), k) == pytest.approx(p**k)
    assert chance @ pass_at_k(c, np.full_like(c, n), k) == pytest.approx(1 - (1 - p) ** k)
    assert chance @ agreement(c, np.full_like(c, n)) == pytest.approx(p**2 + (1 - p) ** 2)


def test_agreement_counts_pairs():
    passes, trials = [0, 1, 2, 2, 5], [2, 2, 2, 3, 7]
    pairs = [list(itertools.combinations([1] * x + [0] * (n - x), 2)) for x, n in zip(passes, trials, strict=True)]

    assert agreement(passes, trials) == pytest.approx([np.mean([a == b for a, b in case]) for case in pairs])


@pytest.mark.parametrize("function", [pass_at_k, pass_hat_k])
def test_impossible_k_is_refused(function):
    with pytest.raises(ValueError, match="k is 4, and a case has 3 trials"):
        function([1, 1], [5, 3], 4)
    with pytest.raises(ValueError, match="at least 1"):
        function([1], [1], 0)
    with pytest.raises(ValueError, match="at least one case"):
        function([], [], 1)
    with pytest.raises(ValueError, match="between 0 and the trials"):
        function([2], [1], 1)


def test_agreement_takes_two_trials():
    with pytest.raises(ValueError, match="two trials"):
        agreement([1, 1], [2, 1])


# --- The rate ---------------------------------------------------------------------------------------------------


def test_independent_cases_are_the_reference():
    y = np.array([1, 1, 0.5, 0.7, 1, 0.1, 0, 1, 1, 0.9])
    p, m = y.mean(), len(y)
    r = y.var(ddof=1) / (p * (1 - p))
    f = min((y < 1).sum(), (y > 0).sum())
    rate = unit_rate(y)

    assert rate.value == pytest.approx(p)
    assert rate.n_eff == pytest.approx(m / ((f * r + 2) / (f + 2)))
    assert (rate.n_perfect, rate.trials, rate.cases, rate.clusters, rate.icc) == (m, m, m, m, None)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.randoms(use_true_random=False), st.booleans())
def test_values_of_0_and_1_are_passes_and_misses(passes, random, clustered):
    x = np.array(passes, dtype=int)
    clusters = np.array([random.randrange(8) for _ in x]) if clustered else None
    rate, same = unit_rate(x, clusters), case_rate(x, np.ones_like(x), clusters)

    assert rate.value == pytest.approx(same.value, abs=1e-12)
    assert rate.n_eff == pytest.approx(same.n_eff, rel=1e-9)
    assert rate.n_perfect == pytest.approx(same.n_perfect, rel=1e-12)


def test_one_cluster_is_one_case():
    rate = unit_rate([0.5, 1, 1, 0.7], [3, 3, 3, 3])

    assert (rate.clusters, rate.n_perfect, rate.n_eff) == (1, 1, 1)


@settings(deadline=None, derandomize=True)
@given(samples(), st.floats(1e-4, 0.5), st.floats(0.001, 0.999))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, alpha, t):
    rate = unit_rate(*sample)
    low, high = rate_bounds(rate, alpha)

    assert 0 <= low <= rate.value + 1e-9
    assert rate.value - 1e-9 <= high <= 1
    assert rate.n_eff >= rate.n_perfect * (1 - 1e-12)
    if abs(high - t) > 1e-9:
        assert (high < t) == (rate_p_missed(rate, t) < alpha)
    if abs(low - t) > 1e-9:
        assert (low >= t) == (rate_p_met(rate, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_sides_matter(sample, random):
    y, clusters = sample
    order = np.array(random.sample(range(len(y)), len(y)))
    rate = unit_rate(y, clusters)
    shuffled = unit_rate(y[order], None if clusters is None else 7 - 2 * clusters[order])
    mirrored = unit_rate(1 - y, clusters)

    assert shuffled.value == rate.value
    assert shuffled.n_eff == pytest.approx(rate.n_eff, rel=1e-9)
    assert mirrored.value == pytest.approx(1 - rate.value, abs=1e-12)
    assert mirrored.n_eff == pytest.approx(rate.n_eff, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "clusters", "message"),
    [
        ([], None, "at least one case"),
        ([[1.0]], None, "at least one case"),
        ([1.1], None, "between 0 and 1"),
        ([-0.1], None, "between 0 and 1"),
        ([math.nan], None, "between 0 and 1"),
        ([1.0], [1, 2], "one cluster a case"),
    ],
)
def test_impossible_values_are_refused(values, clusters, message):
    with pytest.raises(ValueError, match=message):
        unit_rate(values, clusters)


# --- The promised error -----------------------------------------------------------------------------------------

LAWS = {
    "same": (lambda _rng, shape: np.full(shape, 0.8), {2: 0.64, 4: 0.8**4}),
    "uniform": (lambda rng, shape: rng.random(shape), {2: 1 / 3, 4: 1 / 5}),
    "mostly 1": (
        lambda rng, shape: np.where(rng.random(shape) < 0.9, 1, rng.random(shape)),
        {2: 0.9 + 0.1 / 3, 4: 0.92},
    ),
    "near 1": (lambda rng, shape: rng.beta(19, 1, shape), {2: 19 * 20 / (20 * 21), 4: 19 / 23}),
}


def wrong_claims(law, cases, trials, k, repetitions, seed):
    """Shares of samples in which pass^k is called met, and missed, at its true value."""
    draw, truths = LAWS[law]
    rng = np.random.default_rng(seed)
    passes = rng.binomial(trials, draw(rng, (repetitions, cases)))
    rates = [unit_rate(pass_hat_k(x, np.full(cases, trials), k)) for x in passes]
    met = [rate_p_met(rate, truths[k]) <= ALPHA for rate in rates]
    missed = [rate_p_missed(rate, truths[k]) < ALPHA for rate in rates]
    return np.mean(met), np.mean(missed)


@pytest.mark.parametrize("law", LAWS)
def test_pass_hat_k_keeps_its_error(law):
    assert max(wrong_claims(law, 20, 5, 4, 1500, seed=1)) <= most(ALPHA, 1500)


@pytest.mark.parametrize("documents", [25, 100])
def test_clustered_values_keep_their_error(documents):
    """All cases of a document share one pass rate; documents hold 1 to 12 cases."""
    rng = np.random.default_rng(documents)
    wrong = np.zeros(2)
    for _ in range(1000):
        codes = np.repeat(np.arange(documents), rng.integers(1, 13, documents))
        rates = np.where(rng.random(documents) < 0.7, 1, rng.random(documents))[codes]
        rate = unit_rate(pass_hat_k(rng.binomial(4, rates), np.full(len(codes), 4), 2), codes)
        wrong += rate_p_met(rate, 0.8) <= ALPHA, rate_p_missed(rate, 0.8) < ALPHA
    assert wrong.max() / 1000 <= most(0.06, 1000)
