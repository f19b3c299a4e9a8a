"""Bars that may stop at any time: the order of their cases, their verdicts, and what is said of them."""

import json

import pytest

from pytest_evalbars import decide, load_bars, load_run
from pytest_evalbars.cli import main

BAR = """
{settings}
[[bar]]
dimension = "accuracy"
{limit}
early_stop = "anytime"
{more}
"""


@pytest.fixture
def anytime(suite):
    """One hundred and twenty cases in two categories, the second of which misses as told."""

    def write(misses="0", *, limit="at_least = 0.9", more="", settings="stop_early = true", marks=""):
        suite.bars(BAR.format(settings=settings, limit=limit, more=more))
        suite.file(
            "test_cases.py",
            f"""
            import pytest
            {marks}
            @pytest.mark.dimension("accuracy")
            @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{{n:03}}") for n in range(120)])
            def test_answer(n, evalcase):
                evalcase.score("accuracy", 0.1 if {misses} else 0.9, passing=0.5)
            """,
        )
        return suite

    return write


def ran(result):
    return [line["item"] for line in result.of("trial")]


def gate(result, *arguments, capsys):
    capsys.readouterr()
    code = main(["gate", str(result.path), "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_perfect_run_is_met_after_forty_odd_cases_in_random_order(anytime, capsys):
    result = anytime().run("--evalbars-stage=launch", "-v")
    # 43 with the mixture over all rates above the bar (closed form); the grid of 40 bets is as fast.
    count = len(ran(result))
    assert (result.exit, result.counts["skipped"]) == (0, 120 - count)
    assert count == 43
    assert ran(result) != sorted(ran(result))
    assert result.of("manifest")[0]["items"][:count] == ran(result)
    result.said(
        "bar pass_rate:accuracy stops as soon as the evidence is there",
        f"random order (seed {result.of('header')[0]['anytime']['seed']})",
        "in 57 of 100 runs instead of 80",
        f"stopped early: {120 - count} of 120 trials were not run",
        f"between {count / 120:.1%} and 100.0%",
        "gate passed: 1 of 1 verdict met",
    )
    code, decision = gate(result, "--stage=launch", capsys=capsys)
    (verdict,) = decision["verdicts"]
    assert (code, verdict["verdict"], verdict["estimate"], verdict["interval"]) == (0, "met", None, None)
    assert 20 <= verdict["e_met"] < 23


def test_a_bad_run_is_missed_and_tells_its_e_value(anytime, capsys):
    result = anytime("n % 2").run()
    assert (result.exit, len(ran(result)) < 60) == (1, True)
    result.said("MISSED accuracy: pass rate between", "bar at least 90%: proven lower (e = ", ", p = 0.0")
    code, decision = gate(result, capsys=capsys)
    (verdict,) = decision["verdicts"]
    assert (code, verdict["verdict"]) == (1, "missed")
    assert verdict["p_missed"] == pytest.approx(1 / verdict["e_missed"])


def test_the_order_is_the_same_every_time_and_another_for_other_cases(anytime):
    suite = anytime("n % 12 == 0")
    first, second = suite.run(), suite.run("-p", "randomly", "-p", "no:randomly")
    assert ran(first) == ran(second)
    third = suite.run("-k", "not c050")
    assert third.of("header")[0]["anytime"] != first.of("header")[0]["anytime"]


def test_a_run_between_the_bars_stops_only_when_nothing_can_prove_it_any_more(anytime):
    result = anytime("n % 12 == 0").run()
    assert result.exit == 0
    assert 90 < len(ran(result)) < 120
    result.said("inconclusive accuracy: pass rate between", "of the 20 that prove it met,", "that it is lower")


def test_a_run_that_stays_open_to_its_end_has_a_number_and_no_interval(anytime, capsys):
    result = anytime("n in (3, 50, 70, 80, 118)").run("-v")
    assert (result.exit, len(ran(result))) == (0, 120)
    result.said("95.8%", "none (e = ", "inconclusive", "pass rate 95.8% over 120 cases, bar at least 90%: e = ")
    code, decision = gate(result, capsys=capsys)
    (verdict,) = decision["verdicts"]
    assert (code, verdict["verdict"], verdict["interval"], verdict["low"]) == (0, "inconclusive", None, None)


def test_without_stopping_early_the_bar_is_an_ordinary_one_in_the_order_of_the_files(anytime):
    result = anytime("n % 12 == 0", settings="").run()
    assert ran(result) == sorted(ran(result))
    assert "anytime" not in result.of("header")[0]
    result.said("91.7%", " to ")
    result.never_said("e = ", "random order")


def test_under_xdist_the_bar_is_an_ordinary_one(anytime):
    result = anytime("n % 12 == 0").run("-n", "2")
    assert "anytime" not in result.of("header")[0]
    result.said("nothing is stopped early", "91.7%", " to ")
    result.never_said("random order", "e = ")


def test_a_ceiling_and_a_mean_score_can_stop_too(anytime):
    result = anytime("True", limit="at_most = 0.1").run("--evalbars-stage=launch")
    assert (result.exit, len(ran(result))) == (0, 43)
    result = anytime(limit="at_least = 0.7", more='metric = "mean_score"').run("--evalbars-stage=launch")
    assert result.exit == 0
    assert 5 < len(ran(result)) < 60
    result.said("between 0.", "gate passed")


def test_trials_of_a_case_stay_together_and_count_as_one(anytime):
    result = anytime(marks="@pytest.mark.trials(3)").run("--evalbars-stage=launch")
    assert (result.exit, len(ran(result))) == (0, 3 * 43)
    cases = [line["case"] for line in result.of("trial")]
    assert cases[::3] == cases[1::3] == cases[2::3]
    assert [line["trial"] for line in result.of("trial")] == [0, 1, 2] * 43


def test_other_tests_keep_their_places(anytime):
    suite = anytime("n % 12 == 0")
    suite.file("test_a.py", "order = []\ndef test_first(): pass\n")
    suite.file("test_z.py", "def test_last(): pass\n")
    result = suite.run("-v")
    result.said(
        "test_a.py::test_first PASSED", "test_cases.py::test_answer", "test_z.py::test_last PASSED", "evalbars"
    )


def test_cases_that_share_a_source_are_held_as_ever_and_said_to_be(anytime):
    suite = anytime("n == 100")
    path = suite.path / "test_cases.py"
    marked = '03}", marks=pytest.mark.cluster(f"doc{n // 2}")'
    path.write_text(path.read_text().replace('03}"', marked))
    result = suite.run("--evalbars-stage=launch")
    assert (result.exit, len(ran(result)) > 100) == (0, True)
    assert result.of("trial")[0]["cluster"].startswith("doc")
    result.never_said("e = ")
    (verdict,) = decide(load_run(result.path), load_bars(suite.path), stage="launch").verdicts
    assert "not held as a bar that may stop at any time: some of its cases share a cluster" in verdict.notes


def test_an_error_counts_against_both_claims(anytime):
    suite = anytime()
    path = suite.path / "test_cases.py"
    path.write_text(path.read_text().replace("evalcase.score", "if n == 55: raise ValueError\n    evalcase.score"))
    suite.bars(BAR.format(settings="stop_early = true\nmax_errors = 1", limit="at_least = 0.9", more=""))
    result = suite.run("--evalbars-stage=launch")
    assert len(ran(result)) > 43 or not any(line.get("error") for line in result.of("trial"))
    assert result.exit == 0


@pytest.mark.parametrize(
    ("limit", "more", "words"),
    [
        ("at_least = 0.9", 'rule = "estimate"', 'it does not go with rule = "estimate"'),
        ("at_least = 1", "", "a threshold between 0 and 1, not at either end"),
        ("at_most = 0", "", "a threshold between 0 and 1, not at either end"),
    ],
)
def test_a_bar_on_which_nothing_can_be_bet_is_a_usage_error(anytime, limit, more, words):
    result = anytime(limit=limit, more=more).run()
    assert result.exit == 4
    result.said("pyproject.toml", 'bar "accuracy"', 'early_stop = "anytime"', words)


def test_a_misspelt_way_of_stopping_is_a_usage_error(anytime):
    suite = anytime()
    path = suite.path / "pyproject.toml"
    path.write_text(path.read_text().replace('"anytime"', '"anytimes"'))
    result = suite.run()
    assert result.exit == 4
    result.said('"anytimes" is not a early_stop', '"anytime"')
