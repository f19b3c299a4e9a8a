"""Runs that replay recorded answers: every verdict on them says so, and what was paid is told."""

import json

import numpy as np
import pytest
from recorded import JUDGE, MODEL, lines, write

from pytest_evalbars import Run, decide, load_bars, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.baseline import load_baseline, write_baseline

BARS = '[[bar]]\ndimension = "accuracy"\nat_least = {bar}\n{more}'
ALL = "the model was not sampled again"


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    """The command, in a folder with bars."""
    monkeypatch.chdir(tmp_path)

    def gate(*words, bar=0.9, more="", code=0):
        (tmp_path / "evalbars.toml").write_text(BARS.format(bar=bar, more=more), encoding="utf-8")
        capsys.readouterr()
        assert main(["gate", *map(str, words)]) == code, capsys.readouterr()
        return capsys.readouterr().out

    gate.folder = tmp_path
    return gate


def test_a_verdict_on_a_replay_says_so_and_is_met_all_the_same(gate):
    path = write(gate.folder / "run.jsonl", 200, 200)
    out = gate(path)
    assert f"\n200 of 200 trials replay recorded answers: {ALL}\n" in out
    assert "met (replayed)\n" in out
    assert out.endswith("gate passed: 1 of 1 verdict met, on recorded answers\n")
    said = json.loads(gate(path, "--json"))
    (verdict,) = said["verdicts"]
    assert (verdict["verdict"], verdict["replayed"], verdict["trials"]) == ("met", 200, 200)
    assert (said["replayed"], said["exit_code"]) == (200, 0)


@pytest.mark.parametrize(("bar", "missed", "code", "word"), [(0.9, 100, 1, "MISSED"), (0.5, 100, 0, "inconclusive")])
def test_the_sentence_of_a_verdict_says_so(gate, bar, missed, code, word):
    out = gate(write(gate.folder / "run.jsonl", 200, 200, missed=missed), bar=bar, code=code)
    (line,) = [line for line in out.splitlines() if line.startswith(f"{word} accuracy:")]
    assert f"; on recorded answers: {ALL}" in line


def test_only_the_slices_that_rest_on_recorded_answers_say_so(gate):
    run = [*lines(40, 0, missed=20)]
    for line in run:
        if line["type"] == "trial" and line["labels"]["category"] == "es":
            line["calls"] |= {"replayed": 1}
    path = gate.folder / "run.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in run), encoding="utf-8")
    out = gate(path, "-v", bar=0.5, more='each = "category"')
    assert "\n20 of 40 trials replay recorded answers: for them the model was not sampled again\n" in out
    de, es = (next(line for line in out.splitlines() if f"in category {name}:" in line) for name in ("de", "es"))
    assert ALL not in de
    assert f"; on recorded answers: {ALL}" in es
    assert f"; 20 of 40 trials on recorded answers: {ALL}" in out
    assert [line.rpartition("50%  ")[2] for line in out.splitlines() if "  >= 50%" in line][:3] == [
        "? inconclusive (partly replayed)",
        "? inconclusive",
        "? inconclusive (replayed)",
    ]
    assert out.endswith("gate passed: 0 of 3 verdicts met, 3 inconclusive, in part on recorded answers\n")
    verdicts = json.loads(gate(path, "--json", bar=0.5, more='each = "category"'))["verdicts"]
    assert [(one["group"], one["replayed"]) for one in verdicts] == [(None, 20), ("de", 0), ("es", 20)]


def test_a_launch_on_recorded_answers_is_told_and_not_failed(gate):
    path = write(gate.folder / "run.jsonl", 200, 150)
    out = gate(path, "--stage", "launch")
    note = (
        "150 of 200 trials replay recorded answers: what is launched was not asked again, and the verdicts are as "
        "good as the recording"
    )
    assert f"\nnote: {note}\n" in out
    assert json.loads(gate(path, "--stage", "launch", "--json"))["notes"] == [note]
    assert note not in gate(path)


def test_a_run_that_samples_the_model_says_nothing_of_the_kind(gate):
    out = gate(write(gate.folder / "run.jsonl", 200, 0))
    assert "replay" not in out
    assert "recorded" not in out
    assert "paid" not in out
    run = load_run(gate.folder / "run.jsonl")
    assert (run.replayed, run.replayed_trials) == (None, 0)


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        (
            (200, 0),
            {},
            (
                f"models: {MODEL} (200 calls, 61,000 tokens in, 9,000 out, $0.12, 0.8 s a call); "
                f"judge: {JUDGE} (200 calls, $0.05)"
            ),
        ),
        (
            (200, 50),
            {},
            (
                f"models: {MODEL} (200 calls, 50 replayed, 61,000 tokens in, 9,000 out, $0.12, 0.8 s a call); "
                f"judge: {JUDGE} (200 calls, 50 replayed, $0.05); paid: $0.13"
            ),
        ),
        (
            (200, 200),
            {},
            (
                f"models: {MODEL} (200 calls, all replayed, 61,000 tokens in, 9,000 out, $0.12 when recorded, "
                f"0.8 s a call); judge: {JUDGE} (200 calls, all replayed, $0.05 when recorded); paid: $0.00"
            ),
        ),
        (
            (200, 0),
            {"cost_usd": None, "tokens_in": None, "tokens_out": None},
            (
                f"models: {MODEL} (200 calls, tokens unknown, price unknown, 0.8 s a call); "
                f"judge: {JUDGE} (200 calls, $0.05)"
            ),
        ),
        (
            (200, 50),
            {"cost_usd": None, "judge_cost_usd": 0.0004},
            (
                f"models: {MODEL} (200 calls, 50 replayed, 61,000 tokens in, 9,000 out, price unknown, "
                f"0.8 s a call); judge: {JUDGE} (200 calls, 50 replayed, $0.08); "
                "paid: $0.06, and 150 calls of unknown price"
            ),
        ),
    ],
    ids=["sampled", "in part", "replayed", "unknown", "unknown in part"],
)
def test_the_models_and_what_they_took_are_one_line(gate, given, more, words):
    assert f"\n{words}\n" in gate(write(gate.folder / "run.jsonl", *given, **more))


def test_several_models_are_named_the_most_asked_first_and_add_up():
    run = Run.from_observations(
        {"type": "trial", "case": f"c{n}", "measures": {"cost_usd": 0.01, "model_seconds": 3.0} if n else {}}
        | {"calls": {"models": {"b": 1, "a\x1b[2J": 2}}}
        for n in range(4)
    )
    from pytest_evalbars.report.calls import calls_lines  # noqa: PLC0415 - imports what the gate does

    (line,) = calls_lines(run)
    assert line == (
        "models: a\\x1b[2J (8 calls), b (4 calls): 12 calls, tokens unknown, $0.03+, some of unknown price, "
        "0.75 s a call"
    )


def test_the_calls_are_told_as_json(gate):
    said = json.loads(gate(write(gate.folder / "run.jsonl", 200, 50), "--json"))["calls"]
    assert said["product"]["models"] == {MODEL: 200}
    assert (said["product"]["replayed"], said["product"]["tokens_in"]) == (50, 61_000)
    assert said["judges"]["cost_usd"] == pytest.approx(0.05)
    assert (said["paid_usd"], said["unpriced"]) == (pytest.approx(0.1275), 0)
    plain = [line for line in lines(20) if line["type"] == "observation"]
    assert Run.from_observations(plain).calls is None


def test_metrics_are_made_of_the_measures_of_calls_by_name(gate):
    more = "".join(
        f'[[bar]]\nmetric = "{name}"\nat_most = {most}\n'
        for name, most in {
            "mean_judge_cost": 0.001,
            "mean_cost": 0.001,
            "p95_judge_tokens_in": 900,
            "calls <= 1": 1,
        }.items()
    ).replace('metric = "calls <= 1"\nat_most = 1', 'metric = "calls <= 1"\nat_least = 0.9')
    out = gate(write(gate.folder / "run.jsonl", 200), "-v", more=more)
    assert "mean judge_cost" in out
    assert "$0.00025" in out
    assert out.endswith("gate passed: 5 of 5 verdicts met\n")


# -- what is kept ------------------------------------------------------------------------------------------


def test_rows_say_themselves_that_they_replay():
    rows = [
        {"case": f"c{n}", "dimension": name, "outcome": "pass", **({"replayed": True} if n < 3 else {})}
        for n in range(10)
        for name in ("accuracy", "tone")
    ]
    run = Run.from_observations(rows)
    assert (run.replayed.tolist(), run.replayed_trials) == ([True] * 6 + [False] * 14, 3)
    bars = load_bars({"bar": [{"dimension": "accuracy", "at_least": 0.5}, {"metric": "mean_cost", "at_most": 1}]})
    assert [(one.replayed, one.trials) for one in decide(run, bars).verdicts] == [(3, 10), (3, 0)]


def test_files_of_one_run_are_merged_with_what_they_say_of_replays(tmp_path):
    one = write(tmp_path / "one.jsonl", 20, 5)
    other = tmp_path / "other.jsonl"
    other.write_text(one.read_text().replace('"c0', '"d0').replace('"replayed": 1, ', ""), encoding="utf-8")
    run = load_run(one, other)
    assert (run.trials, run.replayed_trials, run.calls.own.replayed) == (40, 5, 5)
    assert run.calls.judges.models == {JUDGE: 40}
    assert sorted({run.name(row) for row in np.flatnonzero(run.replayed)}) == [f"c{n:03}" for n in range(5)]


def test_a_resumed_run_forgets_dropped_trials_and_takes_the_last_attempt():
    key = {"case": "c000", "test": "t.py::test_x", "trial": 0}
    found = [*lines(4, 4)][:-1]
    found[2]["outcome"] = "error"
    found += [
        {"type": "resume", "dropped": [["c001", "t.py::test_x", 0, "t.py::test_x[c001]"]]},
        {"type": "trial", **key, "measures": {"cost_usd": 0.5}, "calls": {"models": {"new": 1}}},
        {"type": "observation", **key, "dimension": "accuracy", "outcome": "pass"},
        {"case": "z", "dimension": "accuracy", "outcome": "pass", "replayed": True},
        {"type": "resume", "dropped": [["c003", "t.py::test_x", 0, "t.py::test_x[c003]"]]},
        {"type": "end", "exit": 0},
    ]
    run = Run.from_observations(found)
    recorded = {run.name(row): bool(run.replayed[row]) for row in range(len(run))}
    assert recorded == {"c000": False, "c002": True, "z": True}
    assert run.replayed_trials == 2
    # All that was asked was paid for, whatever became of the trial.
    assert (run.calls.own.models, run.calls.paid) == ({MODEL: 4, "new": 1}, 0.5)


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ({"models": {"m": "many"}}, "its calls are \"{'m': 'many'}\", not numbers by model"),
        ({"models": ["m"]}, "not numbers by model"),
        ({"models": {"m": 1}, "replayed": True}, "of its calls replayed is 'True', not a number"),
        ({"models": {"m": 1}, "paid": "much"}, "could not convert string to float"),
    ],
)
def test_what_is_no_account_of_calls_is_an_error_of_its_line(calls, words):
    with pytest.raises(RunFileError) as error:
        Run.from_observations([{"type": "trial", "case": "c", "measures": {}, "calls": calls}])
    assert str(error.value).startswith("rows, line 1: not a line of a run file: ")
    assert words in str(error.value)


def test_calls_of_another_tool_are_its_own_affair():
    rows = [
        {"type": "trial", "case": "c", "measures": {}, "calls": 3},
        {"case": "c", "dimension": "accuracy", "outcome": "pass"},
    ]
    assert Run.from_observations(rows).calls is None


def test_a_baseline_of_a_replay_says_so_and_keeps_saying_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, load_run(write(tmp_path / "run.jsonl", 20, 5)))
    header, *cases = [json.loads(line) for line in path.read_text().splitlines()]
    assert header["replayed"] == 5
    assert [case.get("replayed") for case in cases] == [1] * 5 + [None] * 15
    assert not {"model_seconds", "judge_seconds"} & cases[0]["measures"].keys()
    run = load_baseline(path)
    assert (run.replayed.tolist(), run.replayed_trials) == ([True] * 5 + [False] * 15, 5)
    write_baseline(path, load_run(write(tmp_path / "live.jsonl", 3)), kept=cases[2:])
    assert json.loads(path.read_text().splitlines()[0])["replayed"] == 3
    write_baseline(path, load_run(tmp_path / "live.jsonl"))
    assert "replayed" not in path.read_text()
    path.write_text(path.read_text().replace('"labels"', '"replayed": "all", "labels"'), encoding="utf-8")
    with pytest.raises(RunFileError, match="line 2: not a line of a baseline: replayed is 'all', not a number of"):
        load_baseline(path)


def test_an_update_and_a_comparison_with_it_say_that_it_was_a_replay(gate, capsys):
    bars = gate.folder / "evalbars.toml"
    bars.write_text('[[bar]]\ndimension = "accuracy"\nmax_drop = 0.05\n', encoding="utf-8")
    write(gate.folder / "run.jsonl", 80, 60)
    words = ["gate", "run.jsonl", "--baseline", "b.jsonl"]
    assert main([*words, "--update-baseline"]) == 0
    assert "baseline written: b.jsonl; 60 of its 80 trials replay recorded answers\n" in capsys.readouterr().out
    assert main(words) == 0
    assert "    60 of its 80 trials replayed recorded answers then\n" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["baseline"]["replayed"], said["baseline"]["trials"], said["verdicts"][0]["replayed"]) == (60, 80, 60)


def test_a_run_that_is_cut_by_a_label_is_cut_with_its_replays(gate, capsys):
    run = write(gate.folder / "run.jsonl", 40, 10)
    assert main(["compare", run.name, "--by-label", "category"]) == 0
    assert "note: 5 of 20 trials of category de and 5 of 20 trials of category es replay" in capsys.readouterr().out


def test_what_was_not_judged_rests_on_nothing(gate):
    run = [*lines(5, 5)]
    for line in run:
        if line["type"] == "observation":
            line["outcome"] = "error"
    path = gate.folder / "run.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in run), encoding="utf-8")
    out = gate(path, code=1)
    assert "5 of 5 trials replay recorded answers" in out
    assert "on recorded answers" not in out.replace("replay recorded", "")
    assert json.loads(gate(path, "--json", code=1))["verdicts"][0]["replayed"] == 0


def test_runs_that_replay_are_compared_with_a_word_of_warning(gate, capsys):
    live, one, other = (
        write(gate.folder / f"{name}.jsonl", 40, many) for name, many in (("a", 0), ("b", 40), ("c", 10))
    )
    assert main(["compare", live.name, one.name]) == 0
    words = "note: 40 of 40 trials of b.jsonl replay recorded answers: the model was not sampled again for them\n"
    assert words in capsys.readouterr().out
    assert main(["compare", one.name, other.name]) == 0
    assert (
        "note: 40 of 40 trials of b.jsonl and 10 of 40 trials of c.jsonl replay recorded answers: two replays of one "
        "recording are not two samples, and show only what else has changed\n"
    ) in capsys.readouterr().out
    assert main(["compare", one.name, other.name, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["reference"]["replayed"], said["comparisons"][0]["replayed"]) == (40, 10)
    assert main(["compare", live.name, live.name]) == 0
    assert "recorded" not in capsys.readouterr().out
