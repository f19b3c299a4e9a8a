"""Rates corrected for a judge's error: what they are, where they bend, and how often they are wrong."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from proof.judges import drawn, judged_cases, own_rate, transported

from pytest_evalbars.stats.corrected import Adjusted, post_stratified, rogan_gladen, with_unjudged
from pytest_evalbars.stats.effective import (
    Rate,
    case_rate,
    rate_bounds,
    rate_interval,
    rate_p_met,
    rate_p_missed,
)
from pytest_evalbars.stats.judge_error import error_rates

ALPHA = 0.05


def plain(value, n):
    return Rate(value, n, n, n, n, n, None)


# --- Labels of the population itself -----------------------------------------------------------------------------


@st.composite
def labels(draw):
    """(judged, human, weights, the judge's own rate)."""
    size = draw(st.integers(1, 40))
    judged = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    human = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=size, max_size=size))
    weights = draw(st.lists(st.floats(0.5, 20), min_size=size, max_size=size))
    n = draw(st.integers(1, 3000))
    return np.array(judged), np.array(human), np.array(weights), plain(draw(st.integers(0, n)) / n, float(n))


@settings(max_examples=30)
@given(labels(), st.floats(0.01, 100))
def test_it_is_a_rate_whatever_is_labelled(sample, factor):
    judged, human, weights, q = sample
    found = post_stratified(*sample)
    low, high = rate_bounds(found, ALPHA)
    a, b = rate_interval(found, 0.95)

    assert 0 <= found.value <= 1
    assert 1 <= found.n_eff <= max(q.n_eff, 1)
    assert 0 <= low <= found.value <= high <= 1
    assert 0 <= a <= b <= 1
    assert (found.trials, found.cases, found.clusters) == (q.trials, q.cases, q.clusters)
    same = post_stratified(judged, human, factor * weights, q)
    assert (same.value, same.n_eff, same.n_perfect) == pytest.approx((found.value, found.n_eff, found.n_perfect))


@settings(max_examples=30)
@given(labels())
def test_one_more_human_pass_never_lowers_it(sample):
    judged, human, weights, q = sample
    place = int(np.argmin(human))
    more = human.copy()
    more[place] = 1.0

    assert post_stratified(judged, more, weights, q).value >= post_stratified(*sample).value - 1e-12


def test_a_judge_that_passes_all_leaves_what_people_say():
    human = np.repeat([1, 0], [45, 5])
    found = post_stratified(np.ones(50, bool), human, None, plain(1.0, 1000))
    alone = case_rate(human, np.ones(50, int))

    assert (found.value, found.n_eff, found.n_perfect) == pytest.approx((0.9, 50, 50))
    assert rate_interval(found, 0.95) == pytest.approx(rate_interval(alone, 0.95))
    assert rate_bounds(found, ALPHA) == pytest.approx(rate_bounds(alone, ALPHA))
    perfect = post_stratified(np.ones(50, bool), np.ones(50), None, plain(1.0, 1000))
    assert rate_bounds(perfect, ALPHA) == pytest.approx((ALPHA ** (1 / 50), 1))


def test_no_label_among_what_it_missed_leaves_doubt():
    """A tenth of the population is of an unknown rate: half, give or take as much as one item would say."""
    found = post_stratified(np.ones(200, bool), np.ones(200), None, plain(0.9, 1000))

    assert found.value == pytest.approx(0.95)
    low, high = rate_interval(found, 0.95)
    assert low < 0.9
    assert high > 0.97


def test_a_perfect_judge_needs_no_correction_and_gains_all_cases():
    truth = np.repeat([True, False], [900, 100])
    chosen = np.r_[:180, 900:920]
    q = own_rate(truth)
    found = post_stratified(truth[chosen], truth[chosen], None, q)
    raw, alone = rate_interval(q, 0.95), rate_interval(plain(0.9, 200), 0.95)

    assert found.value == pytest.approx(q.value)
    low, high = rate_interval(found, 0.95)
    assert raw[1] - raw[0] <= high - low < 0.7 * (alone[1] - alone[0])


def test_a_coin_adds_nothing_to_the_labels():
    rng = np.random.default_rng(5)
    judged, human = rng.random(4000) < 0.5, rng.random(4000) < 0.9
    found = post_stratified(judged, human, None, plain(judged.mean(), 1e6))

    assert found.n_eff == pytest.approx(4000, rel=0.01)


def test_people_who_saw_few_prove_little_however_many_were_judged():
    found = post_stratified(np.repeat([True, False], [38, 2]), np.ones(40), None, plain(0.95, 5000))

    assert found.value == 1
    assert rate_bounds(found, ALPHA)[0] == pytest.approx(ALPHA ** (1 / 40), abs=1e-3)
    assert rate_p_met(found, 0.95) > ALPHA
    assert rate_p_missed(found, 0.95) == 1


def test_labels_of_one_case_count_once():
    rng = np.random.default_rng(6)
    judged, q = rng.random(60) < 0.8, plain(0.8, 1000)
    human = rng.random(60) < np.where(judged, 0.9, 0.3)
    once = post_stratified(judged, human, None, q)
    repeated = [np.repeat(each, 3) for each in (judged, human)]
    thrice = post_stratified(*repeated, None, q, np.repeat(np.arange(60), 3))

    assert (thrice.value, thrice.n_eff, thrice.n_perfect) == pytest.approx((once.value, once.n_eff, once.n_perfect))
    assert post_stratified(*repeated, None, q).n_eff > 1.5 * once.n_eff


def covered(rng, rate, judge, count, evenly):
    """Whether the corrected and the raw 95% interval hold the truth, and whether the exact bounds miss it."""
    truth, judged = judged_cases(rng, rate, judge)
    chosen, weights = drawn(rng, judged, count, evenly)
    q = own_rate(judged)
    found = post_stratified(judged[chosen], truth[chosen], weights, q)
    low, high = rate_interval(found, 0.95)
    raw_low, raw_high = rate_interval(q, 0.95)
    exact = rate_bounds(found, ALPHA)
    return low <= rate <= high, raw_low <= rate <= raw_high, exact[0] > rate, exact[1] < rate


@pytest.mark.parametrize("evenly", [False, True])
@pytest.mark.parametrize("samples", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_the_corrected_interval_covers_where_the_raw_one_does_not(samples, evenly):
    """Truth .95, sensitivity .95, specificity .80, 1,000 cases; 200 labels at random, or half of them judge-fails."""
    rng = np.random.default_rng(7)
    shares = np.mean([covered(rng, 0.95, (0.95, 0.8), 200, evenly) for _ in range(samples)], axis=0)
    four = 4 * math.sqrt(0.05 * 0.95 / samples)

    assert shares[0] >= (0.935 if samples == 2000 else 0.95 - four)
    assert shares[1] <= 0.02
    assert shares[2] <= min(0.05 + four, 0.065 if samples == 2000 else 1)
    assert shares[3] <= 0.05 + four


# --- Labels of another population ----------------------------------------------------------------------------------


def judge(se, n_se, sp, n_sp):
    """Errors as if so many items of each kind had been labelled."""
    right, wrong = round(se * n_se), n_se - round(se * n_se)
    caught, missed = round(sp * n_sp), n_sp - round(sp * n_sp)
    said = np.repeat([True, False, False, True], [right, wrong, caught, missed])
    return error_rates(said, np.repeat([1, 1, 0, 0], [right, wrong, caught, missed]))


def test_the_published_prevalence_is_found():
    """23 of 150 animals test positive, sensitivity .96, specificity .89: .051 (epiR, epi.prev)."""
    found = rogan_gladen(plain(23 / 150, 150), judge(0.96, 1000, 0.89, 1000))

    assert found.value == pytest.approx(0.051, abs=5e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(1, 200), st.integers(1, 200), st.integers(1, 2000)),
    st.tuples(*[st.floats(0, 1)] * 3),
    st.floats(0.001, 0.499),
    st.floats(0.001, 0.499),
    st.floats(0, 1),
)
def test_bounds_enclose_and_never_narrow_as_the_error_falls(sizes, shares, alpha, beta, t):
    n_se, n_sp, n = sizes
    errors = judge(0.5 + shares[0] / 2, n_se, shares[1], n_sp)
    assume(errors.better_than_chance())
    found = rogan_gladen(plain(round(shares[2] * n) / n, n), errors)
    small, large = sorted((alpha, beta))
    (low, high), (wide_low, wide_high) = found.bounds(large), found.bounds(small)

    assert 0 <= wide_low <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= wide_high <= 1
    a, b = found.interval(0.95)
    assert 0 <= a <= b <= 1
    for p, proven in ((found.p_above(t), low >= t), (found.p_below(t), high < t)):
        assert 0 < p <= 0.5
        if abs(p - large) > 1e-9:
            assert (p <= large) == proven


def test_a_better_measured_judge_gives_narrower_bounds():
    q = plain(0.85, 1000)
    widths = [np.ptp(rogan_gladen(q, judge(0.95, n, 0.8, n)).bounds(ALPHA)) for n in (20, 60, 200, 2000)]

    assert widths == sorted(widths, reverse=True)
    exact = Adjusted(q.value, q, plain(1.0, 1e7), plain(1.0, 1e7))
    assert exact.bounds(ALPHA) == pytest.approx(rate_bounds(q, ALPHA), abs=1e-4)
    assert exact.interval(0.95) == pytest.approx(rate_interval(q, 0.95), abs=2e-3)


def test_a_judge_like_a_coin_corrects_nothing():
    with pytest.raises(ValueError, match=r"sensitivity 0\.90 and specificity 0\.20 .* better than chance"):
        rogan_gladen(plain(0.9, 100), judge(0.9, 50, 0.2, 10))
    with pytest.raises(ValueError, match="without its specificity: people missed none"):
        rogan_gladen(plain(0.9, 100), error_rates([True, False], [1, 1]))
    with pytest.raises(ValueError, match="without its sensitivity: people passed none"):
        rogan_gladen(plain(0.9, 100), error_rates([True, False], [0, 0]))


def test_an_error_out_of_range_is_refused():
    found = rogan_gladen(plain(0.9, 100), judge(0.9, 50, 0.9, 50))
    with pytest.raises(ValueError, match="strictly between"):
        found.interval(1)
    with pytest.raises(ValueError, match="strictly between"):
        found.bounds(0)


def test_old_pass_rates_are_not_carried_to_new_answers():
    """Calibrated at .95, used at .80: why a rate of other answers is never post-stratified with old labels."""
    rng = np.random.default_rng(8)
    wrong = np.mean([transported(rng, (0.95, 0.8), (0.95, 0.8), 200) for _ in range(100)], axis=0)

    assert wrong[0] <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 100)
    assert wrong[3] >= 0.95


def test_the_fall_that_old_labels_hide():
    old = np.repeat([True, True, False, False], [9025, 100, 400, 475])
    human = np.repeat([1, 0, 0, 1], [9025, 100, 400, 475])
    q = plain(0.80 * 0.95 + 0.20 * 0.20, 1000)

    assert post_stratified(old, human, None, q).value == pytest.approx(0.90, abs=0.005)
    assert rogan_gladen(q, error_rates(old, human)).value == pytest.approx(0.80)


# --- What could not be judged --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [plain(0.9, 100), Adjusted(0.9, plain(0.9, 100), plain(1, 1e6), plain(1, 1e6))])
def test_what_could_not_be_judged_passes_or_misses(rate):
    best, worst = with_unjudged(rate, 0.1, as_pass=True), with_unjudged(rate, 0.1, as_pass=False)

    assert (worst.value, best.value) == pytest.approx((0.81, 0.91))
    assert with_unjudged(rate, 0.0, as_pass=False) == rate
    with pytest.raises(ValueError, match="between 0 and 1"):
        with_unjudged(rate, 1.1, as_pass=True)


def test_bounds_follow_what_could_not_be_judged():
    rate = rogan_gladen(plain(0.85, 1000), judge(0.95, 100, 0.8, 100))
    low, high = rate.bounds(ALPHA)
    worst, best = (with_unjudged(rate, 0.2, as_pass=each) for each in (False, True))

    assert worst.bounds(ALPHA) == pytest.approx((0.8 * low, 0.8 * high))
    assert best.bounds(ALPHA) == pytest.approx((0.8 * low + 0.2, 0.8 * high + 0.2))
    assert best.p_above(0.8 * low + 0.2) == pytest.approx(ALPHA, rel=1e-6)
    assert worst.cases == 1000
    with pytest.raises(ValueError, match="already part"):
        with_unjudged(worst, 0.1, as_pass=True)


def test_bounds_of_a_rate_with_unjudged_are_never_too_narrow():
    rate = plain(0.9, 200)
    low, high = rate_bounds(rate, ALPHA)

    assert rate_bounds(with_unjudged(rate, 0.1, as_pass=False), ALPHA)[0] <= 0.9 * low
    assert rate_bounds(with_unjudged(rate, 0.1, as_pass=True), ALPHA)[1] >= 0.9 * high + 0.1


def test_of_an_item_that_was_judged_both_ways_a_part_is_in_each_and_it_counts_once():
    """A judge that throws a coin on each of three trials of the same answers: the labels alone carry the rate."""
    human = np.arange(60) % 5 > 0
    q = case_rate(np.full(200, 1), np.full(200, 2))

    found = post_stratified(np.full(60, 0.5), human, None, q)
    assert found.value == pytest.approx(0.8)
    assert found.n_eff <= 66  # 60 items; the shrinkage of the two parts adds a little
    whole = post_stratified(human, human, None, q)
    assert post_stratified(human.astype(float), human, None, q) == whole
    with pytest.raises(ValueError, match="between 0 and 1"):
        post_stratified([1.2], [1], None, q)
