"""What a verdict needs: enumeration, brute force and the bounds themselves."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import case_mean, mean_p_met, mean_p_missed, resized
from pytest_evalbars.stats.power import (
    cases_to_settle_mean,
    cases_to_settle_rate,
    most_passes_proven_missed,
    perfect_low,
    zero_miss_cases,
)

THRESHOLDS = st.floats(0.02, 0.98)
ALPHAS = st.floats(0.001, 0.1)


def single(passes, n):
    return case_rate(np.arange(n) < passes, np.ones(n, dtype=int))


def larger(rate, cases):
    ratio = cases / rate.cases
    return replace(rate, n_eff=rate.n_eff * ratio, n_perfect=rate.n_perfect * ratio, cases=cases)


@pytest.mark.parametrize(
    ("t", "alpha", "expected"),
    [
        (0.80, 0.05, 14),
        (0.90, 0.05, 29),
        (0.95, 0.05, 59),
        (0.98, 0.05, 149),
        (0.99, 0.05, 299),
        (0.90, 0.01, 44),
    ],
)
def test_zero_miss_cases(t, alpha, expected):
    assert zero_miss_cases(t, alpha) == expected
    assert perfect_low(expected, alpha) >= t > perfect_low(expected - 1, alpha)


def test_zero_miss_cases_at_the_ends():
    assert zero_miss_cases(0, 0.05) == 1
    assert zero_miss_cases(0.05, 0.05) == 1
    assert zero_miss_cases(0.5, 0.25) == 2
    assert zero_miss_cases(1, 0.05) is None
    assert zero_miss_cases(0.1, 0.001) == 4  # in floating point 0.1**3 is above 0.001


@settings(deadline=None, derandomize=True)
@given(THRESHOLDS, ALPHAS)
def test_zero_miss_cases_is_the_smallest(t, alpha):
    n = zero_miss_cases(t, alpha)

    assert t**n <= alpha
    assert n == 1 or t ** (n - 1) > alpha


@pytest.mark.parametrize(
    ("n", "t", "expected"),
    [(1, 0.9, None), (2, 0.9, 0), (4, 0.9, 1), (25, 0.9, 19), (50, 0.9, 40), (100, 0.9, 84)],
)
def test_most_passes_that_prove_a_miss(n, t, expected):
    assert most_passes_proven_missed(n, t, 0.05) == expected


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 400), THRESHOLDS, ALPHAS)
def test_most_passes_agrees_with_enumeration(n, t, alpha):
    proven = np.flatnonzero(stats.binom.cdf(np.arange(n + 1), n, t) < alpha)

    assert most_passes_proven_missed(n, t, alpha) == (proven[-1] if len(proven) else None)


def test_most_passes_at_the_ends():
    assert most_passes_proven_missed(5, 1.0, 0.05) == 4
    assert most_passes_proven_missed(5, 0.0, 0.05) is None
    assert most_passes_proven_missed(0, 0.9, 0.05) is None


def test_a_perfect_run_needs_the_zero_miss_cases():
    assert cases_to_settle_rate(single(10, 10), 0.9, 0.05, 0.05) == 29
    assert cases_to_settle_rate(case_rate([3] * 10, [3] * 10), 0.9, 0.05, 0.05) == 29


def test_what_is_settled_needs_no_more_cases():
    assert cases_to_settle_rate(single(60, 60), 0.9, 0.05, 0.05) == 60
    assert cases_to_settle_rate(single(30, 60), 0.9, 0.05, 0.05) == 60
    assert cases_to_settle_mean(case_mean(np.full(60, 0.97)), 0.8, 0.05, 0.05) == 60


def test_equal_or_almost_equal_is_never_settled():
    assert cases_to_settle_rate(single(45, 50), 0.9, 0.05, 0.05) is None
    assert cases_to_settle_rate(single(45, 50), 0.9 + 1e-7, 0.05, 0.05) is None
    assert cases_to_settle_rate(single(10, 10), 1.0, 0.05, 0.05) is None
    assert cases_to_settle_mean(case_mean([0.5, 0.7]), 0.6, 0.05, 0.05) is None
    assert cases_to_settle_mean(case_mean([0.5, 0.7]), 0.6 + 1e-7, 0.05, 0.05) is None


def test_one_score_alone_may_vary_as_much_as_a_score_can():
    one = cases_to_settle_mean(case_mean([0.5]), 0.4, 0.05, 0.05)

    assert one > 50
    assert abs(one - cases_to_settle_mean(case_mean([0, 1] * 20), 0.4, 0.05, 0.05)) <= 3


def test_a_stricter_error_needs_more_cases():
    rate = single(43, 50)

    assert cases_to_settle_rate(rate, 0.9, 0.05, 0.05) < cases_to_settle_rate(rate, 0.9, 0.05, 0.001)
    assert cases_to_settle_rate(rate, 0.8, 0.05, 0.05) < cases_to_settle_rate(rate, 0.8, 0.001, 0.05)


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 40), st.data(), THRESHOLDS, ALPHAS)
def test_the_cases_for_a_rate_are_the_smallest(n, data, t, alpha):
    trials = np.array(data.draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)))
    rate = case_rate([data.draw(st.integers(0, int(k))) for k in trials], trials)
    needed = cases_to_settle_rate(rate, t, alpha, alpha / 2)

    def settled(cases):
        scaled = larger(rate, cases)
        return rate_p_met(scaled, t) <= alpha if rate.value > t else rate_p_missed(scaled, t) < alpha / 2

    if abs(rate.value - t) <= 1e-12:
        assert needed is None
    else:
        brute = next((cases for cases in range(n, 2000) if settled(cases)), None)
        assert needed == brute if brute is not None else needed is None or needed >= 2000


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([0, 0.3, 0.5, 0.9, 1]), min_size=1, max_size=40), THRESHOLDS, ALPHAS)
def test_the_cases_for_a_mean_are_the_smallest(scores, t, alpha):
    mean = case_mean(scores)
    needed = cases_to_settle_mean(mean, t, alpha, alpha / 2)

    def settled(cases):
        scaled = resized(mean, cases)
        return mean_p_met(scaled, t) <= alpha if mean.value > t else mean_p_missed(scaled, t) < alpha / 2

    if abs(mean.value - t) <= 1e-12:
        assert needed is None
    else:
        brute = next((cases for cases in range(mean.cases, 2000) if settled(cases)), None)
        assert needed == brute if brute is not None else needed is None or needed >= 2000


def test_so_many_cases_do_settle_it():
    for passes, t in itertools.product((40, 44, 47), (0.7, 0.85, 0.9, 0.95)):
        rate = single(passes, 50)
        low, high = rate_bounds(larger(rate, cases_to_settle_rate(rate, t, 0.05, 0.05)), 0.05)
        assert low >= t if rate.value > t else high < t


def test_it_takes_no_time():
    rate, mean = case_rate([3] * 40 + [2] * 7 + [0] * 3, [3] * 50), case_mean(np.linspace(0.7, 1, 40))
    thresholds = np.linspace(0.8, 0.99, 50)

    start = time.perf_counter()
    for t in thresholds:
        cases_to_settle_rate(rate, t, 0.05, 0.05)
        cases_to_settle_mean(mean, t, 0.05, 0.05)
    assert (time.perf_counter() - start) / 100 < 0.005  # about 0.1 ms; CI machines may be slow
