"""What holds of every metric: order is nobody's business, twins are no evidence, and the ends of a number."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_rows import AMOUNTS, BARS, SCALES, only, runs

from pytest_evalbars import Run, load_bars
from pytest_evalbars.gate.slices import metric_of, slices_of
from pytest_evalbars.metrics.slice import NoData

#: Those that need several trials of a case.
REPEATED = ("pass@2", "pass^2", "pass^3", "consistency")
EVERY = sorted(BARS)


def estimates(rows, names=EVERY):
    """Pairs of a metric's name and its estimate of all rows, None without data; the rows are read once for all."""
    run = Run.from_observations(rows)
    for name in names:
        bars = load_bars({"bar": [{**BARS[name], "at_least": 0.5}], "scales": SCALES})
        ((dimension, _, part),) = slices_of(run, bars.bar[0])
        try:
            yield name, metric_of(bars.bar[0], bars, dimension).estimate(part)
        except NoData:
            yield name, None


def verdicts(rows):
    """Pairs of a metric's name and what a bar on it says; the rows are read once for all."""
    run = Run.from_observations(rows)
    for name in EVERY:
        yield name, only(run, table={"scales": SCALES}, **BARS[name], at_least=1.0 if name in AMOUNTS else 0.6)


def numbers(verdict):
    bounds = [verdict.low, verdict.high, verdict.p_missed]
    return [
        *bounds,
        verdict.estimate,
        verdict.cases,
        verdict.trials,
        verdict.unjudged,
        verdict.needed,
        verdict.verdict,
    ]


@settings(max_examples=15)
@given(run=runs(3), random=st.randoms(use_true_random=False))
def test_the_order_of_trials_is_nobodys_business(run, random):
    rows, *_ = run
    shuffled = list(rows)
    random.shuffle(shuffled)
    for (name, one), (_, other) in zip(verdicts(rows), verdicts(shuffled), strict=True):
        assert one.verdict == other.verdict, name
        assert numbers(one)[4:] == numbers(other)[4:], name
        assert (one.estimate is None) == (other.estimate is None), name
        if one.estimate is not None:
            rounded = name.startswith("macro_") or name == "calibration_error"  # sums of weights
            assert (
                abs(one.estimate - other.estimate) <= (1e-12 if rounded else 0) or one.estimate == other.estimate
            ), name
            assert numbers(one)[:3] == pytest.approx(numbers(other)[:3], rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("trials", [1, 3])
def test_the_number_lies_between_its_bounds(trials):
    @settings(max_examples=25)
    @given(runs(trials), st.sampled_from([0.01, 0.05, 0.2]))
    def holds(run, alpha):
        for name, found in estimates(run[0]):
            if found is None:
                continue
            low, high = found.bounds(alpha)
            assert low <= found.value <= high, name
            low, high = found.interval(1 - alpha)
            assert low <= found.value <= high, name
            if name not in AMOUNTS:
                ends = (-1.0, 1.0) if name.endswith("confidence") else (0.0, 1.0)
                assert ends[0] <= low <= high <= ends[1], name
            for t in (0.1, 0.5, 0.9, found.value):
                assert 0 <= found.p_below(t) <= 1, name
                assert 0 <= found.p_above(t) <= 1, name
                needed = found.cases_to_settle(t, alpha, alpha / 3)
                assert needed is None or (isinstance(needed, int) and needed >= 1), name

    holds()


@pytest.mark.parametrize("trials", [1, 3])
def test_bounds_and_p_values_say_the_same(trials):
    """Below alpha exactly where the bound is beyond the threshold."""

    @settings(max_examples=25)
    @given(runs(trials), st.sampled_from([0.03, 0.22, 0.51, 0.83, 0.97]), st.sampled_from([0.01, 0.05, 0.2]))
    def holds(run, t, alpha):
        for name, found in estimates(run[0]):
            if found is None:
                continue
            low, high = found.bounds(alpha)
            for p, beyond in ((found.p_above(t), low - t), (found.p_below(t), t - high)):
                if abs(p - alpha) > 1e-6 and abs(beyond) > 1e-6:
                    assert (p < alpha) == (beyond > 0), name

    holds()


@settings(max_examples=25)
@given(run=runs(1))
def test_twins_in_one_cluster_are_no_further_evidence(run):
    """Each case asked twice in the same words: the number stays, and its bounds hardly narrow."""
    rows = [{key: value for key, value in each.items() if key != "cluster"} for each in run[0]]
    twins = [{**each, "case": f"{each['case']}-{n}", "cluster": each["case"]} for each in rows for n in range(2)]
    names = sorted(set(BARS) - set(REPEATED))
    for (name, one), (_, other) in zip(estimates(rows, names), estimates(twins, names), strict=True):
        if one is None:
            assert other is None, name
            continue
        if name != "calibration_error":  # of which what chance adds is taken off
            assert other.value == pytest.approx(one.value), name
        assert other.cases == 2 * one.cases, name
        (low, high), (low_of_twins, high_of_twins) = one.bounds(0.05), other.bounds(0.05)
        # Of a handful of cases the bounds of macro precision are the least steady: the page of promises says so.
        room = 3 * TWINS if name == "macro_precision" else TWINS
        assert low_of_twins <= low + room, name
        assert high_of_twins >= high - room, name


@settings(max_examples=15)
@given(run=runs(3))
def test_skipped_trials_are_no_part_of_it(run):
    rows, some, _ = run
    skipped = [
        {**{key: value for key, value in each.items() if key != "score"}, "outcome": "skipped", "trial": 9 + n}
        for n, each in enumerate(rows)
        if n in some
    ]
    skipped.append({"case": "never", "dimension": "accuracy", "outcome": "skipped"})
    for (name, one), (_, other) in zip(verdicts(rows), verdicts(rows + skipped), strict=True):
        assert numbers(one) == numbers(other), name
        assert other.skipped == len(skipped), name


#: How much bounds may narrow by what is estimated rather than counted: ties of values, bins, rare classes.
TWINS = 0.05


def test_confidences_that_are_all_equal():
    rows = [
        {
            "case": f"c{n}",
            "dimension": "accuracy",
            "outcome": "pass" if n < 30 else "miss",
            "prediction": {"expected": "a", "predicted": "a" if n < 30 else "b", "confidence": 0.9},
        }
        for n in range(60)
    ]
    verdict = only(rows, "calibration_error", at_most=0.1)
    assert verdict.estimate == pytest.approx(0.4, abs=0.02)  # the one bin's gap, less what chance adds
    assert verdict.verdict == "missed"
    assert only(rows, "overconfidence", at_most=0.1).estimate == pytest.approx(0.4)
    assert any("perfect calibration would show up to" in note for note in verdict.notes)


def test_a_single_case_settles_nothing_and_breaks_nothing():
    row = {
        "case": "c",
        "dimension": "accuracy",
        "outcome": "pass",
        "score": 0.5,
        "level": "good",
        "prediction": {"expected": "a", "predicted": "a", "confidence": 1.0},
        "guardrail": {"pre": "pass", "post": "pass"},
        "measures": {"seconds": 1.0, "cost_usd": 0.1},
        "labels": {"expect": "answer"},
    }
    for name in set(BARS) - set(REPEATED):
        for side in ("at_least", "at_most"):
            verdict = only([row], table={"scales": SCALES}, **BARS[name], **{side: 0.5})
            assert verdict.verdict in ("inconclusive", "no data"), (name, side)
            if verdict.estimate is not None:
                assert not math.isnan(verdict.estimate)
