"""Budgets of money and time: what they keep from starting, what is said of it, and what the gate makes of it."""

import json
from types import SimpleNamespace

import pytest

import pytest_evalbars.cli
from pytest_evalbars.execution.budget import Budget, Shares
from pytest_evalbars.report.units import money, roughly, span
from pytest_evalbars.run.tally import Tally
from pytest_evalbars.stash import STARTED

BAR = """
[[bar]]
dimension = "accuracy"
at_least = {bar}
"""

CASES = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range({count}), ids="c{{}}".format)
def test_x(n, evalcase):
    {body}
"""


def priced(suite, body="evalcase.measure(cost_usd=1)", *, count=10, keys="", bar=0.2):
    """Cases that pass, and cost a dollar each unless the body says otherwise."""
    suite.bars(f"{keys}\n{BAR.format(bar=bar)}").file("test_x.py", CASES.format(count=count, body=body))
    return suite


def ran(result):
    """The cases that have a verdict."""
    return {line["case"].partition("[")[2].rstrip("]") for line in result.of("trial")}


@pytest.mark.parametrize(
    ("cost", "budget", "cases"), [(1, "3", 3), (1, "$2.50", 3), (2, "3", 2), (0.001, "0.0042", 5), (100, "1", 1)]
)
def test_no_trial_starts_past_the_budget_and_the_run_is_incomplete(suite, cost, budget, cases):
    result = priced(suite, f"evalcase.measure(cost_usd={cost})").run(f"--evalbars-budget={budget}", "-rs")
    assert result.exit == 10
    assert ran(result) == {f"c{n}" for n in range(cases)}
    why = f"the budget of {money(float(budget.lstrip('$')))} is spent"
    assert result.counts["skipped"] == 10 - cases
    result.said(f"not run: {why}")
    result.said(f"the run is incomplete; not run: {10 - cases} trials, because {why}; go on with --evalbars-resume")
    result.said("gate undecided, which fails the session (exit 10)")
    assert result.of("end")[0]["not_run"] == {why: 10 - cases}
    assert "left_out" not in result.of("end")[0]


def test_a_budget_that_is_enough_leaves_no_trace(suite):
    result = priced(suite).run("--evalbars-budget=10.5")
    assert (result.exit, len(ran(result))) == (0, 10)
    assert "not_run" not in result.of("end")[0]
    result.never_said("the budget of", "not run")


def test_the_last_trial_may_reach_the_budget(suite):
    result = priced(suite).run("--evalbars-budget=10")
    assert (result.exit, len(ran(result))) == (0, 10)


@pytest.mark.parametrize(
    ("keys", "arguments", "cases"),
    [
        ("budget_usd = 4", (), 4),
        ("budget_usd = 4", ("--evalbars-budget=2",), 2),
        ("budget_usd = 2", ("--evalbars-budget=4",), 4),
        ("budget_usd = 2", ("--evalbars-budget=1h",), 2),
        ("budget_usd = 9\nbudget_seconds = 1000", ("--evalbars-budget=5", "--evalbars-budget=1h"), 5),
    ],
)
def test_the_command_line_wins_over_the_bars_file(suite, keys, arguments, cases):
    result = priced(suite, keys=keys).run(*arguments)
    assert (result.exit, len(ran(result))) == (10, cases)


def test_past_a_time_no_trial_starts(suite):
    result = priced(suite, "__import__('time').sleep(0.3)", keys="budget_seconds = 0.8").run()
    assert result.exit == 10
    assert len(ran(result)) <= 3
    result.said(f"not run: {10 - len(ran(result))} trials, because the time budget of 0.8 s is over; go on with")


def test_a_session_whose_time_is_over_before_the_first_trial_is_undecided(suite):
    result = priced(suite, count=3).run("--evalbars-budget=0.001s")
    assert (result.exit, ran(result)) == (10, set())
    result.said("not run: 3 trials, because the time budget of 0.001 s is over")


def test_a_trial_without_its_verdict_is_neither_a_pass_nor_a_miss(suite):
    proven = priced(suite, "evalcase.measure(cost_usd=1); assert False", count=12, bar=0.95)
    result = proven.run("--evalbars-budget=9")
    assert (result.exit, len(ran(result))) == (1, 9)  # missed, were all the others to pass
    result.said("MISSED accuracy", "the run is incomplete; not run: 3 trials")
    result = proven.run("--evalbars-budget=1")
    assert result.exit == 10
    result.said("11 trials could not be judged")


def test_the_saved_run_is_as_incomplete_as_the_session(suite, capsys):
    result = priced(suite).run("--evalbars-budget=3")
    bars = str(suite.path / "pyproject.toml")
    capsys.readouterr()
    assert pytest_evalbars.cli.main(["gate", str(result.path), "--bars", bars]) == 10
    words = "not run: 7 trials, because the budget of $3.00 is spent; go on with --evalbars-resume"
    assert words in capsys.readouterr().out
    assert pytest_evalbars.cli.main(["gate", str(result.path), "--bars", bars, "--json"]) == 10
    said = json.loads(capsys.readouterr().out)
    assert said["complete"] is False
    assert words in said["notes"][0]


@pytest.mark.parametrize("lost", [1, 2])
def test_trials_that_are_missing_for_another_reason_are_told_apart(suite, capsys, lost):
    result = priced(suite).run("--evalbars-budget=3")
    keep = [
        line for line in result.lines if "case" not in line or not any(f"[c{n}]" in line["case"] for n in range(lost))
    ]
    result.path.write_text("".join(f"{json.dumps(line)}\n" for line in keep), encoding="utf-8")
    capsys.readouterr()
    pytest_evalbars.cli.main(["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml")])
    said = capsys.readouterr().out
    assert "not run: 7 trials, because" in said
    more = {1: "1 more planned trial has", 2: "2 more planned trials have"}[lost]
    assert f"the run is incomplete: {more} no result" in said


@pytest.mark.parametrize("value", ["7", "[1]", '{"spent": "seven"}'])
def test_a_run_file_with_a_strange_end_says_which_line(suite, capsys, value):
    result = priced(suite, count=2).run()
    text = result.path.read_text(encoding="utf-8").replace('"exit": 0', f'"exit": 0, "not_run": {value}')
    result.path.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert pytest_evalbars.cli.main(["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml")]) == 4
    assert "not_run is" in capsys.readouterr().err


def test_the_first_failure_leaves_out_what_the_budget_did_not_hold(suite):
    body = "evalcase.measure(cost_usd=1)"
    priced(suite, body).file("test_y.py", "def test_y(): assert False\n")
    suite.file("test_z.py", CASES.format(count=2, body=body))
    result = suite.run("--evalbars-budget=3", "-x")
    assert result.exit == 1
    end = result.of("end")[0]
    assert end["not_run"] == {"the budget of $3.00 is spent": 7}
    assert end["left_out"] == ["test_z.py::test_x[c0]", "test_z.py::test_x[c1]"]


# -- costs that are not known ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "unknown", "ran_at_all"),
    [
        ("n % 2 or evalcase.measure(cost_usd=0.1)", 5, 10),
        ("evalcase.measure(cost_usd=None if n < 4 else 0.1)", 4, 10),
        ("raise ValueError(n)", 10, 10),
        ("n < 6 and pytest.skip('later')", 4, 4),
    ],
)
def test_a_budget_says_on_which_trials_it_could_not_be_held(suite, body, unknown, ran_at_all):
    result = priced(suite, body).run("--evalbars-budget=5")
    result.said(
        f"note: the budget of $5.00 could not be held on {unknown} of {ran_at_all} trials: they did not say what "
        "they cost; say it with evalcase.measure(cost_usd=...)"
    )


@pytest.mark.parametrize("arguments", [(), ("--evalbars-budget=1h",)])
def test_without_a_budget_of_money_nobody_need_say_what_a_trial_costs(suite, arguments):
    result = priced(suite, "pass").run(*arguments)
    assert result.exit == 0
    result.never_said("could not be held")


# -- workers -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_workers_share_the_money(suite):
    result = priced(suite, count=20).run("-n", "2", "--evalbars-budget=5")
    assert result.exit == 10
    spent = [line["worker"] for line in result.of("trial")]
    assert (spent.count("gw0"), spent.count("gw1")) == (3, 3)  # of $2.50 each
    result.said(
        "evalbars: the budget of $5.00 is divided among 2 workers, $2.50 each: "
        "one that has spent its share starts no further trial"
    )
    result.said("not run: 14 trials, because the budget of $5.00 is spent ($2.50 a worker); go on with")


@pytest.mark.slow
def test_a_worker_that_replaces_a_dead_one_has_what_is_left_of_its_share(suite):
    body = "evalcase.measure(cost_usd=1) if n != 2 else __import__('os')._exit(1)"
    result = priced(suite, body).run("-n", "1", "--evalbars-budget=4")
    assert [line["worker"] for line in result.of("trial") if line["measures"]] == ["gw0", "gw0", "gw1", "gw1"]
    assert {"c0", "c1", "c2"} < ran(result)  # c2 is the crash
    assert len(ran(result)) == 5
    result.said("not run: 5 trials, because the budget of $4.00 is spent")


@pytest.mark.slow
def test_workers_count_the_time_from_the_start_of_the_session(suite):
    suite.file(
        "conftest.py",
        """
        import pytest
        from pytest_evalbars.stash import STARTED
        @pytest.hookimpl(trylast=True)
        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                config.stash[STARTED] -= 1000
        """,
    )
    result = priced(suite).run("-n", "1", "--evalbars-budget=999s")
    assert (result.exit, ran(result)) == (10, set())
    assert len(ran(suite.run("-n", "1", "--evalbars-budget=2000s"))) == 10


# -- the parts ---------------------------------------------------------------------------------------------


def costing(cost):
    return {"measures": {} if cost is None else {"cost_usd": cost}}


def test_a_share_is_held_when_it_is_reached():
    budget = Budget(6, None, workers=3, spent=0.5)
    for cost, held in ((1, False), (None, False), (0.4, False), (0.1, True), (-5, True)):
        budget.ended(None, costing(cost if cost != -5 else None))
        assert bool(budget.holds(None)) is held
    assert budget.holds(None) == "the budget of $6.00 is spent ($2.00 a worker)"


def test_time_runs_from_before_the_process_was_there():
    clock = SimpleNamespace(now=1000.0)
    budget = Budget(None, 90, elapsed=30, since=1000, clock=lambda: clock.now)
    clock.now = 1059.9
    assert budget.holds(None) == ""
    clock.now = 1060
    assert budget.holds(None) == "the time budget of 90 s is over"
    assert budget.notices == []


@pytest.mark.slow
def test_what_a_dead_worker_spent_is_inherited_once(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 50.0)
    shares = Shares(SimpleNamespace(stash={STARTED: 20.0}))
    tally = Tally(9)
    assert shares.for_worker("gw0") == {"spent": 0.0, "elapsed": 30.0}
    assert shares.for_worker("gw1") == {"spent": 0.0, "elapsed": 30.0}
    tally.pay(costing(1.5), "gw0")
    shares.died("gw0", tally)
    assert shares.for_worker("gw2") == {"spent": 1.5, "elapsed": 30.0}
    tally.pay(costing(0.25), "gw2")
    shares.died("gw2", tally)
    shares.died("gw1", None)
    assert shares.for_worker("gw3")["spent"] == 1.75
    assert shares.for_worker("gw4")["spent"] == 0.0


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        (0, "$0.00"),
        (5, "$5.00"),
        (2.5, "$2.50"),
        (1234.567, "$1234.57"),
        (0.1, "$0.10"),
        (0.05, "$0.05"),
        (0.0125, "$0.013"),
        (0.0042, "$0.0042"),
        (0.00001, "$0.00001"),
    ],
)
def test_money_in_words(dollars, words):
    assert money(dollars) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.5, "0.5 s"), (90, "90 s"), (60, "1 min"), (5400, "90 min"), (7200, "2 h")]
)
def test_a_declared_time_in_words(seconds, words):
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 s"), (99, "99 s"), (100, "2 min"), (5400, "90 min"), (9000, "2.5 h")]
)
def test_an_estimated_time_in_words(seconds, words):
    assert roughly(seconds) == words
