"""Power and the cases it needs: the published tables, enumeration, brute force over the saw-tooth, simulation."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from pytest_evalbars.stats.effective import case_rate, rate_p_met, rate_p_missed
from pytest_evalbars.stats.means import case_mean, mean_p_met, mean_p_missed, resized
from pytest_evalbars.stats.planning import (
    cases_for_power,
    flip_chance,
    likely_rates,
    p_met,
    p_missed,
    p_reached,
    smallest_effect,
)
from pytest_evalbars.stats.planning_means import (
    cases_for_power_of_mean,
    mean_effect,
    mean_p_to_meet,
    mean_p_to_miss,
    mirrored,
)
from pytest_evalbars.stats.power import zero_miss_cases
from pytest_evalbars.stats.trials import (
    cases_with_trials,
    effective_per_case,
    expected_n_eff,
    trials_worth,
)

#: Bar, true rate; first and safe number of cases with 80% power, and with 90% (STATISTICS.md, section 3).
TABLE = [
    (0.80, 0.85, 365, 398, 501, 528),
    (0.80, 0.90, 82, 94, 112, 124),
    (0.90, 0.91, 5354, 5520, 7387, 7552),
    (0.90, 0.92, 1290, 1365, 1760, 1845),
    (0.90, 0.93, 549, 593, 748, 792),
    (0.90, 0.94, 286, 333, 402, 436),
    (0.90, 0.95, 179, 203, 239, 263),
    (0.90, 0.96, 116, 142, 154, 179),
    (0.90, 0.98, 61, 61, 76, 89),
    (0.90, 1.00, 29, 29, 29, 29),
    (0.95, 0.96, 2698, 2869, 3701, 3871),
    (0.95, 0.97, 601, 694, 832, 900),
    (0.95, 0.98, 234, 286, 311, 361),
    (0.95, 0.99, 124, 124, 153, 181),
    (0.95, 1.00, 59, 59, 59, 59),
    (0.98, 0.99, 969, 1091, 1271, 1390),
    (0.99, 0.993, 5876, 6434, 8094, 8643),
    (0.99, 0.995, 1941, 2185, 2546, 2784),
    (0.99, 0.998, 628, 773, 773, 913),
    (0.99, 1.00, 299, 299, 299, 299),
]
#: Bar, true rate, safe number of cases that show it missed with 80% power.
MISSED = [
    (0.90, 0.85, 299),
    (0.90, 0.80, 89),
    (0.95, 0.90, 191),
    (0.95, 0.85, 59),
    (0.99, 0.97, 340),
    (0.99, 0.94, 91),
]
#: Cases, true rate; chances in percent of met and missed at a bar of 0.90.
WORDS = [
    (50, 0.85, 0, 21),
    (50, 0.92, 8, 1),
    (50, 0.99, 91, 0),
    (100, 0.80, 0, 87),
    (100, 0.88, 1, 14),
    (100, 0.95, 44, 0),
    (200, 0.899, 3, 5),
    (200, 0.97, 99, 0),
    (400, 0.88, 0, 34),
    (400, 0.92, 33, 0),
]
RATES = st.floats(0.02, 0.98)
ALPHAS = st.floats(0.001, 0.1)


@pytest.mark.parametrize(("t", "p", "first", "safe", "first_90", "safe_90"), TABLE)
def test_the_table_of_cases_needed(t, p, first, safe, first_90, safe_90):
    assert cases_for_power(t, p, 0.8, 0.05) == (first, safe)
    assert cases_for_power(t, p, 0.9, 0.05) == (first_90, safe_90)


@pytest.mark.parametrize(("t", "p", "safe"), MISSED)
def test_the_table_of_cases_that_show_it_missed(t, p, safe):
    assert cases_for_power(t, p, 0.8, 0.05)[1] == safe


@pytest.mark.parametrize(("n", "p", "met", "missed"), WORDS)
def test_the_table_of_words(n, p, met, missed):
    assert round(100 * float(p_met(n, p, 0.9, 0.05))) == met
    assert round(100 * float(p_missed(n, p, 0.9, 0.05))) == missed


def enumerated(n, p, t, alpha):
    """The chances of met and missed by trying every number of passes."""
    x = np.arange(n + 1)
    chance = stats.binom.pmf(x, n, p)
    met = stats.binom.sf(x - 1, n, t) <= alpha
    missed = stats.binom.cdf(x, n, t) < alpha
    return float(chance[met].sum()), float(chance[missed].sum())


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 400), RATES, RATES, ALPHAS)
def test_power_is_the_enumerated(n, p, t, alpha):
    met, missed = enumerated(n, p, t, alpha)

    assert float(p_met(n, p, t, alpha)) == pytest.approx(met, abs=1e-9)
    assert float(p_missed(n, p, t, alpha)) == pytest.approx(missed, abs=1e-9)
    assert float(flip_chance(n, p, t, alpha)) == pytest.approx(
        1 - met**2 - missed**2 - (1 - met - missed) ** 2, abs=1e-8
    )


def test_power_is_that_of_the_bounds_of_another_library():
    n, t, p = 60, 0.9, 0.96
    x = np.arange(n + 1)
    low, high = proportion_confint(x, n, alpha=0.1, method="beta")
    chance = stats.binom.pmf(x, n, p)

    assert float(p_met(n, p, t, 0.05)) == pytest.approx(chance[low >= t].sum())
    assert float(p_missed(n, 0.8, t, 0.05)) == pytest.approx(stats.binom.pmf(x, n, 0.8)[high < t].sum())


@pytest.mark.parametrize(("n", "passes"), [(50, range(51)), (29, range(30))])
def test_the_words_are_those_of_the_gate(n, passes):
    rates = [case_rate(np.arange(n) < x, np.ones(n, int)) for x in passes]
    met = sum(
        stats.binom.pmf(x, n, 0.93) for x, rate in zip(passes, rates, strict=True) if rate_p_met(rate, 0.9) <= 0.05
    )
    missed = sum(
        stats.binom.pmf(x, n, 0.8) for x, rate in zip(passes, rates, strict=True) if rate_p_missed(rate, 0.9) < 0.05
    )

    assert float(p_met(n, 0.93, 0.9, 0.05)) == pytest.approx(met)
    assert float(p_missed(n, 0.8, 0.9, 0.05)) == pytest.approx(missed)


def test_many_sizes_at_once_are_each_alone():
    n = np.array([0, 1, 28, 29, 30, 100.5, 1000])
    together = p_met(n, 0.95, 0.9, 0.05)

    assert together.tolist() == [float(p_met(one, 0.95, 0.9, 0.05)) for one in n]
    assert together[:3].tolist() == [0, 0, 0]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.floats(0.1, 0.95), st.floats(0.03, 0.5), st.booleans(), st.sampled_from([0.5, 0.8, 0.95]), ALPHAS)
def test_the_saw_tooth_is_searched_as_by_brute_force(t, distance, above, power, alpha):
    p = min(1.0, t + distance) if above else max(0.0, t - distance)
    first, safe = cases_for_power(t, p, power, alpha)
    n = np.arange(1, 2 * safe + 200)
    reached = (p_met if p > t else p_missed)(n, p, t, alpha) >= power

    assert first == n[reached][0]
    assert safe == (n[~reached][-1] + 1 if (~reached).any() else 1)


@pytest.mark.parametrize(("t", "p"), [(0.999, 0.9995), (0.999, 0.995), (0.001, 0.004), (0.02, 0.005), (0.5, 0.52)])
def test_near_the_ends_too(t, p):
    first, safe = cases_for_power(t, p, 0.8, 0.05)
    n = np.arange(1, 2 * safe)
    reached = (p_met if p > t else p_missed)(n, p, t, 0.05) >= 0.8

    assert (first, safe) == (n[reached][0], n[~reached][-1] + 1)


def test_where_no_number_of_cases_or_every_one_will_do():
    assert cases_for_power(0.9, 0.9, 0.8, 0.05) is None
    assert cases_for_power(0.5, 0.5 + 1e-6, 0.8, 0.05) is None  # more cases than anyone will ever run
    assert cases_for_power(0, 0.1, 0.8, 0.05) == (1, 1)
    assert cases_for_power(1, 0.99, 0.8, 0.05) == (161, 161)  # 1 - 0.99**161: one miss is enough
    assert cases_for_power(1, 0, 0.8, 0.05) == (1, 1)
    assert float(p_met(5, 0.5, 0, 0.05)) == 1
    assert float(p_met(500, 1, 1, 0.05)) == 0
    assert float(p_missed(5, 0.5, 1, 0.05)) == 1 - 0.5**5
    assert float(p_missed(500, 0.0, 0, 0.05)) == 0


@pytest.mark.parametrize("t", [0.5, 0.9, 0.99])
def test_perfect_cases_are_as_many_as_without_a_miss(t):
    assert cases_for_power(t, 1, 0.8, 0.05) == (zero_miss_cases(t, 0.05),) * 2


def test_fewer_cases_than_none_are_refused():
    with pytest.raises(ValueError, match="fewer cases"):
        p_met(-1, 0.5, 0.5, 0.05)


def test_ten_thousand_sizes_take_no_time():
    start = time.perf_counter()
    p_met(np.arange(10_001), 0.95, 0.9, 0.05)
    cases_for_power(0.99, 0.993, 0.9, 0.05)

    assert time.perf_counter() - start < 1


# -- sizes that are not whole ------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True)
@given(st.floats(20, 300), st.floats(0.6, 0.97), st.floats(0.01, 0.3))
def test_between_whole_sizes_the_power_has_no_teeth(n, t, distance):
    n = np.floor(n) + np.array([0.25, 0.5, 0.75, 1.25])
    p = min(1.0, t + distance)
    power = p_met(n, p, t, 0.05)

    assert (np.diff(power) >= -1e-9).all()


@pytest.mark.parametrize(("n", "p"), [(100.5, 0.95), (200.5, 0.93), (60.5, 0.96)])
def test_the_power_of_an_effective_size_runs_through_the_teeth(n, p):
    teeth = p_met(np.arange(int(n) - 12, int(n) + 13), p, 0.9, 0.05)

    assert teeth.min() < float(p_met(n, p, 0.9, 0.05)) < teeth.max()


# -- effects -----------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True)
@given(st.one_of(st.integers(1, 500), st.floats(1, 500)), RATES, st.floats(0.2, 0.99), ALPHAS)
def test_the_smallest_effect_just_has_the_power(n, t, power, alpha):
    above, below = smallest_effect(n, t, power, alpha)

    if above is None:
        assert t**n > alpha
    else:
        assert 0 < above <= 1 - t + 1e-9
        assert float(p_met(n, min(1, t + above), t, alpha)) >= power - 1e-9
        assert float(p_met(n, t + above * 0.999, t, alpha)) < power
    if below is None:
        assert (1 - t) ** n >= alpha
    else:
        assert 0 < below <= t + 1e-9
        assert float(p_missed(n, max(0, t - below), t, alpha)) >= power - 1e-9
        assert float(p_missed(n, t - below * 0.999, t, alpha)) < power


def test_the_smallest_effect_is_where_the_table_says():
    above, below = smallest_effect(203, 0.9, 0.8, 0.05)
    assert above <= 0.05 < smallest_effect(202, 0.9, 0.8, 0.05)[0]
    assert smallest_effect(299, 0.9, 0.8, 0.05)[1] <= 0.05
    # In a family "missed" is harder to prove, and "met" is not.
    stricter = smallest_effect(203, 0.9, 0.8, 0.05, 0.05 / 14)
    assert stricter[0] == above
    assert stricter[1] > below


@pytest.mark.parametrize(("n", "passes"), [(100, 90), (30, 30), (40, 0), (61.5, 50)])
def test_likely_rates_are_jeffreys(n, passes):
    rates = likely_rates(passes / n, n)
    expected = stats.beta(passes + 0.5, n - passes + 0.5)

    assert rates.mean() == pytest.approx(expected.mean(), abs=2e-4)
    assert rates.std() == pytest.approx(expected.std(), rel=0.05)
    assert ((rates > 0) & (rates < 1)).all()


@pytest.mark.parametrize(("n", "t"), [(50, 0.9), (10, 0.3), (60, 0.95), (7, 1.0), (9, 0.0)])
def test_the_bare_rate(n, t):
    x = np.arange(n + 1)
    expected = stats.binom.pmf(x, n, 0.9)[x / n >= t - 1e-9].sum()
    assert float(p_reached(n, 0.9, t)) == pytest.approx(expected)
    assert 0 <= float(p_reached(n + 0.5, 0.9, t)) <= 1


# -- trials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("icc", "worth"),
    [(0.1, (2.5, 3.6, 5.3)), (0.3, (1.9, 2.3, 2.7)), (0.6, (1.36, 1.47, 1.56)), (0.8, (1.15, 1.19, 1.22))],
)
def test_what_trials_buy(icc, worth):
    for trials, expected in zip((3, 5, 10), worth, strict=True):
        assert effective_per_case(icc, trials) == pytest.approx(expected, abs=0.05 if expected > 1.6 else 0.005)
    assert effective_per_case(icc, 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("cases", "trials", "p", "icc"), [(100, 3, 0.95, 0.4), (40, 5, 0.8, 0.1), (60, 5, 0.97, 0.8)]
)
def test_the_effective_size_is_foreseen(cases, trials, p, icc):
    generator, spread = np.random.default_rng(1), (1 - icc) / icc
    rates = generator.beta(p * spread, (1 - p) * spread, (400, cases))
    seen = [case_rate(x, np.full(cases, trials)).n_eff for x in generator.binomial(trials, rates)]

    assert expected_n_eff(cases, trials, p, icc) == pytest.approx(np.mean(seen), rel=0.06)
    assert cases < expected_n_eff(cases, trials, p, icc) < cases * effective_per_case(icc, trials)


def test_the_ends_of_likeness():
    assert expected_n_eff(50, 4, 0.9, 1) == pytest.approx(50)
    assert expected_n_eff(50, 1, 0.9, 0) == pytest.approx(50)
    assert expected_n_eff(50, 4, 1, 0) == pytest.approx(50)  # none misses, so nothing shows that trials differ
    assert 150 < expected_n_eff(50, 4, 0.9, 0) < 200
    assert cases_with_trials(203, 1, 0.95, 0.4) == 203
    assert cases_with_trials(203, 3, 0.95, 0.4) == 133
    assert expected_n_eff(133, 3, 0.95, 0.4) >= 203 > expected_n_eff(132, 3, 0.95, 0.4)


def test_trials_are_worth_having_where_cases_are_dear():
    assert trials_worth(0.4, 0.01) == 1
    assert trials_worth(0.4, 0.01, 0.06) == 3  # the square root of 6 * 0.6 / 0.4
    assert trials_worth(1, 0.01, 100) == 1
    assert trials_worth(0, 0.01, 1) is None

    def price(trials):
        return (0.5 + 0.01 * trials) / effective_per_case(0.2, trials)

    assert trials_worth(0.2, 0.01, 0.5) == min(range(1, 100), key=price)


# -- means -------------------------------------------------------------------------------------------------------


def scores(generator, p, cases, runs, spread=8):
    return generator.beta(p * spread, (1 - p) * spread, (runs, cases))


@pytest.mark.parametrize(
    ("p", "t", "cases"), [(0.82, 0.75, 50), (0.93, 0.9, 100), (0.7, 0.75, 80), (0.85, 0.9, 40), (0.8, 0.75, 200)]
)
def test_the_power_of_means_is_that_of_simulated_ones(p, t, cases):
    drawn = scores(np.random.default_rng(2), p, cases, 800)
    means = [case_mean(each) for each in drawn]
    met = np.mean([mean_p_met(each, t) <= 0.05 for each in means])
    missed = np.mean([mean_p_missed(each, t) < 0.05 for each in means])
    foreseen = np.mean([float(mean_p_to_meet(each, p, t, 0.05)) for each in means[:20]])
    foreseen_missed = np.mean([float(mean_p_to_miss(each, p, t, 0.05)) for each in means[:20]])

    # Scores below the ceiling are skewed, which the normal law does not know.
    assert foreseen == pytest.approx(met, abs=0.07)
    assert foreseen_missed == pytest.approx(missed, abs=0.07)


def test_cases_and_effects_of_means_fit_their_power():
    mean = case_mean(scores(np.random.default_rng(3), 0.8, 60, 1)[0])
    for t in (0.75, 0.88):
        needed = cases_for_power_of_mean(mean, t, 0.8, 0.05)
        power = mean_p_to_meet if mean.value > t else mean_p_to_miss
        assert float(power(resized(mean, needed), mean.value, t, 0.05)) >= 0.8
        assert float(power(resized(mean, needed - 1), mean.value, t, 0.05)) < 0.8
    above, below = mean_effect(mean, 0.75, 0.8, 0.05, 0.01)
    assert float(mean_p_to_meet(mean, 0.75 + above, 0.75, 0.05)) == pytest.approx(0.8, abs=1e-3)
    assert float(mean_p_to_miss(mean, 0.75 - below, 0.75, 0.01)) == pytest.approx(0.8, abs=1e-3)
    assert cases_for_power_of_mean(mean, mean.value, 0.8, 0.05) is None
    assert mirrored(mirrored(mean)).value == pytest.approx(mean.value)


def test_a_few_scores_can_show_nothing():
    mean = case_mean([0.9, 0.95, 0.92])
    assert float(mean_p_to_meet(mean, 1, 0.99, 0.05)) == 0
    assert mean_effect(mean, 0.99, 0.8, 0.05, 0.05)[0] is None
    assert mean_effect(mean, 0, 0.8, 0.05, 0.05)[0] == 0
    assert cases_for_power_of_mean(mean, 0, 0.8, 0.05) == 1
    assert cases_for_power_of_mean(mean, 1, 0.8, 0.05) > 1
