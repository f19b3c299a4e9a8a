"""After an edit pytest still collects the same cases, and each has the status that was asked for."""

from __future__ import annotations

import json
import random
import sys

import pytest
from random_source import STATUSES, Writer

from pytest_evalbars.lifecycle.apply import Change, apply
from pytest_evalbars.run.plan import unpacked

FILES = (("j", "jsonl"), ("c", "csv"), ("y", "yaml"))
QUARANTINE = {"owner": "ann", "reason": "flaky: 4 of 9", "until": "2027-01-31"}
#: Tells of every item what the closest mark of quarantine says.
CONFTEST = """
import json, re

def pytest_configure(config):
    for name in ("quarantine", "slow"):
        config.addinivalue_line("markers", name)

def pytest_collection_modifyitems(items):
    marks = {re.sub(r"-t[0-9]+]$", "]", item.nodeid): item.get_closest_marker("quarantine") for item in items}
    with open("quarantine.json", "w") as file:
        json.dump({name: mark.kwargs for name, mark in marks.items() if mark}, file)
"""


@pytest.fixture(autouse=True)
def _always_compiled(monkeypatch):
    """A file that is edited within a second, and is as long as before, looks unchanged to Python."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.fixture(autouse=True)
def _each_by_itself(monkeypatch):
    """Status and quarantine are told as they are written, whatever the one means for the other."""
    monkeypatch.setattr(
        "pytest_evalbars.cases.collect.status_of",
        lambda status, *_: ({"status": status or "regression"}, None),
    )


def collected(suite, *arguments):
    """The status of every case, and the quarantines, as a session finds them."""
    suite.file("conftest.py", CONFTEST)
    before = set(suite.run_files())
    outcome = suite.run(*arguments)
    assert outcome.exit in (0, 1), outcome.out + outcome.err
    (path,) = set(suite.run_files()) - before
    (manifest,) = [json.loads(line) for line in path.read_text().splitlines() if '"type": "manifest"' in line]
    quarantined = json.loads((suite.path / "quarantine.json").read_text())
    statuses = {one.case: (one.labels["status"], one.file) for one in unpacked(manifest["planned"])}
    return statuses, quarantined


def change(case, status, file=""):
    quarantine = QUARANTINE if status == "quarantined" else None
    return Change(case, case, file, status, quarantine)


def as_asked(suite, changes):
    """Apply the changes; what was collected before, and what was not made; all else is as it was."""
    statuses, quarantined = collected(suite)
    applied = apply(suite.path, changes, write=True)
    failed = {each.case for each, _ in applied.failed}
    for each in changes:
        if each.case in failed:
            continue
        if each.status == "quarantined":
            quarantined[each.case] = QUARANTINE
        else:
            statuses[each.case] = each.status, statuses[each.case][1]
            if each.status == "regression":
                quarantined.pop(each.case, None)
    assert (statuses, quarantined) == collected(suite)
    return applied


SUITE = """
import pytest

pytestmark = pytest.mark.dimension("accuracy")

@pytest.mark.capability
def test_alone():
    pass

@pytest.mark.capability
@pytest.mark.parametrize("word", ["a", "b", pytest.param("c", id="sea", marks=pytest.mark.saturated)])
def test_words(word):
    pass

@pytest.mark.trials(2)
@pytest.mark.parametrize(("word", "number"), [("é", 1), ("x" * 2, 2)], ids=["one", "two"])
def test_pairs(word, number):
    pass

@pytest.mark.capability
class TestAll:
    @pytest.mark.quarantine(owner="bob", reason="old", until="2026-01-01")
    def test_first(self):
        pass

    def test_second(self):
        pass

@pytest.mark.cases("rows.jsonl", "rows.csv", "rows.yaml")
def test_rows(case):
    pass
"""


def test_a_suite_still_collects_and_says_what_was_asked_for(suite):
    suite.file("evals/test_it.py", SUITE)
    suite.file("evals/rows.jsonl", '{"id": "j1", "status": "capability"}\n{"id": "j2"}\n')
    suite.file(
        "evals/rows.csv", "id,status,quarantine.owner,quarantine.reason,quarantine.until\nc1,capability,,,\nc2,,,,\n"
    )
    suite.file("evals/rows.yaml", "- id: y1\n  status: capability\n- {id: y2}\n")
    here = "evals/test_it.py::"
    applied = as_asked(
        suite,
        [
            change(f"{here}test_alone", "regression"),
            change(f"{here}test_words[a]", "regression"),
            change(f"{here}test_words[sea]", "capability"),
            change(f"{here}test_pairs[one]", "capability"),
            change(f"{here}test_pairs[two]", "quarantined"),
            change(f"{here}TestAll::test_first", "regression"),
            change(f"{here}TestAll::test_second", "saturated"),
            *(change(f"{letter}1", "regression", f"evals/rows.{end}") for letter, end in FILES),
            *(change(f"{letter}2", "saturated", f"evals/rows.{end}") for letter, end in FILES),
        ],
    )

    assert applied.failed == []
    assert sorted(applied.files) == ["evals/rows.csv", "evals/rows.jsonl", "evals/rows.yaml", "evals/test_it.py"]


def test_a_second_time_there_is_nothing_left_to_change(suite):
    suite.file("test_it.py", SUITE)
    changes = [change("test_it.py::test_pairs[one]", "quarantined"), change("test_it.py::test_words[b]", "saturated")]
    apply(suite.path, changes, write=True)

    again = apply(suite.path, changes, write=True)

    assert (again.diff, again.failed, again.files) == ("", [], [])


def fuzz(suite, seeds):
    """Random files, and random changes of them; how many changes were made, how many not."""
    for seed in seeds:
        suite.file(f"test_{seed}.py", Writer(seed).text())
    cases = collected(suite)[0]
    changes = []
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311
        mine = [case for case in cases if case.startswith(f"test_{seed}.py")]
        asked = chance.sample(mine, chance.randint(1, len(mine)))
        one = chance.choice([*STATUSES, "quarantined"])  # often the same for many, so that wider marks change too
        changes += [change(case, one if chance.random() < 0.8 else chance.choice(STATUSES)) for case in asked]
    applied = as_asked(suite, changes)
    assert not [why for _, why in applied.failed if "safely" in why]
    return len(changes) - len(applied.failed), len(applied.failed)


def test_of_random_files_exactly_the_cases_that_are_meant_change(suite):
    made, failed = fuzz(suite, range(12))

    assert made > failed


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 300, 50))
def test_of_many_random_files_exactly_the_cases_that_are_meant_change(suite, start):
    made, failed = fuzz(suite, range(start, start + 50))

    assert made > failed
