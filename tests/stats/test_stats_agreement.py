"""Agreement of raters: statsmodels, brute force, what is claimed of two of three raters, and what never changes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from pytest_evalbars.stats.agreement import agreement, agreement_of_counts, cohen, cohen_kappa, crossed
from pytest_evalbars.stats.kappas import weights_of

COEFFICIENTS = ("percent", "near", "ac", "alpha", "fleiss", "brennan_prediger", "conger")
WEIGHTS = st.sampled_from(["nominal", "ordinal", "linear", "quadratic"])
LABELS = 4


@st.composite
def rated(draw, least=-1):
    """Ratings of a few items, some of them missing; two raters or more."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(2, 4)))
    return draw(arrays(np.int64, shape, elements=st.integers(least, LABELS - 1)))


def all_of(ratings, weights="nominal", clusters=None):
    """Each coefficient that there is, by name."""
    found = agreement(ratings, categories=LABELS, weights=weights, clusters=clusters)
    return {name: getattr(found, name) for name in COEFFICIENTS if found and getattr(found, name)}


def values(found):
    return {name: each.value for name, each in found.items()}


def of_table(table):
    """Two raters whose labels fall like this."""
    first, second = np.indices(np.shape(table))
    return np.stack([np.repeat(each.ravel(), np.ravel(table)) for each in (first, second)], axis=1)


# --- Against others --------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=30)
@given(arrays(np.int64, st.tuples(st.integers(2, 20), st.just(5)), elements=st.integers(0, LABELS - 1)))
def test_fleiss_and_randolph_are_those_of_statsmodels(ratings):
    counts = np.stack([(ratings == label).sum(axis=1) for label in range(LABELS)], axis=1)
    found = agreement_of_counts(counts)

    assert found.brennan_prediger.value == pytest.approx(fleiss_kappa(counts, "randolph"))
    if found.fleiss:
        assert found.fleiss.value == pytest.approx(fleiss_kappa(counts, "fleiss"))
    else:
        assert len(np.unique(ratings)) == 1


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(0), st.sampled_from([("nominal", None), ("linear", "linear"), ("quadratic", "quadratic")]))
def test_cohen_is_that_of_statsmodels(ratings, weights):
    first, second = ratings[:, 0], ratings[:, 1]
    ours, theirs = weights
    found = cohen(first, second, categories=LABELS, weights=ours)
    if found is None:
        assert len(np.unique(ratings[:, :2])) == 1
        return
    table = crossed(first, second, LABELS)
    with np.errstate(all="ignore"):  # its tests of a kappa of 0, of which some are 0 / 0
        oracle = cohens_kappa(table, wt=theirs)

    assert found.value == pytest.approx(oracle.kappa)
    kappa, error = cohen_kappa(table, ours)
    assert (kappa, error**2) == pytest.approx((oracle.kappa, oracle.var_kappa), abs=1e-12)


def test_sas_gives_the_same_errors_of_cohens_kappa():
    """PROC FREQ's printout, by hand of statsmodels' tests."""
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]

    assert cohen_kappa(table) == pytest.approx((0.4842, 0.1380), abs=5e-5)
    assert cohen_kappa(table, "linear") == pytest.approx((0.4701, 0.1457), abs=5e-5)


def test_conger_is_that_of_irrcac():
    """In irrCAC's data the third rater alone has rated the last item; in known_answers.json it is the second."""
    ratings = [[1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 0]]
    ratings += [[0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0]]
    found = agreement(np.transpose(ratings) - 1, categories=5)

    assert found.conger.value == pytest.approx(0.76282, abs=6e-6)
    assert found.conger.chance == pytest.approx(0.2334252, abs=6e-8)
    assert found.fleiss.chance == pytest.approx(0.2387153, abs=6e-8)
    assert (found.items, found.rated, found.raters) == (11, 12, 4)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(), WEIGHTS)
def test_alpha_is_what_pairs_of_values_give(ratings, weights):
    """Krippendorff's definition, pair by pair."""
    items = [row[row >= 0] for row in ratings]
    items = [row for row in items if len(row) > 1]
    pool = np.concatenate(items) if items else np.array([], int)
    counts = np.bincount(pool, minlength=LABELS)

    def apart(a, b):
        low, high = min(a, b), max(a, b)
        if weights == "ordinal":
            return (counts[low : high + 1].sum() - (counts[low] + counts[high]) / 2) ** 2
        return {"nominal": a != b, "linear": high - low, "quadratic": (high - low) ** 2}[weights]

    def mean(pairs):
        return np.mean([apart(a, b) for a, b in pairs])

    found = all_of(ratings, weights).get("alpha")
    if found is None:
        assert len(set(pool)) <= 1
        return
    within = sum(len(row) * mean(itertools.permutations(row, 2)) for row in items) / len(pool)
    assert found.value == pytest.approx(1 - within / mean(itertools.permutations(pool, 2)))


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=60)
@given(rated(), WEIGHTS, st.booleans())
def test_the_error_is_what_leaving_out_gives(ratings, weights, in_clusters):
    ratings = ratings[(ratings >= 0).any(axis=1)]
    clusters = np.arange(len(ratings)) // (2 if in_clusters else 1)
    for name, whole in all_of(ratings, weights, clusters).items():
        if whole.plain:
            continue
        left = [all_of(ratings[clusters != each], weights).get(name) for each in np.unique(clusters)]
        if None in left or len(left) < 2:
            assert whole.se == np.inf
            continue
        spread = np.var([each.value for each in left]) * (len(left) - 1)
        assert whole.se == pytest.approx(np.sqrt(spread), abs=1e-7)


# --- What is claimed of raters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("splits", "fleiss"),
    [
        ([[2, 1]], -1 / 2),
        ([[2, 1], [1, 2]], -1 / 3),
        ([[2, 1, 0], [0, 2, 1], [1, 0, 2]], 0),
        ([[2, 1, 0, 0], [0, 2, 1, 0], [0, 0, 2, 1], [1, 0, 0, 2]], 1 / 9),
        ([np.roll([2, 1, 0, 0, 0], k) for k in range(5)], 1 / 6),
    ],
)
def test_two_of_three_raters_who_agree_on_every_item_are_a_third_of_the_pairs(splits, fleiss):
    """Always a third; beyond chance from -.5, all alike and pass or fail, to +.17 with five labels as common."""
    found = agreement_of_counts(np.tile(splits, (90 // len(splits), 1)))

    assert found.percent.value == pytest.approx(1 / 3)
    assert found.fleiss.value == pytest.approx(fleiss)
    assert (found.fleiss.p_above(0) > 0.05) == (fleiss <= 0)
    if len(splits) < 3:
        assert found.ac.value == pytest.approx([-1 / 5, -1 / 3][len(splits) - 1])
        assert found.alpha.value == pytest.approx([-0.494, -0.328][len(splits) - 1], abs=5e-4)


@pytest.mark.parametrize(
    ("table", "kappa", "ac1", "alpha"),
    [
        ([[90, 5], [0, 5]], 0.643, 0.942, 0.641),
        ([[95, 2], [3, 0]], -0.025, 0.947, -0.021),
        ([[48, 2], [3, 47]], 0.900, 0.900, 0.900),
    ],
)
def test_at_95_percent_agreement_kappa_may_be_anything(table, kappa, ac1, alpha):
    found = agreement(of_table(table), categories=2)

    assert found.percent.value == 0.95
    assert (found.conger.value, found.ac.value) == pytest.approx((kappa, ac1), abs=5e-4)
    assert found.alpha.value == pytest.approx(alpha, abs=6e-4)
    assert found.brennan_prediger.value == pytest.approx(0.9)
    assert found.prevalence == pytest.approx(np.add(table, np.transpose(table)).sum(axis=1) / 200)


# --- What never changes ----------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(), WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_items_and_of_raters_changes_nothing(ratings, weights, random):
    items, raters = (random.sample(range(n), n) for n in ratings.shape)
    before = all_of(ratings, weights)

    assert all_of(ratings[items], weights) == before
    after = all_of(ratings[:, raters], weights)
    assert values(after) == pytest.approx(values(before))
    assert {name: each.se for name, each in after.items()} == pytest.approx(
        {name: each.se for name, each in before.items()}, abs=1e-9
    )


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(), WEIGHTS, st.permutations(range(LABELS)))
def test_the_names_of_labels_change_nothing_nor_does_their_direction(ratings, weights, names):
    names = np.array(names) if weights == "nominal" else np.arange(LABELS)[::-1]
    renamed = np.where(ratings < 0, -1, names[ratings])

    assert values(all_of(renamed, weights)) == pytest.approx(values(all_of(ratings, weights)), abs=1e-9)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(arrays(np.int64, st.integers(1, 20), elements=st.integers(0, LABELS - 1)), WEIGHTS, st.integers(2, 4))
def test_raters_who_copy_each_other_agree_perfectly(labels, weights, raters):
    found = all_of(np.repeat(labels[:, None], raters, axis=1), weights)

    assert values(found) == pytest.approx(dict.fromkeys(found, 1.0))
    assert {"percent", "near", "ac", "brennan_prediger"} <= found.keys()
    varied = len(np.unique(labels)) > 1
    assert varied == ({"alpha", "fleiss", "conger"} <= found.keys())
    for each in found.values():
        assert each.bounds(0.05)[0] < 1 - 1e-3


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(), WEIGHTS)
def test_a_rater_who_rates_nothing_and_an_item_that_nobody_rates_change_nothing(ratings, weights):
    more = np.full(np.add(ratings.shape, 1), -1)
    more[:-1, :-1] = ratings

    assert all_of(more, weights) == all_of(ratings, weights)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(rated(), WEIGHTS)
def test_items_said_twice_are_no_evidence_where_they_share_a_source(ratings, weights):
    once, twice = all_of(ratings, weights), all_of(np.tile(ratings, (2, 1)), weights, np.tile(range(len(ratings)), 2))

    for name in once.keys() & twice.keys() - {"alpha"}:  # alpha draws labels without replacement
        assert twice[name].value == pytest.approx(once[name].value)
        assert twice[name].bounds(0.05) == pytest.approx(once[name].bounds(0.05), abs=1e-7)


# --- What there is not -----------------------------------------------------------------------------------------


def test_nothing_rated_twice_is_no_agreement():
    assert agreement([[0, -1], [-1, 1]], categories=2) is None
    assert agreement(np.zeros((0, 2), int), categories=2) is None
    assert cohen([0, -1], [-1, 1], categories=2) is None
    assert np.isnan(cohen_kappa([[0, 0], [0, 0]])).all()
    assert np.isnan(cohen_kappa([[9, 0], [0, 0]])).all()


def test_where_everybody_says_the_same_of_all_there_is_no_kappa():
    found = agreement(np.zeros((40, 2), int), categories=2)

    assert (found.alpha, found.fleiss, found.conger) == (None, None, None)
    assert (found.percent.value, found.ac.value, found.ac.chance) == (1, 1, 0)
    assert found.percent.bounds(0.05)[0] == pytest.approx(0.05 ** (1 / 40))
    assert 0.9 < found.ac.bounds(0.05)[0] < found.percent.bounds(0.05)[0]


def test_cohen_counts_the_items_that_both_have_rated():
    first, second = [0, 1, 1, 0, -1, 1], [0, 1, 0, 0, 1, -1]

    assert cohen(first, second, categories=2, clusters=range(6)).items == 4
    assert crossed(first, second, 2).tolist() == [[2, 0], [1, 1]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: agreement([0, 1], categories=2), "a row an item and a column a rater"),
        (lambda: agreement([[0, 2]], categories=2), "between 0 and 1, or be -1"),
        (lambda: agreement([[0.0, 1.0]], categories=2), "integers"),
        (lambda: agreement([[0, 0]], categories=0), "at least one category"),
        (lambda: agreement([[0, 0]], categories=2, weights="close"), '"ordinal"'),
        (lambda: agreement([[0, 0]], categories=2, weights=[[1]]), "each of 2 labels"),
        (lambda: agreement([[0, 0]], categories=2, weights=[[1, 2], [2, 1]]), "between 0 and 1"),
        (lambda: agreement([[0, 0]], categories=2, clusters=[0, 1]), "one cluster a case"),
        (lambda: agreement_of_counts([[1.5, 0]]), "whole numbers"),
        (lambda: agreement_of_counts([[-1, 3]]), "whole numbers"),
        (lambda: cohen([0, 1], [0], categories=2), "two lists of one length"),
        (lambda: cohen_kappa([[1, 2]]), "a row and a column"),
    ],
)
def test_what_cannot_be_read_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_weights_are_those_of_irrcac():
    """ordinal.weights(1:4) and quadratic.weights(1:4)."""
    assert weights_of("ordinal", 4)[0].tolist() == pytest.approx([1, 5 / 6, 1 / 2, 0])
    assert weights_of("linear", 4)[0].tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert weights_of("quadratic", 4)[0].tolist() == pytest.approx([1, 8 / 9, 5 / 9, 0])
