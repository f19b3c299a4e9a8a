"""What max_drop promises, by simulation through the gate: how often it cries wolf, and how often it sees one."""

import math

import numpy as np
import pytest

from pytest_evalbars import Run, decide, load_bars

HOLD = load_bars({"bar": [{"dimension": "a", "max_drop": 0}]})
FOUR = load_bars({"bar": [{"max_drop": 0, "each": "category"}]})


def paired(rng, before, after, phi, cases):
    """Whether each case passes before and after, with so much in common."""
    both = before * after + phi * math.sqrt(before * (1 - before) * after * (1 - after))
    kinds = rng.choice(4, cases, p=[both, before - both, after - both, 1 - before - after + both])
    return kinds <= 1, (kinds == 0) | (kinds == 2)


def run_of(passed, dimension="a", trials=1, categories=1):
    rows = [
        {
            "case": f"c{case}",
            "trial": trial,
            "dimension": dimension,
            "outcome": "pass" if ok else "miss",
            "labels": {"category": f"k{case % categories}"},
        }
        for case, each in enumerate(np.reshape(passed, (-1, trials)))
        for trial, ok in enumerate(each)
    ]
    return Run.from_observations(rows)


def share_missed(bars, pairs):
    return np.mean([decide(run_of(new), bars, baseline=run_of(old)).exit_code == 1 for old, new in pairs])


def test_the_same_product_twice_is_a_regression_in_at_most_five_of_a_hundred():
    rng = np.random.default_rng(5)
    found = share_missed(HOLD, [paired(rng, 0.95, 0.95, 0.5, 200) for _ in range(200)])
    assert found <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize(("phi", "power"), [(0.2, 0.70), (0.5, 0.86), (0.8, 0.99)])
def test_a_drop_of_five_points_in_200_cases_is_found(phi, power):
    if phi == 0.8:
        phi = 0.68  # more is not possible between .95 and .90
    rng = np.random.default_rng(6)
    found = share_missed(HOLD, [paired(rng, 0.95, 0.90, phi, 200) for _ in range(150)])
    assert found >= power - 3 * math.sqrt(power * (1 - power) / 150) - 0.02


@pytest.mark.parametrize(("old", "new"), [(1, 10), (5, 1)])
def test_more_trials_than_before_are_no_regression(old, new):
    """20 cases that pass 95 of 100 times; by the signs of their differences 4 of 10 runs had regressed."""
    rng = np.random.default_rng(old + new)
    pairs = [[(rng.random((20, trials)) < 0.95, trials) for trials in (old, new)] for _ in range(60)]
    found = [
        decide(run_of(after, trials=now), HOLD, baseline=run_of(before, trials=was)).exit_code == 1
        for (before, was), (after, now) in pairs
    ]
    assert np.mean(found) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("flaky", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("trials", [1, 3])
def test_a_session_of_groups_cries_wolf_in_at_most_five_of_a_hundred(flaky, trials):
    """56 verdicts, of which none is worse; cases are flaky, or always the same, or half of each."""
    rng = np.random.default_rng(round(100 * flaky) + trials)
    alarms, sessions = 0, 200
    for _ in range(sessions):
        rate = np.where(rng.random(280) < flaky, rng.beta(9, 1, 280), rng.random(280) < 0.9)
        runs = [run_of(rng.random((280, trials)) < rate[:, None], trials=trials, categories=14) for _ in range(2)]
        alarms += decide(runs[1], FOUR, baseline=runs[0]).exit_code == 1
    assert alarms / sessions <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / sessions)
