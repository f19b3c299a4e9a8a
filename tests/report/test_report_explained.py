"""`evalbars report --explain` on real sessions: what a lead reads of them."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from pytest_evalbars import Run, decide
from pytest_evalbars.gate.bar import Bars
from pytest_evalbars.report.building.build import build
from pytest_evalbars.report.explain import explained

#: A judge, as observations name it.
BY = {"model": "offline", "rubric": "tone@1", "prompt": "1", "chars": 9}


def told(suite, *arguments):
    """The story that the command prints."""
    found = suite.command("report", *arguments, "--explain")
    assert (found.exit, found.err) == (0, "")
    return found


def story(rows, stage="testing", **table):
    """The story of a list of observations under some bars."""
    bars, run = Bars.model_validate(table), Run.from_observations(rows)
    decision = decide(run, bars, stage=stage)
    report = build(run, bars, decision)
    return report, "\n".join(explained(report))


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self):
        return True


def rows(passes, total, category="", dimension="accuracy"):
    labels = {"labels": {"category": category}} if category else {}
    return [
        {
            "type": "observation",
            "case": f"{category}{dimension}{number}",
            "dimension": dimension,
            "outcome": "pass" if number < passes else "miss",
            **labels,
        }
        for number in range(total)
    ]


def test_a_run_that_passes_is_told_with_its_bar_its_reason_and_what_is_proven(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80\nwhy = "people ask again"')
    assert suite.cases(58, 60).run().exit == 0

    told(suite).said(
        "THE DECISION",
        "The gate passed at the testing stage.",
        "the one verdict is proven met",
        "60 cases, each asked once",
        "- accuracy: pass rate at least 80%. Why: people ask again.",
        "of 100 intervals made in this way, about 95 hold the true number",
        "Proven met:",
        "- accuracy: pass rate 96.7% over 60 cases (95% interval 88.6% to 99.1%); the bar is at least 80%.",
        "This run was not compared with an earlier one",
        "--evalbars-stage=launch",
    )


def test_an_open_bar_is_told_as_open_and_with_the_cases_that_would_settle_it(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80')
    assert suite.cases(18, 20).run().exit == 0

    found = told(suite)

    found.said(
        "The gate passed at the testing stage.",
        "It asks for no proof that the bars are met: none of 1 verdict is proven met.",
        "No reason was written down for it.",
        "The true pass rate may be anywhere from 69.9% to 97.2%; the bar is at least 80%, so this run cannot tell.",
        "Add cases to settle accuracy: about ",
        "this run had 20",
    )
    found.never_said("Proven met", "Proven missed", "p =")


def test_a_missed_bar_is_told_with_its_cases_and_its_weakest_category(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80\nwhy = "people ask again"')
    suite.file(
        "test_cases.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize(
            "number", [pytest.param(n, marks=pytest.mark.category("es" if n < 20 else "en")) for n in range(60)]
        )
        def test_answer(number):
            assert number >= 20, "wrong language"
        """,
    )
    assert suite.run().exit == 1

    found = told(suite)

    found.said(
        "The gate failed at the testing stage (exit 1):",
        "- Proven missed: accuracy, pass rate 66.7% where the bar is at least 80%.",
        "WHERE IT IS WEAKEST",
        "accuracy, pass rate at least 80%: es 0.0% of 20 cases (2 categories looked at)",
        "Look at the cases of accuracy: test_cases.py::test_answer[0] (wrong language)",
    )
    found.never_said("gate passed", "Proven met")


def test_errors_are_told_near_the_top_and_are_no_verdict(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80')
    suite.file(
        "test_cases.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("number", range(60))
        def test_answer(number):
            if number < 2:
                raise RuntimeError("no model \\x1b[31m")
        """,
    )
    assert suite.run().exit == 1

    found = told(suite)

    found.said(
        "The gate failed",
        "2 trials could not be judged, and max_errors allows none.",
        "WHAT LIMITS THESE NUMBERS",
        "2 of 60 trials could not be judged",
        "neither for nor against the model",
        "WHAT WAS MEASURED",
        "Run the 2 trials that could not be judged again: `--evalbars-resume`",
    )
    found.never_said("\x1b")


def test_a_part_of_the_cases_proves_nothing(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.10')
    assert suite.cases(60, 60).run("-k", "case-00").exit == 0

    found = told(suite)

    found.said("No bar was held", "WHAT LIMITS", "Not held in this run:", "50 of its 60 cases were left out")
    found.never_said("Proven", "is met", "interval")


def test_a_suite_without_bars_is_told_its_rates_and_which_miss_fails_it(suite):
    assert suite.cases(9, 10).run().exit == 1

    told(suite).said(
        "1 miss fails the session without a bar",
        "Pass rates, held against no bar:",
        "accuracy: 90.0% of 10 cases (95% interval 59.6% to 98.2%)",
        "Mend these misses, or declare a bar that speaks of them: test_cases.py::test_answer[case-009] on accuracy",
    )


def test_the_story_of_a_run_file_is_told_again_word_for_word(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80')
    run = suite.cases(50, 60).run()

    assert told(suite, str(run.path)).out == told(suite).out


def test_a_terminal_wraps_it(suite, monkeypatch):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.80')
    suite.cases(50, 60).run()
    plain = told(suite).out
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("io.StringIO", Terminal)
    wrapped = told(suite).out

    assert max(map(len, plain.splitlines())) > 60 >= max(map(len, wrapped.splitlines()))
    assert plain.split() == wrapped.split()


@pytest.mark.parametrize(
    ("table", "proven"),
    [
        ({"at_least": 0.8}, "met"),
        ({"at_least": 0.99}, "missed"),
        ({"at_least": 0.9}, None),
        ({"at_least": 0.8, "rule": "estimate"}, None),
        ({"at_least": 0.99, "rule": "estimate"}, None),
        ({"at_least": 0.8, "min_cases": 101}, None),
        ({"metric": "miss_rate", "at_most": 0.2}, "met"),
    ],
)
def test_what_is_proven_is_what_the_rule_can_prove(table, proven):
    report, text = story(rows(91, 100), bar=[{"dimension": "accuracy", **table}])

    assert report.bars[0].proven == proven
    assert bool(re.search("^Proven (met|missed):$", text, re.MULTILINE)) == (proven is not None)
    assert ("Not proven, as the bar asks for the bare number:" in text) == ("rule" in table)


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("testing", "Not proven, as a judge counted it and how often that judge errs is not known:"),
        ("launch", "A judge counted this, and how often that judge errs is not known."),
    ],
)
def test_what_a_judge_counts_that_nobody_compared_with_people_is_no_proof(stage, words):
    observations = [{**row, "judge": {**BY, "of": f"{number + 1:016x}"}} for number, row in enumerate(rows(100, 100))]
    report, text = story(observations, stage, bar=[{"dimension": "accuracy", "at_least": 0.5}])

    assert report.bars[0].judge == "uncalibrated"
    assert report.bars[0].proven is None
    assert "Proven met" not in text
    assert "Find out how often the judge errs on accuracy: `evalbars review`" in text
    assert words in text


def test_a_low_category_of_few_cases_is_not_called_bad_and_one_of_many_is():
    observations = [*rows(95, 100, "en"), *rows(2, 4, "es"), *rows(30, 60, "fr")]
    report, text = story(observations, bar=[{"dimension": "accuracy", "at_least": 0.7}])
    bar = report.bars[0]

    assert [(each.name, each.beyond) for each in bar.weakest] == [("fr", True), ("es", False), ("en", False)]
    assert "by more than chance explains" in text
    assert "fr 50.0% of 60 cases (3 categories looked at)" in text
    assert "es" not in text.partition("WHERE IT IS WEAKEST")[2].partition("WHAT TO DO")[0].split()


@pytest.mark.slow
def test_categories_that_are_all_at_the_bar_are_seldom_called_bad():
    random, called, runs = np.random.default_rng(8), 0, 400
    for _ in range(runs):
        observations = [row for name in "abcdefgh" for row in rows(random.binomial(25, 0.8), 25, name)]
        report, _ = story(observations, bar=[{"dimension": "accuracy", "at_least": 0.8}])
        called += any(each.beyond for each in report.bars[0].weakest)

    assert called / runs < 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
