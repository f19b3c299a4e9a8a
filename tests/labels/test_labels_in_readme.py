"""What the README shows of people and judges is what the commands say, with two raters played here."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import drawn_runs
import pytest

import pytest_evalbars.report.terminal  # noqa: F401 - imports numpy, which an inner session would do again

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BARS = """
calibration = "evals/calibration.jsonl"

[[bar]]
dimension = "tone"
at_least = 0.90
"""


def answers(count=600):
    """Answers to tickets, whether each is good, and whether the judge lets it pass."""
    for number in range(count):
        good = number % 8 != 5
        passed = number % 97 != 3 if good else number % 16 == 5
        yield f"Answer {number}: it is {'good' if good else 'bad'}.", good, passed


def label(row, rater):
    """What a rater says: the truth, but for a slip now and then."""
    number = int(re.search(r"Answer (\d+)", row["output"])[1])
    good = ": it is good" in row["output"]
    slips = number % (37 if rater == "ana" else 41) == 0
    return "pass" if good != slips else "miss"


@pytest.fixture
def told(suite):
    """What `calibrate` and then `gate` say of a run that two raters labelled."""
    suite.bars(BARS)
    lines = []
    for number, (output, _, passed) in enumerate(answers()):
        lines += drawn_runs.judged(
            f"ticket-{number}", passed, output=output, rubric="tone@3f8a10c2b7de", model="gpt-4o-mini-2024-07-18"
        )
    run = drawn_runs.write(suite.path / "run.jsonl", lines)
    assert suite.command("review", str(run), "--items", "200", "--raters", "ana,ben", "--out", "review").exit == 0
    sheets = []
    for rater in ("ana", "ben"):
        path = suite.path / "review" / f"sheet-{rater}.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows({**row, "label": label(row, rater)} for row in rows)
        sheets.append(str(path))
    assert suite.command("labels", "add", *sheets).exit == 0
    return suite.command("calibrate", str(run)), suite.command("gate", str(run))


def shown(name):
    """An output that the README shows."""
    return re.search(rf"<!-- output: {name} -->\n```text\n(.*?)\n```", README, re.DOTALL)[1]


def test_the_readme_shows_what_calibrate_and_the_gate_say(told):
    calibrated, gate = told

    assert (calibrated.exit, gate.exit) == (0, 0)
    assert shown("calibrate") == calibrated.out.partition("\n  to look at")[0]
    table = re.search(r"dimension .*?(?=\n\n)", gate.out, re.DOTALL)[0]
    judges = re.search(r"^judges: .*$", gate.out, re.MULTILINE)[0]
    judges = re.sub(r"raters\), \d{4}-\d\d-\d\d", "raters), 2026-11-21", judges)
    assert shown("corrected") == f"{table}\n\n{judges}"
