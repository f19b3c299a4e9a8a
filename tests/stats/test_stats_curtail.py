"""Bounds on what remaining trials can leave, held against every way, or many ways, in which they can end."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.stats.curtail import least_p, most_independent, most_p, most_squares
from pytest_evalbars.stats.effective import case_rate, rate_p_met


@st.composite
def half_run(draw):
    """Cases with passes, misses and trials to come; perhaps in clusters."""
    cases = draw(st.lists(st.tuples(*[st.integers(0, 3)] * 3).filter(any), min_size=1, max_size=12))
    clusters = draw(st.none() | st.lists(st.integers(0, 4), min_size=len(cases), max_size=len(cases)))
    return cases, clusters


def bounds(cases, clusters, t):
    """The largest and the smallest p-value, as the gate asks for them."""
    planned = [sum(case) for case in cases]
    won = sum(passes / k for (passes, _, _), k in zip(cases, planned, strict=True))
    lost = sum(misses / k for (_, misses, _), k in zip(cases, planned, strict=True))
    judged = [passes + misses > 0 for passes, misses, _ in cases]
    sizes, units = None, len(cases)
    if clusters is not None:
        codes = np.unique(clusters, return_inverse=True)[1]
        sizes, units = (np.bincount(codes, judged), np.bincount(codes)), int(codes.max()) + 1
    return (
        most_p(won, sum(judged), len(cases), t, sizes),
        least_p(1 - lost / len(cases), most_independent(planned), units, t),
    )


@settings(max_examples=300)
@given(half_run(), st.floats(0.05, 0.95), st.integers(0, 2**32))
def test_no_end_of_the_other_trials_leaves_the_bounds(state, t, seed):
    cases, clusters = state
    largest, smallest = bounds(cases, clusters, t)
    rng = np.random.default_rng(seed)
    for how in range(30):
        passes, trials, kept = [], [], []
        for place, (passed, missed, rest) in enumerate(cases):
            skipped = 0 if how < 2 or rng.random() < 0.4 else int(rng.integers(0, rest + 1))
            more = [rest, 0][how] if how < 2 else int(rng.integers(0, rest - skipped + 1))
            if passed + missed + rest - skipped:
                passes.append(passed + more)
                trials.append(passed + missed + rest - skipped)
                kept.append(place)
        if trials:
            p = rate_p_met(case_rate(passes, trials, None if clusters is None else np.array(clusters)[kept]), t)
            assert smallest <= p * (1 + 1e-9)
            assert p <= largest * (1 + 1e-9)


@pytest.mark.parametrize("t", [0.5, 0.8, 0.9])
def test_with_one_trial_a_case_the_bounds_are_the_extremes_themselves(t):
    for total in (10, 30, 60):
        for passed, missed in product(range(0, total + 1, 5), repeat=2):
            if passed + missed and passed + missed <= total:
                state = [(1, 0, 0)] * passed + [(0, 1, 0)] * missed + [(0, 0, 1)] * (total - passed - missed)
                largest, smallest = bounds(state, None, t)
                worst = _p(passed, total, t)
                assert largest == pytest.approx(worst if worst < 0.5 else 1)
                assert smallest == pytest.approx(min(_p(total - missed, total, t), 0.5))


def _p(passes, total, t):
    return rate_p_met(case_rate([1] * passes + [0] * (total - passes), [1] * total), t)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=6))
def test_the_largest_sum_of_squares_is_no_smaller_than_any_there_is(pairs):
    low, high = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    for numbers in product(*(range(a, b + 1) for a, b in zip(low, high, strict=True))):
        bound = most_squares(low, high, np.array([float(sum(numbers))]))[0]
        assert sum(n * n for n in numbers) <= bound + 1e-9
        if numbers in (tuple(low), tuple(high)):
            assert sum(n * n for n in numbers) == pytest.approx(bound)


@given(st.lists(st.integers(1, 8), min_size=1, max_size=8))
def test_no_choice_of_the_cases_has_more_independent_trials(trials):
    most = most_independent(trials)
    for chosen in product([False, True], repeat=len(trials)):
        picked = [k for k, yes in zip(trials, chosen, strict=True) if yes]
        if picked:
            assert len(picked) ** 2 / sum(1 / k for k in picked) <= most + 1e-9
    if len(set(trials)) == 1:
        assert most == pytest.approx(sum(trials))


def test_a_p_value_above_one_half_is_not_bounded():
    assert most_p(5, 10, 10, 0.9) == 1
    assert least_p(0.2, 10, 10, 0.9) == 0.5


def test_clusters_weigh_less_than_their_cases():
    alone, together = most_p(30, 30, 30, 0.9), most_p(30, 30, 30, 0.9, ([10] * 3, [10] * 3))
    assert alone == pytest.approx(0.9**30)
    assert together == 1  # 0.9**3 is above one half
    assert together > alone
    assert math.isclose(most_p(30, 30, 30, 0.5, ([10] * 3, [10] * 3)), 0.5**3)


def test_cases_that_drop_out_can_leave_one_large_source_alone():
    judged, planned = [20] + [0] * 20, [20] + [1] * 20
    assert most_p(20, 20, 40, 0.1, (judged, planned)) == pytest.approx(0.1)
    assert rate_p_met(case_rate([1] * 20 + [0] * 20, [1] * 40, [0] * 20 + list(range(1, 21))), 0.1) < 0.1
