"""Resume together with what else decides which trials run: a budget, stopping early, the window, a second failure."""

import asyncio  # noqa: F401 - an inner session may import it only once

import pytest

import pytest_evalbars.execution.window  # noqa: F401 - for speed
from pytest_evalbars import load_run

CASES = """
import asyncio
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{n:02}") for n in range(40)])
async def test_answer(number, evalcase):
    with open("tally", "a") as tally:
        tally.write(f"c{number:02}\\n")
    evalcase.measure(cost_usd=0.5)
    await asyncio.sleep(0.001)
    assert number % 10
"""
BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.5
"""


@pytest.fixture
def project(suite):
    suite.bars(BAR).file("test_x.py", CASES)
    return suite


def tally(suite):
    path = suite.path / "tally"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


ALL = [f"c{n:02}" for n in range(40)]


def test_a_run_goes_on_where_its_budget_ended(project):
    first = project.run("--evalbars-budget=5")
    assert (first.exit, len(tally(project))) == (10, 10)
    second = project.run("--evalbars-resume=", "--evalbars-budget=5")  # each session has a budget of its own
    second.said("10 of 40 trials are taken from it, 30 run now")
    assert (second.exit, tally(project)) == (10, ALL[10:20])
    last = project.run("--evalbars-resume=")
    assert (last.exit, tally(project)) == (0, ALL[20:])
    last.never_said("not run", "incomplete")
    run = load_run(first.path)
    assert (run.complete, run.trials, run.not_run) == (True, 40, {})


@pytest.mark.parametrize("how", [("--evalbars-concurrency=8",), ("--evalbars-concurrency=4", "-n", "2")], ids=str)
def test_many_cases_in_flight_are_those_that_are_left(project, how):
    project.run()
    path = project.cut(11)
    tally(project)
    result = project.run("--evalbars-resume=", *how)
    result.said("11 of 40 trials are taken from it, 29 run now", "40 cases, 40 trials, 0 errors")
    assert (result.exit, sorted(tally(project))) == (0, ALL[11:])
    assert load_run(path).complete


def test_progress_counts_what_runs_now(project):
    project.run()
    project.cut(11)
    project.file(
        "conftest.py",
        """
        from pytest_evalbars.stash import SESSION
        def pytest_unconfigure(config):
            tally = config.stash[SESSION].tally
            print(f"tally: {tally.finished} of {tally.planned}")
        """,
    )
    project.run("--evalbars-resume=").said("tally: 29 of 29")


STOP = """
stop_early = true
[[bar]]
dimension = "accuracy"
at_least = 0.5
"""


def test_stopping_early_knows_what_was_said_before(project):
    """Killed one trial before the verdict was certain, a session needs one trial more."""
    project.bars(STOP)
    whole = project.run()
    needed = len(tally(project))
    assert needed < 40
    path = project.cut(needed - 1)
    result = project.run("--evalbars-resume=")
    assert (result.exit, tally(project)) == (0, [ALL[needed - 1]])
    for each in (whole, result):
        each.said(f"stopped early: {40 - needed} of 40 trials were not run")
    run = load_run(path)
    assert (run.complete, run.stopped, run.trials) == (True, 40 - needed, needed)
    again = project.run("--evalbars-resume=")
    assert (again.exit, tally(project)) == (0, [])
    assert load_run(path).stopped == 40 - needed


def test_a_run_that_stopped_early_can_be_run_to_its_end(project):
    project.bars(STOP)
    project.run()
    needed = len(tally(project))
    project.bars(BAR)
    result = project.run("--evalbars-resume=")
    assert (result.exit, tally(project)) == (0, ALL[needed:])
    result.never_said("stopped early")
    run = load_run(*project.run_files())
    assert (run.stopped, run.trials, run.complete, run.saved) == (0, 40, True, {"seconds": 0, "cost_usd": 0})


ANYTIME = """
stop_early = true
[[bar]]
dimension = "accuracy"
at_least = 0.3
early_stop = "anytime"
"""


def test_a_bar_that_may_stop_at_any_time_goes_on_in_the_same_order(project):
    project.bars(ANYTIME)
    whole = project.run()
    order = tally(project)
    assert (order != sorted(order), len(order) < 40) == (True, True)
    project.cut(len(order) - 2)
    result = project.run("--evalbars-resume=")
    assert (result.exit, tally(project)) == (whole.exit, order[-2:])
    table = [line for line in whole.out.splitlines() if ">= 30%" in line]
    assert table
    assert table == [line for line in result.out.splitlines() if ">= 30%" in line]


def test_a_run_that_did_not_begin_in_random_order_does_not_stop_at_any_time(project):
    """What is taken came in the order of the files: it must not be bet on as if drawn at random."""
    project.run()
    path = project.cut(5)
    tally(project)
    project.bars(ANYTIME)
    result = project.run("--evalbars-resume=")
    assert tally(project)[0] == ALL[5]
    result.never_said("random order")
    assert load_run(path).order is None
    assert result.exit == 0


def test_a_run_that_began_in_random_order_is_judged_as_any_other_where_it_goes_on_without(project):
    project.bars(ANYTIME)
    project.run()
    path = project.cut(5)
    project.bars(BAR)
    assert project.run("--evalbars-resume=").exit == 0
    assert load_run(path).order is None
