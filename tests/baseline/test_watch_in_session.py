"""A session tells what changed in the bars since its baseline was written."""

import json

import pytest

from pytest_evalbars.cli import main

BARS = """
baseline = "baseline.jsonl"
[[bar]]
name = "floor"
dimension = "accuracy"
at_least = {bar}
why = "{why}"
"""


@pytest.fixture
def based(suite):
    suite.bars(BARS.format(bar=0.70, why="half of the answers help"))
    suite.cases(38, 40)
    assert suite.run("--evalbars-update-baseline").exit == 0
    return suite


def test_a_looser_bar_is_told_and_strict_asks_for_a_new_reason(based):
    based.bars(BARS.format(bar=0.60, why="half of the answers help"))
    result = based.run()
    assert result.exit == 0
    result.said("bar changed: floor: at_least 0.70 -> 0.60 (looser)")
    result = based.run("--evalbars-strict")
    assert result.exit == 10
    result.said("looser than in the baseline, and no new `why` tells the reason: floor")


def test_a_new_reason_is_told_and_is_enough(based):
    based.bars(BARS.format(bar=0.60, why="the judge is stricter now"))
    result = based.run("--evalbars-strict")
    assert result.exit == 0
    result.said("bar changed: floor: at_least 0.70 -> 0.60 (looser), why: the judge is stricter now")


def test_a_tighter_bar_needs_none_and_an_unchanged_one_is_not_told(based):
    assert "bar changed" not in based.run("--evalbars-strict").out
    based.bars(BARS.format(bar=0.75, why="half of the answers help"))
    result = based.run("--evalbars-strict")
    assert result.exit == 0
    result.said("bar changed: floor: at_least 0.70 -> 0.75 (stricter)")


def test_the_command_says_the_same(based, monkeypatch, capsys):
    run = based.run().path
    based.bars(BARS.format(bar=0.60, why="half of the answers help"))
    monkeypatch.chdir(based.path)
    capsys.readouterr()
    assert main(["gate", str(run), "--strict", "--json"]) == 10
    (change,) = json.loads(capsys.readouterr().out)["changed_bars"]
    assert (change["bar"], change["looser"], change["new_why"]) == ("floor", True, False)
