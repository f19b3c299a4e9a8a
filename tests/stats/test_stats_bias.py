"""What sways a judge: places, lengths, chance and time; and the test for a trend."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pytest_evalbars.stats.bias import changed, position, self_consistency, verbosity
from pytest_evalbars.stats.effective import Rate, case_rate
from pytest_evalbars.stats.trend import trend


def plain(x, n):
    return Rate(x / n, n, n, n, n, n, None)


# --- Place ---------------------------------------------------------------------------------------------------------


def test_a_steady_judge_never_flips():
    found = position(["first", "second", "tie"], ["second", "first", "tie"])

    assert (found.pairs, found.flips, found.flip_rate, found.p) == (3, 0, 0, 1)
    assert found.low == 0
    assert found.high > 0.5


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        ("first", "first", 1),
        ("second", "second", 0),
        ("first", "tie", 1),
        ("tie", "first", 1),
        ("second", "tie", 0),
        ("tie", "second", 0),
    ],
)
def test_every_other_verdict_in_the_other_order_is_a_flip(one, other, first):
    found = position([one], [other])

    assert (found.flips, found.first) == (1, first)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_flips_are_tested_exactly(first, second, steady):
    if not first + second + steady:
        return
    one = ["first"] * first + ["second"] * second + ["first"] * steady
    found = position(one, ["first"] * first + ["second"] * second + ["second"] * steady)

    assert (found.flips, found.first) == (first + second, first)
    assert (found.low, found.high) == pytest.approx(
        proportion_confint(first + second, len(one), 0.05, method="wilson"), abs=1e-12
    )
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1
    assert found.p == pytest.approx(expected)


def test_strange_verdicts_on_pairs_are_refused():
    with pytest.raises(ValueError, match="two verdicts a pair"):
        position(["first"], [])
    with pytest.raises(ValueError, match="two verdicts a pair"):
        position([], [])
    with pytest.raises(ValueError, match="first, second or tie, got 'A'"):
        position(["A"], ["first"])


# --- Length --------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=6))
def test_the_trend_is_cochrans_and_armitages(groups):
    passes, misses = np.array(groups).T
    items = passes + misses
    if not items.all():
        return
    found = trend(passes, items)

    if passes.any() and misses.any():
        expected = Table(np.c_[passes, misses], shift_zeros=False).test_ordinal_association(
            row_scores=np.arange(1, len(items) + 1), col_scores=np.array([1, 0])
        )
        # Theirs divides by one item less.
        z = expected.zscore * math.sqrt(items.sum() / (items.sum() - 1))
        assert found.z == pytest.approx(z)
        assert found.p == pytest.approx(2 * stats.norm.sf(abs(z)))
    else:
        assert (found.z, found.p) == (0, 1)
    backwards = trend(passes[::-1], items[::-1])
    assert backwards.z == pytest.approx(-found.z)
    assert trend(passes, items, 5 + 3 * np.arange(len(items))).z == pytest.approx(found.z)


def test_impossible_groups_are_refused():
    with pytest.raises(ValueError, match="a score a group"):
        trend([1], [1, 2])
    with pytest.raises(ValueError, match="every group must have items"):
        trend([0, 0], [0, 1])
    with pytest.raises(ValueError, match="every group must have items"):
        trend([3], [2])


def test_a_judge_that_likes_long_answers_is_seen_where_people_pass_none():
    rng = np.random.default_rng(10)
    chars = rng.lognormal(6, 1, 400)
    human = np.repeat([1.0, 0.0], 200)
    long = chars > np.median(chars)
    judged = rng.random(400) < np.where(human == 1, 0.95, np.where(long, 0.5, 0.1))
    found = verbosity(judged, human, chars)

    assert found.missed.items == (50, 50, 50, 50)
    assert found.missed.passes[0] < found.missed.passes[3]
    assert found.missed.z > 0
    assert found.missed.p < 1e-4
    assert found.passed.p > 0.01


def test_without_a_liking_trends_are_rare():
    rng = np.random.default_rng(11)
    seen = []
    for _ in range(150):
        human = rng.random(100) < 0.7
        found = verbosity(rng.random(100) < np.where(human, 0.9, 0.3), human, rng.integers(10, 3000, 100))
        seen += [found.missed.p <= 0.05, found.passed.p <= 0.05]

    assert np.mean(seen) <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)


def test_few_or_equal_lengths_make_fewer_groups_or_none():
    judged, human = np.arange(24) % 2 == 0, np.repeat([1.0, 0.5, 0.0], 8)

    assert verbosity(judged, human, np.arange(24)).missed is None
    assert verbosity(judged, np.ones(24), np.full(24, 100)).passed is None
    assert verbosity(judged, np.ones(24), np.full(24, 100)).missed is None
    assert len(verbosity(judged, np.ones(24), np.repeat([1, 2], 12)).passed.items) == 2
    assert len(verbosity(judged, np.ones(24), np.arange(24)).passed.items) == 4
    with pytest.raises(ValueError, match="one length an item"):
        verbosity(judged, human, [1, 2])
    with pytest.raises(ValueError, match="must be a number"):
        verbosity([True], [1], [math.nan])


# --- Chance --------------------------------------------------------------------------------------------------------


def test_repeated_verdicts_are_held_against_each_other():
    found = self_consistency([[1, 1, 1], [0, 0, 1], [2, -1, 2], [0, -1, -1], [0, 1, 2]])

    assert (found.items, found.verdicts, found.flipped, found.flip_rate) == (4, 11, 2, 0.5)
    assert found.differ == pytest.approx((0 + 2 / 3 + 0 + 1) / 4)
    assert (found.low, found.high) == pytest.approx(proportion_confint(2, 4, 0.05, method="wilson"))
    assert 0 <= found.differ_low < found.differ < found.differ_high <= 1


def test_verdicts_that_are_all_alike_leave_doubt():
    found = self_consistency(np.ones((50, 3), bool))

    assert (found.flipped, found.differ, found.low, found.differ_low) == (0, 0, 0, 0)
    assert found.high == found.differ_high == pytest.approx(proportion_confint(0, 50, 0.05, method="wilson")[1])


def test_the_chance_that_two_verdicts_differ_is_unbiased():
    rng = np.random.default_rng(12)
    votes = rng.random((4000, 3)) < 0.9

    assert self_consistency(votes).differ == pytest.approx(2 * 0.9 * 0.1, abs=0.01)


def test_votes_that_tell_nothing_are_refused():
    for votes, words in (([[1], [0]], "two verdicts"), ([1, 1], "table"), ([[0.5, 1.0]], "integers")):
        with pytest.raises(ValueError, match=words):
            self_consistency(votes)


# --- Time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "n", "y", "m"), [(95, 100, 80, 100), (48, 50, 46, 50), (30, 30, 30, 30), (5, 60, 0, 30)]
)
def test_a_change_has_newcombes_interval(x, n, y, m):
    found = changed(plain(x, n), plain(y, m))

    assert found.value == pytest.approx(y / m - x / n)
    assert (found.low, found.high) == pytest.approx(
        confint_proportions_2indep(y, m, x, n, method="newcomb", compare="diff"), abs=1e-9
    )
    if found.proven:
        assert not found.low <= 0 <= found.high
    back = changed(plain(y, m), plain(x, n))
    assert (back.low, back.high, back.proven) == pytest.approx((-found.high, -found.low, found.proven))


def test_a_change_is_proven_by_enough_and_rarely_by_chance():
    assert changed(plain(95, 100), plain(80, 100)).proven
    assert not changed(plain(19, 20), plain(16, 20)).proven
    rng = np.random.default_rng(13)
    counts = [(case_rate(rng.random(n) < 0.9, np.ones(n, int)) for n in (200, 40)) for _ in range(200)]

    assert np.mean([changed(*pair).proven for pair in counts]) <= 0.05
