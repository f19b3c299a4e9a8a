"""Rates of many slices at once are those that each slice has alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.grouped import ROWS, rate_sums, rates_and_sizes


@st.composite
def suites(draw, clustered=None):
    """(passes, trials, slices, clusters or None): cases in up to four slices, the first of which has one."""
    k = np.array(draw(st.lists(st.integers(1, draw(st.sampled_from([1, 5]))), min_size=4, max_size=40)))
    x = np.array([draw(st.one_of(st.just(most), st.just(0), st.integers(0, most))) for most in k.tolist()])
    slices = np.array([*range(4), *(draw(st.integers(0, 3)) for _ in k[4:])])
    if clustered is None:
        clustered = draw(st.booleans())
    clusters = np.array([draw(st.integers(0, 6)) for _ in k]) if clustered else None
    return x, k, slices, clusters


@given(suites())
def test_each_slice_is_estimated_as_it_is_alone(suite):
    x, k, slices, clusters = suite
    values, sizes = rates_and_sizes(rate_sums(x, k, slices, 4, clusters))

    for each in range(4):
        mine = slices == each
        alone = case_rate(x[mine], k[mine], None if clusters is None else clusters[mine])
        assert values[each] == pytest.approx(alone.value, abs=1e-12)
        assert sizes[each] == pytest.approx(alone.n_eff, rel=1e-6)


@given(suites(clustered=False))
def test_slices_joined_have_the_sums_added(suite):
    x, k, slices, _ = suite
    apart, joined = rate_sums(x, k, slices, 4), rate_sums(x, k, slices // 2, 2)

    assert apart.shape == (len(ROWS), 4)
    assert apart.reshape(len(ROWS), 2, 2).sum(axis=2) == pytest.approx(joined, abs=1e-9)


@given(suites(clustered=False))
def test_cases_that_are_clusters_of_their_own_are_independent(suite):
    x, k, slices, _ = suite
    alone, named = rate_sums(x, k, slices, 4), rate_sums(x, k, slices, 4, np.arange(len(x)))

    assert alone == pytest.approx(named, abs=1e-9)
