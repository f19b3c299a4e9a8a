"""Sessions whose cases ask models: what they say of replays and of money, and what budgets make of both."""

import json

import pytest

import pytest_evalbars.cli
from pytest_evalbars.run.former import said_of
from pytest_evalbars.run.tally import paid, priced

BAR = '{keys}\n[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'
#: `ask` is what a client does once it has an answer.
CASES = """
import pytest
from pytest_evalbars.cases.asked import Call
from pytest_evalbars.cases.running import running

def ask(**more):
    call = {{"seconds": 0.8, "tokens_in": 300, "tokens_out": 45, "cost_usd": 1.0}} | more
    running().asked.add(Call("m-2024-07-18", **call))

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range({count}), ids="c{{}}".format)
def test_x(n, evalcase):
    {body}
"""
MODEL = "m-2024-07-18"


def asking(suite, body, *, count=10, keys=""):
    """A suite whose cases ask."""
    suite.bars(BAR.format(keys=keys)).file("test_x.py", CASES.format(count=count, body=body))
    return suite


def test_a_session_of_replays_says_so_and_the_gate_says_the_same(suite, capsys):
    result = asking(suite, "ask(replayed=True); ask(judging=True, replayed=True, cost_usd=0.5)").run("-v")
    assert result.exit == 0
    lines = [
        "10 of 10 trials replay recorded answers: the model was not sampled again",
        (
            f"models: {MODEL} (10 calls, all replayed, 3,000 tokens in, 450 out, $10.00 when recorded, "
            f"0.8 s a call); judge: {MODEL} (10 calls, all replayed, $5.00 when recorded); paid: $0.00"
        ),
    ]
    result.said(*lines, "met (replayed)", "gate passed: 1 of 1 verdict met, on recorded answers")
    assert all(line["calls"]["paid"] == 0 for line in result.of("trial"))
    capsys.readouterr()
    assert pytest_evalbars.cli.main(["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml")]) == 0
    said = capsys.readouterr().out
    assert all(f"\n{line}\n" in said for line in lines)


def test_a_failed_bar_says_so_in_its_report(suite):
    result = asking(suite, "ask(replayed=True); assert n > 8").run("-rf")
    assert result.exit == 1
    result.said("MISSED accuracy: ", "; on recorded answers: the model was not sampled again")
    asking(suite, "ask(); assert n > 8").run("-rf").never_said("recorded")


@pytest.mark.slow
def test_what_workers_ask_is_told_too(suite):
    result = asking(suite, "ask(replayed=n < 4)").run("-n", "2")
    result.said("4 of 10 trials replay recorded answers: for them the model was not sampled again", "paid: $6.00")


# -- budgets -----------------------------------------------------------------------------------------------


def ran(result):
    """How many trials have a verdict."""
    return len(result.of("trial"))


@pytest.mark.parametrize(
    ("body", "cases"),
    [
        ("ask()", 3),
        ("ask(replayed=True)", 10),
        ("ask(replayed=True); ask(cost_usd=0.5)", 6),
        ("ask(cost_usd=0); ask(judging=True)", 3),
        ("ask(replayed=True); ask(judging=True)", 3),
        ("ask(judging=True, replayed=True); ask(cost_usd=0.75, judging=True); ask(cost_usd=0.75)", 2),
        ("ask(replayed=True, cost_usd=None)", 10),
    ],
    ids=["product", "replays are free", "in part", "judges", "judges of replays", "all", "of no price"],
)
def test_a_budget_is_spent_by_what_is_paid(suite, body, cases):
    result = asking(suite, body).run("--evalbars-budget=3")
    assert (ran(result), result.exit) == (cases, 0 if cases == 10 else 10)
    result.never_said("could not be held")


@pytest.mark.parametrize(
    ("body", "unpriced"),
    [
        ("ask(cost_usd=None)", 10),
        ("ask(cost_usd=None, replayed=True)", 0),
        ("ask(cost_usd=None, replayed=True); ask(cost_usd=0.01)", 0),
        ("ask(cost_usd=None, replayed=n > 3); ask(cost_usd=0.01)", 4),
        ("ask(cost_usd=0.01); ask(cost_usd=None, judging=True)", 10),
        ("ask(cost_usd=0.01); ask(cost_usd=None, judging=True, replayed=True)", 0),
        ("ask(cost_usd=None); evalcase.measure(cost_usd=0.01)", 0),
        ("ask(cost_usd=0.01, judging=True)", 10),
    ],
)
def test_a_budget_names_the_trials_that_it_could_not_be_held_on(suite, body, unpriced):
    result = asking(suite, body).run("--evalbars-budget=3")
    assert (ran(result), result.exit) == (10, 0)
    words = f"the budget of $3.00 could not be held on {unpriced} of 10 trials"
    result.said(words) if unpriced else result.never_said("could not be held")


@pytest.mark.parametrize(("body", "saved"), [("ask()", 27), ("ask(replayed=True)", 0), ("ask(judging=True)", None)])
def test_what_stopping_early_saves_is_what_would_have_been_paid(suite, body, saved):
    result = asking(suite, f"{body}; assert n > 60", count=70).run("--evalbars-stop-early")
    result.said("stopped early: 27 of 70 trials were not run, as no verdict depended on them")
    assert result.of("end")[0]["saved"].get("cost_usd") == saved


def test_a_run_that_is_gone_on_with_keeps_what_was_replayed(suite):
    asking(suite, "ask(replayed=True)")
    suite.run()
    suite.cut(4)
    result = suite.run("--evalbars-resume")
    path = next(iter(suite.run_files()))
    assert result.exit == 0
    result.said("10 of 10 trials replay recorded answers", "paid: $0.00")
    assert path.read_text().count('"paid": 0') == 10


def test_what_a_dead_worker_left_is_priced_as_it_said(suite):
    result = asking(suite, "ask(replayed=n < 1); ask(cost_usd=0.5)", count=2).run()
    keys = {line["case"]: [] for line in result.of("trial")}
    for line in result.lines:
        keys.get(line.get("case"), []).append(line)
    assert [(paid(said_of(lines)), priced(said_of(lines))) for lines in keys.values()] == [(0.5, True), (1.5, True)]


def test_shards_say_together_what_was_replayed(suite, capsys):
    asking(suite, "ask(replayed=n % 2 == 0)")
    files = [str(suite.run(f"--evalbars-shard={one}/2").path) for one in (1, 2)]
    capsys.readouterr()
    assert pytest_evalbars.cli.main(["gate", *files, "--bars", str(suite.path / "pyproject.toml"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["replayed"], said["calls"]["paid_usd"], said["verdicts"][0]["replayed"]) == (5, 5, 5)
