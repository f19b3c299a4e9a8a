"""A judge held against people: its errors as rates, of plain counts and of unevenly drawn labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from pytest_evalbars.stats.effective import rate_bounds, rate_interval
from pytest_evalbars.stats.judge_error import error_rates

RATES = ("sensitivity", "specificity", "agreement", "right_of_passes", "right_of_misses")


@st.composite
def labelled(draw, shares=(0.0, 1.0)):
    """(judged, human)."""
    size = draw(st.integers(1, 40))
    judged = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    human = draw(st.lists(st.sampled_from(shares), min_size=size, max_size=size))
    return np.array(judged), np.array(human)


@settings(max_examples=25)
@given(labelled())
def test_equal_weights_are_plain_counts(items):
    judged, human = items
    said = list(zip(judged.tolist(), human.tolist(), strict=True))
    tp, fp, fn, tn = (said.count(pair) for pair in ((True, 1), (True, 0), (False, 1), (False, 0)))
    found = error_rates(judged, human, np.full(len(judged), 7.0))

    counts = [(tp, tp + fn), (tn, tn + fp), (tp + tn, len(judged)), (tp, tp + fp), (tn, tn + fn)]
    for name, (x, n) in zip(RATES, counts, strict=True):
        rate = getattr(found, name)
        assert (rate is None) == (n == 0), name
        if n:
            assert (rate.value, rate.n_eff, rate.n_perfect, rate.cases) == pytest.approx((x / n, n, n, n))
            wilson = proportion_confint(x, n, 0.05, method="wilson")
            exact = proportion_confint(x, n, 0.10, method="beta")
            assert rate_interval(rate, 0.95) == pytest.approx(wilson)
            assert rate_bounds(rate, 0.05) == pytest.approx(exact)
    assert np.array(found.table) * len(judged) == pytest.approx(np.array([[tp, fp], [fn, tn]]))


@settings(max_examples=25)
@given(labelled((0.0, 0.5, 1.0)), st.floats(0.01, 100), st.data())
def test_only_the_ratios_of_weights_count(items, factor, data):
    weights = np.array(data.draw(st.lists(st.floats(0.5, 30), min_size=len(items[0]), max_size=len(items[0]))))
    one, other = error_rates(*items, weights), error_rates(*items, factor * weights)

    assert np.array(other.table) == pytest.approx(np.array(one.table))
    for name in RATES:
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert 0 <= a.value <= 1
            assert a.n_eff > 0
            assert (b.value, b.n_eff, b.n_perfect) == pytest.approx((a.value, a.n_eff, a.n_perfect))
            low, high = rate_bounds(a, 0.05)
            assert low <= a.value <= high


def test_swapped_words_swap_the_rates():
    judged, human = np.array([True, True, False, False, True]), np.array([1, 0.5, 0, 1, 1])
    weights = np.array([19, 19, 1, 1, 19.0])
    one, other = error_rates(judged, human, weights), error_rates(~judged, 1 - human, weights)

    assert one.sensitivity == other.specificity
    assert one.right_of_passes == other.right_of_misses
    assert one.agreement.value == pytest.approx(other.agreement.value)


def test_an_item_that_raters_split_is_half_a_pass():
    found = error_rates([True, True, False, False], [1, 0.5, 0.5, 0])

    assert found.sensitivity.value == pytest.approx(1.5 / 2)
    assert found.specificity.value == pytest.approx(1.5 / 2)
    assert found.sensitivity.n_eff == pytest.approx(2)
    assert found.agreement.value == pytest.approx(3 / 4)


def test_no_human_miss_leaves_no_specificity():
    found = error_rates([True, False, True], [1, 1, 1])

    assert found.specificity is None
    assert found.sensitivity.value == pytest.approx(2 / 3)
    assert not found.better_than_chance()
    assert error_rates([True], [0]).sensitivity is None
    assert error_rates([True], [0]).right_of_misses is None


def test_weights_undo_an_uneven_draw():
    """A thousand cases: 900 passes, of which 5% are wrong, and 100 misses, of which 30% are."""
    judged = np.repeat([True, True, False, False], [95, 5, 70, 30])
    human = np.repeat([1, 0, 0, 1], [95, 5, 70, 30])
    found = error_rates(judged, human, np.repeat([9.0, 1.0], 100))

    assert np.array(found.table) == pytest.approx(np.array([[0.855, 0.045], [0.03, 0.07]]))
    assert found.sensitivity.value == pytest.approx(0.855 / 0.885)
    assert found.specificity.value == pytest.approx(0.07 / 0.115)
    assert found.agreement.value == pytest.approx(0.925)
    assert (found.items, found.weight) == (200, 1000)


def test_nothing_found_of_a_rare_heavy_kind_proves_little():
    """50 judge-passes and 50 judge-misses, all right; judge-passes are 19 times as frequent."""
    found = error_rates(np.repeat([True, False], 50), np.repeat([1, 0], 50), np.repeat([19.0, 1.0], 50))
    # Up to 5.8% of the judge's passes may be wrong: 1.1 for each of its right misses.
    worst = 0.05 / (0.05 + 0.95 * (1 - 0.05 ** (1 / 50)))

    assert found.specificity.value == 1
    assert rate_bounds(found.specificity, 0.05)[0] == pytest.approx(worst, abs=0.06)
    assert rate_bounds(found.sensitivity, 0.05)[0] > 0.99


def test_items_of_one_case_count_once():
    judged, human = np.array([True, True, False, False, True, True]), np.array([1, 1, 0, 0, 1, 0])
    once = error_rates(judged[::2], human[::2])
    twice = error_rates(np.repeat(judged[::2], 2), np.repeat(human[::2], 2), clusters=[1, 1, 2, 2, 3, 3])

    for name in RATES:
        a, b = getattr(once, name), getattr(twice, name)
        assert (a.value, a.n_eff, a.clusters) == pytest.approx((b.value, b.n_eff, b.clusters))


def test_a_coin_is_rarely_taken_for_better_than_chance():
    rng = np.random.default_rng(3)
    coins = [error_rates(rng.random(200) < 0.9, rng.random(200) < 0.8) for _ in range(150)]
    found = np.mean([each.better_than_chance() for each in coins])
    human = rng.random(300) < 0.8

    assert found <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 150)
    assert not error_rates(~human, human).better_than_chance()
    assert error_rates(human, human).better_than_chance(0.001)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([], []), "at least one labelled item"),
        (([True], [1, 0]), "one length"),
        (([1], [1]), "booleans"),
        (([True], [1.5]), "between 0 and 1"),
        (([True], [np.nan]), "between 0 and 1"),
        (([True], [1], [0]), "above 0"),
        (([True], [1], [np.inf]), "above 0"),
        (([True], [1], [1, 2]), "one weight an item"),
        (([True], [1], None, [1, 2]), "one cluster a case"),
    ],
)
def test_what_cannot_be_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        error_rates(*arguments)
