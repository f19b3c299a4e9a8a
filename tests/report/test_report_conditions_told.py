"""What limits a number stands beside it: which cases changes are of, cases that were picked, bounds that fail."""

import json

from pytest_evalbars.report.building.compared import _flip

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'
CASES = """
import pytest
from pathlib import Path

def marks(n):
    return [pytest.mark.capability] if n >= 10 else []

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"c-{n:02}", marks=marks(n)) for n in range(20)])
def test_answer(n):
    assert n % 5 or not Path("worse").exists()
"""


def told(suite, *words):
    """A report as JSON."""
    return json.loads(suite.command("report", *words, "--json").out)


def test_changes_say_of_which_cases_they_are(suite):
    suite.bars(f'baseline = "base.jsonl"\n{BAR}').file("test_cases.py", CASES)
    suite.run("--evalbars-update-baseline")
    suite.file("worse", "")
    result = suite.run()
    compared = told(suite, result.path)["compared"]
    assert compared["worse_count"] == 2  # two more are of capability cases
    which = "changes are told of regression and saturated cases that are not set apart as adversarial"
    assert any(each.startswith(which) for each in compared["lines"])
    said = suite.command("report", result.path, "--explain").out
    assert "2 results, each of a case on one dimension, are worse than in the baseline" in said
    assert which.capitalize() in said
    suite.command("report", result.path, "-o", "x.md")
    assert which in (suite.path / "x.md").read_text()


def test_a_change_that_is_not_all_is_not_said_to_be():
    assert _flip("accuracy", "c", 0.996, 1.0, "").words == "99.6% of trials passed, 100.0% now"
    assert _flip("accuracy", "c", 0.0, 1.0, "").words == "missed, passes now"


def test_cases_that_were_picked_as_they_missed_have_no_p_value(suite):
    suite.bars(BAR).file("test_cases.py", CASES.replace("n % 5", "n > 6"))
    suite.file("worse", "")
    suite.run()
    result = suite.run("--evalbars-missed")
    result.said("second look")
    result.never_said("it would be missed alone", "would settle it")


def test_a_mean_of_amounts_without_a_bound_that_holds_is_not_proven(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nmetric = "mean_cost"\nat_most = 100\n')
    suite.file(
        "test_cases.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(40))
        def test_answer(n, evalcase):
            evalcase.measure(cost_usd=10.0 ** (n % 4 - 2))
        """,
    )
    result = suite.run()
    (bar,) = told(suite, result.path)["bars"]
    assert (bar["verdict"], bar["proven"]) == ("met", None)
    said = suite.command("report", result.path, "--explain").out
    assert "none of 1 verdict is proven met" in said
    assert "Not proven, as so few amounts that are so unlike each other give no bound that holds:" in said
    assert "Proven met" not in said
