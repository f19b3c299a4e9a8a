"""However often somebody looks, what is not so is proven in at most 5 of 100 samples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from pytest_evalbars.stats.acceptance import items_needed, most_wrong


def ever_proven(at_most, rate, looks, alpha=0.05):
    """Item by item: the chance that so few are wrong at one of the plans."""
    plan = {int(items_needed(wrong, at_most, alpha)): wrong for wrong in range(looks)}
    chances, proven = np.zeros(looks + 1), 0.0
    chances[0] = 1.0
    for item in range(1, max(plan) + 1):
        chances[1:] = chances[1:] * (1 - rate) + chances[:-1] * rate  # as many as there are plans, or more: lost
        chances[0] *= 1 - rate
        if item in plan:
            proven += chances[: plan[item] + 1].sum()
            chances[: plan[item] + 1] = 0.0
    return proven


def test_known_numbers():
    assert [items_needed(wrong, 0.05, 0.05) for wrong in range(6)] == [59, 163, 222, 273, 319, 361]
    assert items_needed(0, 0.01, 0.05) == 302
    assert items_needed(3, 0.05, 0.05, 272) == math.inf


@pytest.mark.parametrize("at_most", [0.001, 0.01, 0.05, 0.2, 0.6])
@pytest.mark.parametrize("looks", [1, 2, 8, 40])
def test_going_on_proves_what_is_not_so_in_at_most_5_of_100(at_most, looks):
    found = ever_proven(at_most, at_most, looks)
    assert found <= 0.05
    assert ever_proven(at_most, min(1.2 * at_most, 0.9), looks) < found


def test_plans_that_each_err_in_5_of_100_would_err_in_14_together():
    """Why: the smallest samples that prove it alone, one after another."""
    rng = np.random.default_rng(1)
    wrong = np.cumsum(rng.random((20_000, 260)) < 0.05, axis=1)
    alone = [next(n for n in range(1, 999) if binom.cdf(x, n, 0.05) <= 0.05) for x in range(8)]
    together = [int(items_needed(x, 0.05, 0.05)) for x in range(3)]
    naive = np.any([wrong[:, n - 1] <= x for x, n in enumerate(alone)], axis=0).mean()
    assert naive == pytest.approx(0.14, abs=0.01)
    kept = np.any([wrong[:, n - 1] <= x for x, n in enumerate(together)], axis=0).mean()
    assert kept <= 0.055


@settings(max_examples=50)
@given(st.integers(0, 30), st.floats(0.001, 0.5))
def test_more_wrong_ones_or_a_smaller_share_need_more_items(wrong, at_most):
    needed = items_needed(wrong, at_most, 0.05)
    assert items_needed(wrong + 1, at_most, 0.05) > needed > wrong
    assert items_needed(wrong, at_most / 1.5, 0.05) >= needed


@settings(max_examples=50)
@given(st.integers(0, 10), st.integers(1, 400))
def test_the_largest_share_is_the_one_that_these_items_would_just_prove(wrong, items):
    items = max(items, wrong + 1)
    found = most_wrong(wrong, items, 0.05)
    assert wrong / items < found <= 1
    if found < 0.99:
        assert items_needed(wrong, found + 1e-6, 0.05) <= items
        assert items_needed(wrong, found - 1e-6, 0.05) >= items


def test_nothing_is_known_of_nothing():
    assert most_wrong(0, 0, 0.05) == most_wrong(3, 3, 0.05) == 1.0
    assert most_wrong(0, 59, 0.05) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("wrong", "at_most", "alpha"), [(-1, 0.05, 0.05), (0, 0.0, 0.05), (0, 0.05, 1.0)])
def test_impossible_numbers_are_refused(wrong, at_most, alpha):
    with pytest.raises(ValueError, match="no share of wrong items"):
        items_needed(wrong, at_most, alpha)


def test_many_wrong_ones_are_no_wait():
    assert 20_000 < items_needed(1000, 0.05, 0.05) < 30_000
