"""The difference of two numbers of other cases: Newcombe's interval, its inversion, and what error it keeps."""

import bisect
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_interval
from pytest_evalbars.stats.independent import (
    Difference,
    difference_bounds,
    difference_cases_to_settle,
    difference_interval,
    difference_p_larger,
    difference_p_smaller,
)
from pytest_evalbars.stats.means import case_mean, mean_interval
from pytest_evalbars.stats.proportions import wilson
from pytest_evalbars.stats.ratios import case_amount, ratio_interval

ALPHA = 0.05


def rates(x, n, y, m):
    """Two rates of one trial a case."""
    return Difference(x / n, y / m, partial(wilson, x, n), partial(wilson, y, m))


@pytest.mark.parametrize(("x", "n", "y", "m"), [(56, 70, 48, 80), (9, 10, 3, 10), (0, 10, 0, 20), (7, 34, 1, 34)])
def test_of_two_rates_it_is_newcombes(x, n, y, m):
    expected = confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff", alpha=0.05)

    assert difference_interval(rates(x, n, y, m), 0.95) == pytest.approx(expected)


def test_repeated_trials_and_scores_and_amounts_bring_their_intervals():
    rng = np.random.default_rng(1)
    some, other = (case_rate(rng.binomial(5, p, 40), np.full(40, 5)) for p in (0.9, 0.7))
    fine, poor = case_mean(rng.beta(9, 1, 40)), case_mean(rng.beta(5, 5, 40))
    dear, cheap = case_amount(rng.lognormal(1, 0.5, 40)), case_amount(rng.lognormal(0, 0.5, 40))
    for one, two, interval in (
        (some, other, rate_interval),
        (fine, poor, mean_interval),
        (dear, cheap, ratio_interval),
    ):
        difference = Difference(one.value, two.value, partial(interval, one), partial(interval, two))
        low, high = difference_bounds(difference, ALPHA)

        assert 0 < low < one.value - two.value < high
        assert difference_p_larger(difference, 0) < 0.01
        assert difference_p_smaller(difference, 0) > 0.99


def exactly(x, n, y, m):
    """As verdicts hold two rates of one trial a case."""
    sides = [case_rate(np.arange(cases) < passes, np.ones(cases, int)) for passes, cases in ((x, n), (y, m))]
    exact = [lambda confidence, side=side: rate_bounds(side, (1 - confidence) / 2) for side in sides]
    return Difference(sides[0].value, sides[1].value, *exact)


def error(kind, n, m, rate, alpha):
    """Counted out: how often a drop is claimed of two samples of one rate."""
    first, found = stats.binom.pmf(np.arange(n + 1), n, rate), 0.0
    for y in range(m + 1):
        chance = stats.binom.pmf(y, m, rate)
        if chance > 1e-7:
            claimed = bisect.bisect_left(
                range(n + 1), 1, key=lambda x: difference_bounds(kind(x, n, y, m), alpha)[0] > 0
            )
            found += chance * first[claimed:].sum()
    return found


@pytest.mark.parametrize(("n", "m", "rate", "times"), [(500, 30, 0.98, 4.5), (200, 40, 0.95, 2), (200, 30, 0.9, 2)])
def test_samples_of_unequal_size_keep_the_error_of_a_family(n, m, rate, times):
    """With exact bounds; those of Newcombe, for display, claim so many times too much."""
    for alpha in (ALPHA, ALPHA / 14):
        assert error(exactly, n, m, rate, alpha) <= alpha
    assert error(rates, n, m, rate, ALPHA / 14) > times * ALPHA / 14


def test_an_amount_without_an_upper_bound_leaves_none():
    one, two = case_amount([5.0]), case_amount([1.0, 2.0, 3.0])
    difference = Difference(one.value, two.value, partial(ratio_interval, one), partial(ratio_interval, two))

    assert difference_bounds(difference, ALPHA)[1] == math.inf
    assert difference_p_smaller(difference, 1e9) == pytest.approx(0.5)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    st.tuples(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30)),
    st.floats(1e-4, 0.49),
    st.floats(-1, 1),
)
def test_p_values_say_what_bounds_say(counts, alpha, t):
    x, more, y, others = counts
    difference = rates(x, x + more, y, y + others)
    low, high = difference_bounds(difference, alpha)
    swapped = rates(y, y + others, x, x + more)

    assert -1 <= low <= difference.value <= high <= 1
    for threshold in (t, 0, low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6):
        larger, smaller = difference_p_larger(difference, threshold), difference_p_smaller(difference, threshold)
        if abs(low - threshold) > 1e-9:
            assert (low > threshold) == (larger < alpha)
        if abs(high - threshold) > 1e-9:
            assert (high <= threshold) == (smaller <= alpha)
        assert larger + smaller == pytest.approx(1)
        assert difference_p_larger(swapped, -threshold) == pytest.approx(smaller, abs=1e-6)


def test_what_is_beyond_doubt_is_told_as_such():
    assert difference_p_larger(rates(1000, 1000, 0, 1000), 0) == 1e-15
    assert difference_p_larger(rates(5, 10, 5, 10), 0) == 0.5


@pytest.mark.parametrize("t", [-0.1, 0, 0.05, 0.3])
def test_cases_to_settle(t):
    x, y = 45, 41
    difference = rates(x, 50, y, 50)
    cases = difference_cases_to_settle(difference, 50, t, ALPHA, ALPHA)

    def p(cases):
        grown = rates(x * cases / 50, cases, y * cases / 50, cases)
        return min(difference_p_larger(grown, t), difference_p_smaller(grown, t))

    assert p(1.3 * cases) < ALPHA
    assert cases == 50 or p(0.7 * cases) > ALPHA


def test_what_no_number_of_cases_settles():
    assert difference_cases_to_settle(rates(5, 10, 5, 10), 10, 0, ALPHA, ALPHA) is None
    assert difference_cases_to_settle(rates(5, 10, 5, 10), 10, 1e-9, ALPHA, ALPHA) is None


def test_impossible_errors_are_refused():
    for alpha in (0, 0.5, 1, math.nan):
        with pytest.raises(ValueError, match=r"strictly between 0 and 0\.5"):
            difference_bounds(rates(1, 2, 1, 2), alpha)
