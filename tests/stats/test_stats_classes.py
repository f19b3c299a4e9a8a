"""Classification: counts, averages over classes by hand formulas, rare classes, what error is kept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.stats.classes import confusion, macro_f1, macro_precision, macro_recall
from pytest_evalbars.stats.effective import case_rate, rate_bounds, rate_p_met, rate_p_missed
from pytest_evalbars.stats.proportions import clopper_pearson_high, clopper_pearson_low

ALPHA = 0.05
AVERAGES = [macro_recall, macro_precision, macro_f1]
#: Tickets by category: the rarest is set by each test.
COUNTS = (300, 200, 150, 100, 80, 60, 60, 50, 50, 40, 40, 30, 30)


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


def each_once(function, truth, predicted, classes, clusters=None):
    return function(np.array(truth), np.array(predicted), np.arange(len(truth)), classes, clusters)


@st.composite
def samples(draw):
    """(truth, predicted, cases, classes, clusters or None)."""
    cases = np.array(draw(st.lists(st.integers(0, 15), min_size=1, max_size=50)))
    classes = draw(st.integers(1, 5))
    truth, predicted = (
        np.array(draw(st.lists(st.integers(0, classes - 1), min_size=len(cases), max_size=len(cases))))
        for _ in range(2)
    )
    if draw(st.booleans()):
        predicted = truth.copy()
    clusters = cases % draw(st.integers(1, 9)) if draw(st.booleans()) else None
    return truth, predicted, cases, classes, clusters


# --- By hand ----------------------------------------------------------------------------------------------------


def test_the_confusion_matrix():
    assert confusion([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 2, 2], 4).tolist() == [
        [1, 1, 0, 0],
        [0, 1, 0, 0],
        [1, 0, 2, 0],
        [0, 0, 0, 0],
    ]
    assert confusion([], [], 2).tolist() == [[0, 0], [0, 0]]


def test_the_printed_averages():
    """The example of sklearn's user guide, where precision, recall and F1 are .22, .33 and .27."""
    truth, predicted = [0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]

    assert each_once(macro_precision, truth, predicted, 3).value == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert each_once(macro_recall, truth, predicted, 3).value == pytest.approx(1 / 3)
    assert each_once(macro_f1, truth, predicted, 3).value == pytest.approx(0.8 / 3)


def test_averages_by_the_matrix():
    rng = np.random.default_rng(1)
    truth = rng.choice(5, 400, p=[0.5, 0.3, 0.1, 0.07, 0.03])
    predicted = np.where(rng.random(400) < 0.7, truth, rng.integers(0, 5, 400))
    matrix = confusion(truth, predicted, 5)
    right, given_out, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)

    assert each_once(macro_recall, truth, predicted, 5).value == pytest.approx((right / true).mean())
    assert each_once(macro_precision, truth, predicted, 5).value == pytest.approx((right / given_out).mean())
    assert each_once(macro_f1, truth, predicted, 5).value == pytest.approx((2 * right / (given_out + true)).mean())


def test_classes_without_a_case_are_left_out():
    truth, predicted = [0, 0, 1, 1], [0, 2, 1, 2]

    assert each_once(macro_recall, truth, predicted, 4).value == pytest.approx(0.5)
    assert each_once(macro_precision, truth, predicted, 4).value == pytest.approx(2 / 3)  # 2 was given out, wrongly
    assert each_once(macro_f1, truth, predicted, 4).value == pytest.approx(2 / 3)


def test_every_case_weighs_the_same():
    """Class 0: a case right in 1 of 1 and one right in 1 of 3 trials."""
    rate = macro_recall([0, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0, 1, 1, 1, 2], 2)

    assert rate.value == pytest.approx(((1 + 1 / 3) / 2 + 1) / 2)
    assert (rate.trials, rate.cases, rate.clusters, rate.icc) == (5, 3, 3, None)


def test_a_perfect_run_is_worth_its_rarest_class():
    truth = np.repeat(np.arange(14), [*COUNTS, 5])
    rate = each_once(macro_recall, truth, truth, 14)

    assert rate.value == 1
    assert rate.n_eff == rate.n_perfect == pytest.approx(70)
    assert rate_bounds(rate, ALPHA)[0] == pytest.approx(0.05 ** (1 / 70))


@pytest.mark.parametrize("x", [0, 1, 7, 19, 20])
def test_one_class_is_a_pass_rate(x):
    predicted = (np.arange(20) >= x).astype(int)
    recall = each_once(macro_recall, np.zeros(20, dtype=int), predicted, 2)
    rate = case_rate(1 - predicted, np.ones(20, dtype=int))

    assert recall.value == rate.value
    assert rate_bounds(recall, ALPHA) == pytest.approx(rate_bounds(rate, ALPHA), abs=0.02)


def test_clusters_across_classes_are_no_more_than_clusters():
    """12 documents with a question of each class, right or wrong in all of them."""
    truth, documents = np.tile(np.arange(10), 12), np.repeat(np.arange(12), 10)
    predicted = np.where(documents < 3, (truth + 1) % 10, truth)
    some, perfect = (each_once(macro_recall, truth, said, 10, documents) for said in (predicted, truth))

    assert perfect.n_eff == pytest.approx(perfect.n_perfect) == pytest.approx(12)
    assert 8 < some.n_eff < 13


def test_repeated_trials_are_not_more_cases():
    truth = np.repeat(np.arange(4), 25)
    predicted = np.where(np.arange(100) % 5 == 0, (truth + 1) % 4, truth)
    once = each_once(macro_f1, truth, predicted, 4)
    often = macro_f1(np.tile(truth, 7), np.tile(predicted, 7), np.tile(np.arange(100), 7), 4)

    assert often.value == pytest.approx(once.value)
    assert often.n_eff == pytest.approx(once.n_eff, rel=0.01)


@pytest.mark.parametrize("function", AVERAGES)
def test_a_million_trials_with_a_hundred_classes(function):
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 100, 10**6)
    predicted = np.where(rng.random(10**6) < 0.9, truth, rng.integers(0, 100, 10**6))
    rate = function(truth, predicted, np.arange(10**6) // 2, 100)

    assert rate.value == pytest.approx(0.901, abs=0.003)
    assert 500_000 < rate.n_eff <= 10**6


@pytest.mark.parametrize(
    ("truth", "predicted", "cases", "classes", "message"),
    [
        ([], [], [], 2, "at least one trial"),
        ([0], [0, 1], [0], 2, "two lists of one length"),
        ([0], [0], [0, 1], 2, "one case a trial"),
        ([0], [2], [0], 2, "between 0 and 1"),
        ([-1], [0], [0], 2, "between 0 and 1"),
        ([0.5], [0], [0], 2, "must be integers"),
        ([0], [0], [0], 0, "at least one class"),
    ],
)
@pytest.mark.parametrize("function", AVERAGES)
def test_impossible_counts_are_refused(function, truth, predicted, cases, classes, message):
    with pytest.raises(ValueError, match=message):
        function(truth, predicted, cases, classes)


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=200)
@given(samples(), st.sampled_from(AVERAGES), st.floats(1e-3, 0.3), st.floats(0.001, 0.999))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, function, alpha, t):
    rate = function(*sample)
    low, high = rate_bounds(rate, alpha)

    assert 0 < rate.n_eff <= rate.trials
    assert 0 <= low <= rate.value + 1e-9
    assert rate.value - 1e-9 <= high <= 1
    if abs(high - t) > 1e-9:
        assert (high < t) == (rate_p_missed(rate, t) < alpha)
    if abs(low - t) > 1e-9:
        assert (low >= t) == (rate_p_met(rate, t) <= alpha)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(samples(), st.sampled_from(AVERAGES), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(sample, function, random):
    truth, predicted, cases, classes, clusters = sample
    order = np.array(random.sample(range(len(truth)), len(truth)))
    names = np.array(random.sample(range(classes), classes))
    rate = function(*sample)
    other = function(
        names[truth][order],
        names[predicted][order],
        99 - 3 * cases[order],
        classes,
        None if clusters is None else 3 - 5 * clusters[order],
    )

    assert other.value == pytest.approx(rate.value, abs=1e-12)
    assert other.n_eff == pytest.approx(rate.n_eff, rel=1e-6)
    assert other.n_perfect == pytest.approx(rate.n_perfect, rel=1e-9)


# --- The promised error -----------------------------------------------------------------------------------------


def wrong_claims(counts, recalls, repetitions, seed, trials=1, alike=1.0):
    """Shares of samples called met, and missed, at the true value; shape (averages, 2).

    A wrong answer falls on the other classes by their size. `alike` is the share of cases of which every trial
    says the same.
    """
    rng = np.random.default_rng(seed)
    counts, recalls, classes = np.array(counts), np.array(recalls), len(counts)
    share = counts / counts.sum()
    strays = np.tile(share, (classes, 1))
    diagonal, after = np.arange(classes), (np.arange(classes) + 1) % classes
    strays[diagonal, after] += share
    strays[diagonal, diagonal] = 0
    matrix = counts[:, None] * (strays * (1 - recalls)[:, None] + np.diag(recalls))
    right, given_out = np.diag(matrix), matrix.sum(axis=0)
    truths = np.mean([recalls, right / np.maximum(given_out, 1e-12), 2 * right / (counts + given_out)], axis=1)

    truth = np.repeat(diagonal, counts * trials)
    cases = np.repeat(np.arange(counts.sum()), trials)
    wrong = np.zeros((3, 2))
    for _ in range(repetitions):
        of_case, of_trial = rng.random(counts.sum())[cases], rng.random(len(cases))
        passed = np.where((rng.random(counts.sum()) < alike)[cases], of_case, of_trial) < recalls[truth]
        other = rng.choice(classes, len(cases), p=share)
        predicted = np.where(passed, truth, np.where(other == truth, after[truth], other))
        for place, function in enumerate(AVERAGES):
            rate = function(truth, predicted, cases, classes)
            wrong[place] += rate_p_met(rate, truths[place]) <= ALPHA, rate_p_missed(rate, truths[place]) < ALPHA
    return wrong / repetitions


@pytest.mark.parametrize("recall", [pytest.param(0.5, marks=pytest.mark.slow), 0.8, 0.95])
@pytest.mark.parametrize("rarest", [5, pytest.param(30, marks=pytest.mark.slow)])
def test_fourteen_classes_keep_their_error(rarest, recall):
    assert wrong_claims((*COUNTS, rarest), [0.95] * 13 + [recall], 300, seed=1).max() <= most(ALPHA, 300)


RARELY = [
    ((100, 10), (0.98, 0.15)),
    ((100, 100, 10), (1, 1, 0.2)),
    ((100, 100, 20), (1, 1, 0.1)),
    ((50, 30, 5), (0.95, 0.9, 0.3)),
    ((100, 100, 15), (1, 1, 0.9)),
    ((20, 20, 20), (0.1, 0.1, 0.1)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("counts", "recalls"), RARELY)
def test_classes_rarely_recognised_keep_their_error(counts, recalls):
    """Many samples recognise none of them, and some give none out: then nothing is known of its precision."""
    assert wrong_claims(counts, recalls, 400, seed=7).max() <= most(ALPHA, 400)


def test_f1_of_one_class_is_made_of_a_rate():
    """13 of 20 right: j = 13 / 20, and F1 = 2j / (1 + j), also of the bounds."""
    f1 = each_once(macro_f1, np.zeros(20, dtype=int), (np.arange(20) >= 13).astype(int), 2)
    low, high = (bound / (2 - bound) for bound in rate_bounds(f1, ALPHA))

    assert f1.value == pytest.approx(26 / 33)
    assert clopper_pearson_low(13, 20, ALPHA) - 0.08 < low <= clopper_pearson_low(13, 20, ALPHA)
    assert clopper_pearson_high(13, 20, ALPHA) <= high < clopper_pearson_high(13, 20, ALPHA) + 0.08


def test_repeated_trials_keep_their_error():
    wrong = wrong_claims((*COUNTS, 5), [0.9] * 13 + [0.5], 200, 3, trials=3, alike=0.5)
    assert wrong.max() <= most(ALPHA, 200)


def test_recall_keeps_its_error_with_five_cases_in_every_class():
    """Precision and F1, whose bottoms are themselves chance, need 10."""
    assert wrong_claims([5] * 14, [0.6] * 14, 400, seed=5)[0].max() <= most(ALPHA, 400)
    assert wrong_claims([10] * 14, [0.9] * 14, 400, seed=5).max() <= most(0.065, 400)


@pytest.mark.parametrize(("documents", "p"), [(12, 0.75), (25, 0.5), (60, 0.9)])
def test_documents_across_classes_keep_their_error(documents, p):
    """Each has a question of every class, and is right or wrong in all of them."""
    rng = np.random.default_rng(documents)
    truth, codes = np.tile(np.arange(10), documents), np.repeat(np.arange(documents), 10)
    wrong = np.zeros(2)
    for _ in range(500):
        predicted = np.where((rng.random(documents) < p)[codes], truth, (truth + 1) % 10)
        rate = each_once(macro_f1, truth, predicted, 10, codes)
        wrong += rate_p_met(rate, p) <= ALPHA, rate_p_missed(rate, p) < ALPHA
    assert wrong.max() / 500 <= most(ALPHA, 500)
