"""Cost per useful response and amounts per case: the printed interval, its edges, what error it keeps."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import WLS

from pytest_evalbars.stats.ratios import (
    case_amount,
    case_ratio,
    cases_to_settle_ratio,
    ratio_bounds,
    ratio_interval,
    ratio_p_above,
    ratio_p_below,
)

ALPHA = 0.05
COST = [1.2, 0.8, 2.5, 0.9, 1.1, 3.0, 0.7, 1.6, 0.95, 1.4]
USEFUL = [1, 1, 0, 1, 1, 0, 1, 1, 1, 1]


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


@st.composite
def samples(draw):
    """(top, bottom, clusters or None)."""
    tops = st.sampled_from([0, 0.01, 0.5, 1, 1, 2, 7, 1000, math.inf])
    pairs = draw(st.lists(st.tuples(tops, st.sampled_from([0, 0.25, 1, 1, 1])), min_size=1, max_size=25))
    clusters = draw(st.lists(st.integers(-3, 6), min_size=len(pairs), max_size=len(pairs)))
    top, bottom = np.array(pairs, dtype=float).T
    return top, bottom, np.array(clusters) if draw(st.booleans()) else None


def test_the_interval_by_hand():
    low, high = ratio_interval(case_ratio(COST, USEFUL), 0.95)
    wide_low, wide_high = ratio_bounds(case_ratio(COST, USEFUL), 0.025)

    assert (low, high) == pytest.approx((0.8373488183020267, 3.7361688392227212), abs=1e-9)
    assert wide_low == pytest.approx(low)
    assert high < wide_high < 2 * high


def test_the_standard_error_is_that_of_a_regression_through_the_origin():
    """Weighted so that its slope is the ratio, with statsmodels' cluster-robust variance."""
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(15), 4)
    bottom = rng.random(60) + 0.1
    top = bottom * rng.lognormal(size=15)[codes] * rng.lognormal(size=60)
    fit = WLS(top, bottom[:, None], 1 / bottom).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    ratio = case_ratio(top, bottom, codes)

    assert ratio.value == pytest.approx(fit.params[0])
    assert ratio.se * ratio.value == pytest.approx(fit.bse[0] * math.sqrt(15 / 14))
    assert (ratio.units, ratio.cases, ratio.clusters) == (pytest.approx(15), 60, 15)


def test_an_amount_is_a_mean():
    values = np.random.default_rng(2).lognormal(3, 0.4, 50)
    amount = case_amount(values)
    half = stats.t(49).ppf(0.975) * stats.sem(values) / values.mean()

    assert amount.value == pytest.approx(values.mean())
    assert ratio_interval(amount, 0.95) == pytest.approx(
        (values.mean() * math.exp(-half), values.mean() * math.exp(half))
    )


def test_unequal_clusters_are_fewer():
    top = np.r_[np.ones(30), np.full(30, 2.0)]
    ratio = case_amount(top, np.r_[np.zeros(30, dtype=int), np.arange(1, 31)])

    assert ratio.units == pytest.approx(60**2 / (30**2 + 30))


# --- The edges --------------------------------------------------------------------------------------------------


def test_a_constant_sample_proves_no_more_than_a_perfect_run():
    """29 cases of one cost: a tenth of all cases might cost nothing."""
    low, high = ratio_bounds(case_amount(np.full(29, 0.02)), ALPHA)

    assert low == pytest.approx(0.02 * 0.05 ** (1 / 29))
    assert high == pytest.approx(0.02 / 0.05 ** (1 / 29))
    assert low > 0.9 * 0.02


def test_one_case_says_nothing():
    for ratio in (case_ratio([3], [1]), case_amount([3, 5], [7, 7])):
        assert ratio_bounds(ratio, ALPHA) == ratio_interval(ratio, 0.95) == (0, math.inf)
        assert ratio_p_above(ratio, 0.1) == ratio_p_below(ratio, 100) == 1
        assert cases_to_settle_ratio(ratio, 1000, ALPHA, ALPHA) is None


def test_nothing_anywhere():
    for ratio in (case_amount(np.zeros(50)), case_ratio(np.zeros(50), np.zeros(50)), case_ratio([0, 0], [0, 1])):
        assert ratio_bounds(ratio, ALPHA) == (0, math.inf)
        assert ratio_p_above(ratio, 0) == ratio_p_below(ratio, 100) == 1
    assert case_amount(np.zeros(50)).value == 0


def test_nothing_useful_is_endlessly_dear():
    """0 of 50 useful at 1 dollar each: surely more than 2 dollars for a useful one."""
    ratio = case_ratio(np.ones(50), np.zeros(50))
    low, high = ratio_bounds(ratio, ALPHA)

    assert (ratio.value, high) == (math.inf, math.inf)
    assert 2 < low < 1 / (1 - 0.05 ** (1 / 50))
    assert ratio_p_above(ratio, 2) < ALPHA
    assert ratio_p_below(ratio, 1000) == 1


def test_usefulness_that_might_be_nothing_has_no_upper_bound():
    few = case_ratio(np.ones(10), np.r_[1, np.zeros(9)])
    some = case_ratio(np.ones(10), np.r_[np.ones(5), np.zeros(5)])

    assert ratio_bounds(few, ALPHA)[1] == math.inf
    assert ratio_bounds(few, ALPHA)[0] > 1
    assert ratio_p_below(few, 1e9) > ALPHA
    assert ratio_bounds(some, ALPHA)[1] < math.inf


def test_what_never_ends():
    ratio = case_amount([1.0] * 30 + [math.inf])

    assert ratio.value == math.inf
    assert ratio_bounds(ratio, ALPHA) == (pytest.approx(ratio_bounds(case_amount(np.ones(31)), ALPHA)[0]), math.inf)
    assert ratio_bounds(case_amount([math.inf, math.inf]), ALPHA) == (0, math.inf)


def test_thresholds_at_the_ends():
    ratio = case_ratio(COST, USEFUL)

    assert (ratio_p_above(ratio, -1), ratio_p_above(ratio, 0), ratio_p_above(ratio, math.inf)) == (0, 0, 1)
    assert (ratio_p_below(ratio, -1), ratio_p_below(ratio, 0), ratio_p_below(ratio, math.inf)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("top", "bottom", "clusters", "message"),
    [
        ([], [], None, "two lists of one length"),
        ([1], [1, 1], None, "two lists of one length"),
        ([[1]], [[1]], None, "two lists of one length"),
        ([-1], [1], None, "at least 0"),
        ([math.nan], [1], None, "at least 0"),
        ([1], [-1], None, "at least 0"),
        ([1], [math.inf], None, "finite"),
        ([1], [math.nan], None, "at least 0"),
        ([1], [1], [1, 2], "one cluster a case"),
    ],
)
def test_impossible_amounts_are_refused(top, bottom, clusters, message):
    with pytest.raises(ValueError, match=message):
        case_ratio(top, bottom, clusters)


def test_impossible_errors_are_refused():
    for alpha in (0, 1, math.nan):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            ratio_bounds(case_amount([1, 2]), alpha)


# --- How many cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0.5, 1.5, 2.2, 5])
def test_cases_to_settle(t):
    ratio = case_ratio(COST, USEFUL)
    cases = cases_to_settle_ratio(ratio, t, ALPHA, ALPHA)
    times = math.ceil(cases / 10) + 1
    settled = case_ratio(COST * times, USEFUL * times)

    assert cases >= 10
    assert min(ratio_p_above(settled, t), ratio_p_below(settled, t)) <= ALPHA
    if cases > 20:
        fewer = case_ratio(COST * (cases // 20), USEFUL * (cases // 20))
        assert min(ratio_p_above(fewer, t), ratio_p_below(fewer, t)) > ALPHA


def test_what_no_number_of_cases_settles():
    ratio = case_ratio(COST, USEFUL)

    assert cases_to_settle_ratio(ratio, ratio.value, ALPHA, ALPHA) is None
    assert cases_to_settle_ratio(ratio, ratio.value * (1 + 1e-7), ALPHA, ALPHA) is None
    assert cases_to_settle_ratio(case_amount([1, 2], [0, 0]), 9, ALPHA, ALPHA) is None
    assert cases_to_settle_ratio(case_amount([0, 0]), 9, ALPHA, ALPHA) is None


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=400)
@given(samples(), st.floats(1e-6, 0.4), st.floats(1e-4, 1e5))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, alpha, t):
    ratio = case_ratio(*sample)
    low, high = ratio_bounds(ratio, alpha)
    left, right = ratio_interval(ratio, 1 - 2 * alpha)

    assert 0 <= low <= ratio.value * (1 + 1e-12) <= high * (1 + 1e-9)
    assert (left, right) == (pytest.approx(low), pytest.approx(min(right, high)))
    for threshold in (t, low * (1 - 1e-6), low * (1 + 1e-6), high * (1 - 1e-6), high * (1 + 1e-6)):
        if abs(low - threshold) > 1e-7 * threshold:
            assert (low > threshold) == (ratio_p_above(ratio, threshold) < alpha)
        if math.isinf(high) or abs(high - threshold) > 1e-7 * threshold:
            assert (high <= threshold) == (ratio_p_below(ratio, threshold) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_currency_matter(sample, random):
    top, bottom, clusters = sample
    order = np.array(random.sample(range(len(top)), len(top)))
    ratio = case_ratio(*sample)
    shuffled = case_ratio(3 * top[order], bottom[order], None if clusters is None else 3 - 5 * clusters[order])

    assert shuffled.value == pytest.approx(3 * ratio.value)
    assert ratio_bounds(shuffled, ALPHA) == pytest.approx([3 * end for end in ratio_bounds(ratio, ALPHA)])


# --- The promised error -----------------------------------------------------------------------------------------


def simulated(cases, useful, sigma, repetitions, seed, per_document=1):
    """Shares of samples whose true cost per useful response is called lower, and higher; and lies outside 95%."""
    rng = np.random.default_rng(seed)
    truth = math.exp(sigma**2 / 2) / useful
    codes = np.repeat(np.arange(cases // per_document), per_document)
    wrong = np.zeros(3)
    for _ in range(repetitions):
        served = (rng.random(cases // per_document) < useful).astype(float)[codes]
        cost = rng.lognormal(0, sigma, cases // per_document)[codes]
        ratio = case_ratio(cost, served, codes if per_document > 1 else None)
        low, high = ratio_interval(ratio, 0.95)
        wrong += ratio_p_below(ratio, truth) <= ALPHA, ratio_p_above(ratio, truth) < ALPHA, not low <= truth <= high
    return SimpleNamespace(**dict(zip(("below", "above", "outside"), wrong / repetitions, strict=True)))


@pytest.mark.parametrize("useful", [0.3, 0.95])
@pytest.mark.parametrize(("cases", "outside"), [(20, 0.08), (50, 0.07), (100, 0.065)])
def test_cost_per_useful_response_keeps_its_error(cases, outside, useful):
    wrong = simulated(cases, useful, 0.5, 2000, seed=cases)

    assert wrong.below <= most(0.06, 2000)
    assert wrong.above <= most(ALPHA, 2000)
    assert wrong.outside <= most(outside, 2000)


def test_documents_keep_their_error():
    wrong = simulated(200, 0.6, 0.5, 1000, seed=3, per_document=5)

    assert wrong.below <= most(0.06, 1000)
    assert wrong.above <= most(ALPHA, 1000)
