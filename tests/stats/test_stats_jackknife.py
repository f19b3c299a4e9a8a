"""Bounds of a coefficient of agreement: p-values that belong to them, few disagreements, and what they keep."""

import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.agreement import agreement, agreement_of_counts
from pytest_evalbars.stats.effective import rate_bounds, rate_interval

sys.path.append(str(Path(__file__).parent))
from proof.raters import TWO, likely_tables, of_two, told, truths

TABLES = st.tuples(st.integers(0, 40), st.integers(0, 15), st.integers(0, 15)).filter(any)
ALPHAS = st.floats(1e-4, 0.4)


def coefficients(table):
    found = told(*table)
    return [each for each in (found.percent, found.ac, found.alpha, found.fleiss) if each]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(TABLES, ALPHAS, st.floats(-0.99, 0.99))
def test_a_p_value_is_small_exactly_where_the_bound_is_beyond(table, alpha, t):
    for each in coefficients(table):
        low, high = each.bounds(alpha)

        assert -1 <= low <= each.value <= high <= 1
        assert low < high
        if abs(t - low) > 1e-6:
            assert (each.p_above(t) < alpha) == (low > t)
        if abs(t - high) > 1e-6:
            assert (each.p_below(t) < alpha) == (high < t)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(TABLES, st.floats(0.5, 0.99))
def test_more_confidence_is_a_wider_interval_that_has_width(table, confidence):
    for each in coefficients(table):
        low, high = each.interval(confidence)
        lower, higher = each.interval((1 + confidence) / 2)

        assert lower <= low < high <= higher
        assert low <= each.value <= high


@settings(deadline=None, derandomize=True, max_examples=60)
@given(TABLES, ALPHAS)
def test_a_bound_is_no_tighter_than_the_jackknifes(table, alpha):
    for each in coefficients(table)[1:]:
        low, high = each.bounds(alpha)
        half = stats.t(each.df).isf(alpha) * each.se if each.df else math.inf

        assert low <= max(-1, each.value - half) + 1e-9
        assert high >= min(1, each.value + half) - 1e-9


def test_percent_agreement_of_two_raters_has_the_bounds_of_a_pass_rate():
    percent = told(40, 5, 5).percent

    assert percent.bounds(0.05) == rate_bounds(percent.agreed, 0.05)
    assert percent.interval(0.95) == rate_interval(percent.agreed, 0.95)
    assert percent.agreed.n_eff == pytest.approx(50)
    assert (percent.items, percent.cases) == (50, 50)
    assert (percent.chance, percent.p_above(-0.1), percent.p_below(1.1)) == (0, 0, 0)


def test_agreement_without_exception_does_not_prove_more_than_its_items_can():
    """The jackknife's error is 0: it alone would prove perfect agreement of 30 items."""
    found = told(20, 0, 10)

    for each in (found.ac, found.alpha, found.fleiss):
        assert (each.value, each.se) == (1, 0)
        assert each.bounds(0.05)[0] < 0.85
        assert each.p_above(0.9) > 0.05
        assert each.p_above(0) <= 0.05


def test_where_one_item_decides_whether_there_is_a_coefficient_nothing_is_known_of_it():
    found = told(99, 0, 1)

    assert (found.alpha.value, found.alpha.se) == (1, math.inf)
    assert (found.alpha.bounds(0.05), found.alpha.interval(0.95)) == ((-1, 1), (-1, 1))
    assert (found.alpha.p_above(0), found.alpha.cases_to_settle(0, 0.05, 0.05)) == (1, None)
    assert found.alpha.p_above(0) > 0.05
    assert found.ac.p_above(0) <= 0.05


def test_one_item_says_nothing():
    found = agreement([[0, 1]], categories=2)

    assert found.ac.bounds(0.05) == (-1, 1)
    assert found.percent.bounds(0.05) == (0, 0.95)
    assert (found.ac.p_above(-0.9999), found.ac.p_below(0.9999)) == (1, 1)


@pytest.mark.parametrize("alpha", [0, 1, -0.1])
def test_an_error_out_of_range_is_refused(alpha):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        told(5, 1, 5).ac.bounds(alpha)


def test_the_number_of_items_that_would_settle_a_bar_does():
    found = told(80, 10, 10).ac
    for t in (0.7, 0.9):
        needed = found.cases_to_settle(t, 0.05, 0.05)
        more = found.resized(needed)
        p = (more.p_above if t < found.value else more.p_below)(t)

        assert needed >= 100
        assert p <= 0.05
        if needed > 100:
            fewer = found.resized(needed - 1)
            assert (fewer.p_above if t < found.value else fewer.p_below)(t) > 0.05
    assert found.cases_to_settle(found.value, 0.05, 0.05) is None


def test_chance_is_told_apart_from_agreement():
    rng = np.random.default_rng(5)
    guessed = agreement(rng.integers(0, 2, (200, 3)), categories=2)
    alike = agreement(np.where(rng.random((200, 3)) < 0.9, rng.integers(0, 2, (200, 1)), 0), categories=2)

    assert guessed.ac.p_above(0) > 0.05
    assert guessed.alpha.p_above(0) > 0.05
    assert alike.ac.p_above(0) <= 0.05
    assert alike.alpha.p_above(0) <= 0.05
    assert told(30, 0, 30).alpha.p_above(0) <= 0.001


#: How often the 95% interval holds the truth, of two raters who are right in 97%: at least so often, counted out. The
#: plain jackknife's does in 48% to 95% (alpha), and in 84% to 94% (AC1).
REACHED = {30: 0.965, 50: 0.97, 100: 0.95, 200: 0.95}


@pytest.mark.slow
@pytest.mark.parametrize("items", REACHED)
@pytest.mark.parametrize("prevalence", [0.5, 0.9, 0.97])
def test_intervals_hold_the_truth_where_nearly_all_pass(prevalence, items):
    """Counted out over all tables of two raters, with their probabilities."""
    shares = of_two(prevalence, 0.97)
    true = truths(shares, np.eye(2), np.eye(2))
    held, width = np.zeros(3), np.inf
    for table, chance in likely_tables(shares, items):
        for place, (field, t) in enumerate(zip(TWO.values(), true, strict=True)):
            estimated = getattr(told(*table), field)
            low, high = estimated.interval(0.95) if estimated else (-1, 1)
            held[place] += chance * (low <= t <= high)
            width = min(width, high - low)

    assert held.min() >= REACHED[items]
    assert width > 0.01


def test_ten_thousand_items_take_a_moment():
    ratings = np.random.default_rng(1).integers(-1, 5, (10_000, 4))
    start = time.process_time()
    found = agreement(ratings, categories=5, weights="ordinal", clusters=np.arange(10_000) // 4)

    assert time.process_time() - start < 3
    assert found.alpha.items == found.items == found.ac.cases
    assert abs(found.alpha.value) < 0.02


def test_counts_are_enough_but_for_conger():
    ratings = np.random.default_rng(2).integers(0, 3, (50, 3))
    counts = np.stack([(ratings == label).sum(axis=1) for label in range(3)], axis=1)
    of_ratings, of_counts = agreement(ratings, categories=3), agreement_of_counts(counts)

    assert of_counts.alpha == of_ratings.alpha
    assert of_counts.ac == of_ratings.ac
    assert (of_counts.conger, of_counts.raters) == (None, 0)
