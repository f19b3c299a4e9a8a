"""Sums are the same to the last digit in every order, and as good as exact ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.stats.exact import FEW, total, totals

SIZES = [1, 3, FEW, FEW + 1, 50_000]
KINDS = {
    "shares": lambda rng, n: rng.random(n),
    "two digits": lambda rng, n: rng.random(n).round(2),
    "amounts": lambda rng, n: rng.lognormal(0, 3, n),
    "both signs": lambda rng, n: rng.normal(0, 1, n),
    "tiny": lambda rng, n: rng.random(n) * 1e-200,
    "huge": lambda rng, n: rng.random(n) * 1e200,
    "zeros": lambda rng, n: np.zeros(n),  # noqa: ARG005
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_is_the_same_in_every_order_and_as_good_as_exact(kind, size):
    rng = np.random.default_rng(size)
    values = KINDS[kind](rng, size)
    found = total(values)
    assert found == total(values[::-1]) == total(rng.permutation(values))
    exact = math.fsum(values)
    assert abs(found - exact) <= 1e-15 * math.fsum(np.abs(values))


@pytest.mark.parametrize("most", [1, 2, 3, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_sums_by_code_are_the_same_in_every_order(kind, most):
    rng = np.random.default_rng(most)
    codes = np.repeat(np.arange(500), rng.integers(0, most + 1, 500))
    values = KINDS[kind](rng, len(codes))
    found = totals(codes, values, 500, most)
    assert found.shape == (500,)
    for _ in range(3):
        order = rng.permutation(len(codes))
        assert (totals(codes[order], values[order], 500, most) == found).all()
    exact = np.array([math.fsum(values[codes == code]) for code in range(500)])
    assert found == pytest.approx(exact, rel=1e-13, abs=1e-15 * np.abs(values).max(initial=0))


@given(st.lists(st.integers(0, 1), min_size=1, max_size=5000))
def test_passes_and_misses_are_counted(values):
    assert total(np.array(values, float)) == sum(values)


def test_numbers_at_the_ends_of_their_range_are_added_as_they_are():
    """They cannot be cut, and none are measured."""
    huge, least = np.full(FEW + 1, 1e304), np.full(FEW + 1, 5e-324)
    assert total(huge) == pytest.approx(1e304 * (FEW + 1))
    assert total(least) == pytest.approx(5e-324 * (FEW + 1))
