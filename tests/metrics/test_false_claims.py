"""What samples must not be said to prove, by the words of the gate."""

import numpy as np
import pytest
from metric_rows import gate, only, predicted, row
from scipy.stats import binom


@pytest.mark.parametrize("cases", [2, 5, 30])
def test_a_few_certain_hits_are_no_proof_of_calibration(cases):
    verdict = only(predicted(("a", "a", cases), confidence=1.0), "calibration_error", at_most=0.01)

    assert (verdict.verdict, verdict.estimate) == ("inconclusive", 0)
    assert verdict.high == pytest.approx(1 - 0.05 ** (1 / cases))


@pytest.mark.parametrize("metric", ["macro_recall", "macro_precision", "macro_f1"])
@pytest.mark.parametrize("wrong", [0, 1])
def test_a_class_never_recognised_is_proof_beside_classes_without_a_miss(metric, wrong):
    """The rarest class can have no more misses than it has; the average is then as sure as the others are."""
    # No precision is known of a class that is never predicted, but of one that is never right.
    never = ("a", "c", 90) if metric == "macro_precision" else ("c", "d", 90)
    verdict = only(
        predicted(("a", "a", 100), ("b", "b", 100 - wrong), ("b", "a", wrong), never), metric, at_least=0.9
    )

    assert verdict.verdict == "missed"
    assert verdict.low > 0.4
    assert verdict.high < 0.8


@pytest.mark.parametrize(
    ("side", "threshold", "word"),
    [
        ("at_least", 1, "met"),
        ("at_most", 1, "met"),
        ("at_least", 1.1, "missed"),
        ("at_most", 0.9, "missed"),
        ("at_least", 0.9, "met"),
        ("at_most", 1.1, "met"),
    ],
)
def test_a_median_that_every_trial_shows(side, threshold, word):
    rows = [row(f"c{n}", seconds=1.0) for n in range(60)]
    assert only(rows, "p50_latency", **{side: threshold}).verdict == word


@pytest.mark.parametrize("side", ["at_least", "at_most"])
def test_a_median_that_many_trials_show_is_no_worse_than_itself(side):
    rows = [row(f"c{n}", tokens_out=2 + (n % 10 >= 3) + (n % 10 >= 7)) for n in range(100)]
    verdict = only(rows, "p50_tokens_out", **{side: 3})

    assert (verdict.estimate, verdict.low, verdict.high) == (3, 3, 3)
    assert verdict.verdict == "met"
    assert verdict.p_missed > 0.5


def test_a_class_that_is_never_predicted_may_have_any_precision():
    rows = predicted(("a", "a", 200), ("b", "b", 200), ("c", "a", 2))
    verdict = only(rows, "macro_precision", at_least=0.9)

    assert verdict.verdict == "inconclusive"
    assert verdict.estimate > 0.99
    assert verdict.low < 2 / 3


@pytest.mark.parametrize(
    ("metric", "confidence", "t"),
    [
        ("overconfidence", 1.0, 0.02),
        ("overconfidence", 0.99, 0.0),
        ("overconfidence", 0.9, 0.05),
        ("underconfidence", 0.9, 0.08),
        ("underconfidence", 0.7, 0.29),
    ],
)
def test_a_constant_confidence_is_judged_as_exactly_as_a_pass_rate(metric, confidence, t):
    """Of 200 cases, each number of misses weighed by its probability where the bar just holds."""
    rate = confidence - t if metric == "overconfidence" else confidence + t
    chance = binom.pmf(np.arange(201), 200, 1 - rate)
    likely = np.flatnonzero(chance > 1e-4)
    for side in ("at_most", "at_least"):
        words = [
            only(predicted(("a", "a", 200 - x), ("a", "b", x), confidence=confidence), metric, **{side: t}).verdict
            for x in likely
        ]
        for word in ("met", "missed"):
            assert chance[likely] @ [each == word for each in words] <= 0.05


@pytest.mark.parametrize(
    ("metric", "sigma", "cases", "side", "told"),
    [
        ("mean_cost", 1.5, 50, "at_most", True),
        ("cost_per_useful", 1.5, 50, "at_most", True),
        ("mean_cost", 1.5, 50, "at_least", False),
        ("mean_cost", 1.15, 250, "at_most", False),
        ("mean_cost", 0.5, 50, "at_most", False),
        ("mean_cost", 0, 50, "at_most", False),
    ],
)
def test_a_mean_of_skewed_amounts_says_so(metric, sigma, cases, side, told):
    costs = np.random.default_rng(1).lognormal(0, sigma, cases)
    verdict = only([row(f"c{n}", cost_usd=float(cost)) for n, cost in enumerate(costs)], metric, **{side: 5})

    words = f"amounts this skewed need 500 cases or more for the upper bound of a mean to hold, and here are {cases}"
    assert any(note.startswith(words) for note in verdict.notes) == told


def test_a_class_that_no_case_is_of_has_a_precision_too():
    rows = predicted(("a", "a", 50), ("a", "ban", 50))
    bar = {"metric": "precision", "each": "class", "at_least": 0.8}
    words = {each.group: each.verdict for each in gate(rows, bar).verdicts}
    recalled = {each.group for each in gate(rows, {**bar, "metric": "recall"}).verdicts}

    assert words == {"a": "met", "ban": "missed"}
    assert recalled == {"a"}


@pytest.mark.parametrize("done", [("a", "b", 1.0), ("a", "a", 0.0)])
def test_open_trials_may_all_be_sure_and_wrong(done):
    """Two of 40 raise a root mean square by far more than their share."""
    expected, said, confidence = done
    known = predicted(("a", "a", 20), ("a", "b", 20), confidence=0.5)
    errors = [row(f"e{n}", "error") for n in range(2)]
    filled = predicted((expected, said, 2), confidence=confidence)
    for each, error in zip(filled, errors, strict=True):
        each["case"] = error["case"]
    high = only(known + filled, "calibration_error", at_most=0.3).high

    bar = {"metric": "calibration_error", "at_most": high - 0.01}
    assert only(known, **bar).verdict == "met"
    assert only(known + errors, table={"max_errors": 9}, **bar).verdict == "inconclusive"


def test_open_trials_may_hide_a_calibration_error_no_more():
    rows = predicted(("a", "a", 140), ("a", "b", 60), confidence=0.9)
    errors = [row(f"e{n}", "error") for n in range(200)]
    assert only(rows, "calibration_error", at_most=0.1).verdict == "missed"
    assert only(rows + errors, "calibration_error", table={"max_errors": 999}, at_most=0.1).verdict == "inconclusive"


MACRO = ["macro_precision", *(pytest.param(name, marks=pytest.mark.slow) for name in ("macro_recall", "macro_f1"))]


@pytest.mark.parametrize("metric", MACRO)
def test_open_trials_may_be_of_any_class(metric):
    """Every completion of two open trials has an average between the ends that a bare number is held to."""
    known = [("a", "a", 14), ("a", "b", 2), ("b", "b", 2), ("c", "a", 1)]
    rows, errors = predicted(*known), [row(f"e{n}", "error") for n in range(2)]
    every = [(one, other) for one in "abcde" for other in "abcde"]
    found = [only(predicted(*known, one, two), metric, at_least=0.5).estimate for one in every for two in every]

    def word(side, threshold):
        bar = {"rule": "estimate", side: threshold}
        return only(rows + errors, metric, table={"max_errors": 9}, **bar).verdict

    assert word("at_least", min(found) + 0.01) == word("at_most", max(found) - 0.01) == "inconclusive"


@pytest.mark.parametrize(("known", "errors"), [([("a", "a", 100), ("b", "b", 100)], 3), ([("a", "a", 60)], 60)])
def test_errors_of_a_class_that_no_trial_showed(known, errors):
    rows = predicted(*known) + [row(f"e{n}", "error") for n in range(errors)]
    verdict = only(rows, "macro_recall", table={"max_errors": 99}, at_least=0.9)
    assert verdict.verdict == "inconclusive"
