"""The example `ticket_routing`: the overall rate looks fit to ship, one category is proven not to be."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pytest_evalbars import decide, load_bars, load_run

PLACE = Path("example_suites", "ticket_routing")
EXAMPLE = Path(__file__).parents[2] / PLACE
SMALL = "refund disputes"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A run of the example from the folder above it, in a terminal of 80 columns, as its README shows it."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(EXAMPLE, folder / PLACE, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_evalbars.plugin", "--evalbars-run=run.jsonl", str(PLACE)],
        cwd=folder,
        env=environment | {"COLUMNS": "80", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "EVALBARS_NO_HISTORY": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    ), folder / "run.jsonl"


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def confusions(lines):
    """How often a ticket of a category (first) was sent to one (second)."""
    said = [line["prediction"] for line in lines if line["type"] == "trial"]
    return Counter((each["expected"], each["predicted"]) for each in said)


def shown(name):
    """An output that the README shows."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    return re.search(rf"<!-- output: {name} -->\n```text\n(.*?)\n```", text, re.DOTALL)[1]


def told(output):
    """What the plugin told at the end, up to the outcome of the gate."""
    return re.search(r"=+ eval bars =+\n.*?\ngate [^\n]*", output, re.DOTALL)[0]


def test_the_gate_is_failed_by_one_category_only(session):
    result, path = session
    decision = decide(load_run(path), load_bars(EXAMPLE / "pyproject.toml"))
    assert result.returncode == decision.exit_code == 1
    said = {(verdict.bar, verdict.group): verdict.verdict for verdict in decision.verdicts}
    assert [key for key, verdict in said.items() if verdict == "missed"] == [("routing-by-category", SMALL)]
    assert said["routing", None] == "met"
    assert len([key for key in said if key[0] == "routing-by-category" and key[1]]) == 14
    assert set(said.values()) == {"met", "missed", "inconclusive"}
    assert "MISSED routing in category refund disputes" in told(result.stdout)
    assert told(result.stdout).endswith("gate failed (exit 1): routing-by-category[refund disputes]")


def test_the_rates_are_those_of_the_story(session):
    lines = read(session[1])
    sent = confusions(lines)
    tickets = Counter(line["labels"]["category"] for line in lines if line["type"] == "trial")
    assert len(tickets) == 14
    assert tickets.total() >= 500
    assert tickets[SMALL] == 30
    right = {category: sent[category, category] / tickets[category] for category in tickets}
    assert 0.90 <= sum(sent[category, category] for category in tickets) / tickets.total() <= 0.92
    assert 13 <= sent[SMALL, SMALL] <= 15
    assert min(rate for category, rate in right.items() if category != SMALL) >= 0.85
    taken = [predicted for (expected, predicted), _ in sent.most_common() if expected == SMALL != predicted]
    assert taken[:2] == ["billing questions", "cancellations"]


def test_the_readme_shows_what_a_run_tells(session):
    result, _ = session
    assert told(result.stdout) == told(shown("routing"))


def test_the_readme_shows_the_confusion_matrix_of_the_run(session):
    lines = read(session[1])
    sent = confusions(lines)
    classes = sorted({expected for expected, _ in sent})
    _, *rows = shown("matrix").splitlines()
    drawn = [re.fullmatch(r"(\w) +(\D+?)  +([\d.].*)", row).groups() for row in rows]
    assert [name for _, name, _ in drawn] == classes
    for _, expected, numbers in drawn:
        counts = [0 if number == "." else int(number) for number in numbers.split()]
        assert counts == [sent[expected, predicted] for predicted in classes]


def test_no_test_ticket_was_trained_on():
    training, test = (read(EXAMPLE / "tickets" / f"{name}.jsonl") for name in ("training", "test"))
    assert len({ticket["text"] for ticket in test}) == len(test)
    assert not {ticket["text"] for ticket in test} & {ticket["text"] for ticket in training}
    assert {ticket["category"] for ticket in test} == {ticket["category"] for ticket in training}
