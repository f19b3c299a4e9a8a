"""A second look at what missed says which cases pass this time, and judges no bar."""

import pytest

from pytest_evalbars.cli import main

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'
#: A session on workers that says no more than others do, and so runs with the slow tests.
SLOWLY = pytest.param(("-n", "2"), marks=pytest.mark.slow)
CASES = """
from pathlib import Path
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.trials(2)
@pytest.mark.parametrize("name", [f"c{n}" for n in range(6)])
def test_x(name, evalcase):
    said = Path("said").read_text().split()
    if f"{name}:error" in said or f"{name}:error{evalcase.trial}" in said:
        raise ConnectionError("away")
    assert f"{name}:{evalcase.trial}" not in said, "wrong"
"""


@pytest.fixture
def looks(suite):
    """Runs the cases, then looks at them again; each time with what is said to go wrong."""
    suite.bars(BAR).file("test_x.py", CASES)

    def looks(first, then, *arguments):
        suite.file("said", first)
        suite.run()
        suite.file("said", then)
        return suite.run("--evalbars-missed", *arguments)

    return looks


@pytest.mark.parametrize("workers", [(), SLOWLY], ids=["serial", "workers"])
def test_cases_that_pass_this_time_are_flaky(looks, workers, capsys):
    result = looks("c0:0 c1:0 c1:1 c2:1 c3:0 c4:error", "c1:1 c5:0", *workers)
    assert result.exit == 0
    said = "3 of 4 cases that missed pass this time: flaky, not mended: " + ", ".join(
        f"test_x.py::test_x[c{n}]" for n in (0, 2, 3)
    )
    result.said(said, "1 of 1 case that erred passes this time: they had not been judged: test_x.py::test_x[c4]")
    result.said("second look")
    result.never_said("MISSED ", "gate failed")
    assert main(["gate", str(result.path)]) == 0  # the run file tells the same
    assert said in capsys.readouterr().out


def test_cases_that_still_miss_are_no_news(looks):
    result = looks("c0:0 c1:0", "c0:0 c1:0")
    result.said("2 cases that missed do not pass this time either")
    result.never_said("flaky", "erred")


def test_a_case_that_missed_and_erred_is_one_that_missed(looks):
    result = looks("c0:0 c0:error1 c1:error", "c1:1")
    result.said("1 of 1 case that missed passes this time: flaky, not mended: test_x.py::test_x[c0]")
    result.said("1 case that erred does not pass this time either")


def test_what_an_older_version_remembered_is_taken_for_misses(looks, suite):
    looks("c0:0", "")
    cache = suite.path / ".pytest_cache" / "v" / "evalbars" / "missed"
    cache.write_text('["test_x.py::test_x[c3-t1]"]')
    result = suite.run("--evalbars-missed")
    result.said("1 of 1 case that missed passes this time: flaky, not mended: test_x.py::test_x[c3]")


def test_a_second_look_without_the_cache_is_refused_before_there_is_a_run_file(suite):
    suite.cases(1, 2)
    outcome = suite.run("--evalbars-missed", "-p", "no:cacheprovider")
    assert outcome.exit == 4
    outcome.said("--evalbars-missed needs pytest's cache")
    assert suite.run_files() == []


def test_the_progress_of_a_second_look_ends_at_a_hundred_percent(suite):
    suite.bars("[[bar]]\ndimension = 'accuracy'\nat_least = 0.5").cases(5, 6).run()
    outcome = suite.run("--evalbars-missed")
    outcome.said("[100%]")
    outcome.never_said("[200%]")
