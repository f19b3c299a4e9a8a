"""A session that runs a part of the project compares that part, and updates no more of the baseline."""

import json
import subprocess
import sys

import pytest

CASES = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(60), ids="{name}{{}}".format)
def test_{name}(n):
    assert n % {hard}, "wrong"
"""
BARS = """
baseline = "baseline.jsonl"
[[bar]]
dimension = "accuracy"
max_drop = 0
"""


@pytest.fixture
def two(suite):
    """Two folders, of which one is hard: half of its cases miss."""
    suite.bars(BARS)
    suite.file("hard/test_hard.py", CASES.format(name="hard", hard=2))
    suite.file("easy/test_easy.py", CASES.format(name="easy", hard=1000))
    assert suite.run("--evalbars-update-baseline").exit == 0
    return suite


def cases_of(suite):
    lines = (suite.path / "baseline.jsonl").read_text().splitlines()
    return {line["case"] for line in map(json.loads, lines) if "case" in line}


@pytest.mark.parametrize("folder", ["hard", "easy"])
def test_an_unchanged_part_is_no_drop(two, folder):
    result = two.run(folder)
    assert result.exit == 0
    result.said("60 cases in common", "not asked for: 60 cases of other files", "inconclusive")
    result.never_said("independent samples")


def test_a_drop_in_one_part_is_seen_beside_the_rest(two):
    two.file("easy/test_easy.py", CASES.format(name="easy", hard=1000).replace("1000", "4"))
    result = two.run("easy")
    assert result.exit == 1
    result.said("MISSED accuracy", "independent samples")  # its test changed, so no case is the same
    result.said("98.3% -> 75.0% over 60 cases")


def test_an_update_of_one_part_keeps_the_other(two):
    before = cases_of(two)
    assert two.run("hard", "--evalbars-update-baseline").exit == 0
    assert cases_of(two) == before
    assert two.run().exit == 0


@pytest.mark.parametrize("way", ["skip", pytest.param("sample", marks=pytest.mark.slow)])
def test_saturated_cases_that_rest_are_no_drop_and_stay_in_the_baseline(suite, way):
    suite.bars(BARS)
    source = CASES.format(name="all", hard=2)
    suite.file("test_all.py", source)
    assert suite.run("--evalbars-update-baseline").exit == 0
    easy = source.replace(
        'range(60), ids="all{}".format',
        '[pytest.param(n, id=f"all{n}", marks=[pytest.mark.saturated] if n % 2 else []) for n in range(60)]',
    )
    suite.file("test_all.py", easy)
    result = suite.run(f"--evalbars-saturated={way}")
    assert result.exit == 0
    result.said("0.0% -> 0.0% over 30 cases, no change")
    before = cases_of(suite)
    assert len(before) == 60
    assert suite.run(f"--evalbars-saturated={way}", "--evalbars-update-baseline").exit == 0
    assert cases_of(suite) == before


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "header", "schema": 1}\n',
        pytest.param("import pytest\n", marks=pytest.mark.slow),
        pytest.param('{"id": "a"}\n', marks=pytest.mark.slow),
    ],
)
def test_a_file_that_is_no_baseline_is_not_written_over(two, text):
    path = two.file("mine.txt", text)
    result = two.run("--evalbars-update-baseline", "--evalbars-baseline=mine.txt")
    assert result.exit != 0
    assert path.read_text() == text
    result.said("mine.txt is no baseline, and is not written over")


def test_a_damaged_baseline_is_replaced_and_that_is_said(two):
    path = two.path / "baseline.jsonl"
    path.write_text(path.read_text() + "garbage\n")
    assert two.run().exit == 4
    result = two.run("--evalbars-update-baseline")
    assert result.exit == 0
    result.said("baseline written: baseline.jsonl in place of one that could not be read", "not valid JSON")
    assert two.run().exit == 0


def test_a_comment_in_a_test_asks_nothing_else(two):
    path = two.path / "easy/test_easy.py"
    path.write_text(path.read_text().replace("    assert", "    # as they should\n\n    assert"))
    result = two.run()
    assert result.exit == 0
    result.said("120 cases in common")
    result.never_said("changed")


def test_launching_what_is_as_good_says_how(two):
    result = two.run("--evalbars-stage=launch")
    assert result.exit == 10
    result.said("only a proven gain meets max_drop = 0; leave room, as max_drop = 0.02")


def test_a_reader_that_has_seen_enough_gets_no_traceback(two):
    (path, *_) = two.run_files()
    command = (
        f'"{sys.executable}" -c "from pytest_evalbars.cli import main; raise SystemExit(main())" gate "{path}" --json'
    )
    done = subprocess.run(f"{command} | head -c 10", shell=True, cwd=two.path, capture_output=True, check=False)  # noqa: S602
    assert (done.stdout[:1], done.stderr) == (b"{", b"")
