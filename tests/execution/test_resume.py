"""A run that did not come to its end goes on: what it has is never run again, and the verdict is that of one run."""

import json

import pytest

from pytest_evalbars import load_run

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.5
[[bar]]
dimension = "tone"
at_least = 0.9
"""

#: A session on workers that says no more than others do, and so runs with the slow tests.
SLOWLY = pytest.param(("-n", "2"), marks=pytest.mark.slow)

#: Twenty cases, each of which notes that it ran; the ninth stops the session, or errs, while a file says so.
CASES = """
import os
from pathlib import Path
import pytest

def ran(name):
    with open("tally", "a") as tally:
        tally.write(f"{name}\\n")

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{n:02}") for n in range(20)])
def test_answer(number, evalcase):
    ran(f"c{number:02}")
    evalcase.check("tone", number != 3, "rude")
    if number == 4 and Path("away").exists():
        raise ConnectionError("away")
    if number == 8 and Path("stop").exists():
        pytest.exit("enough")
    assert number % 4, f"wrong answer {number}"
"""


@pytest.fixture
def stopped(suite):
    """A project whose last run was killed after eight cases, of which one erred."""
    suite.bars(BARS).file("test_x.py", CASES)
    suite.file("away", "")
    suite.run()
    suite.cut(8)
    mend(suite)
    return suite


def mend(suite, *names):
    for name in names or ("away", "stop", "tally"):
        (suite.path / name).unlink(missing_ok=True)


def tally(suite):
    path = suite.path / "tally"
    return path.read_text().split() if path.exists() else []


def again(suite, *arguments, **options):
    """Resume the run, and read its file, which is not a new one."""
    (path,) = suite.run_files()
    result = suite.run("--evalbars-resume=", *arguments, **options)
    assert suite.run_files() == [path]
    result.lines = [json.loads(line) for line in path.read_text().splitlines()]
    result.path = path
    return result


def uninterrupted(suite, *arguments):
    """What one run from beginning to end says, in a file of its own."""
    result = suite.run("--evalbars-run=whole.jsonl", *arguments)
    result.path = suite.path / "whole.jsonl"
    return result


def told(path):
    """All that a run says of its cases."""
    run = load_run(path)
    rows = {
        (run.cases[c], int(t), run.dimensions[d]): (int(o), tuple(run.labelsets[labels].items()))
        for c, t, d, o, labels in zip(run.case, run.trial, run.dimension, run.outcome, run.labelset, strict=True)
    }
    return rows, run.trials, run.errors, run.complete, run.missing


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "workers"])
def test_what_is_finished_is_taken_and_the_verdict_is_that_of_one_run(stopped, workers):
    result = again(stopped, *workers)
    assert sorted(tally(stopped)) == ["c04", *(f"c{n:02}" for n in range(8, 20))]
    result.said("evalbars: resuming .evalbars", ": 7 of 20 trials are taken from it, 13 run now (1 of them again")
    result.said("20 cases, 20 trials, 0 errors", "resumed on ", ": 7 of 20 trials are from before")
    result.never_said("deselected", "left out", "not enforced")
    whole = uninterrupted(stopped)
    assert result.exit == whole.exit == 0
    assert told(result.path) == told(whole.path)
    (line,) = result.of("resume")
    assert (line["taken"], line["again"]) == (7, 1)
    assert [each["exit"] for each in result.of("end")] == [0]


def test_a_bar_is_missed_by_cases_of_both_sessions_together(stopped):
    stopped.bars(BARS.replace("0.5", "0.99"))
    result = again(stopped)
    whole = uninterrupted(stopped)
    assert result.exit == whole.exit == 1
    assert [line for line in whole.out.splitlines() if ">= 99%" in line] == [
        line for line in result.out.splitlines() if ">= 99%" in line
    ]


@pytest.mark.parametrize("workers", [(), SLOWLY], ids=["serial", "workers"])
def test_nothing_left_to_run_is_judged_all_the_same(stopped, workers):
    stopped.bars(BARS.replace("0.5", "0.99"))
    again(stopped)
    path = stopped.cut()
    mend(stopped)
    result = again(stopped, *workers)
    assert (result.exit, tally(stopped)) == (1, [])
    result.said(
        "20 of 20 trials are taken from it, 0 run now", "MISSED", "resumed, 2 times, at last on ", ": 20 of 20"
    )
    assert load_run(path).complete


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "workers"])
def test_nothing_left_to_run_and_no_bar_is_no_empty_session(suite, workers):
    suite.cases(5, 5).run()
    suite.cut()
    result = again(suite, *workers)
    assert result.exit == 0
    result.said("5 of 5 trials are taken from it", "gate passed")


def test_a_regression_case_without_a_bar_that_missed_before_fails_the_session(stopped):
    stopped.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n')
    result = again(stopped)
    assert (result.exit, result.counts.get("failed")) == (1, None)
    result.said("MISSED, and no bar speaks of it: test_x.py::test_answer[c03] on tone")


def test_errors_that_mend_replace_errors_and_verdicts_stand(suite):
    """The trial errs after it judged its tone: that verdict stands, whatever the second attempt says of it."""
    suite.bars(BARS).file(
        "test_x.py",
        """
        from pathlib import Path
        import pytest
        @pytest.mark.dimension("accuracy", "tone")
        @pytest.mark.parametrize("name", ["good", "bad", "fine"])
        def test_x(name, evalcase):
            first = Path("away").exists()
            evalcase.check("tone", (name == "good") == first, "rude")
            if first and name != "fine":
                raise ConnectionError("away")
        """,
    )
    suite.file("away", "")
    assert suite.run().exit == 1
    mend(suite)
    result = again(suite)
    result.said("1 of 3 trials are taken from it, 2 run now (2 of them again, because they erred)")
    rows, trials, errors, complete, _ = told(result.path)
    assert (trials, errors, complete) == (3, 0, True)
    said = {(case[len("test_x.py::test_x[") : -1], name): outcome for (case, _, name), (outcome, _) in rows.items()}
    assert said == {
        ("good", "accuracy"): 0,
        ("good", "tone"): 0,
        ("bad", "accuracy"): 0,
        ("bad", "tone"): 1,
        ("fine", "accuracy"): 0,
        ("fine", "tone"): 1,
    }


def test_a_run_is_resumed_twice_with_an_interrupt_between(stopped):
    (stopped.path / "stop").touch()
    assert again(stopped).exit == 2
    assert tally(stopped) == ["c04", "c08"]
    mend(stopped)
    result = again(stopped)
    assert tally(stopped) == [f"c{n:02}" for n in range(8, 20)]
    result.said("8 of 20 trials are taken from it, 12 run now", "resumed, 2 times, at last on ")
    assert [line["taken"] for line in result.of("resume")] == [7, 8]
    assert told(result.path) == told(uninterrupted(stopped).path)


def test_an_error_that_stays_is_run_again_every_time(stopped):
    (stopped.path / "away").touch()
    for taken in (7, 19, 19):
        mend(stopped, "tally")
        result = again(stopped)
        assert result.exit == 1
        result.said(f"{taken} of 20 trials are taken from it", "20 cases, 20 trials, 1 error;")
        assert "c04" in tally(stopped)
    assert load_run(result.path).errors == 1
    mend(stopped)
    assert again(stopped).exit == 0
    assert tally(stopped) == ["c04"]
    assert load_run(result.path).errors == 0


def test_trials_are_taken_one_by_one(suite):
    source = CASES.replace("@pytest.mark.dim", "@pytest.mark.trials(3)\n@pytest.mark.dim").replace(
        "range(20)", "range(4)"
    )
    suite.bars(BARS).file("test_x.py", source)
    suite.run()
    suite.cut(4)
    mend(suite)
    result = again(suite)
    result.said("4 of 12 trials are taken from it, 8 run now", "4 cases, 12 trials, 0 errors")
    assert tally(suite) == ["c01"] * 2 + ["c02"] * 3 + ["c03"] * 3
    assert told(result.path) == told(uninterrupted(suite).path)


def test_ordinary_tests_run_again_and_fail_again(stopped):
    stopped.file("test_a.py", "def test_plain(): assert False\n")
    result = again(stopped)
    assert (result.exit, result.counts["failed"]) == (1, 1)
    result.said("gate passed")
    mend(stopped)
    stopped.file("test_a.py", "def test_plain(): pass\n")
    stopped.cut()
    result = again(stopped)
    assert (result.exit, result.counts["passed"]) == (0, 3)


@pytest.mark.parametrize(
    ("how", "arguments", "said"),
    [
        ("yield; assert number != 2, 'leaked'", (), "c02"),
        ("yield", ("--evalbars-as-tests",), "test_answer[c00], test_x.py::test_answer[c03]"),
        ("request.applymarker(pytest.mark.xfail(number == 2, strict=True, reason='no')); yield", (), "c02"),
    ],
    ids=["teardown", "as tests", "strict xfail"],
)
def test_a_failure_that_is_no_verdict_is_not_forgotten(suite, how, arguments, said):
    fixture = f"@pytest.fixture(autouse=True)\ndef leaky(request, number):\n    {how}\n\n@pytest.mark.dim"
    source = CASES.replace("@pytest.mark.dim", fixture)
    suite.bars(BARS).file("test_x.py", source)
    suite.run(*arguments)
    suite.cut(8)
    mend(suite)
    result = again(suite, *arguments)
    whole = uninterrupted(suite, *arguments)
    assert result.exit == whole.exit == 1
    result.said("the session fails because", "of the trials taken from before failed it then:", said)
    assert told(result.path) == told(whole.path)
    path = suite.cut(path=suite.path / "whole.jsonl")
    assert suite.run(f"--evalbars-resume={path}", *arguments).exit == 1


def test_stopping_at_the_first_failure_again_leaves_the_rest_open(stopped):
    stopped.file("stop", "")
    source = CASES.replace('pytest.exit("enough")', 'raise OSError("down")')
    stopped.file("test_x.py", source)
    result = again(stopped, "-x", "--evalbars-force")
    assert result.exit == 1
    result.said("not enforced: 11 of its 20 cases were left out of this run")
    assert len(result.of("end")[-1]["left_out"]) == 11
    mend(stopped)
    result = again(stopped)
    assert (result.exit, tally(stopped)) == (0, [f"c{n:02}" for n in range(8, 20)])
    result.never_said("not enforced", "left out")
    assert told(result.path) == told(uninterrupted(stopped).path)


def test_the_cases_that_missed_are_those_of_both_sessions(stopped):
    again(stopped)
    result = stopped.run("--evalbars-missed")
    assert sorted(case[-4:-1] for case, *_ in result.verdicts if case) == sorted(
        name for name in ("c00", "c03", "c04", "c08", "c12", "c16") for _ in range(2)
    )


def test_a_look_at_what_is_left_changes_nothing(stopped):
    (path,) = stopped.run_files()
    before = path.read_bytes()
    result = stopped.run("--evalbars-resume=", "--collect-only", "-q")
    assert (result.exit, path.read_bytes(), tally(stopped)) == (0, before, [])
    result.said("test_answer[c04]", "test_answer[c08]")
    result.never_said("test_answer[c03]", "test_answer[c05]")


def test_a_part_of_the_project_stays_in_the_run_though_this_session_leaves_it_out(stopped):
    result = again(stopped, "-k", "c04 or c09", "--evalbars-force")
    assert sorted(tally(stopped)) == ["c04", "c09"]
    result.said(
        "7 of 20 trials are taken from it, 2 run now (1 of them again", "11 are not among those that this session"
    )
    result.said("the run is incomplete: 11 planned trials have no result")
    assert result.exit == 10
    mend(stopped)
    assert again(stopped).exit == 0
    assert tally(stopped) == ["c08", *(f"c{n:02}" for n in range(10, 20))]
