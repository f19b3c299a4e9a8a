"""`evalbars calibrate` and the gate say the same of labels: the same numbers, and the same judges to rely on."""

from __future__ import annotations

import json

import pytest
from labelled import File, calibrated, said, write_run

from pytest_evalbars import decide, load_bars, load_calibration, load_run

METRICS = {
    "judge_sensitivity": ("judge", "sensitivity"),
    "judge_specificity": ("judge", "specificity"),
    "judge_agreement": ("judge", "agreement"),
    "judge_ac1": ("judge", "ac"),
    "rater_agreement": ("raters", "agreement"),
    "rater_ac1": ("raters", "ac"),
    "rater_alpha": ("raters", "alpha"),
}


def trials(suite, raters, cases=40, levels=(), judge=None):
    """Three answers of each case, all of them labelled; the judge passes whole cases, and errs on whole cases."""
    passing = levels[:2]
    labels = File(levels=levels, passing=passing).review(range(3 * cases))
    for n in range(3 * cases):
        passed = (n // 3) % 5 > 0
        word = judge(n // 3) if judge else passed
        more = {"passed": passed} if judge else {}
        labels.item(n, said(word, **more), case=f"c{n // 3}", review="r-1", **raters(n // 3))
    labels.write(suite)
    rows = [(n, (n // 3) % 5 > 0, {"case": f"c{n // 3}-{n % 3}"}) for n in range(3 * cases)]
    return write_run(suite, rows)


def graded(case):
    words = ("great", "good", "bad", "worse")
    return {"ana": words[case % 4], "ben": words[min(case % 4 + (case % 3 == 0), 3)]}


def plain(case):
    return {"ana": case % 5 > 0, "ben": (case % 5 > 0) != (case % 16 == 1)}


@pytest.mark.parametrize("levels", [(), ("great", "good", "bad", "worse")], ids=["pass or miss", "levels"])
def test_the_numbers_are_the_same(suite, levels):
    judge = (lambda case: "good" if case % 5 else "bad") if levels else None
    run = trials(suite, graded if levels else plain, levels=levels, judge=judge)
    outcome, found = calibrated(suite)
    dimension = found["dimensions"][0]
    told = {"judge": dimension["judges"][0], "raters": dimension["raters"]}

    bars = load_bars({"bar": [{"dimension": "tone", "metric": metric, "at_least": 0.0} for metric in METRICS]})
    record = load_calibration(suite.path / "evals/calibration.jsonl")
    verdicts = decide(load_run(run), bars, calibration=record).verdicts
    for verdict, (of, key) in zip(verdicts, METRICS.values(), strict=True):
        assert verdict.estimate == pytest.approx(told[of][key]["value"]), key
        assert verdict.interval == pytest.approx((told[of][key]["low"], told[of][key]["high"])), key
    assert outcome.exit == 0


def test_three_labelled_answers_of_a_case_are_no_three_cases(suite):
    trials(suite, plain)
    record = load_calibration(suite.path / "evals/calibration.jsonl") if calibrated(suite) else None
    assert {item.case for item in record.judges[0].items} == {f"c{n}" for n in range(40)}
    wide = calibrated(suite)[1]["dimensions"][0]["judges"][0]["sensitivity"]

    path = suite.path / "evals/labels.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["type"] == "item":
            line["case"] = line["of"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    narrow = calibrated(suite)[1]["dimensions"][0]["judges"][0]["sensitivity"]
    assert narrow["value"] == wide["value"]
    assert wide["high"] - wide["low"] > 1.4 * (narrow["high"] - narrow["low"])


def test_an_older_record_says_no_case_and_is_read_all_the_same(suite):
    run = trials(suite, plain)
    calibrated(suite)
    path = suite.path / "evals/calibration.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["calibrated"] = "2026-01-01"
    for line in lines:
        line.pop("case", None)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    bars = load_bars({"bar": [{"dimension": "tone", "metric": "judge_sensitivity", "at_least": 0.0}]})
    (verdict,) = decide(load_run(run), bars, calibration=load_calibration(path)).verdicts
    assert verdict.verdict == "met"
    calibrated(suite)
    (judge,) = load_calibration(path).judges
    assert judge.calibrated.isoformat() == "2026-01-01"  # nothing new was found out
    assert judge.items[0].case


def opposite(case):
    return {"ana": case % 2 == 0, "ben": case % 2 == 1}


def coin(case):
    return {"ana": (case * 7) % 11 < 5, "ben": (case * 5) % 13 < 6}


@pytest.mark.parametrize(
    ("raters", "exit_code", "judge", "words"),
    [
        (plain, 0, "calibrated", ""),
        (opposite, 10, "uncalibrated", "the raters of its labels agree no better than chance"),
        (coin, 10, "uncalibrated", "the raters of its labels agree no better than chance"),
        (lambda case: {"ana": case % 3 > 0}, 0, "calibrated", ""),
    ],
    ids=["readers", "opposite", "coins", "one rater"],
)
def test_both_rely_on_the_same_judges(suite, raters, exit_code, judge, words):
    run = trials(suite, raters)
    outcome, found = calibrated(suite)
    assert (outcome.exit, found["dimensions"][0]["usable"]) == (exit_code, not exit_code)

    record = load_calibration(suite.path / "evals/calibration.jsonl")
    # What was found out is for readers: the gate goes by the labels.
    liar = record.judges[0].model_copy(update={"found": {"usable": True, "raters": {"grade": "good"}}})
    bars = load_bars({"bar": [{"dimension": "tone", "at_least": 0.1}]})
    for each in (record, record.model_copy(update={"judges": (liar,)})):
        (verdict,) = decide(load_run(run), bars, calibration=each, stage="launch").verdicts
        assert verdict.judge == judge
        assert words in verdict.notes[0] if words else verdict.verdict == "met"
        assert words == "" or verdict.verdict == "inconclusive"


def test_a_judge_is_held_against_no_noise_and_its_raters_are_held_all_the_same(suite):
    """Two raters who throw coins: what a judge is worth by them is worth nothing, what they are worth is known."""
    run = trials(suite, coin)
    calibrated(suite)
    held = [
        {"dimension": "tone", "metric": name, "at_least": 0.1} for name in ("judge_sensitivity", "rater_agreement")
    ]
    record = load_calibration(suite.path / "evals/calibration.jsonl")
    judge, rater = decide(load_run(run), load_bars({"bar": held}), calibration=record, stage="launch").verdicts
    assert (judge.verdict, judge.fails, rater.verdict) == ("inconclusive", True, "met")
    assert "uncalibrated judge: m-1 by tone@1, the raters of its labels agree no better than chance" in judge.notes[0]


def test_a_bar_that_lets_the_inconclusive_pass_says_so_of_an_uncalibrated_judge(suite):
    run = trials(suite, coin)
    bar = {"dimension": "tone", "at_least": 0.1}
    for more, words in (
        ({}, "nothing is launched on that"),
        ({"inconclusive": "pass"}, "lets it through all the same"),
    ):
        (verdict,) = decide(load_run(run), load_bars({"bar": [bar | more]}), stage="launch").verdicts
        assert (verdict.verdict, verdict.fails) == ("inconclusive", not more)
        assert words in verdict.notes[-1]
