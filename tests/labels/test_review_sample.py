"""Which items are drawn, and how many of the population each stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.labels.assigning import doubled, shared_out
from pytest_evalbars.labels.sample import Rows, allot, draw

FEW = settings(max_examples=40)
SAMPLES = st.sampled_from(["stratified", "judge_fails"])


def rows_of(passed, category=None, case=None, of=None, shown=None):
    count = len(passed)
    numbers = np.arange(count)
    return Rows(
        of=np.asarray(numbers if of is None else of, np.uint64),
        case=np.asarray(numbers if case is None else case, np.int64),
        category=np.zeros(count, np.int64) if category is None else np.asarray(category, np.int64),
        passed=np.asarray(passed, bool),
        shown=np.ones(count, bool) if shown is None else np.asarray(shown, bool),
    )


@st.composite
def populations(draw, *, hidden=True):
    count = draw(st.integers(1, 60))

    def column(of):
        return draw(st.lists(of, min_size=count, max_size=count))

    return rows_of(
        column(st.booleans()),
        column(st.integers(0, 3)),
        column(st.integers(0, 15)),
        column(st.integers(0, 40)),
        column(st.booleans()) if hidden else None,
    )


@FEW
@given(populations(), st.integers(1, 80), SAMPLES, st.integers(0, 99))
def test_a_sample_is_of_its_size_and_the_same_again(rows, items, sample, seed):
    found, again = (draw(rows, items, sample=sample, seed=seed) for _ in range(2))
    drawn = rows.of[found.rows]

    assert len(found.rows) == min(items, len(np.unique(rows.of[rows.shown])))
    assert len(np.unique(drawn)) == len(drawn)
    assert rows.shown[found.rows].all()
    assert (found.weights > 0).all()
    assert found.rows.tolist() == again.rows.tolist()
    assert found.weights.tolist() == again.weights.tolist()


@FEW
@given(populations(hidden=False), st.integers(2, 80), SAMPLES)
def test_weights_add_up_to_the_population(rows, items, sample):
    found = draw(rows, items, sample=sample)
    assert found.weights.sum() == pytest.approx(len(rows.of))


@FEW
@given(populations(hidden=False), st.integers(8, 80))
def test_weights_add_up_within_each_stratum(rows, items):
    """Of distinct answers, so that each row is in a stratum of its own."""
    rows = rows_of(rows.passed, rows.category, rows.case)
    found = draw(rows, items)
    stratum = rows.category * 2 + rows.passed

    for each in np.unique(stratum):
        inside = stratum[found.rows] == each
        assert inside.any()
        assert found.weights[inside].sum() == pytest.approx((stratum == each).sum())


@FEW
@given(populations(hidden=False), st.integers(2, 60))
def test_no_case_has_two_before_every_case_has_one(rows, items):
    rows = rows_of(rows.passed, case=rows.case)
    found = draw(rows, items)

    for passed in (True, False):
        there = set(rows.case[rows.passed == passed].tolist())
        drawn = rows.case[found.rows][rows.passed[found.rows] == passed].tolist()
        if len(drawn) > len(set(drawn)):
            assert set(drawn) == there


@FEW
@given(st.integers(0, 300), st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500)), min_size=1, max_size=12))
def test_shares_are_what_was_asked_for(items, strata):
    sizes, most = [size for size, _ in strata], [min(each) for each in strata]
    shares = allot(items, sizes, most)

    assert shares.sum() == min(items, sum(most))
    assert (shares <= most).all()
    if items >= sum(each > 0 for each in most):
        assert (shares[np.array(most) > 0] >= 1).all()


def test_shares_are_proportional():
    assert allot(10, [50, 30, 20], [50, 30, 20]).tolist() == [5, 3, 2]
    assert allot(10, [500, 499, 1], [500, 499, 1]).tolist() == [5, 4, 1]
    assert allot(10, [50, 30, 20], [2, 30, 20]).tolist() == [2, 5, 3]


def test_an_answer_that_came_several_times_is_drawn_once_and_counts_so_often():
    rows = rows_of([True] * 5, of=[7, 7, 7, 8, 9])
    found = draw(rows, 5)
    assert dict(zip(rows.of[found.rows].tolist(), found.weights.tolist(), strict=True)) == {7: 3, 8: 1, 9: 1}


def test_judge_fails_are_half_of_an_audit_and_all_where_they_are_few():
    rows = rows_of(np.arange(1000) < 900)
    for misses, items in ((50, 100), (100, 400), (100, 1000)):
        found = draw(rows, items, sample="judge_fails")
        assert (~rows.passed[found.rows]).sum() == misses
        assert len(found.rows) == items


def test_more_strata_than_items_are_pooled_within_a_verdict():
    rows = rows_of([True] * 60 + [False] * 40, list(range(20)) * 5)
    found = draw(rows, 4)

    assert sorted(rows.passed[found.rows].tolist()) == [False, False, True, True]
    assert found.weights[rows.passed[found.rows]].sum() == pytest.approx(60)
    assert found.weights.sum() == pytest.approx(100)


def test_a_category_with_nothing_to_show_is_stood_for_by_others_of_its_verdict():
    rows = rows_of([True] * 30 + [False] * 10, [0] * 10 + [1] * 20 + [0] * 10, shown=[False] * 10 + [True] * 30)
    found = draw(rows, 10)

    assert found.weights[rows.passed[found.rows]].sum() == pytest.approx(30)
    assert found.weights.sum() == pytest.approx(40)


@pytest.mark.parametrize("sample", ["stratified", "judge_fails"])
def test_weights_make_a_sample_unbiased(sample):
    """Of a judge that errs, cases of one to six trials and answers that repeat: the human rate comes back."""
    rng = np.random.default_rng(7)
    case = np.repeat(np.arange(300), rng.integers(1, 7, 300))
    trials = np.bincount(case)[case]
    # What has many trials passes seldom: a sample of cases alone would be biased.
    human = rng.random(len(case)) < 0.95 - 0.06 * trials
    passed = np.where(human, rng.random(len(case)) < 0.95, rng.random(len(case)) < 0.3)
    of = case * 100 + np.where(human, 0, 50) + rng.integers(0, 5, len(case))
    passed = passed[np.unique(of, return_index=True)[1][np.unique(of, return_inverse=True)[1].reshape(-1)]]
    rows = rows_of(passed, case % 4, case, of)
    bare, weighted = [], []
    for seed in range(150):
        found = draw(rows, 120, sample=sample, seed=seed)
        bare.append(human[found.rows].mean())
        weighted.append(np.average(human[found.rows], weights=found.weights))

    error = np.std(weighted) / np.sqrt(len(weighted))
    assert np.mean(weighted) == pytest.approx(human.mean(), abs=4 * error)
    assert error < 0.004
    if sample == "judge_fails":
        assert abs(np.mean(bare) - human.mean()) > 0.1


@FEW
@given(st.integers(1, 5), st.integers(0, 80), st.integers(0, 80))
def test_raters_get_as_many(raters, items, double):
    names = [f"r{number}" for number in range(raters)]
    found = shared_out(names, items, double, 3)
    loads = [sum(name in who for who in found) for name in names]

    assert len(found) == items
    assert sum(len(who) == 2 for who in found) == (min(double, items) if raters > 1 else 0)
    assert max(loads) - min(loads) <= 1 + (double > 0)
    assert found == shared_out(names, items, double, 3)


def test_how_many_are_doubled():
    assert [doubled(words, 80) for words in ("all", "30%", "0.5", "1", "100", "0")] == [80, 24, 40, 1, 80, 0]
