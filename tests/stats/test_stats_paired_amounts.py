"""Amounts on the same cases: what is proven to cost more, by how much, and how often falsely."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.paired_amounts import (
    amount_drop,
    amount_drop_bounds,
    amount_drop_cases_to_settle,
    amount_drop_interval,
    amount_drop_p_larger,
    amount_drop_p_smaller,
)
from pytest_evalbars.stats.ratios import case_ratio, ratio_bounds

ALPHA = 0.05
BEFORE = [1.2, 0.8, 2.5, 0.9, 1.1, 3.0, 0.7, 1.6, 0.95, 1.4]
AFTER = [1.3, 0.8, 2.9, 1.2, 1.0, 3.7, 0.8, 1.9, 1.0, 1.9]


@st.composite
def samples(draw):
    """(before, after, clusters or None)."""
    amounts = st.sampled_from([0, 0.01, 0.5, 1, 1, 2, 7, 1000])
    n = draw(st.integers(1, 25))
    before, after = (np.array(draw(st.lists(amounts, min_size=n, max_size=n)), float) for _ in range(2))
    clusters = np.array(draw(st.lists(st.integers(-3, 6), min_size=n, max_size=n)))
    return before, after, clusters if draw(st.booleans()) else None


def share_of_flips(d):
    return stats.permutation_test(
        (d, np.zeros_like(d)),
        lambda x, y, axis: (x - y).sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative="greater",
    ).pvalue


def test_the_difference_is_that_of_the_t_or_wider():
    d = np.subtract(AFTER, BEFORE)
    drop = amount_drop(BEFORE, AFTER)
    t = stats.ttest_1samp(d, 0).confidence_interval(0.9)
    low, high = amount_drop_bounds(drop, ALPHA)
    more = stats.ttest_1samp(np.r_[d, d.max()], 0).confidence_interval(0.9)

    assert drop.value == pytest.approx(d.mean())
    assert 0 < low <= t.low
    assert high >= t.high
    # The largest once more; or, with so few cases, as much as a constant sample would leave open.
    assert high == pytest.approx(max(more.high, d.mean() + np.mean(AFTER) * (0.05**-0.1 - 1)))
    assert drop.p_more == pytest.approx(share_of_flips(d))


def test_the_largest_rise_may_be_drawn_once_more():
    rng = np.random.default_rng(1)
    before = rng.lognormal(0, 1, 300)
    after = before * rng.lognormal(0.1, 0.5, 300)
    d = after - before
    more = stats.ttest_1samp(np.r_[d, d.max()], 0).confidence_interval(0.9)
    less = stats.ttest_1samp(np.r_[d, d.min()], 0).confidence_interval(0.9)
    drop = amount_drop(before, after)

    assert amount_drop_bounds(drop, 0.05 - 1e-12)[1] == pytest.approx(more.high)
    assert amount_drop_bounds(drop, ALPHA)[0] == pytest.approx(less.low if drop.p_more < ALPHA else min(less.low, 0))


def test_relative_is_the_ratio_of_the_means():
    drop = amount_drop(BEFORE, AFTER, relative=True)
    low, high = amount_drop_bounds(drop, ALPHA)

    assert drop.value == pytest.approx(sum(AFTER) / sum(BEFORE) - 1)
    assert 1 + high == pytest.approx(ratio_bounds(case_ratio(AFTER, BEFORE), ALPHA)[1])
    assert 1 / ratio_bounds(case_ratio(BEFORE, AFTER), ALPHA)[1] < 1
    assert low == 5e-324  # the test says that there is a rise
    assert (drop.p_more, drop.p_less) == (amount_drop(BEFORE, AFTER).p_more, amount_drop(BEFORE, AFTER).p_less)


@pytest.mark.parametrize("relative", [False, True])
def test_amounts_that_do_not_vary_prove_no_more_than_their_number(relative):
    """29 cases at one price, before and now: a tenth more is just not ruled out."""
    drop = amount_drop(np.full(29, 2.0), np.full(29, 2.0), relative=relative)
    low, high = amount_drop_bounds(drop, ALPHA)

    assert (drop.value, drop.p_more, drop.p_less) == (0, 1, 1)
    assert high == pytest.approx((1 if relative else 2) * (0.05 ** (-1 / 29) - 1))
    assert low == pytest.approx((0.05 ** (1 / 29) - 1) if relative else -high)
    assert amount_drop_p_larger(drop, 0) == amount_drop_p_smaller(drop, 0) == 1


@pytest.mark.parametrize("relative", [False, True])
def test_one_case_and_one_document_say_nothing(relative):
    least = -1 if relative else -math.inf
    for drop in (
        amount_drop([1], [3], relative=relative),
        amount_drop(BEFORE, AFTER, np.zeros(10, int), relative=relative),
    ):
        assert amount_drop_bounds(drop, ALPHA) == (least, math.inf)
        assert amount_drop_p_larger(drop, 0.1) == amount_drop_p_smaller(drop, 9) == 1
        assert amount_drop_cases_to_settle(drop, 9, ALPHA, ALPHA) is None


def test_what_was_free_before():
    paid = amount_drop(np.zeros(20), np.ones(20), relative=True)
    free = amount_drop(np.zeros(20), np.zeros(20), relative=True)

    assert paid.value == math.inf
    assert amount_drop_bounds(paid, ALPHA) == (5e-324, math.inf)
    assert amount_drop_p_larger(paid, 0) < 1e-5
    assert amount_drop_p_larger(paid, 0.5) == amount_drop_p_smaller(paid, 1e9) == 1
    assert free.value == 0
    assert amount_drop_bounds(free, ALPHA) == (-1, math.inf)
    assert amount_drop_bounds(amount_drop([0, 0], [0, 0]), ALPHA) == (-math.inf, math.inf)


def test_documents_flip_as_a_whole():
    codes = np.repeat(np.arange(5), 4)
    drop = amount_drop(np.ones(20), np.full(20, 2.0), codes)

    assert (drop.units, drop.clusters, drop.p_more) == (5, 5, 1 / 32)
    rng = np.random.default_rng(2)
    each, more = rng.random(15), rng.random(15)
    one, many = amount_drop(each, more), amount_drop(np.repeat(each, 3), np.repeat(more, 3), np.repeat(range(15), 3))
    assert amount_drop_bounds(many, ALPHA) == pytest.approx(amount_drop_bounds(one, ALPHA))


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("t", [0, 0.05, 0.3, 1])
def test_cases_to_settle(t, relative):
    drop = amount_drop(BEFORE, AFTER, relative=relative)
    cases = amount_drop_cases_to_settle(drop, t, ALPHA, ALPHA)
    times = math.ceil(cases / 10) + 1
    settled = amount_drop(BEFORE * times, AFTER * times, relative=relative)

    assert cases >= 10
    assert min(amount_drop_p_larger(settled, t), amount_drop_p_smaller(settled, t)) <= ALPHA
    assert amount_drop_cases_to_settle(drop, drop.value, ALPHA, ALPHA) is None


@settings(deadline=None, derandomize=True, max_examples=200)
@given(samples(), st.booleans(), st.floats(1e-6, 0.4), st.floats(-2, 10))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, relative, alpha, t):
    drop = amount_drop(*sample, relative=relative)
    low, high = amount_drop_bounds(drop, alpha)

    assert low <= drop.value + 1e-9 * abs(drop.value)
    assert drop.value - 1e-9 * abs(drop.value) <= high
    assert amount_drop_interval(drop, 1 - 2 * alpha) == (pytest.approx(low), pytest.approx(high))
    for threshold in (t, 0, low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6):
        near = 1e-7 * (1 + abs(threshold))
        if threshold == 0 or abs(low - threshold) > near:
            assert (low > threshold) == (amount_drop_p_larger(drop, threshold) < alpha)
        if threshold == 0 or abs(high - threshold) > near:
            assert (high <= threshold) == (amount_drop_p_smaller(drop, threshold) <= alpha)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(samples(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_currency_matter(sample, random):
    before, after, clusters = sample
    order = np.array(random.sample(range(len(before)), len(before)))
    drop = amount_drop(*sample)
    other = amount_drop(
        3e-9 * before[order], 3e-9 * after[order], None if clusters is None else 3 - 5 * clusters[order]
    )
    swapped = amount_drop(after, before, clusters)

    assert (other.p_more, other.p_less) == pytest.approx((drop.p_more, drop.p_less))
    ends = amount_drop_bounds(drop, ALPHA)
    assert amount_drop_bounds(other, ALPHA) == pytest.approx([3e-9 * end for end in ends], abs=1e-15)
    assert amount_drop_bounds(swapped, ALPHA) == pytest.approx([-end for end in reversed(ends)])


@pytest.mark.parametrize(
    ("before", "after", "clusters", "message"),
    [
        ([], [], None, "two lists of one length"),
        ([1], [1, 1], None, "two lists of one length"),
        ([-1], [1], None, "at least 0 and finite"),
        ([1], [math.inf], None, "at least 0 and finite"),
        ([math.nan], [1], None, "at least 0 and finite"),
        ([1], [1], [1, 2], "one cluster a case"),
    ],
)
def test_impossible_amounts_are_refused(before, after, clusters, message):
    with pytest.raises(ValueError, match=message):
        amount_drop(before, after, clusters)


def test_impossible_errors_are_refused():
    for alpha in (0, 1, math.nan):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            amount_drop_bounds(amount_drop([1, 2], [1, 3]), alpha)


def rises(sigma, factor, cases, repetitions, seed):
    """How often a rise is called smaller, and larger, than it is: difference, relative; and where there is none."""
    rng = np.random.default_rng(seed)
    wrong = np.zeros(5)
    for _ in range(repetitions):
        common = 0.8**0.5 * rng.normal(size=cases)
        before, after = (np.exp(sigma * (common + 0.2**0.5 * rng.normal(size=cases))) for _ in range(2))
        t = (factor - 1) * math.exp(sigma**2 / 2)
        drop, relative = (amount_drop(before, factor * after, relative=way) for way in (False, True))
        wrong += (
            amount_drop_p_smaller(drop, t) <= ALPHA,
            amount_drop_p_larger(drop, t) < ALPHA,
            amount_drop_p_smaller(relative, factor - 1) <= ALPHA,
            amount_drop_p_larger(relative, factor - 1) < ALPHA,
            amount_drop(before, after).p_more < ALPHA,
        )
    return wrong / repetitions


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sigma", "cases", "most"), [(0.5, 20, 0.06), (0.5, 50, 0.06), (1, 50, 0.06), (1, 200, 0.06)]
)
def test_rises_keep_their_error(sigma, cases, most):
    """And a fifth more is called what it is."""
    assert (rises(sigma, 1.2, cases, 3000, seed=cases) <= most).all()
