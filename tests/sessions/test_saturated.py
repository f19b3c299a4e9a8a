"""Saturated cases run less often: which run, what bars then hold, and what is said of the others."""

import json
import math
import subprocess

import pytest

from pytest_evalbars import load_bars, load_run
from pytest_evalbars.cases import quarantine
from pytest_evalbars.cli import main
from pytest_evalbars.execution.saturated import drawn
from pytest_evalbars.gate.decide import decide

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'
OLD = '[[bar]]\nname = "old"\ndimension = "accuracy"\nstatus = "saturated"\nat_least = 0.5\n'
#: Saturated cases that all miss, and others that all pass.
SUITE = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.saturated
@pytest.mark.parametrize("n", range(31), ids="s{:02}".format)
def test_old(n):
    assert not "an answer", "wrong"

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(12), ids="r{:02}".format)
def test_new(n):
    pass
"""
#: Outside of git the day is the seed.
DAY = "2026-12-01"
SAMPLE = [case for n in range(31) if drawn(case := f"test_x.py::test_old[s{n:02}]", DAY, 0.1)]
SAID = f"saturated: {len(SAMPLE)} of 31 cases run (sample); bars without a status hold regression cases only"


@pytest.fixture(autouse=True)
def _one_day(monkeypatch):
    monkeypatch.setattr(quarantine, "today", lambda: DAY)


@pytest.fixture
def old_and_new(suite):
    suite.bars(BAR).file("test_x.py", SUITE)
    return suite


def saturated(outcome):
    return sorted({line["case"] for line in outcome.of("trial") if line["labels"]["status"] == "saturated"})


def gate(suite, *arguments):
    """The exit code of the command and its words as JSON."""
    return main(["gate", *map(str, arguments), "--bars", str(suite.path / "pyproject.toml"), "--json"])


def test_over_many_commits_each_case_runs_about_once_in_ten():
    cases, commits = [f"case-{n}" for n in range(300)], [f"{n:040x}" for n in range(400)]
    runs = {case: sum(drawn(case, commit, 0.1) for commit in commits) for case in cases}
    spread = math.sqrt(400 * 0.1 * 0.9)
    assert all(abs(times - 40) < 5 * spread for times in runs.values())
    assert abs(sum(runs.values()) / (300 * 400) - 0.1) < 5 * math.sqrt(0.09 / (300 * 400))


def test_by_default_all_run_and_count(old_and_new):
    result = old_and_new.run()
    assert (result.exit, result.counts["missed"], len(saturated(result))) == (1, 31, 31)
    assert "saturated" not in result.of("header")[0]
    result.never_said("saturated:", "deselected")


def test_a_sample_runs_and_bars_without_a_status_hold_the_others(old_and_new, capsys):
    result = old_and_new.run("--evalbars-saturated=sample", "-v")
    assert 0 < len(SAMPLE) < 10
    assert saturated(result) == SAMPLE
    assert (result.exit, result.counts["missed"]) == (0, len(SAMPLE))
    assert result.counts["deselected"] == 31 - len(SAMPLE)
    header, manifest = result.of("header")[0], result.of("manifest")[0]
    assert {key: header["saturated"][key] for key in ("mode", "run", "of", "share", "seed")} == {
        "mode": "sample",
        "run": len(SAMPLE),
        "of": 31,
        "share": 0.1,
        "seed": DAY,
    }
    assert sum(len(each["cases"]) for each in header["saturated"]["not_run"]) == 31 - len(SAMPLE)
    assert manifest["left_out"] == []
    # Before the first case, and in the summary; the sample is shown and counted in no bar.
    result.said(f"evalbars: {SAID}", "evalbars::pass_rate:accuracy ", SAID, "status regression", "12", "met")
    result.said("status saturated", "0.0%", "no bar", "gate passed: 1 of 1 verdict")
    result.never_said("not enforced")
    capsys.readouterr()
    assert gate(old_and_new, result.path) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["saturated"] == {"mode": "sample", "run": len(SAMPLE), "of": 31}
    assert [(each["bar"], each["cases"]) for each in said["verdicts"]] == [("pass_rate:accuracy", 12)]
    bars = load_bars(old_and_new.path / "pyproject.toml")
    assert decide(load_run(result.path), bars).verdicts[0].cases == 12


def test_what_can_be_met_is_told_of_the_cases_that_bars_hold(old_and_new):
    old_and_new.bars(BAR.replace("0.5", "0.9"))
    old_and_new.run("--collect-only").never_said("cannot be met")
    sampled = old_and_new.run("--collect-only", "--evalbars-saturated=sample")
    sampled.said(f"evalbars: {SAID}", "cannot be met with the cases at hand even if all pass. 12 cases")


def test_a_case_more_moves_no_other(old_and_new):
    old_and_new.file("test_x.py", SUITE.replace("range(31)", "range(60)"))
    found = saturated(old_and_new.run("--evalbars-saturated=sample"))
    assert [case for case in found if case < "test_x.py::test_old[s31]"] == SAMPLE


def test_one_commit_gives_one_sample_and_the_next_another(old_and_new):
    old_and_new.bars('saturated = "sample"\nsaturated_share = 0.5\n' + BAR)

    def commit(words):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["init", "-q"], ["add", "test_x.py"], ["commit", "-q", "--allow-empty", "-m", words]):
            subprocess.run([*git, *command], cwd=old_and_new.path, check=True, capture_output=True)

    commit("one")
    first, again = old_and_new.run(), old_and_new.run()
    commit("two")
    second = old_and_new.run()
    assert saturated(first) == saturated(again) != saturated(second)
    header = first.of("header")[0]
    assert header["saturated"]["seed"] == header["commit"]
    assert 5 < len(saturated(first)) < 26


def test_skipped_cases_leave_a_bar_of_theirs_unenforced(old_and_new):
    old_and_new.bars('saturated = "skip"\n' + BAR + OLD)
    for arguments, code in (((), 0), (("--evalbars-stage=launch",), 0), (("--evalbars-strict",), 10)):
        result = old_and_new.run(*arguments)
        assert (result.exit, saturated(result), result.counts["passed"]) == (code, [], 12 + 1)
        result.said("saturated: 0 of 31 cases run (skip); bars without a status hold regression cases only")
        result.said("not enforced: saturated cases were skipped", "1 of 2 verdicts are reported, not enforced")


def test_a_bar_that_names_saturated_holds_what_was_run(old_and_new):
    result = old_and_new.bars('saturated = "sample"\nsaturated_share = 0.8\n' + BAR + OLD).run()
    assert result.exit == 1
    result.said("MISSED accuracy (bar old): pass rate 0.0% over ", "gate failed (exit 1): old")
    least = old_and_new.bars('saturated = "sample"\nsaturated_share = 1e-9\n' + BAR + OLD).run()
    assert least.exit == 0
    least.said("1 of 31 cases run (sample)", "inconclusive accuracy (bar old)")  # a sample is never empty


def test_a_bar_over_saturated_cases_alone_is_not_enforced_on_a_sample(old_and_new, capsys):
    old_and_new.file(
        "test_x.py", SUITE.replace('"accuracy")\n@pytest.mark.saturated', '"tone")\n@pytest.mark.saturated')
    )
    old_and_new.bars(BAR + '[[bar]]\ndimension = "tone"\nat_least = 0.5\n')
    result = old_and_new.run("--evalbars-saturated=sample")
    assert result.exit == 0
    result.said("not enforced: all its cases are saturated, which were only sampled")
    # A dimension that the run does not know is still no data.
    old_and_new.bars(BAR + '[[bar]]\ndimension = ["tone", "taste"]\nat_least = 0.5\n')
    capsys.readouterr()
    assert gate(old_and_new, result.path) == 10
    verdicts = json.loads(capsys.readouterr().out)["verdicts"]
    assert [(each["dimension"], each["enforced"]) for each in verdicts[1:]] == [("tone", False), ("taste", True)]


def test_at_the_launch_stage_a_sample_is_all_of_them(old_and_new):
    result = old_and_new.bars('saturated = "sample"\n' + BAR).run("--evalbars-stage=launch")
    assert (result.exit, len(saturated(result))) == (1, 31)
    result.never_said("saturated:")


def test_the_command_line_wins_and_single_cases_always_run(old_and_new):
    old_and_new.bars('saturated = "skip"\n' + BAR)
    assert len(saturated(old_and_new.run("--evalbars-saturated=run"))) == 31
    one = old_and_new.run("test_x.py::test_old[s07]")
    assert saturated(one) == ["test_x.py::test_old[s07]"]
    one.never_said("saturated:")
    assert len(saturated(old_and_new.run("--evalbars-missed"))) == 31


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('saturated = "sampel"', ["`saturated`", '"sampel" is none of run, sample, skip', "did you mean 'sample'?"]),
        ("saturated = true", ["`saturated`"]),
        ("saturated_share = 0", ["`saturated_share`", "greater than 0"]),
        ("saturated_share = 10", ["`saturated_share`", "less than or equal to 1"]),
    ],
)
def test_a_wrong_setting_is_told(old_and_new, table, words):
    result = old_and_new.bars(f"{table}\n{BAR}").run()
    assert result.exit == 4
    result.said("pyproject.toml", *words)


@pytest.mark.parametrize("way", ["sample", "skip"])
def test_where_there_is_nothing_to_rest_nothing_is_said(suite, way):
    result = suite.bars(BAR).cases(12, 12).run(f"--evalbars-saturated={way}")
    assert (result.exit, result.counts) == (0, {"passed": 13})
    result.never_said("saturated", "deselected", "status regression")
    assert load_run(result.path).saturated.of == 0


def test_where_nothing_is_left_it_is_said_why(suite):
    suite.file("test_x.py", SUITE.partition('\n@pytest.mark.dimension("accuracy")\n@pytest.mark.parametrize')[0])
    result = suite.run("--evalbars-saturated=skip")
    assert (result.exit, result.counts) == (5, {"deselected": 31})
    result.said("saturated: 0 of 31 cases run (skip)")


@pytest.mark.slow
def test_workers_run_the_sample_of_the_controller(old_and_new, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # of the process that runs this test
    old_and_new.file(
        "conftest.py",
        f"""
        import os
        from pytest_evalbars.cases import quarantine
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        quarantine.today = lambda: "2026-12-1" + worker[-1] if worker else "{DAY}"
        """,
    )
    result = old_and_new.run("--evalbars-saturated=sample", "-n", "2")
    assert (result.exit, saturated(result), result.counts["missed"]) == (0, SAMPLE, len(SAMPLE))
    assert result.of("header")[0]["saturated"]["of"] == 31
    result.said(f"evalbars: {SAID}", SAID, "gate passed")


def test_shards_share_one_sample_and_are_decided_as_one_run(old_and_new, capsys):
    paths = [old_and_new.path / f"shard-{index}.jsonl" for index in (1, 2)]
    for index, path in enumerate(paths, 1):
        result = old_and_new.run(
            f"--evalbars-shard={index}/2", f"--evalbars-run={path}", "--evalbars-saturated=sample"
        )
        assert result.exit == 0
        result.said(SAID)
    run = load_run(*paths)
    assert (run.saturated.run, run.saturated.of, len(run.cases)) == (len(SAMPLE), 31, len(SAMPLE) + 12)
    capsys.readouterr()
    assert gate(old_and_new, *paths) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["saturated"] == {"mode": "sample", "run": len(SAMPLE), "of": 31}
    assert said["verdicts"][0]["cases"] == 12
    # One that ran them all is of another run.
    old_and_new.run("--evalbars-shard=2/2", f"--evalbars-run={paths[1]}")
    assert gate(old_and_new, *paths) == 4
    told = capsys.readouterr().err
    assert "shards of one run have one way of running saturated cases" in told
    assert "with the same --evalbars-saturated" in told


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "-n 2"])
def test_a_resumed_run_goes_on_in_its_own_way(old_and_new, monkeypatch, workers):
    old_and_new.run("--evalbars-saturated=sample")
    path = old_and_new.cut(5)
    monkeypatch.setattr(quarantine, "today", lambda: "2026-12-02")  # past midnight
    for asked, words in (
        ("--evalbars-saturated=run", "were sampled, and --evalbars-saturated=run is asked for"),
        ("--evalbars-stage=launch", "were sampled, and the launch stage runs all of them"),
    ):
        refused = old_and_new.run("--evalbars-resume=", asked)
        assert refused.exit == 4
        refused.said("is not a run of what would run now", words)
    result = old_and_new.run("--evalbars-resume=", *workers)
    assert result.exit == 0
    result.said("5 of", "trials are taken from it", SAID, "gate passed")
    run = load_run(path)
    assert (run.complete, run.saturated.run, run.trials) == (True, len(SAMPLE), len(SAMPLE) + 12)


def test_a_session_that_stops_early_decides_as_the_command_does(old_and_new, capsys):
    result = old_and_new.bars(BAR + "early_stop = 'anytime'\n").run(
        "--evalbars-saturated=sample", "--evalbars-stop-early"
    )
    assert result.exit == 0
    capsys.readouterr()
    assert gate(old_and_new, result.path) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["verdict"] == "met"
    result.said("stopped early", SAID)
    assert saturated(result) == SAMPLE  # no verdict depends on them, and none makes them certain


@pytest.mark.parametrize(
    "said",
    [
        "often",
        {"mode": "now and then"},
        {"mode": "skip", "run": 3, "of": 2},
        {"mode": "skip", "run": 0, "of": 1, "not_run": [1]},
    ],
)
def test_a_damaged_header_is_one_clear_error(old_and_new, said, capsys):
    path = old_and_new.path / "run.jsonl"
    path.write_text(json.dumps({"type": "header", "schema": 1, "saturated": said}) + "\n")
    assert gate(old_and_new, path) == 4
    told = capsys.readouterr().err
    assert "run.jsonl, line 1: not a line of a run file: " in told
    assert "saturated cases" in told
