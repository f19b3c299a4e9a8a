"""The betting e-value: its numbers, its promise under any stopping, and what it costs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.stats.sequential import Betting, log_e

BAR = 0.9
CASES = 200


def test_the_mean_of_forty_bets_written_out():
    values = [1, 0, 1, 1, 0.5]
    capitals = []
    for bet in range(40):
        stake = (bet + 0.5) / 40 / 0.7
        capitals.append(math.prod(1 + stake * (x - 0.7) for x in values))
    assert math.exp(log_e(values, 0.7)[-1]) == pytest.approx(sum(capitals) / 40)


def test_fifty_nine_of_sixty_against_ninety_percent():
    """The order of the cases does not matter for the last value; the reference is the project's own."""
    assert math.exp(log_e([0] + [1] * 59, BAR)[-1]) == pytest.approx(13.525, abs=5e-4)
    assert math.exp(log_e([1] * 59 + [0], BAR)[-1]) == pytest.approx(13.525, abs=5e-4)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_case_by_case_it_is_what_it_is_at_once(values, t):
    bet = Betting(t)
    assert [bet.take(x) for x in values] == pytest.approx(list(log_e(values, t)), abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 29), st.floats(0.01, 0.99))
def test_a_better_case_never_lowers_it(values, place, t):
    better = list(values)
    better[place % len(values)] = 1.0
    assert (log_e(better, t) >= log_e(values, t) - 1e-12).all()


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(0, 30), st.floats(0.01, 0.99))
def test_the_best_that_can_come_is_what_comes_if_all_pass(values, more, t):
    bet = Betting(t)
    for x in values:
        bet.take(x)
    expected = log_e([*values, *[1.0] * more], t)[-1] if values or more else 0.0
    assert bet.at_best(more) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0.02, 0.98))
def test_one_case_at_the_threshold_is_worth_what_was_staked_on_average(t):
    """A fair bet: over pass and miss at the rate t the capital keeps its mean of 1."""
    after = [math.exp(log_e([x], t)[0]) for x in (1.0, 0.0)]
    assert t * after[0] + (1 - t) * after[1] == pytest.approx(1)


@pytest.mark.parametrize("t", [0, 1, -0.1, 1.1, float("nan")])
def test_nothing_can_be_bet_at_the_ends(t):
    with pytest.raises(ValueError, match="between 0 and 1"):
        log_e([1.0], t)


def test_values_outside_zero_and_one_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        log_e([0.5, 1.2], 0.5)


def paths(seed, truth, trials, likeness, count):
    """Case means of `count` runs."""
    rng = np.random.default_rng(seed)
    rates = np.full((count, CASES), truth)
    if likeness == "dead or alive":
        rates = (rng.random((count, CASES)) < truth).astype(float)
    elif likeness:
        spread = (1 - likeness) / likeness
        rates = rng.beta(truth * spread, (1 - truth) * spread, (count, CASES))
    return rng.binomial(trials, rates) / trials


def shares(seed, truth, trials=1, likeness=0, count=20_000):
    """How often it is proven met and missed, and what share of the cases is saved."""
    met = missed = saved = 0.0
    for block in range(count // 500):
        x = paths((seed, block), truth, trials, likeness, 500)
        enough = -math.log(0.05)
        first = [
            np.argmax(np.pad(log_e(*each) >= enough, ((0, 0), (0, 1)), constant_values=True), axis=1)
            for each in ((x, BAR), (1 - x, 1 - BAR))
        ]
        met += (first[0] < first[1]).sum()
        missed += (first[1] < first[0]).sum()
        saved += (1 - (np.minimum(*first) + 1).clip(max=CASES) / CASES).sum()
    return met / count, missed / count, saved / count


def within(share, promised, count=20_000):
    return share <= promised + 4 * math.sqrt(promised * (1 - promised) / count)


@pytest.mark.parametrize(("trials", "likeness"), [(1, 0), (5, 0.1), (5, "dead or alive")], ids=str)
def test_at_the_bar_it_errs_in_five_of_a_hundred_runs_whenever_it_stops(trials, likeness):
    """`prove.py` does the same with more laws and runs."""
    met, missed, _ = shares(41, BAR, trials, likeness, 500)
    assert within(met, 0.05, 500)
    assert within(missed, 0.05, 500)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "met", "missed", "saved"),
    [(0.8, 0, 0.857, 0.52), (0.9, 0.026, 0.023, 0.04), (0.95, 0.568, 0.003, 0.27), (0.99, 1, 0, 0.73)],
)
def test_two_hundred_cases_prove_and_save_what_the_reference_simulation_found(truth, met, missed, saved):
    found = shares(42, truth, count=10_000)
    assert found[:2] == (pytest.approx(met, abs=0.015), pytest.approx(missed, abs=0.015))
    assert found[2] == pytest.approx(saved, abs=0.015)
