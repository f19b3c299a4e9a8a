"""Shares of those trials that turned out some way, and attempts of several tests at one case."""

import pytest

from pytest_evalbars import Run, decide, load_bars

SURE = {"rule": "estimate"}


def only(rows, **bar):
    """The verdict of one bar."""
    (verdict,) = decide(Run.from_observations(rows), load_bars({"bar": [bar]})).verdicts
    return verdict


def predicted(case, trial, expected, given, test="", outcome=None, dimension="label"):
    outcome = outcome or ("pass" if expected == given else "miss")
    row = {"case": case, "test": test, "trial": trial, "dimension": dimension, "outcome": outcome}
    return row if outcome == "error" else {**row, "prediction": {"expected": expected, "predicted": given}}


@pytest.mark.parametrize("trials", [1, 3, 10])
def test_precision_is_that_of_the_trials_however_many_a_case_has(trials):
    rows = [predicted(f"a{n}", t, "a", "a") for n in range(30) for t in range(trials)]
    # One trial in each of thirty cases of b is taken for a, whatever the number of trials.
    rows += [predicted(f"b{n}", t, "b", "a" if t == 0 else "b") for n in range(10 * trials) for t in range(trials)]
    verdict = only(rows, metric="precision", **{"class": "a"}, at_least=0.7)
    assert verdict.estimate == pytest.approx(30 / 40)
    assert verdict.trials == 40 * trials
    assert verdict.cases == 30 + 10 * trials
    assert verdict.low < 30 / 40 < verdict.high


def test_with_one_trial_a_case_precision_is_the_exact_binomial():
    rows = [predicted(f"a{n}", 0, "a", "a") for n in range(47)] + [predicted(f"b{n}", 0, "b", "a") for n in range(3)]
    whole = [{"case": f"c{n}", "dimension": "label", "outcome": "pass" if n < 47 else "miss"} for n in range(50)]
    precision = only(rows, metric="precision", **{"class": "a"}, at_least=0.9)
    plain = only(whole, dimension="label", at_least=0.9)
    assert (precision.low, precision.high, precision.p_missed) == (plain.low, plain.high, plain.p_missed)


def test_quality_among_answered_times_coverage_is_effective_quality():
    def row(case, trial, blocked, right):
        guard = {"post": "block" if blocked else "pass"}
        outcome = "pass" if right else "miss"
        return {"case": case, "trial": trial, "dimension": "q", "outcome": outcome, "guardrail": guard}

    # Hard cases are blocked in nine trials of ten and wrong in the tenth; easy ones never, and right.
    rows = [row(f"hard{n}", t, t < 9, t < 9) for n in range(50) for t in range(10)]
    rows += [row(f"easy{n}", t, False, True) for n in range(50) for t in range(10)]
    found = {
        metric: only(rows, dimension="q", metric=metric, at_least=0.1).estimate
        for metric in ("answered_pass_rate", "effective_pass_rate")
    }
    coverage = only(rows, metric="coverage", at_least=0.1).estimate
    assert found["answered_pass_rate"] == pytest.approx(500 / 550)
    assert found["answered_pass_rate"] * coverage == pytest.approx(found["effective_pass_rate"])


@pytest.mark.parametrize("metric", ["pass@2", "pass^2", "consistency"])
def test_another_test_of_a_case_is_no_other_attempt_at_it(metric):
    def rows(trials):
        return [
            {"case": f"c{n}", "test": test, "trial": t, "dimension": "q", "outcome": outcome}
            for n in range(60)
            for test, outcome in (("a", "pass"), ("b", "miss"))
            for t in range(trials)
        ]

    verdict = only(rows(1), dimension="q", metric=metric, at_least=0.4)
    assert verdict.verdict == "no data"
    assert "needs 2 trials of each case, and 60 of 60 cases have fewer" in verdict.notes[0]
    verdict = only(rows(2), dimension="q", metric=metric, at_least=0.4)
    assert verdict.estimate == (1.0 if metric == "consistency" else 0.5)
    assert verdict.cases == 60


def test_what_is_right_in_one_test_says_nothing_of_another():
    rows = [predicted(f"c{n}", 0, "refund", "refund", "intent") for n in range(60)]
    rows += [predicted(f"c{n}", 0, "", "", "intent", "error") for n in range(60, 100)]
    rows += [predicted(f"c{n}", 0, "es", "es", "lang") for n in range(100)]
    verdict = only(rows, metric="recall", **{"class": "refund"}, at_least=0.9)
    assert (verdict.verdict, verdict.unjudged) == ("inconclusive", 40)


def test_trials_that_say_nothing_are_not_called_failures():
    rows = [predicted(f"c{n}", 0, "a", "a") for n in range(60)]
    rows += [{"case": f"d{n}", "dimension": "tone", "outcome": "pass"} for n in range(60)]
    verdict = only(rows, metric="recall", **{"class": "a"}, at_least=0.9)
    assert verdict.notes == (
        (
            "60 judged trials say nothing of the recall, and could have said anything; "
            "name the dimension of those that do"
        ),
    )
    assert only(rows, metric="recall", dimension="label", **{"class": "a"}, at_least=0.9).verdict == "met"


def test_a_refusal_by_the_guardrail_is_one_whatever_was_predicted():
    rows = [{**predicted(f"c{n}", 0, "refuse", "answer"), "guardrail": {"post": "block"}} for n in range(30)]
    assert only(rows, metric="correct_abstention", at_least=0.8).verdict == "met"
