"""One sample of independent trials: published values, other libraries, properties."""

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from pytest_evalbars.stats.proportions import (
    clopper_pearson_high,
    clopper_pearson_low,
    p_at_least,
    p_at_most,
    wilson,
)

ALPHAS = st.floats(1e-6, 0.5)
THRESHOLDS = st.floats(0.001, 0.999)


@st.composite
def samples(draw):
    n = draw(st.floats(0.5, 5000))
    return n * draw(st.floats(0, 1)), n


# Newcombe 1998 (Stat Med 17:857) table I, R's binom.test and binom.confint, Fagerland et al. 2017.
@pytest.mark.parametrize(
    ("x", "n", "expected", "digits"),
    [
        (81, 263, (0.2552885199, 0.366209577), 9),
        (8, 10, (0.4901624715, 0.9433178485), 9),
        (15, 148, (0.0624, 0.1605), 4),
        (1, 29, (0.0061, 0.1718), 4),
        (13, 16, (0.5699, 0.9341), 4),
    ],
)
def test_wilson_gives_published_intervals(x, n, expected, digits):
    assert wilson(x, n, 0.95) == pytest.approx(expected, abs=10**-digits)


@pytest.mark.parametrize(
    ("x", "n", "expected", "digits"),
    [
        (81, 263, (0.2527367456, 0.3676219226), 9),
        (8, 10, (0.4439045377, 0.9747892737), 9),
        (682, 925, (0.7076682641, 0.7654065582), 9),
        (51, 235, (0.1660633298083073, 0.2752683640289254), 12),
        (0, 20, (0, 0.1684), 4),
        (1, 29, (0.0009, 0.1776), 4),
    ],
)
def test_clopper_pearson_gives_published_intervals(x, n, expected, digits):
    low, high = clopper_pearson_low(x, n, 0.025), clopper_pearson_high(x, n, 0.025)

    assert (low, high) == pytest.approx(expected, abs=10**-digits)


def test_one_sided_bounds_give_published_values():
    assert clopper_pearson_high(51, 235, 0.05) == pytest.approx(0.2659460862574313, abs=1e-12)
    assert clopper_pearson_low(51, 235, 0.05) == pytest.approx(0.17353, abs=1e-5)
    assert clopper_pearson_high(0, 30, 0.05) == pytest.approx(0.09503385285530419, abs=1e-12)


# Enumerated: the fewest trials that prove a rate at 5% with 0, 1 and 2 misses, and the most misses allowed.
@pytest.mark.parametrize(
    ("t", "fewest"),
    [(0.80, (14, 22, 30)), (0.90, (29, 46, 61)), (0.95, (59, 93, 124)), (0.99, (299, 473, 628))],
)
def test_fewest_trials_that_prove_a_rate(t, fewest):
    for misses, n in enumerate(fewest):
        assert clopper_pearson_low(n - misses, n, 0.05) >= t
        assert clopper_pearson_low(n - 1 - misses, n - 1, 0.05) < t


@pytest.mark.parametrize(
    ("t", "n", "misses"),
    [(0.9, 50, 1), (0.9, 200, 12), (0.95, 100, 1), (0.95, 500, 16), (0.99, 500, 1), (0.99, 1000, 4)],
)
def test_most_misses_that_still_prove_a_rate(t, n, misses):
    assert p_at_least(n - misses, n, t) <= 0.05
    assert p_at_least(n - misses - 1, n, t) > 0.05


@pytest.mark.parametrize("n", [1, 2, 7, 25, 120])
def test_whole_numbers_agree_with_scipy_and_statsmodels(n):
    for x in range(n + 1):
        at_least = stats.binomtest(x, n, 0.9, alternative="greater")
        at_most = stats.binomtest(x, n, 0.9, alternative="less")

        assert p_at_least(x, n, 0.9) == pytest.approx(at_least.pvalue, rel=1e-9)
        assert p_at_most(x, n, 0.9) == pytest.approx(at_most.pvalue, rel=1e-9)
        assert clopper_pearson_low(x, n, 0.03) == pytest.approx(at_least.proportion_ci(0.97).low, abs=1e-9)
        assert clopper_pearson_high(x, n, 0.03) == pytest.approx(at_most.proportion_ci(0.97).high, abs=1e-9)
        assert wilson(x, n, 0.9) == pytest.approx(proportion_confint(x, n, 0.1, "wilson"), abs=1e-9)
        assert wilson(x, n, 0.9) == pytest.approx(tuple(stats.binomtest(x, n).proportion_ci(0.9, "wilson")), abs=1e-9)


def test_edges_are_exact():
    assert clopper_pearson_low(0, 12.5, 0.05) == 0
    assert clopper_pearson_high(12.5, 12.5, 0.05) == 1
    assert clopper_pearson_low(12.5, 12.5, 0.05) == pytest.approx(0.05 ** (1 / 12.5))
    assert (clopper_pearson_low(0, 0, 0.05), clopper_pearson_high(0, 0, 0.05)) == (0, 1)
    assert wilson(0, 0, 0.95) == (0, 1)
    assert wilson(0, 7, 0.95)[0] == 0
    assert wilson(7, 7, 0.95)[1] == 1
    assert [p_at_most(x, 10, 0) for x in (0, 3, 10)] == [1, 1, 1]
    assert [p_at_most(x, 10, 1) for x in (0, 3, 10)] == [0, 0, 1]
    assert [p_at_least(x, 10, 0) for x in (0, 3, 10)] == [1, 0, 0]
    assert [p_at_least(x, 10, 1) for x in (0, 3, 10)] == [1, 1, 1]
    assert (p_at_most(0, 0, 0.5), p_at_least(0, 0, 0.5)) == (1, 1)


def test_next_to_nothing_is_nothing():
    for tiny in (5e-324, 1e-300, 1e-13):
        assert clopper_pearson_low(tiny, 1, 0.05) == 0
        assert p_at_least(tiny, 1, 0.5) == 1
        assert p_at_most(tiny, 1, 0.5) == pytest.approx(0.5)


@pytest.mark.parametrize(("x", "n"), [(-1, 10), (11, 10), (math.nan, 10), (1, math.nan)])
def test_impossible_counts_are_refused(x, n):
    for function in (clopper_pearson_low, clopper_pearson_high, p_at_most, p_at_least, wilson):
        with pytest.raises(ValueError, match="passes must lie between 0 and the trials"):
            function(x, n, 0.5)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_impossible_rates_and_errors_are_refused(wrong):
    for function in (p_at_most, p_at_least):
        with pytest.raises(ValueError, match="a rate must lie between 0 and 1"):
            function(3, 10, wrong)
    for function in (clopper_pearson_low, clopper_pearson_high, wilson):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            function(3, 10, wrong)


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS)
def test_bounds_hold_the_rate_and_stay_in_range(sample, alpha):
    x, n = sample

    assert 0 <= clopper_pearson_low(x, n, alpha) <= x / n + 1e-9
    assert x / n - 1e-9 <= clopper_pearson_high(x, n, alpha) <= 1
    low, high = wilson(x, n, 1 - alpha)
    assert 0 <= low <= x / n + 1e-9
    assert x / n - 1e-9 <= high <= 1


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_bounds_and_p_values_say_the_same(sample, alpha, t):
    x, n = sample
    low, high = clopper_pearson_low(x, n, alpha), clopper_pearson_high(x, n, alpha)

    if abs(high - t) > 1e-9:
        assert (high < t) == (p_at_most(x, n, t) < alpha)
    if abs(low - t) > 1e-9:
        assert (low >= t) == (p_at_least(x, n, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), ALPHAS, THRESHOLDS)
def test_passes_and_misses_are_mirror_images(sample, alpha, t):
    x, n = sample

    assert clopper_pearson_low(x, n, alpha) == pytest.approx(1 - clopper_pearson_high(n - x, n, alpha), abs=1e-9)
    assert p_at_most(x, n, t) == pytest.approx(p_at_least(n - x, n, 1 - t), abs=1e-9)
    low, high = wilson(x, n, 1 - alpha)
    assert wilson(n - x, n, 1 - alpha) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(samples(), st.floats(0, 1), ALPHAS)
def test_fewer_passes_never_raise_a_bound(sample, share, alpha):
    x, n = sample

    assert clopper_pearson_low(share * x, n, alpha) <= clopper_pearson_low(x, n, alpha) + 1e-12
    assert clopper_pearson_high(share * x, n, alpha) <= clopper_pearson_high(x, n, alpha) + 1e-12


def test_no_module_imports_more_of_scipy_than_its_special_functions():
    code = (
        "import sys\n"
        "from pytest_evalbars.stats import clusters, effective, families, means, power, proportions\n"
        "print([name for name in ('scipy.stats', 'scipy.optimize', 'pytest') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
