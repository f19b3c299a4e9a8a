"""The example of an assistant that became more helpful: its second version is held to the first one."""

import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "example_suites" / "knowledge_base"
TABLE = """
[tool.evalbars]
baseline = "baseline.jsonl"

[[tool.evalbars.bar]]
dimension = "*"
max_drop = 0
"""


@pytest.fixture
def example(suite):
    """A copy of the example under one bar, that nothing may get worse."""
    kept = shutil.ignore_patterns(".*", "__pycache__", "*.toml")
    shutil.copytree(EXAMPLE, suite.path, ignore=kept, dirs_exist_ok=True)
    suite.file("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["."]\n' + TABLE)
    return suite


def test_the_second_version_is_worse_than_the_first_and_is_stopped(example, monkeypatch):
    first = example.run("--evalbars-update-baseline")
    assert first.exit == 0
    first.said("baseline written: baseline.jsonl")
    again = example.run()
    assert again.exit == 0
    again.said("210 cases in common", "no change", "gate passed: 0 of 4 verdicts met, 4 inconclusive")
    monkeypatch.setenv("KNOWLEDGE_BASE_VERSION", "v2")
    second = example.run()
    assert second.exit == 1
    assert (second.counts["failed"], second.counts["missed"]) == (2, 59)
    second.said(
        "MISSED faithfulness: pass rate 91.0% -> 78.0% over 200 cases, -13.0 points",
        "bar no worse than the baseline: proven worse",
        "44 cases worse, 18 better; worse: ",
        "(not in the source: In most cases your manager can grant an exception.)",
        "MISSED refusal: pass rate 95.8% -> 0.0% over 24 cases, -95.8 points",
        "23 cases worse, 0 better",
        "inconclusive accuracy: pass rate 87.0% -> 89.0% over 200 cases, +2.0 points",
        "gate failed (exit 1): pass_rate:*,max_drop:faithfulness, pass_rate:*,max_drop:refusal",
    )
    second.never_said("MISSED citation", "MISSED accuracy")
