"""Families of verdicts: published values, statsmodels and properties."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from pytest_evalbars.stats.families import holm, two_tiers

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=60)
BH1995 = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_holm_gives_the_numbers_of_r():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_rejects_three_of_benjamini_and_hochbergs_fifteen():
    adjusted = holm(BH1995)

    assert adjusted[:4].tolist() == pytest.approx([0.0015, 0.0056, 0.0247, 0.114])
    assert (adjusted < 0.05).sum() == 3


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=15)  # statsmodels takes 40 ms each
@given(P_VALUES)
def test_holm_agrees_with_statsmodels(p):
    assert holm(p).tolist() == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-12)


def test_a_tier_that_is_alone_gets_all_of_the_error():
    p = [0.01, 0.04, 0.03, 0.005]

    assert two_tiers(p, [False] * 4).tolist() == holm(p).tolist()
    assert two_tiers(p, [True] * 4).tolist() == holm(p).tolist()


def test_two_tiers_share_the_error_and_keep_the_order():
    adjusted = two_tiers([0.03, 0.01, 0.02, 0.6, 0.04], [True, False, True, True, False])

    assert adjusted.tolist() == pytest.approx([0.12, 0.04, 0.12, 1.0, 0.08])


def test_groups_do_not_drown_the_wholes():
    p = np.full(60, 0.5)
    p[:4] = 0.005

    assert holm(p)[0] == pytest.approx(0.3)
    assert two_tiers(p, np.arange(60) >= 4)[0] == pytest.approx(0.04)


def test_no_verdict_makes_no_family():
    assert holm([]).shape == (0,)
    assert two_tiers([], []).shape == (0,)


@pytest.mark.parametrize("p", [[0.1, -0.1], [1.1], [float("nan"), 0.2], [[0.1]]])
def test_what_is_no_list_of_p_values_is_refused(p):
    with pytest.raises(ValueError, match="p-values must"):
        holm(p)
    with pytest.raises(ValueError, match="p-values must"):
        two_tiers(p, np.zeros(np.shape(p), dtype=bool))


def test_a_tier_is_needed_for_every_p_value():
    with pytest.raises(ValueError, match="one tier a p-value"):
        two_tiers([0.1, 0.2], [True])


@settings(deadline=None, derandomize=True)
@given(P_VALUES, st.randoms(use_true_random=False))
def test_the_family_does_not_depend_on_the_order(p, random):
    second = np.array([random.random() < 0.5 for _ in p])
    order = np.array(random.sample(range(len(p)), len(p)))

    assert two_tiers(np.array(p)[order], second[order]).tolist() == two_tiers(p, second)[order].tolist()


@settings(deadline=None, derandomize=True)
@given(P_VALUES, st.randoms(use_true_random=False))
def test_correction_never_helps_and_keeps_the_ranks(p, random):
    second = np.array([random.random() < 0.5 for _ in p])
    adjusted = two_tiers(p, second)

    assert ((np.array(p) <= adjusted) & (adjusted <= 1)).all()
    for a, b in itertools.combinations(range(len(p)), 2):
        if second[a] == second[b] and p[a] < p[b]:
            assert adjusted[a] <= adjusted[b]
