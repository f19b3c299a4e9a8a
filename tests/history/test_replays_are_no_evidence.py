"""Recorded answers that are replayed are counted once: in the run that recorded them."""

import json

import pytest
from past_runs import told_of, write_run

from pytest_evalbars import load_bars, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.gate.decide import decide
from pytest_evalbars.history.access import read_history, record
from pytest_evalbars.history.cases import standings
from pytest_evalbars.lifecycle.rules import quiet_bars

BARS = load_bars({"bar": [{"dimension": "accuracy", "at_least": 0.5, "name": "right"}]})


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """The folder of run files of a project in which the test stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".evalbars" / "runs"


def said(capsys, *words):
    """What a command prints."""
    capsys.readouterr()
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_a_replay_is_in_the_history_and_counts_nowhere(runs, capsys):
    write_run(runs, 1, {"a": "pm", "b": "pp"})
    for day in (2, 3):
        write_run(runs, day, {"a": "pm", "b": "pp"}, replayed=("a", "b"))
    history = read_history(runs.parents[1])
    assert [run.replayed for run in history.runs] == [0, 4, 4]
    assert told_of(history, "a") == [(0, 1, 2, 0), (1, 0, 0, 0), (2, 0, 0, 0)]
    out = said(capsys, "history")
    assert out.count("4 trials replayed, not counted") == 2
    assert out.count("75.0%") == 1  # a point of the trend for the run that asked, and for no other
    assert [run["replayed"] for run in json.loads(said(capsys, "history", "--json"))["runs"]] == [0, 4, 4]


def test_a_case_that_was_only_replayed_is_still_there(runs, capsys):
    write_run(runs, 1, {"a": "pm", "b": "pp", "c": "p"})
    for day in range(2, 6):
        write_run(runs, day, {"a": "pm", "b": "pp"}, replayed=("a", "b"))
    found = {one.case: one for one in standings(read_history(runs.parents[1]))}
    assert {case: (one.word, one.runs, one.trials, one.gone) for case, one in found.items()} == {
        "a": ("flaky", 1, 2, False),
        "b": ("always passes", 1, 2, False),
        "c": ("always passes", 1, 1, True),
    }
    write_run(runs, 6, {"new": "p"}, replayed=("new",))
    (one,) = [one for one in standings(read_history(runs.parents[1])) if one.case == "new"]
    assert (one.word, one.gone) == ("not judged", False)
    assert "new" in said(capsys, "history", "--cases")


def test_of_a_run_that_replays_in_part_the_rest_counts(runs, capsys):
    write_run(runs, 1, {"a": "pm", "b": "mm", "c": "e"}, replayed=("b", "c"))
    history = read_history(runs.parents[1])
    assert [told_of(history, case) for case in "abc"] == [[(0, 1, 2, 0)], [(0, 0, 0, 0)], [(0, 0, 0, 0)]]
    out = said(capsys, "history")
    assert "3 trials replayed, not counted" in out
    assert "50.0%" in out


def test_what_a_replayed_case_asks_now_is_known_all_the_same(runs):
    write_run(runs, 1, {"a": "m"}, content="c0")
    write_run(runs, 2, {"a": "p"}, content="c1", replayed=("a",))
    (one,) = standings(read_history(runs.parents[1]))
    assert (one.changed, one.born, one.word) == (True, 1, "not judged")


def test_verdicts_on_replays_are_no_record_of_a_bar(runs, capsys):
    root = runs.parents[1]
    for day in range(1, 13):
        path = write_run(runs, day, {f"c{n}": "p" for n in range(8)}, replayed=("c0",) if day > 2 else ())
        record(root, path, decide(load_run(path), BARS))
    history = read_history(root)
    assert [dict(run.verdicts) for run in history.runs] == [{"right": "met"}] * 2 + [{}] * 10
    assert quiet_bars(history) == ()  # two runs are too few to say so
    out = said(capsys, "history", "--bars")
    assert [line.split()[1:4] for line in out.splitlines() if line.startswith("right")] == [["2", "2", "0"]]
    assert "\nnot counted: 10 verdicts on recorded answers, which were not sampled again\n" in out
    (bar,) = json.loads(said(capsys, "history", "--bars", "--json"))["bars"]
    assert (bar["runs"], bar["replayed"]) == (2, 10)


# -- the life cycle ----------------------------------------------------------------------------------------


def proposed(capsys, *words):
    found = json.loads(said(capsys, "lifecycle", *words, "--json"))
    return {(one["kind"], one["case"]) for one in found["proposals"] if one["case"]}, found


@pytest.mark.parametrize("replays", [False, True])
@pytest.mark.parametrize(
    ("letters", "status", "kind"),
    [
        ("pppp", "capability", "promote"),
        ("pmpm", "regression", "quarantine"),
        ("mmmm", "regression", "broken"),
        ("pppp" * 2, "regression", "saturated"),
    ],
)
def test_only_trials_that_asked_the_model_move_a_case(runs, capsys, letters, status, kind, replays):
    for day in range(1, 13):
        recorded = ("a",) if replays and day > 1 else ()
        write_run(runs, day, {"a": letters}, replayed=recorded, case_labels={"status": status})
    moves, found = proposed(capsys)
    assert moves == (set() if replays else {(kind, "a")})
    assert found["replayed"] == (11 * len(letters) if replays else 0)
    words = f"\nnot counted: {11 * len(letters)} trials of 11 runs that replayed recorded answers, which are no new"
    assert (words in said(capsys, "lifecycle")) is replays


def test_a_streak_goes_on_over_replays(runs, capsys):
    for day in range(1, 27):
        write_run(runs, day, {"a": "pppp"}, replayed=("a",) if day % 2 else (), case_labels={"status": "capability"})
    assert proposed(capsys)[0] == {("promote", "a")}  # 52 trials in 13 runs asked the model


def test_states_of_the_product_that_were_only_replayed_are_none(runs, capsys):
    for day in range(1, 13):
        write_run(runs, day, {"a": "p" * 8}, commit="same", case_labels={"status": "regression"})
    for day in range(13, 20):
        write_run(runs, day, {"a": "p" * 8}, replayed=("a",), case_labels={"status": "regression"})
    assert proposed(capsys)[0] == set()  # saturated needs three states
