"""Drops on the same cases: what is proven, how much, and how often falsely."""

import itertools
import math
import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from pytest_evalbars.stats.paired import (
    case_drop,
    drop_bounds,
    drop_cases_to_settle,
    drop_interval,
    drop_p_larger,
    drop_p_smaller,
)
from pytest_evalbars.stats.tango import score

ALPHA = 0.05


def flipped(worse, better, cases):
    """Cases of one trial of which so many flipped."""
    before = np.zeros(cases)
    before[:worse] = 1
    after = np.zeros(cases)
    after[worse : worse + better] = 1
    return case_drop(before, after)


@st.composite
def pairs(draw):
    """(before, after, clusters or None): one trial, several, or scores."""
    n = draw(st.integers(1, 40))
    kind = draw(st.sampled_from([1, 3, 5, None]))
    values = st.floats(0, 1) if kind is None else st.integers(0, kind).map(lambda x: x / kind)
    lists = st.lists(values, min_size=n, max_size=n)
    clusters = np.array(draw(st.lists(st.integers(-2, 8), min_size=n, max_size=n)))
    return np.array(draw(lists)), np.array(draw(lists)), clusters if draw(st.booleans()) else None


# --- Cases of one trial -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("worse", "better"), [(7, 1), (16, 6), (0, 3), (12, 12), (150, 86)])
def test_mid_p_is_the_exact_test_less_half_of_what_was_seen(worse, better):
    drop, n = flipped(worse, better, 300), worse + better
    exact = mcnemar([[0, worse], [better, 0]], exact=True).pvalue

    assert drop.p_drop == pytest.approx(stats.binom.sf(worse, n, 0.5) + stats.binom.pmf(worse, n, 0.5) / 2)
    assert drop.p_drop + drop.p_rise == pytest.approx(1)
    if worse != better:
        assert 2 * min(drop.p_drop, drop.p_rise) == pytest.approx(exact - stats.binom.pmf(worse, n, 0.5))


def test_no_flip_proves_no_drop_and_bounds_it_by_the_cases():
    """As the rule of three; z**2 / (n + z**2)."""
    z = stats.norm.ppf(0.95) ** 2
    drop = flipped(0, 0, 100)

    assert (drop.value, drop.p_drop, drop.p_rise) == (0, 0.5, 0.5)
    assert drop_bounds(drop, ALPHA) == pytest.approx((-z / (100 + z), z / (100 + z)))
    assert drop_p_smaller(drop, 0.03) < ALPHA < drop_p_smaller(drop, 0.02)


def test_the_score_is_that_of_the_likeliest_rates():
    """By searching the rate of better flips that is likeliest at a difference of t."""
    for worse, better, n, t in itertools.product((0, 3, 9), (0, 1, 6), (20, 50), (-0.3, -0.05, 0.01, 0.2, 0.9)):
        rates = np.linspace(max(0, -t), (1 - t) / 2, 200_001)[1:-1]
        likely = worse * np.log(rates + t) + better * np.log(rates) + (n - worse - better) * np.log1p(-2 * rates - t)
        rate = rates[likely.argmax()]
        expected = (worse - better - n * t) / math.sqrt(n * (2 * rate + t - t * t))

        assert score(worse, better, n, t) == pytest.approx(expected, rel=2e-3)


def test_one_more_flip_never_proves_less():
    """Whichever case it is: one that had not flipped, or one that had got better."""
    thresholds = (-0.5, -0.1, -0.02, 0, 0.02, 0.1, 0.5)
    for n in (1, 2, 5, 20, 60):
        seen = {}
        for worse, better in itertools.product(range(n + 1), repeat=2):
            if worse + better <= n:
                drop = flipped(worse, better, n)
                seen[worse, better] = np.array([drop_p_larger(drop, t) for t in thresholds])
        for (worse, better), p in seen.items():
            for more in ((worse + 1, better), (worse, better - 1), (worse + 1, better - 1)):
                assert (seen.get(more, p) <= p + 1e-12).all()


def test_everything_flipped():
    drop = flipped(50, 0, 50)

    assert drop.value == 1
    assert drop_bounds(drop, ALPHA)[1] == 1
    assert 0.89 < drop_bounds(drop, ALPHA)[0] < 0.9
    assert (drop_p_larger(drop, 1), drop_p_smaller(drop, 1)) == (1, 0)
    assert (drop_p_larger(drop, -1), drop_p_smaller(drop, -1)) == (pytest.approx(0, abs=1e-14), 1)


# --- Several trials, scores ---------------------------------------------------------------------------------------


def by_hand(before, after):
    """All flips, one by one."""
    d = np.asarray(before) - np.asarray(after)
    signs = np.array(list(itertools.product([1, -1], repeat=len(d))))
    sums = signs @ np.abs(d)
    return (sums >= d.sum() - 1e-9).mean(), (sums <= d.sum() + 1e-9).mean()


@pytest.mark.parametrize("trials", [2, 3, 5, 7, 10, 40, 1000])
def test_flips_of_rates_are_counted_exactly(trials):
    rng = np.random.default_rng(trials)
    before, after = rng.binomial(trials, 0.8, 12) / trials, rng.binomial(trials, 0.6, 12) / trials
    drop = case_drop(before, after)

    assert (drop.p_drop, drop.p_rise) == pytest.approx(by_hand(before, after))


def test_flips_of_scores_are_counted_exactly():
    rng = np.random.default_rng(3)
    for n in (1, 2, 5, 15):
        before, after = rng.random(n), rng.random(n)
        drop = case_drop(before, after)

        assert (drop.p_drop, drop.p_rise) == pytest.approx(by_hand(before, after))


def test_flips_of_many_scores_are_those_of_chance():
    """More than are counted out, some much larger than others; against 64,000 random flips."""
    rng = np.random.default_rng(4)
    for n, power in ((31, 1), (31, 6), (60, 3), (200, 8)):
        d = rng.random(n) ** power * np.where(rng.random(n) < 0.64, 1, -1)
        drop = case_drop(np.clip(d, 0, 1), np.clip(-d, 0, 1))
        ways = np.array([(rng.choice([-1.0, 1.0], (4000, n)) @ np.abs(d) >= d.sum()).mean() for _ in range(16)])
        error = ways.std() / 4

        assert drop.p_drop == pytest.approx(ways.mean(), abs=4 * error + 0.01 * ways.mean())


def test_many_cases_agree_with_the_normal_law():
    rng = np.random.default_rng(5)
    before, after = rng.binomial(5, 0.9, 20_000) / 5, rng.binomial(5, 0.897, 20_000) / 5
    d = before - after
    drop = case_drop(before, after)

    assert drop.p_drop == pytest.approx(stats.norm.sf((d.sum() - 0.2) / math.sqrt((d * d).sum())), rel=0.01)


def test_scores_that_drop_a_little_are_told_more_tightly_than_flips():
    """200 scores that drop by .02 each, more or less: not 4 cases of 200 that flipped."""
    rng = np.random.default_rng(6)
    d = 0.02 + rng.normal(0, 0.05, 200)
    low, high = drop_bounds(case_drop(0.5 + d / 2, 0.5 - d / 2), ALPHA)
    t = stats.ttest_1samp(d, 0).confidence_interval(0.9)
    tango = drop_bounds(flipped(4, 0, 200), ALPHA)

    assert low < t.low < d.mean() < t.high < high
    assert high - low < 0.85 * (tango[1] - tango[0])


def test_scores_that_do_not_vary_prove_no_more_than_their_number():
    drop = case_drop(np.full(50, 0.7071), np.full(50, 0.7071 - 0.0314159))
    low, high = drop_bounds(drop, ALPHA)

    assert drop.p_drop < 1e-10
    assert high == pytest.approx(1 - (1 - drop.value) * 0.05 ** (1 / 50))
    assert low == pytest.approx(5e-324)  # a drop, of whatever size


@pytest.mark.slow
@pytest.mark.parametrize("kind", [1, 5, 7, 100, None])
def test_a_million_cases_take_well_under_a_second(kind):
    rng = np.random.default_rng(9)
    before, after = (
        rng.random(1_000_000) if kind is None else rng.binomial(kind, 0.9, 1_000_000) / kind for _ in "ab"
    )
    for clusters in (None, rng.integers(0, 200_000, 1_000_000)):
        start = time.process_time()
        drop_bounds(case_drop(before, after, clusters), ALPHA)
        assert time.process_time() - start < 0.8


# --- Documents ------------------------------------------------------------------------------------------------------


def test_clusters_flip_as_a_whole():
    """4 documents of 10 cases that all got worse: 1 of 16 flips, as 4 cases would say."""
    before, after = np.ones(40), np.zeros(40)
    drop = case_drop(before, after, np.repeat(np.arange(4), 10))

    assert (drop.p_drop, drop.units, drop.cases, drop.clusters) == (1 / 16, 4, 40, 4)
    assert drop_bounds(drop, ALPHA)[0] == 0
    assert drop_bounds(drop, 0.0625 + 1e-9)[0] > 0


def test_clusters_of_one_case_are_none():
    rng = np.random.default_rng(7)
    for before, after in ((rng.random(30) < 0.9, rng.random(30) < 0.8), (rng.random(30), rng.random(30))):
        assert case_drop(before, after, np.arange(30)) == case_drop(before, after)


def test_unequal_clusters_are_fewer():
    codes = np.r_[np.zeros(30, dtype=int), np.arange(1, 31)]
    before = (np.arange(60) % 3 > 0).astype(float)
    drop = case_drop(before, np.roll(before, 1), codes)

    assert drop.units == pytest.approx(60**2 / (30**2 + 30))


@pytest.mark.parametrize("scores", [False, True])
def test_one_cluster_proves_nothing(scores):
    rng = np.random.default_rng(8)
    before = 0.5 + rng.random(50) / 2 if scores else np.ones(50)
    drop = case_drop(before, np.zeros(50), np.zeros(50, dtype=int))
    low, high = drop_bounds(drop, 0.4)

    assert (drop.units, drop.clusters, drop.p_drop, drop.p_rise) == (1, 1, 0.5, 1)
    assert low <= 0 < high
    assert high == 1
    assert drop_p_larger(drop, 0.01) >= 0.5


# --- How many cases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("worse", "better"), [(6, 2), (9, 4), (3, 3), (2, 14)])
@pytest.mark.parametrize("t", [-0.03, 0, 0.02, 0.1])
def test_cases_to_settle(worse, better, t):
    drop = flipped(worse, better, 100)
    cases = drop_cases_to_settle(drop, t, ALPHA, ALPHA)
    if drop.value == t:
        assert cases is None
        return
    settled, before = (
        flipped(round(worse * share), round(better * share), round(100 * share))
        for share in (1.25 * cases / 100 + 0.1, 0.75 * cases / 100)
    )

    def p(drop):
        return drop_p_larger(drop, t) if worse - better > 100 * t else drop_p_smaller(drop, t)

    assert p(settled) < ALPHA
    assert cases == 100 or p(before) > ALPHA


def test_what_no_number_of_cases_settles():
    drop = flipped(6, 2, 100)

    assert drop_cases_to_settle(drop, 0.04, ALPHA, ALPHA) is None
    assert drop_cases_to_settle(drop, 0.04 + 1e-9, ALPHA, ALPHA) is None
    assert drop_cases_to_settle(flipped(0, 0, 10), 0, ALPHA, ALPHA) is None
    assert drop_cases_to_settle(flipped(1, 0, 1), 0, ALPHA, ALPHA) > 1


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=120)
@given(pairs(), st.floats(1e-4, 0.45), st.floats(-1, 1))
def test_bounds_hold_the_drop_and_say_what_p_values_say(sample, alpha, t):
    drop = case_drop(*sample)
    low, high = drop_bounds(drop, alpha)

    assert -1 <= low <= drop.value + 1e-12
    assert drop.value - 1e-12 <= high <= 1
    assert drop_interval(drop, 1 - 2 * alpha) == pytest.approx((low, high))
    for threshold in (t, 0, low - 1e-7, low + 1e-7, high - 1e-7, high + 1e-7):
        if threshold == 0 or abs(threshold - low) > 1e-9:
            assert (low > threshold) == (drop_p_larger(drop, threshold) < alpha)
        if threshold == 0 or abs(threshold - high) > 1e-9:
            assert (high <= threshold) == (drop_p_smaller(drop, threshold) <= alpha)
        assert max(drop_p_larger(drop, threshold), drop_p_smaller(drop, threshold)) >= 0.5 - 1e-9


@settings(deadline=None, derandomize=True, max_examples=80)
@given(pairs(), st.lists(st.floats(-1.1, 1.1), min_size=2, max_size=6))
def test_p_values_are_ordered_as_the_thresholds(sample, thresholds):
    drop = case_drop(*sample)
    larger, smaller = ([p(drop, t) for t in sorted([*thresholds, 0])] for p in (drop_p_larger, drop_p_smaller))

    assert (np.diff(larger) >= -1e-9).all()
    assert (np.diff(smaller) <= 1e-9).all()


def test_one_case_is_as_good_and_as_bad_from_either_side():
    drop, swapped = case_drop([1.0], [0.0]), case_drop([0.0], [1.0])
    assert drop_p_larger(swapped, -0.5) == drop_p_smaller(drop, 0.5)
    assert (drop_p_larger(swapped, -1), drop_p_larger(drop, 1)) == (0.75, 1.0)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(pairs(), st.floats(-0.99, 0.99), st.randoms(use_true_random=False))
def test_before_and_after_are_two_sides_and_order_and_names_nothing(sample, t, random):
    before, after, clusters = sample
    order = np.array(random.sample(range(len(before)), len(before)))
    drop = case_drop(*sample)
    shuffled = case_drop(before[order], after[order], None if clusters is None else 3 - 5 * clusters[order])
    swapped = case_drop(after, before, clusters)

    assert shuffled == drop
    assert drop_p_larger(swapped, -t) == pytest.approx(drop_p_smaller(drop, t), abs=1e-9)
    assert drop_bounds(swapped, ALPHA) == pytest.approx([-end for end in reversed(drop_bounds(drop, ALPHA))])


@pytest.mark.parametrize(
    ("before", "after", "clusters", "message"),
    [
        ([], [], None, "two lists of one length"),
        ([1], [1, 1], None, "two lists of one length"),
        ([[1]], [[1]], None, "two lists of one length"),
        ([-0.1], [1], None, "between 0 and 1"),
        ([1], [1.1], None, "between 0 and 1"),
        ([math.nan], [1], None, "between 0 and 1"),
        ([1], [1], [1, 2], "one cluster a case"),
        ([1], [1], [0.5], "must be integers"),
    ],
)
def test_impossible_means_are_refused(before, after, clusters, message):
    with pytest.raises(ValueError, match=message):
        case_drop(before, after, clusters)


def test_impossible_errors_are_refused():
    for alpha in (0, 1, math.nan):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            drop_bounds(flipped(1, 0, 3), alpha)


# --- The promised error, and the power, as STATISTICS.md (R5) has them --------------------------------------------


def one_trial(rng, old, new, phi, samples, cases):
    """Numbers of cases that flipped to worse and to better; outcomes correlate by phi, or by as much as they can."""
    both = min(old * new + phi * math.sqrt(old * (1 - old) * new * (1 - new)), new)
    return rng.multinomial(cases, [old - both, new - both, both, 1 - old - new + both], samples)[:, :2].tolist()


def share_proven(flips, cases, alpha=ALPHA):
    known = {}
    for worse, better in flips:
        if (worse, better) not in known:
            known[worse, better] = flipped(worse, better, cases).p_drop < alpha
    return sum(known[worse, better] for worse, better in flips) / len(flips)


def errors_of_mid_p(most):
    """Counted out for every number of flips up to some: with no drop, each is as likely to be to the worse."""
    for n in range(most + 1):
        chance = stats.binom.pmf(np.arange(n + 1), n, 0.5)
        yield sum(chance[worse] for worse in range(n + 1) if flipped(worse, n - worse, most).p_drop < ALPHA)


@pytest.mark.parametrize("cases", [10, 50, pytest.param(200, marks=pytest.mark.slow)])
def test_mid_p_keeps_its_error(cases):
    """Whatever share of the cases flips; but for more than 4 in 10 by chance."""
    error = np.fromiter(errors_of_mid_p(cases), float)
    worst = [stats.binom.pmf(np.arange(cases + 1), cases, share) @ error for share in np.linspace(0.01, 1, 100)]

    assert max(worst[:40]) <= 0.05
    assert max(worst) < 0.06


@pytest.mark.parametrize(
    ("new", "power"), [(0.92, {0.2: 0.38, 0.5: 0.51, 0.8: 0.85}), (0.90, {0.2: 0.70, 0.5: 0.86, 0.8: 0.99})]
)
def test_the_power_is_that_of_the_table(new, power):
    """200 cases, .95 before."""
    rng = np.random.default_rng(11)
    for phi, expected in power.items():
        assert share_proven(one_trial(rng, 0.95, new, phi, 20_000, 200), 200) == pytest.approx(expected, abs=0.015)


@cache
def told_of(worse, better, cases, t):
    """The p-values of a drop larger, and smaller, than t."""
    drop = flipped(worse, better, cases)
    return drop_p_larger(drop, t), drop_p_smaller(drop, t)


def coverage(old, new, phi, cases):
    """Counted out: how often the interval for display holds the drop, and each bound at 5% does."""
    both = min(old * new + phi * math.sqrt(old * (1 - old) * new * (1 - new)), new)
    t, worse, better = round(old - new, 9), *np.divmod(np.arange((cases + 1) ** 2), cases + 1)
    chance = stats.binom.pmf(worse, cases, old - both)
    chance *= stats.binom.pmf(better, cases - worse, (new - both) / (1 - old + both))  # more than all cases: nan
    likely = chance >= 1e-7
    flips = zip(worse[likely].tolist(), better[likely].tolist(), strict=True)
    larger, smaller = np.array([told_of(*each, cases, t) for each in flips]).T
    held = [np.minimum(larger, smaller) >= 0.025, larger >= ALPHA, smaller > ALPHA]
    return np.array(held, float) @ chance[likely]


@pytest.mark.slow
@pytest.mark.parametrize(("cases", "least"), [(30, 0.951), (50, 0.948), (100, 0.936), (200, 0.931)])
def test_the_interval_covers_as_the_table_says(cases, least):
    """The table's grid of rates and correlations."""
    grid = itertools.product((0.8, 0.9, 0.95, 0.99), (0, 0.05), (0, 0.4, 0.8))
    held = np.array([coverage(old, old - t, phi, cases) for old, t, phi in grid])

    assert held[:, 0].min() >= least - 0.004
    assert held[:, 0].mean() >= 0.95
    assert held[:, 1:].min() >= 0.93


def errors_beyond_a_margin(t, better, cases, alphas):
    """Counted out: how often a drop of t is called larger, and called smaller, where so many cases get better."""
    found = np.zeros((2, len(alphas)))
    for rises in range(cases + 1):
        chance = stats.binom.pmf(rises, cases, better)
        if chance < 1e-6:
            continue
        falls = np.arange(min(cases - rises, 40) + 1)
        chances = chance * stats.binom.pmf(falls, cases - rises, (t + better) / (1 - better))
        drops = [flipped(worse, rises, cases) for worse in falls]
        larger, smaller = (np.array([p(drop, t) for drop in drops]) for p in (drop_p_larger, drop_p_smaller))
        for at, alpha in enumerate(alphas):
            found[:, at] += chances[larger < alpha].sum(), chances[smaller <= alpha].sum()
    return found


@pytest.mark.parametrize(("t", "cases"), [(0.05, 60), (0.02, 100), pytest.param(0.01, 1000, marks=pytest.mark.slow)])
def test_a_drop_of_what_is_allowed_is_rarely_called_larger_if_no_case_rose(t, cases):
    """Tango's test alone does so in 7.9%, and 1.9 times too often at the error of a family."""
    alphas = np.array([ALPHA, ALPHA / 14, ALPHA / 28])
    assert (errors_beyond_a_margin(t, 0, cases, alphas)[0] <= alphas).all()
    tango = sum(
        stats.binom.pmf(worse, 60, 0.05) for worse in range(61) if stats.norm.sf(score(worse, 0, 60, 0.05)) < ALPHA
    )
    assert tango > 0.078


@pytest.mark.slow
@pytest.mark.parametrize(("t", "cases"), [(0.05, 60), (0.02, 100), (0.02, 200), (0.01, 300), (0.05, 400)])
@pytest.mark.parametrize("better", [0.005, 0.01, 0.02, 0.05, 0.1])
def test_a_drop_of_what_is_allowed_is_seldom_called_anything_else_if_some_rose(t, cases, better):
    larger, smaller = errors_beyond_a_margin(t, better, cases, np.array([ALPHA, ALPHA / 28]))
    assert larger[0] <= 0.064
    assert larger[1] <= 1.3 * ALPHA / 28
    assert smaller[0] <= 0.056


def test_the_lower_bound_beyond_a_margin_is_that_of_the_worse_cases_alone():
    """Where that is the lower one; the upper bound, and one below 0, are Tango's."""
    alone = stats.binomtest(6, 60, alternative="greater").proportion_ci(0.95).low
    assert drop_bounds(flipped(6, 0, 60), ALPHA)[0] == pytest.approx(alone)
    assert drop_bounds(flipped(0, 6, 60), ALPHA)[1] == pytest.approx(-alone)
    assert drop_bounds(flipped(20, 12, 60), ALPHA)[0] < 0
    assert drop_p_larger(flipped(6, 0, 60), 0.05) == pytest.approx(stats.binom.sf(5, 60, 0.05))


@pytest.mark.slow
def test_the_moments_alone_would_claim_too_much():
    """Many small differences: what the t interval is there for."""
    rng = np.random.default_rng(12)
    claimed = np.zeros(2)
    for _ in range(4000):
        rates = rng.beta(0.95 * 9, 0.05 * 9, 200)
        drop = case_drop(rng.binomial(3, rates) / 3, rng.binomial(3, rates * (1 - 0.02 / 0.95)) / 3)
        flips = 200 * (drop.square + drop.value) / 2, 200 * (drop.square - drop.value) / 2
        claimed += stats.norm.sf(score(*flips, 200, 0.02)) < ALPHA, drop_p_larger(drop, 0.02) < ALPHA
    alone, held = claimed / 4000

    assert alone > 0.08
    assert held < 0.06
