"""`evalbars plan`: what it takes to settle a bar, from numbers and from past runs."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pytest_evalbars import decide, load_bars, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.run.columns import MISS, PASS

BARS = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plan(capsys):
    """What the command prints."""

    def said(*words):
        assert main(["plan", *map(str, words)]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        return shown.out

    return said


@pytest.fixture
def planned(plan):
    """What the command says as JSON."""
    return lambda *words: json.loads(plan(*words, "--json"), parse_constant=pytest.fail)


def write_run(passes, total, trials=1, measures=None, name="run.jsonl", **more):
    """A run whose first cases pass on all trials."""
    rows = []
    for case in range(total):
        for trial in range(trials):
            key = {"case": f"c{case}", "test": "t", "trial": trial}
            labels = {"category": f"k{case % 2}"}
            rows.append({"type": "trial", **key, "labels": labels, "measures": measures or {}})
            outcome = "pass" if case < passes else "miss"
            rows.append({"type": "observation", **key, "dimension": "accuracy", "outcome": outcome, **more})
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def bars(text=BARS):
    Path("evalbars.toml").write_text(text)


# -- from numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "verdict", "first", "safe"),
    [
        (["--bar", 0.9, "--rate", 0.95], "met", 179, 203),
        (["--bar", 0.9, "--rate", 0.95, "--power", 0.9], "met", 239, 263),
        (["--bar", 0.95, "--rate", 0.99], "met", 124, 124),
        (["--bar", 0.1, "--rate", 0.05, "--at-most"], "met", 179, 203),
        (["--bar", 0.9, "--rate", 1], "met", 29, 29),
        (["--bar", 0.9, "--rate", 0.85], "missed", 270, 299),
        (["--bar", 0.1, "--rate", 0.2, "--at-most"], "missed", 78, 89),
    ],
)
def test_cases_needed(plan, planned, words, verdict, first, safe):
    said = planned(*words)
    assert (said["schema"], said["verdict"], said["first"], said["safe"]) == (1, verdict, first, safe)
    assert said["options"] == [{"trials": 1, "cases": safe, "trials_in_all": safe, "cost_usd": None}]
    out = plan(*words)
    assert f"{safe} independent cases show it {verdict}" in out
    assert (f"{first} is the first number" in out) == (first != safe)


def test_a_rate_that_is_the_bar_has_no_number_of_cases(plan, planned):
    assert "no number of cases" in plan("--bar", 0.9, "--rate", 0.9)
    said = planned("--bar", 0.9, "--rate", 0.9, "--icc", 0.3, "--cost", 1)
    assert (said["verdict"], said["first"], said["safe"], said["options"]) == ("neither", None, None, [])


def test_a_perfect_rate_proves_no_bar_of_all(plan):
    assert "no number of cases" in plan("--bar", 1, "--rate", 1)
    assert "161 independent cases show it missed" in plan("--bar", 1, "--rate", 0.99)


def test_verdicts_make_a_miss_dearer_and_met_not(planned, plan):
    words = ["--bar", 0.9, "--verdicts", 14]
    assert planned(*words, "--rate", 0.95)["safe"] == 203
    assert planned(*words, "--rate", 0.85)["safe"] > 299
    assert "proven at 0.36% instead of 5%" in plan(*words, "--rate", 0.85)


def test_trials_are_set_beside_cases(planned, plan):
    words = ["--bar", 0.9, "--rate", 0.95, "--trials", 4, "--icc", 0.4]
    options = planned(*words)["options"]
    assert [each["trials"] for each in options] == [1, 2, 3, 4, 5, 10]
    cases = [each["cases"] for each in options]
    assert cases[0] == 203
    assert cases == sorted(cases, reverse=True)
    in_all = [each["trials_in_all"] for each in options]
    assert in_all == sorted(in_all)  # trials of one case are never worth as much as cases
    out = plan(*words)
    assert "trials of a case    cases    trials in all" in out
    assert "more cases beat more trials" in out
    assert "new cases are hard to come by" in plan(*words[:-1], 0.1)


def test_many_trials_of_few_cases_prove_nothing(planned):
    """However unlike trials are: with fewer than 29 cases nothing is proven at 0.90."""
    said = planned("--bar", 0.9, "--rate", 0.99, "--trials", 50, "--icc", 0)
    assert [each["cases"] for each in said["options"]][-1] >= 29


def test_costs(plan, planned):
    words = ["--bar", 0.9, "--rate", 0.95, "--cost", 0.002]
    assert "one run of them costs about $0.41" in plan(*words)
    assert planned(*words)["options"][0]["cost_usd"] == pytest.approx(0.406)
    said = planned(*words, "--icc", 0.4, "--case-cost", 0.05)
    prices = [each["cost_usd"] for each in said["options"]]
    assert said["cheapest"]["cost_usd"] == min(prices)
    assert said["cheapest"]["trials"] > 1
    assert "cheapest: " in plan(*words, "--icc", 0.4, "--case-cost", 0.05)
    assert planned(*words, "--icc", 0.4)["cheapest"]["trials"] == 1  # where cases cost nothing, take cases


def test_what_the_cases_at_hand_show(plan, planned):
    said = planned("--bar", 0.9, "--cases", 203)
    assert 0.94 < said["met_from"] <= 0.95  # 0.95 needs 203
    assert said["missed_from"] == pytest.approx(0.84, abs=0.01)
    assert said["verdict"] is None
    out = plan("--bar", 0.9, "--cases", 20)
    assert "the 20 cases at hand cannot show it met but show it missed from" in out
    assert "cannot show it met and cannot show it missed" in plan("--bar", 0.9, "--cases", 1)
    assert "worth 85.6 tried once" in plan("--bar", 0.9, "--cases", 60, "--rate", 0.95, "--trials", 3, "--icc", 0.4)
    assert "show it met from 5.3% down" in plan("--bar", 0.1, "--cases", 203, "--at-most")


def test_numbers_near_the_ends_keep_their_digits(plan):
    out = plan("--bar", 0.9999, "--rate", 0.99995, "--cases", 100_000)
    assert "bar at least 99.99%, true rate 99.995%" in out
    assert "218861 independent cases" in out
    assert "show it met from 99.9969% up and show it missed from 99.981% down" in out
    assert "100.0%" not in out


# -- mistakes ----------------------------------------------------------------------------------------------------

MISTAKES = {
    "a percentage": (["--bar", 90, "--rate", 0.95], "did you mean 0.9?"),
    "below 0": (["--bar", -0.1, "--rate", 0.95], "between 0 and 1"),
    "above 1": (["--bar", 0.9, "--rate", 1.5], "between 0 and 1"),
    "no number": (["--bar", 0.9, "--rate", "high"], "high is not a rate"),
    "nan": (["--bar", "nan", "--rate", 0.5], "nan is not a rate"),
    "all power": (["--bar", 0.9, "--rate", 0.95, "--power", 1], "strictly between 0 and 1"),
    "a power of 80": (["--bar", 0.9, "--rate", 0.95, "--power", 80], "did you mean 0.8?"),
    "no confidence": (["--bar", 0.9, "--rate", 0.95, "--confidence", 0.3], "from 0.5"),
    "half a case": (["--bar", 0.9, "--cases", 2.5], "whole number"),
    "no case": (["--bar", 0.9, "--cases", 0], "whole number"),
    "endless cases": (["--bar", 0.9, "--cases", "inf"], "whole number"),
    "a debt": (["--bar", 0.9, "--rate", 0.95, "--cost", -1], "amount of money"),
    "trials of no likeness": (["--bar", 0.9, "--rate", 0.95, "--trials", 3], "--icc"),
    "the price of cases alone": (["--bar", 0.9, "--rate", 0.95, "--case-cost", 3], "--cost"),
    "nothing": ([], "name a run"),
    "a bar alone": (["--bar", 0.9], "--rate"),
    "a rate alone": (["--rate", 0.9], "--bar"),
    "a stage of numbers": (["--bar", 0.9, "--rate", 0.95, "--stage", "launch"], "--stage goes with a run"),
    "a run and numbers": (["run.jsonl", "--bar", 0.9, "--case-cost", 1], "--bar, --case-cost"),
    "no such run": (["nowhere.jsonl"], "nowhere.jsonl"),
    "no run": (["broken.jsonl"], "broken.jsonl, line 1"),
    "no such bars": (["run.jsonl", "--bars", "nowhere.toml"], "nowhere.toml"),
    "a misspelt stage": (["run.jsonl", "--stage", "none"], "none"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("as_json", [False, True])
def test_mistakes_are_told_in_one_line_and_exit_4(capsys, mistake, as_json):
    write_run(57, 60)
    bars()
    Path("broken.jsonl").write_text("hello\n")
    words, expected = MISTAKES[mistake]
    try:
        code = main(["plan", *map(str, words), *(["--json"] if as_json else [])])
    except SystemExit as end:
        code = end.code
    shown = capsys.readouterr()
    assert (code, shown.out) == (4, "")
    (error,) = [line for line in shown.err.splitlines() if line.startswith("ERROR: ")]
    assert expected in error
    assert "Traceback" not in shown.err


# -- from past runs ----------------------------------------------------------------------------------------------


def test_a_run_says_what_each_bar_needs(plan, planned):
    bars()
    write_run(57, 60, measures={"seconds": 1.5, "cost_usd": 0.002})
    (said,) = planned("run.jsonl")["verdicts"]
    assert (said["cases"], said["n_eff"], said["estimate"]) == (60, 60, 0.95)
    assert (said["can_be_met"], said["can_be_missed"], said["heads_for"]) == (True, True, "met")
    assert (said["first"], said["needed"]) == (179, 203)
    assert said["met_from"] == pytest.approx(0.986, abs=1e-3)
    assert said["cost_usd"] == pytest.approx(203 * 0.002)
    assert said["seconds"] == pytest.approx(203 * 1.5)
    out = plan("run.jsonl")
    assert "about 203 cases like these show it met, 143 more than now" in out
    assert "about $0.41 and 5 min of trials" in out
    assert "show it met from 98.6% up" in out


def test_costs_are_those_of_the_bars_own_trials(planned):
    bars(BARS + 'each = "category"\n')
    write_run(57, 60)
    lines = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    for line in lines:
        if line["type"] == "trial":
            line["measures"] = {"cost_usd": 0.01 if line["labels"]["category"] == "k0" else 0.03}
    Path("run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = planned("run.jsonl")["verdicts"]
    assert [each["trial_cost_usd"] for each in said] == pytest.approx([0.02, 0.01, 0.03])
    assert {each["trial_seconds"] for each in said} == {None}


@pytest.mark.parametrize("measures", [{}, {"cost_usd": "dear", "seconds": True}, {"seconds": -1, "cost_usd": None}])
def test_without_measures_nothing_is_said_of_costs(plan, planned, measures):
    bars()
    write_run(57, 60, measures=measures)
    (said,) = planned("run.jsonl")["verdicts"]
    assert (said["cost_usd"], said["seconds"]) == (None, None)
    assert "takes about" not in plan("run.jsonl")


def test_enough_cases_are_enough(plan):
    bars()
    assert "the 240 cases at hand are enough to show it met" in plan(write_run(230, 240))
    assert "the 100 cases at hand are enough to show it missed" in plan(write_run(70, 100))


def test_a_rate_at_its_bar_has_no_number_of_cases(plan, planned):
    bars()
    write_run(54, 60)
    assert "no number of cases" in plan("run.jsonl")
    (said,) = planned("run.jsonl")["verdicts"]
    assert (said["heads_for"], said["needed"]) == (None, None)


def test_a_bar_out_of_reach_is_named(plan, planned):
    bars()
    write_run(20, 20)
    (said,) = planned("run.jsonl")["verdicts"]
    assert (said["can_be_met"], said["met_from"], said["needed"]) == (False, None, 29)
    assert "cannot show it met but show it missed from" in plan("run.jsonl")


def test_what_more_trials_would_bring(plan, planned):
    bars()
    generator = np.random.default_rng(1)
    write_run(60, 60, trials=3)
    rows = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    for row in rows:
        if row["type"] == "observation":
            row["outcome"] = "pass" if generator.random() < 0.85 else "miss"
    Path("run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (said,) = planned("run.jsonl")["verdicts"]
    assert said["n_eff"] < said["twice_the_trials"] < said["twice_the_cases"] == 2 * said["n_eff"]
    assert "twice the trials would make that" in plan("run.jsonl")
    # With one trial a case nothing tells how alike trials would be.
    write_run(57, 60)
    assert planned("run.jsonl")["verdicts"][0]["twice_the_trials"] is None


def test_groups_stand_in_the_table_and_the_family_in_words(plan):
    bars(BARS + 'each = "category"\n')
    out = plan(write_run(85, 100))
    assert any(line.split()[:2] == ["accuracy", "k1"] for line in out.splitlines())
    assert "proven at 2.50% instead of 5%" in out
    assert "proven at 1.25% instead of 5%" in out


def test_all_bars_are_planned_unless_a_stage_is_asked_for(planned):
    bars(BARS + BARS + 'stage = "launch"\n' + BARS + 'name = "bare"\nrule = "estimate"\n')
    write_run(57, 60)
    assert len(planned("run.jsonl")["verdicts"]) == 3
    said = planned("run.jsonl", "--stage", "testing")
    assert said["stage"] == "testing"
    assert [each["bar"] for each in said["verdicts"]] == ["pass_rate:accuracy", "bare"]
    assert "no number of cases is needed" in said["verdicts"][1]["why_not"]


def test_scores_are_planned_with_their_own_variance(planned):
    bars('[[bar]]\ndimension = "accuracy"\nmetric = "mean_score"\nat_least = 0.75\n')
    generator = np.random.default_rng(1)
    rows = [
        {"case": f"c{n}", "dimension": "accuracy", "outcome": "pass", "score": float(generator.beta(8, 2))}
        for n in range(60)
    ]
    Path("run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (said,) = planned("run.jsonl")["verdicts"]
    assert said["heads_for"] == "met"
    assert 0.75 < said["met_from"] < 0.85
    assert 0.6 < said["missed_from"] < 0.75


@pytest.mark.parametrize("rows", ["", '{"case": "a", "dimension": "accuracy", "outcome": "error"}\n'])
def test_a_run_without_data(plan, planned, rows):
    bars()
    Path("run.jsonl").write_text(rows)
    (said,) = planned("run.jsonl")["verdicts"]
    assert (said["why_not"], said["needed"], said["n_eff"]) == ("no data", None, None)
    assert "no data" in plan("run.jsonl")


def test_without_bars_there_is_nothing_to_plan(plan, planned):
    write_run(57, 60)
    assert planned("run.jsonl")["verdicts"] == []
    assert "nothing to plan: no bar is declared" in plan("run.jsonl")


def test_a_torn_run_and_shards_are_planned_too(planned):
    bars()
    write_run(57, 60, measures={"cost_usd": 0.5})
    with Path("run.jsonl").open("a") as stream:
        stream.write('{"type": "trial", "case": "c99", "measures": {"cost_')
    write_run(0, 0, name="other.jsonl")
    (said,) = planned("run.jsonl", "other.jsonl")["verdicts"]
    assert (said["cases"], said["trial_cost_usd"]) == (60, 0.5)


def test_names_are_shown_harmless(plan):
    bars('[[bar]]\nat_least = 0.9\neach = "category"\n')
    row = {"case": "a", "dimension": "\x1b[31mred", "outcome": "pass", "labels": {"category": "\x1b]0;x\x07"}}
    Path("run.jsonl").write_text(json.dumps(row) + "\n")
    out = plan("run.jsonl")
    assert "\x1b" not in out
    assert "\x07" not in out


# -- the promise -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("passes", "word"), [(57, "met"), (49, "missed")])
def test_the_cases_needed_give_the_verdict_with_the_power(planned, passes, word):
    """Run as many cases as the plan says, at the rate that was seen: decide says the word as often as promised."""
    bars()
    write_run(passes, 60)
    needed = planned("run.jsonl")["verdicts"][0]["needed"]
    template, held = load_run(write_run(needed, needed)), load_bars("evalbars.toml")
    generator, words = np.random.default_rng(1), []
    for _ in range(600):
        outcome = np.where(generator.random(needed) < passes / 60, PASS, MISS).astype(np.int8)
        words.append(decide(replace(template, outcome=outcome), held).verdicts[0].verdict)
    assert 0.8 - 0.06 < words.count(word) / 600 < 0.9


def test_the_command_speaks_to_the_shell():
    command = Path(sys.executable).parent / "evalbars"
    if not command.exists():
        pytest.skip("the package is not installed with its command")
    ran = subprocess.run(
        [command, "plan", "--bar", "0.9", "--rate", "0.95"],
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"203 independent cases" in ran.stdout
    wrong = subprocess.run([command, "plan", "nowhere.jsonl"], capture_output=True, timeout=60, check=False)
    assert (wrong.returncode, wrong.stdout) == (4, b"")
    assert wrong.stderr.count(b"\n") == 1


def test_planning_does_not_import_pytest():
    bars()
    write_run(57, 60)
    code = (
        "import sys; from pytest_evalbars.cli import main; code = main(['plan', 'run.jsonl']); "
        "print('pytest' in sys.modules, 'scipy.stats' in sys.modules); sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "False False")
