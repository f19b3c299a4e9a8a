"""Calibration: Brier, reliability bins, the debiased error with its null, and what its bounds keep."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from pytest_evalbars.stats import calibration
from pytest_evalbars.stats.calibration import (
    brier,
    calibration_bounds,
    calibration_error,
    calibration_p_above,
    calibration_p_below,
    reliability,
)
from pytest_evalbars.stats.reliability import bin_places

ALPHA = 0.05


def most(promised, samples):
    """The highest share of wrong claims that four standard errors of chance explain."""
    return promised + 4 * math.sqrt(promised * (1 - promised) / samples)


@st.composite
def samples(draw):
    """(confidence, correct, cases or None, clusters or None)."""
    n = draw(st.integers(1, 60))
    confidence = draw(st.lists(st.sampled_from([0, 0.3, 0.5, 0.7, 0.72, 0.9, 0.99, 1]), min_size=n, max_size=n))
    correct = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    cases = np.array(draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))) if draw(st.booleans()) else None
    within = np.arange(n) if cases is None else cases
    clusters = within % draw(st.integers(1, 9)) if draw(st.booleans()) else None
    return np.array(confidence, dtype=float), np.array(correct), cases, clusters


# --- Losses and bins --------------------------------------------------------------------------------------------


def test_the_known_brier_score(known_answers):
    entry = known_answers["brier/sklearn"]

    assert brier(entry["inputs"]["p"], entry["inputs"]["y"]).mean() == pytest.approx(entry["expected"])


def test_losses_row_by_row():
    assert brier([0.1, 0.9, 1, 0], [False, True, False, True]) == pytest.approx([0.01, 0.01, 1, 1])


def test_bins_hold_equally_many():
    rng = np.random.default_rng(1)
    confidence = rng.random(200)
    correct = rng.random(200) < confidence
    table = reliability(confidence, correct)

    assert [group.trials for group in table] == [20] * 10
    for group, rows in zip(table, np.split(np.argsort(confidence), 10), strict=True):
        x = correct[rows].sum()
        assert group.confidence == pytest.approx(confidence[rows].mean())
        assert group.rate == pytest.approx(x / 20)
        assert (group.low, group.high) == pytest.approx(proportion_confint(x, 20, method="wilson"))


def test_ties_never_split_a_bin():
    confidence = np.r_[np.full(50, 0.9), np.full(3, 0.5), np.full(47, 0.99)]
    table = reliability(confidence, np.ones(100))

    assert [(group.trials, group.confidence) for group in table] == [
        (3, pytest.approx(0.5)),
        (50, pytest.approx(0.9)),
        (47, pytest.approx(0.99)),
    ]


def test_few_trials_make_few_bins():
    assert reliability([], []) == ()
    assert [len(reliability(np.arange(n) / n, np.ones(n))) for n in (1, 4, 9, 10, 49, 50, 1000)] == [
        1,
        1,
        1,
        2,
        9,
        10,
        10,
    ]
    assert len(reliability(np.full(1000, 0.7), np.ones(1000))) == 1


# --- The error --------------------------------------------------------------------------------------------------


def test_the_error_by_hand():
    rng = np.random.default_rng(2)
    confidence = np.sort(rng.random(200))
    correct = rng.random(200) < confidence**2
    c, y = confidence.reshape(10, 20).mean(axis=1), correct.reshape(10, 20).mean(axis=1)
    error = calibration_error(confidence, correct)

    assert error.value == pytest.approx(math.sqrt((np.square(y - c) - y * (1 - y) / 19).mean()))
    assert error.raw == pytest.approx(np.abs(y - c).mean())
    assert error.overconfidence == pytest.approx(confidence.mean() - correct.mean())
    assert (error.bins, error.trials, error.cases, error.clusters) == (10, 200, 200, 200)


def test_the_usual_error_is_biased_and_this_is_not(known_answers):
    entry = known_answers["ece/null_bias"]
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(300):
        confidence = rng.beta(4, 2, entry["inputs"]["n"])
        errors.append(calibration_error(confidence, rng.random(len(confidence)) < confidence))

    assert np.mean([error.raw for error in errors]) == pytest.approx(entry["expected"], abs=entry["tol"])
    assert np.mean([error.squares - error.noise for error in errors]) == pytest.approx(0, abs=0.0008)
    assert np.mean([error.null for error in errors]) == pytest.approx(0.108, abs=0.003)
    assert np.mean([error.p <= ALPHA for error in errors]) <= most(ALPHA, 300)


def test_overconfidence_is_found():
    rng = np.random.default_rng(4)
    confidence = rng.beta(4, 2, 1000)
    error = calibration_error(confidence, rng.random(1000) < confidence - 0.15)

    assert error.p == 0.001
    assert error.raw > error.null
    assert error.overconfidence == pytest.approx(0.15, abs=0.04)
    assert calibration_bounds(error, ALPHA)[0] > 0.1


def test_many_trials_are_as_few():
    """The null of 5,001 trials is drawn as normal, that of 5,000 trial by trial."""
    rng = np.random.default_rng(5)
    confidence = rng.beta(4, 2, 5001)
    correct = rng.random(5001) < confidence
    many, few = calibration_error(confidence, correct), calibration_error(confidence[1:], correct[1:])
    units = np.arange(5001) // 2
    pairs, fewer = (
        calibration_error(confidence, correct, units),
        calibration_error(confidence[1:], correct[1:], units[1:]),
    )

    assert many.null == pytest.approx(few.null, rel=0.06)
    assert fewer.null <= pairs.null * 1.06 <= fewer.null * 1.25
    assert many.p == pytest.approx(few.p, abs=0.1)


def test_repeated_trials_are_not_more_cases():
    rng = np.random.default_rng(6)
    confidence = rng.beta(4, 2, 200)
    correct = rng.random(200) < confidence - 0.1
    once = calibration_error(confidence, correct)
    often = calibration_error(np.tile(confidence, 5), np.tile(correct, 5), np.tile(np.arange(200), 5))

    assert often.raw == pytest.approx(once.raw)
    assert often.null == pytest.approx(once.null, rel=0.1)
    assert often.p == pytest.approx(once.p, abs=0.05)
    assert calibration_bounds(often, ALPHA) == pytest.approx(calibration_bounds(once, ALPHA), abs=0.02)


def test_next_to_nothing():
    one = calibration_error([0.9], [True])
    nine = calibration_error(np.full(9, 0.9), np.ones(9))
    same = calibration_error(np.full(500, 0.9), np.arange(500) < 450)

    assert calibration_bounds(one, ALPHA) == (0, 1)
    assert (calibration_p_above(one, 0), calibration_p_below(one, 0.99), one.p) == (1, 1, 1)
    assert nine.bins == same.bins == 1
    assert nine.p > 0.5  # 9 of 9 is what .9 brings in 39 of 100 samples
    assert same.p == 1
    assert calibration_bounds(nine, ALPHA)[1] > 0.2
    assert same.value == 0
    assert 0 < calibration_bounds(same, ALPHA)[1] < 0.05


@pytest.mark.parametrize("n", [2, 5, 30])
def test_certain_and_right(n):
    """A sample without a miss proves no more than it does of a pass rate."""
    error = calibration_error(np.ones(n), np.ones(n))

    assert error.value == 0
    assert calibration_bounds(error, ALPHA) == pytest.approx((0, 1 - ALPHA ** (1 / n)))


def test_certain_and_wrong():
    error = calibration_error(np.ones(30), np.zeros(30))

    assert (error.value, error.raw, error.null, error.p) == pytest.approx((1, 1, 0, 0.001))
    assert calibration_bounds(error, ALPHA)[0] > 0.8
    assert calibration_bounds(error, ALPHA)[1] == 1


def test_a_fit_better_than_chance_proves_no_perfection():
    """Alternating outcomes at .5: no gap at all, where chance would leave some."""
    error = calibration_error(np.linspace(0.499, 0.501, 40), np.arange(40) % 2)

    assert error.value == 0
    assert calibration_bounds(error, ALPHA)[1] > 0.1


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([0.5], [1, 0], "two lists of one length"),
        ([1.1], [1], "between 0 and 1"),
        ([math.nan], [1], "between 0 and 1"),
        ([0.5], [0.5], "must be 0 or 1"),
        ([0.5], [math.nan], "must be 0 or 1"),
    ],
)
@pytest.mark.parametrize("function", [brier, reliability, calibration_error])
def test_impossible_rows_are_refused(function, confidence, correct, message):
    with pytest.raises(ValueError, match=message):
        function(confidence, correct)


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="at least one trial"):
        calibration_error([], [])
    with pytest.raises(ValueError, match="at least one bin"):
        reliability([0.5], [1], bins=0)
    with pytest.raises(ValueError, match="one case a trial"):
        calibration_error([0.5], [1], [0, 1])
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        calibration_bounds(calibration_error([0.5], [1]), 0)


# --- Properties -------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=150)
@given(samples(), st.floats(1e-3, 0.3))
def test_bounds_hold_the_value_and_say_what_p_values_say(sample, alpha):
    error = calibration_error(*sample)
    low, high = calibration_bounds(error, alpha)

    assert 0 <= low <= error.value + 1e-12
    assert error.value - 1e-12 <= high <= 1
    assert 0 <= error.value <= 1
    assert 0 <= error.null <= 1
    assert 0 < error.p <= 1
    for t in [*np.linspace(0, 1, 21), low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6]:
        if abs(low - t) > 1e-9:
            assert (low > t) == (calibration_p_above(error, t) < alpha)
        if abs(high - t) > 1e-9:
            assert (high <= t) == (calibration_p_below(error, t) <= alpha)


@settings(deadline=None, derandomize=True)
@given(samples(), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_names_hardly(sample, random):
    """Renamed units draw other numbers for the null, of the same distribution."""
    confidence, correct, cases, clusters = sample
    order = np.array(random.sample(range(len(correct)), len(correct)))
    error = calibration_error(*sample)
    shuffled = calibration_error(
        confidence[order],
        correct[order],
        np.arange(len(correct))[order] if cases is None else cases[order],
        None if clusters is None else clusters[order],
    )
    renamed = calibration_error(
        confidence, correct, None if cases is None else 99 - cases, None if clusters is None else 7 - 3 * clusters
    )

    assert (shuffled.value, shuffled.raw, shuffled.p) == pytest.approx((error.value, error.raw, error.p))
    assert calibration_bounds(shuffled, ALPHA) == pytest.approx(calibration_bounds(error, ALPHA), abs=1e-6)
    assert (renamed.value, renamed.raw) == pytest.approx((error.value, error.raw))
    assert renamed.p == pytest.approx(error.p, abs=0.1)


# --- The promised error -----------------------------------------------------------------------------------------

CONFIDENCES = {
    "sharp": lambda rng, n: rng.beta(8, 1, n),
    "mid": lambda rng, n: rng.beta(4, 2, n),
    "near 1": lambda rng, n: 0.95 + 0.05 * rng.random(n),
    "flat": lambda rng, n: rng.random(n),
    "five values": lambda rng, n: rng.choice([0.5, 0.7, 0.8, 0.9, 1], n),
}
TRUTHS = {
    "calibrated": lambda c: c,
    "a little too sure": lambda c: np.clip(c - 0.05, 0, 1),
    "much too sure": lambda c: np.clip(c - 0.15, 0, 1),
    "twice too sure": lambda c: 0.5 + 0.5 * (c - 0.5),
}


def wrong_claims(law, truth, cases, repetitions, seed, trials=1, alike=1.0):
    """Shares of samples whose true error, over their own bins, is called lower, and higher."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(cases), trials)
    wrong = np.zeros(2)
    for _ in range(repetitions):
        of_case = CONFIDENCES[law](rng, cases)
        confidence = of_case[codes]
        p = TRUTHS[truth](confidence)
        luck = np.where((rng.random(cases) < alike)[codes], rng.random(cases)[codes], rng.random(len(codes)))
        error = calibration_error(confidence, luck < p, codes if trials > 1 else None)
        order = np.argsort(confidence)
        places = bin_places(confidence[order], np.ones(len(codes)), 10, cases)
        weights = np.bincount(places)
        gaps = np.bincount(places, (p - confidence)[order]) / weights
        true = math.sqrt(weights @ np.square(gaps) / len(codes))
        wrong += calibration_p_below(error, true) <= ALPHA, calibration_p_above(error, true) < ALPHA
    return wrong / repetitions


@pytest.fixture
def no_null(monkeypatch):
    """The null is drawn a thousand times a sample, and the bounds do not need it."""
    monkeypatch.setattr(calibration, "DRAWS", 1)


@pytest.mark.usefixtures("no_null")
@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("cases", [20, 100])
def test_the_error_keeps_its_bounds(truth, cases):
    assert wrong_claims("mid", truth, cases, 400, seed=1).max() <= most(0.06, 400)


@pytest.mark.usefixtures("no_null")
@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("confidence", [1.0, 0.95, 0.8])
def test_constant_confidence_keeps_its_error_exactly(confidence, n):
    """Of all samples, weighed by their probability; where misses are few the sum of squares is skewed."""
    errors = [calibration_error(np.full(n, confidence), np.arange(n) < x) for x in range(n + 1)]
    for true in (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4):
        for rate in (confidence - true, confidence + true):
            if rate <= 1:
                chance = stats.binom.pmf(np.arange(n + 1), n, rate)
                below = [calibration_p_below(error, true) <= ALPHA for error in errors]
                above = [calibration_p_above(error, true) < ALPHA for error in errors]
                assert chance @ below <= ALPHA
                assert chance @ above <= 0.07


@pytest.mark.usefixtures("no_null")
@pytest.mark.parametrize(("trials", "alike"), [(3, 0.4), (10, 0.5)])
def test_repeated_trials_keep_their_bounds(trials, alike):
    assert wrong_claims("mid", "much too sure", 50, 300, 1, trials, alike).max() <= most(0.06, 300)


def test_the_consistency_p_value_is_uniform():
    rng = np.random.default_rng(7)
    p = []
    for _ in range(300):
        confidence = rng.beta(4, 2, 60)
        p.append(calibration_error(confidence, rng.random(60) < confidence).p)

    assert stats.kstest(p, "uniform").pvalue > 0.001
