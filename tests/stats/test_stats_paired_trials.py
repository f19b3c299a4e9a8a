"""Cases that were tried more often now than before: no drop is proven by that alone."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.stats import paired_trials
from pytest_evalbars.stats.paired import case_drop, drop_bounds, drop_p_larger, drop_p_smaller
from pytest_evalbars.stats.paired_amounts import amount_drop, amount_drop_bounds, amount_drop_p_larger
from pytest_evalbars.stats.paired_trials import dealt

ALPHA = 0.05


def draw(rng, old_trials, new_trials, before=0.9, after=0.9):
    """Passes and numbers of trials of cases."""
    old, new = np.asarray(old_trials), np.asarray(new_trials)
    return (rng.binomial(old, before), rng.binomial(new, after)), (old, new)


def rates(passes, trials, clusters=None):
    before, after = (np.divide(*each) for each in zip(passes, trials, strict=True))
    return case_drop(before, after, clusters, trials)


@st.composite
def uneven(draw):
    """(before, after, clusters or None, trials): rates or scores."""
    n = draw(st.integers(1, 25))
    most = draw(st.sampled_from([(1, 5), (3, 10), (7, 4)]))
    trials = tuple(np.array(draw(st.lists(st.integers(1, k), min_size=n, max_size=n))) for k in most)
    shares = [np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n))) for _ in trials]
    if draw(st.booleans()):
        shares = [np.rint(share * k) / k for share, k in zip(shares, trials, strict=True)]
    clusters = np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    return *shares, clusters if draw(st.booleans()) else None, trials


# --- What is dealt out ------------------------------------------------------------------------------------------


def by_hand(passes, trials):
    """All choices of the trials before, case by case."""
    deals = []
    for x, y, n, k in zip(*passes, *trials, strict=True):
        outcomes = [1] * (x + y) + [0] * (n + k - x - y)
        firsts = [sum(some) for some in itertools.combinations(outcomes, n)]
        deals.append([first / n - (x + y - first) / k for first in firsts])
    sums = np.array([math.fsum(each) for each in itertools.product(*deals)])
    seen = math.fsum(x / n - y / k for x, y, n, k in zip(*passes, *trials, strict=True))
    return (sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()


@pytest.mark.parametrize(
    ("old", "new"), [([1, 1, 1], [5, 5, 5]), ([2, 1, 3], [3, 4, 2]), ([1, 2], [7, 5]), ([4, 1, 1, 1], [1, 2, 3, 1])]
)
def test_all_deals_are_counted(old, new):
    rng = np.random.default_rng(len(old) + sum(new))
    for rate in (0.3, 0.6, 0.9):
        passes, trials = draw(rng, old, new, rate, 0.5)

        assert dealt(passes, trials) == pytest.approx(by_hand(passes, trials))


@pytest.mark.parametrize("trials", [(1, 10), (5, 3), (40, 1000)])
def test_of_one_case_it_is_fishers_test(trials):
    for old, new in ((trials[0], 0), (trials[0], trials[1] // 2), (0, trials[1])):
        table = [[old, trials[0] - old], [new, trials[1] - new]]
        expected = [stats.fisher_exact(table, way).pvalue for way in ("greater", "less")]
        found = dealt((np.array([old]), np.array([new])), tuple(np.array([each]) for each in trials))

        assert found == pytest.approx(expected)


def test_cases_that_always_or_never_pass_say_nothing():
    ones, trials = (np.ones(5, int), np.full(5, 8)), (np.ones(5, int), np.full(5, 8))
    assert dealt((ones[0], ones[1]), trials) == (1, 1)
    assert dealt((0 * ones[0], 0 * ones[1]), trials) == (1, 1)


def test_a_saddlepoint_stands_in_where_counting_takes_too_long(monkeypatch):
    """Within some percent of what is counted, where that is no coarse lattice."""
    rng = np.random.default_rng(3)
    old, new = rng.choice([2, 3, 5], 80), rng.choice([4, 7, 9], 80)
    for after in (0.75, 0.8, 0.85, 0.9, 0.92):
        sample = draw(rng, old, new, 0.85, after)
        exact = dealt(*sample)
        with monkeypatch.context() as patch:
            patch.setattr(paired_trials, "TERMS", -1)
            told = dealt(*sample)
            patch.setattr(paired_trials, "MOST", -1)
            normal = dealt(*sample)

        assert told == pytest.approx(exact, rel=0.03, abs=1e-4)
        assert normal == pytest.approx(exact, abs=0.02)
        assert sum(told) == pytest.approx(1)


def test_the_ends_and_the_middle_of_a_saddlepoint(monkeypatch):
    monkeypatch.setattr(paired_trials, "TERMS", -1)
    old, new = np.array([1, 2, 3]), np.array([4, 5, 7])
    best = dealt((old, 0 * new), (old, new))
    assert best == pytest.approx((math.prod(1 / math.comb(n + k, n) for n, k in ((1, 4), (2, 5), (3, 7))), 1))
    assert dealt((0 * old, new), (old, new)) == pytest.approx(best[::-1])
    assert dealt((np.array([2, 2]), np.array([3, 3])), (np.array([4, 4]), np.array([6, 6]))) == pytest.approx(
        (0.5, 0.5)
    )


def test_many_cases_agree_with_the_normal_law():
    rng = np.random.default_rng(5)
    (x, y), (n, k) = draw(rng, rng.integers(1, 4, 30_000), rng.integers(1, 6, 30_000), 0.9, 0.897)
    share = (x + y) / (n + k)
    variance = share * (1 - share) * (n + k) ** 3 / (n * k) ** 2 * n * k / (n + k) / np.maximum(n + k - 1, 1)
    z = (x / n - y / k).sum() / math.sqrt(variance.sum())

    assert dealt((x, y), (n, k))[0] == pytest.approx(stats.norm.sf(z), rel=0.02)


# --- What is proven ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [(1, 5), (1, 10), (10, 1), (2, 3)])
def test_the_same_product_is_no_drop_and_no_rise(old, new):
    """20 cases of .95; the signs alone call a drop in up to 4 of 10."""
    rng, claimed, signs = np.random.default_rng(old + new), np.zeros(2), 0
    for _ in range(400):
        passes, trials = draw(rng, np.full(20, old), np.full(20, new), 0.95, 0.95)
        drop = rates(passes, trials)
        claimed += drop.p_drop < ALPHA, drop.p_rise <= ALPHA
        signs += case_drop(passes[0] / old, passes[1] / new).p_drop < ALPHA

    assert (claimed / 400 <= ALPHA).all()
    if (old, new) == (1, 10):
        assert signs > 0.3 * 400


def test_a_real_drop_is_found():
    rng, found = np.random.default_rng(2), 0
    for _ in range(100):
        found += rates(*draw(rng, np.full(100, 1), np.full(100, 5), 0.95, 0.8)).p_drop < ALPHA
    assert found > 90


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 5), (1, 10), (10, 1), (2, 3), (3, 10)])
@pytest.mark.parametrize("cases", [50, 200])
@pytest.mark.parametrize("churn", [0, 0.3])
def test_no_more_is_claimed_than_promised(old, new, cases, churn):
    """Where nothing dropped, and where as much did as is allowed; some cases may have another rate now."""
    rng, claimed = np.random.default_rng(old + new + cases), np.zeros(4)
    for _ in range(600):
        rate = rng.beta(9, 1, cases)
        now = np.where(rng.random(cases) < churn, rng.beta(9, 1, cases), rate)
        for at, t in enumerate((0, 0.03)):
            drop = rates(*draw(rng, np.full(cases, old), np.full(cases, new), rate, now * (1 - t / 0.9)))
            claimed[2 * at : 2 * at + 2] += drop_p_larger(drop, t) < ALPHA, drop_p_smaller(drop, t) <= ALPHA

    assert (claimed / 600 <= 0.06 + 0.018).all()


def test_as_many_trials_as_before_change_nothing():
    rng = np.random.default_rng(4)
    (x, y), trials = draw(rng, np.full(30, 3), np.full(30, 3))
    assert rates((x, y), trials) == case_drop(x / 3, y / 3)
    scores = rng.random((2, 30))
    assert case_drop(*scores, None, trials) == case_drop(*scores)
    assert amount_drop(*scores, trials=trials) == amount_drop(*scores)


def test_scores_and_clusters_and_unknown_numbers_of_trials_are_held_to_a_t_as_well():
    """20 differences of which all are the same: no flip is as large, and yet one more case might differ by 1."""
    before, after = np.full(20, 0.7071), np.full(20, 0.6771)
    trials = np.full(20, 1), np.full(20, 10)
    for drop in (case_drop(before, after, None, trials), case_drop(before, after, None, (None, trials[1]))):
        assert case_drop(before, after).p_drop < 1e-5
        assert 0.05 < drop.p_drop < 0.7
        assert drop.p_rise == 1
    passes = np.ones(40, int), np.full(40, 9)
    of_cases = rates(passes, (np.ones(40, int), np.full(40, 10)))
    of_documents = rates(passes, (np.ones(40, int), np.full(40, 10)), np.arange(40) // 2)
    assert of_cases.p_drop < 0.05 < of_documents.p_drop
    assert case_drop([1], [0], None, ([1], [2])).p_drop == pytest.approx(1 / 3)
    assert case_drop([1, 1], [0, 0], [1, 1], ([1, 1], [2, 2])).p_drop == 1


@pytest.mark.parametrize("relative", [False, True])
def test_amounts_of_unlike_numbers_of_trials_are_held_to_a_t_as_well(relative):
    """One trial before is rarely the dear one, which an average of ten holds a tenth of; trials correlate by .8."""
    rng, claimed, signs = np.random.default_rng(9), 0, 0
    counts = np.full(20, 1), np.full(20, 10)
    for _ in range(200):
        common = 0.8**0.5 * rng.normal(size=(20, 1))
        trials = np.exp(common + 0.2**0.5 * rng.normal(size=(20, 11)))
        before, after = trials[:, 0], trials[:, 1:].mean(1)
        claimed += amount_drop_p_larger(amount_drop(before, after, relative=relative, trials=counts), 0) < ALPHA
        signs += amount_drop(before, after).p_more < ALPHA
        known, unknown = (amount_drop(before, after, trials=each) for each in (counts, (None, None)))
        assert known == unknown

    assert claimed <= 0.05 * 200 < signs
    same = amount_drop(before, after, relative=True, trials=counts)
    assert (same.p_more, same.p_less) == (known.p_more, known.p_less)
    low, high = amount_drop_bounds(known, ALPHA)
    assert (low > 0) == (known.p_more < ALPHA)
    assert (high <= 0) == (known.p_less <= ALPHA)


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=80)
@given(uneven(), st.floats(1e-4, 0.45), st.floats(-1, 1))
def test_bounds_say_what_p_values_say(sample, alpha, t):
    drop = case_drop(*sample)
    low, high = drop_bounds(drop, alpha)

    assert -1 <= low <= drop.value + 1e-12
    assert drop.value - 1e-12 <= high <= 1
    for threshold in (t, 0, low - 1e-7, low + 1e-7, high - 1e-7, high + 1e-7):
        if threshold == 0 or abs(threshold - low) > 1e-9:
            assert (low > threshold) == (drop_p_larger(drop, threshold) < alpha)
        if threshold == 0 or abs(threshold - high) > 1e-9:
            assert (high <= threshold) == (drop_p_smaller(drop, threshold) <= alpha)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(uneven(), st.randoms(use_true_random=False))
def test_order_says_nothing_and_a_drop_mirrored_is_a_rise(sample, random):
    before, after, clusters, (old, new) = sample
    order = np.array(random.sample(range(len(before)), len(before)))
    drop = case_drop(*sample)
    shuffled = case_drop(
        before[order], after[order], None if clusters is None else clusters[order], (old[order], new[order])
    )
    swapped = case_drop(after, before, clusters, (new, old))

    assert shuffled == drop
    assert (swapped.p_drop, swapped.p_rise) == pytest.approx((drop.p_rise, drop.p_drop))
    assert drop_bounds(swapped, ALPHA) == pytest.approx([-end for end in reversed(drop_bounds(drop, ALPHA))])


@pytest.mark.parametrize("trials", [([1, 2], [1]), ([0, 1], [1, 1]), ([1.0, 1.0], [1, 1]), ([[1, 1]], [[1, 1]])])
def test_impossible_numbers_of_trials_are_refused(trials):
    for estimate in (
        lambda: case_drop([1, 1], [1, 1], None, trials),
        lambda: amount_drop([1, 1], [1, 1], trials=trials),
    ):
        with pytest.raises(ValueError, match="one number of trials a case"):
            estimate()
