"""The run file: what stands in it, where it goes, and what happens where it cannot go."""

import io
import json
import re
import resource
import shutil
import signal
import subprocess
from contextlib import redirect_stderr, redirect_stdout

import pytest
from short_sessions import OTHER_PLUGINS, START

from pytest_evalbars.cli import main
from pytest_evalbars.run.revision import commit_of

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.1\n'
QUIET = [f"-pno:{name}" for name in OTHER_PLUGINS]
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def gate(*arguments):
    """`evalbars gate` in this process: exit code and all that it printed."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = main(["gate", *map(str, arguments)])
    return code, out.getvalue()


RICH = """
import pytest
@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.category("refunds")
@pytest.mark.labels(language="es")
@pytest.mark.cluster("page-1")
@pytest.mark.trials(2)
@pytest.mark.parametrize("n", ["x"])
def test_answer(n, evalcase):
    evalcase.score("tone", 0.5, reason="flat")
    evalcase.measure(tokens_in=7)
    evalcase.record(input="q", output="a")
    assert evalcase.trial, "wrong"

@pytest.mark.dimension("accuracy")
def test_away():
    raise ConnectionError("away")

@pytest.mark.dimension("accuracy")
def test_skipped():
    pytest.skip("not today")
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["serial", "workers"])
def test_the_file_keeps_to_the_contract(suite, arguments):
    suite.bars(BAR).file("test_x.py", RICH)
    result = suite.run("--evalbars-label=model=v2", *arguments)
    header, manifest, *middle, end = result.lines
    assert [header["type"], manifest["type"], end["type"]] == ["header", "manifest", "end"]
    assert {"type", "schema", "run", "started", "commit", "labels", "bars", "versions"} <= set(header)
    assert (header["schema"], header["labels"]) == (1, {"model": "v2"})
    assert header["run"] == result.path.stem
    assert STAMP.fullmatch(header["started"])
    assert STAMP.fullmatch(end["finished"])
    assert header["bars"][0]["at_least"] == 0.1
    assert header["versions"]["pytest"] == pytest.__version__
    assert (end["exit"], result.exit) == (1, 1)
    items = [f"test_x.py::{name}" for name in ("test_answer[x-t0]", "test_answer[x-t1]", "test_away", "test_skipped")]
    assert (sorted(manifest["items"]), manifest["left_out"]) == (items, [])

    trials = {(line["case"], line["trial"]): line for line in middle if line["type"] == "trial"}
    case = "test_x.py::test_answer[x]"
    assert sorted(trials) == [(case, 0), (case, 1), ("test_x.py::test_away", 0), ("test_x.py::test_skipped", 0)]
    first = trials[case, 0]
    assert first["labels"] == {"category": "refunds", "language": "es", "status": "regression"}
    assert first["cluster"] == "page-1"
    assert first["evidence"] == {"input": "q", "output": "a"}
    assert first["measures"]["tokens_in"] == 7
    assert first["measures"]["seconds"] >= 0
    assert first["worker"] in ({None} if not arguments else {"gw0", "gw1"})
    said = {
        (line["case"], line["trial"], line["dimension"]): (
            line["outcome"],
            line["score"],
            line["level"],
            line["reason"],
        )
        for line in middle
        if line["type"] == "observation"
    }
    assert said[case, 0, "accuracy"][:3] == ("miss", None, None)
    assert said[case, 0, "accuracy"][3].startswith("wrong")
    assert said[case, 1, "accuracy"] == ("pass", None, None, "")
    assert said[case, 1, "tone"] == ("pass", 0.5, None, "flat")
    assert said["test_x.py::test_away", 0, "accuracy"] == ("error", None, None, "ConnectionError: away")
    assert said["test_x.py::test_skipped", 0, "accuracy"] == ("skipped", None, None, "not today")
    assert len(said) == 6
    # Each trial's line comes before its observations, and they stand together.
    for number, line in enumerate(middle):
        if line["type"] == "observation":
            before = middle[number - 1]
            assert (before["case"], before["trial"]) == (line["case"], line["trial"])


def test_the_file_says_which_commit_and_stays_out_of_git(suite):
    suite.bars(BAR).cases(3, 3)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x"]
    for words in (["init", "-q"], ["add", "pyproject.toml", "test_cases.py"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=suite.path, check=True)
    result = suite.run()
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=suite.path, check=True, capture_output=True, text=True)
    assert result.of("header")[0]["commit"] == head.stdout.strip()
    status = subprocess.run(
        [*git, "status", "--porcelain"], cwd=suite.path, check=True, capture_output=True, text=True
    )
    assert "evalbars" not in status.stdout
    (suite.path / ".git").rename(suite.path / "gone")
    assert suite.run().of("header")[0]["commit"] is None
    assert commit_of(suite.path) is None  # which sessions of tests take as known


def test_the_number_of_runs_is_bounded_and_other_files_are_left_alone(suite):
    suite.bars(BAR).cases(3, 3)
    runs = suite.path / ".evalbars" / "runs"
    runs.mkdir(parents=True)
    for number in range(150):
        (runs / f"2020-01-01T00-{number // 60:02}-{number % 60:02}-abcd.jsonl").write_text("{}\n")
    mine = [runs / "release.jsonl", runs / "notes.txt"]
    for path in mine:
        path.write_text("{}\n")
    result = suite.run()
    ours = [path for path in suite.run_files() if path not in mine]
    assert len(ours) <= 100
    assert result.path in ours
    assert runs / "2020-01-01T00-02-29-abcd.jsonl" in ours  # the oldest went
    assert all(path.exists() for path in mine)


def test_two_sessions_at_once_get_two_files(suite):
    suite.bars(BAR).cases(12, 12)
    sessions = [subprocess.Popen([*START], cwd=suite.path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [session.wait(60) for session in sessions] == [0, 0]
    files = suite.run_files()
    assert len(files) == 2
    assert [gate(path)[0] for path in files] == [0, 0]


@pytest.mark.parametrize("name", ["run.jsonl", "deep/er/run.jsonl"])
def test_the_file_goes_where_it_is_told(suite, name):
    result = suite.bars(BAR).cases(12, 12).run(f"--evalbars-run={name}")
    assert result.exit == 0
    assert suite.run_files() == []
    result.said("run file: ", name)
    assert gate(suite.path / name)[0] == 0
    suite.run(f"--evalbars-run={name}")  # and again: the new run replaces the old one
    assert gate(suite.path / name)[0] == 0


def ran(suite):
    """How many bodies ran."""
    return len(list(suite.path.glob("ran-*")))


def tell_tale(suite, sleep=0):
    suite.bars(BAR).file(
        "test_x.py",
        f"""
        import time
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{{n}}") for n in range(12)])
        def test_x(n):
            open(f"ran-{{n}}", "x").close()
            time.sleep({sleep})
        """,
    )
    return suite


@pytest.mark.parametrize("target", ["folder", "plain/run.jsonl", "/proc/no/run.jsonl", "default"])
def test_a_place_that_cannot_be_written_is_told_before_any_case_runs(suite, target):
    tell_tale(suite)
    (suite.path / "folder").mkdir()
    suite.file("plain", "")
    if target == "default":
        suite.file(".evalbars", "")
    result = suite.run(*([] if target == "default" else [f"--evalbars-run={target}"]))
    assert (result.exit, ran(suite)) == (4, 0)
    result.said("ERROR: the run file", "cannot be written", "--evalbars-run=FILE")
    result.never_said("Traceback", "INTERNALERROR", "passed")


@pytest.mark.slow
def test_workers_run_no_case_where_the_file_cannot_be_written(suite):
    (suite.path / "folder").mkdir()
    result = tell_tale(suite, sleep=0.2).run("-n", "2", "--evalbars-run=folder")
    assert result.exit == 4
    result.said("the run file", "cannot be written")
    result.never_said("Traceback", "INTERNALERROR", "passed")
    assert ran(suite) == 0


def limited(suite, *arguments, size=None):
    """A session that may not write files longer than `size`, nor take much memory."""

    def limits():
        resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
        if size is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(
        ["env", "PYTHONDONTWRITEBYTECODE=1", *START, "-p", "no:cacheprovider", *arguments],
        cwd=suite.path,
        preexec_fn=limits,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_full_disk_in_mid_session_fails_it_and_says_what_is_missing(suite):
    suite.bars(BAR).file(
        "test_x.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n:02}") for n in range(40)])
        def test_x(n, evalcase):
            evalcase.record(output="x" * 1000)
        """,
    )
    result = limited(suite, size=40_000)
    words = result.stdout + result.stderr
    assert result.returncode in (1, 10)
    assert "the run file could not be written" in words
    assert "the run is incomplete" in words
    assert "gate passed" not in words
    assert "Traceback" not in words
    (path,) = suite.run_files()
    whole = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    kept = sum(json.loads(line)["type"] == "observation" for line in whole)
    assert 10 < kept < 40
    assert f"the results of {40 - kept} trials are not in it" in words
    assert gate(path)[0] == 10


@pytest.mark.parametrize(
    ("arguments", "size"), [((), 100), (("--evalbars-run=/dev/full",), None)], ids=["disk", "device"]
)
def test_a_disk_that_is_full_from_the_start_is_no_pass(suite, arguments, size):
    result = limited(tell_tale(suite), *arguments, size=size)
    words = result.stdout + result.stderr
    assert result.returncode in (4, 10)
    assert "run file" in words
    assert "gate passed" not in words
    assert "MemoryError" not in words
    assert "Traceback" not in words


@pytest.mark.parametrize("how", ["shutil.rmtree('.evalbars')", "shutil.rmtree('.evalbars'); os.mkdir('.evalbars')"])
def test_a_test_that_deletes_the_run_file_fails_the_session(suite, how):
    suite.bars(BAR).file(
        "test_x.py",
        f"""
        import os
        import shutil
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{{n}}") for n in range(12)])
        def test_x(n):
            if n == 6:
                {how}
        """,
    )
    result = suite.run()
    assert result.exit in (1, 10)
    result.said("eval bars", "run file")
    result.never_said("gate passed", "INTERNALERROR", "Traceback")
    shutil.rmtree(suite.path / ".evalbars", ignore_errors=True)


def test_what_was_written_is_cut_short_by_a_test_and_that_is_no_pass(suite):
    suite.bars(BAR).file(
        "test_x.py",
        """
        import glob
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n}") for n in range(12)])
        def test_x(n):
            if n == 6:
                with open(glob.glob(".evalbars/runs/*.jsonl")[0], "w"):
                    pass
        """,
    )
    result = suite.pytester.runpytest_inprocess(*QUIET)  # the file is no JSON Lines any more
    assert result.ret in (1, 10)
    words = result.stdout.str() + result.stderr.str()
    assert "eval bars" in words
    for word in ("gate passed", "INTERNALERROR", "Traceback"):
        assert word not in words


OBSERVED = """
import glob
import json

def on_disk():
    (path,) = glob.glob(".evalbars/runs/*.jsonl")
    with open(path) as lines:
        return [row["case"] for row in map(json.loads, lines) if row["type"] == "observation"]
"""


def test_a_case_finds_its_predecessor_on_disk(suite):
    suite.bars(BAR).file(
        "test_x.py",
        OBSERVED
        + """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n}") for n in range(12)])
def test_x(n):
    assert on_disk() == [f"test_x.py::test_x[c{each}]" for each in range(n)]
""",
    )
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 13})


@pytest.mark.slow
def test_an_observation_is_on_disk_before_its_test_is_reported_from_a_worker(suite):
    suite.bars(BAR).cases(12, 12).file(
        "conftest.py",
        OBSERVED
        + """
def pytest_runtest_logreport(report):
    if report.when == "call" and report.nodeid.startswith("test_") and hasattr(report, "node"):
        with open("seen", "a") as seen:
            seen.write("yes " if report.nodeid in on_disk() else "no ")
""",
    )
    assert suite.run("-n", "2").exit == 0
    assert (suite.path / "seen").read_text().split() == ["yes"] * 12


def test_a_second_look_is_a_run_of_its_own_that_feeds_no_bar(suite):
    suite.bars(BAR).cases(6, 12).run()
    result = suite.run("--evalbars-missed")
    assert len(result.verdicts) == 6
    assert gate(result.path)[0] == 0
    assert "second look" in gate("-v", result.path)[1]
    assert len(suite.run_files()) == 2
