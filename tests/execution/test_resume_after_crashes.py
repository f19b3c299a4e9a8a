"""Sessions die in every way: what they had finished is never paid for again, and the verdict is that of one run."""

import json
import resource
import shutil
import signal
import subprocess
import time

import pytest
from short_sessions import START

from pytest_evalbars import load_run

BAR = '[[bar]]\ndimension = ["accuracy", "tone"]\nat_least = 0.5\n'
CASES = """
import os
import signal
import time
import pytest

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{n:02}") for n in range(16)])
def test_answer(number, evalcase):
    with open("tally", "a") as tally:
        tally.write(f"c{number:02}\\n")
    evalcase.record(output="x" * 1000)
    evalcase.check("tone", number % 5, "rude")
    if os.path.exists("slow"):
        time.sleep(0.1)
    if number == 5 and os.path.exists("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    assert number % 4, "wrong"
"""
ALL = [f"c{n:02}" for n in range(16)]


@pytest.fixture
def project(suite):
    suite.bars(BAR).file("test_x.py", CASES)
    return suite


def tally(suite):
    path = suite.path / "tally"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def finished(path):
    """The cases of which a run file has every verdict."""
    said = {}
    for line in path.read_text(errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row["type"] == "observation" and row["outcome"] != "error":
            said.setdefault(row["case"][-4:-1], set()).add(row["dimension"])
    return {case for case, names in said.items() if len(names) == 2}


def truth(path):
    run = load_run(path)
    assert (run.complete, run.errors, run.trials, run.torn) == (True, 0, 16, False)
    rows = zip(run.case, run.dimension, run.outcome, strict=True)
    return sorted((run.cases[c], run.dimensions[d], int(o)) for c, d, o in rows)


def goes_on(suite, *arguments):
    """Resume: exactly what the file lacks is run, and the whole is what one run says."""
    (path,) = suite.run_files()
    had = finished(path)
    tally(suite)
    result = suite.run("--evalbars-resume=", *arguments)
    assert sorted(tally(suite)) == sorted(set(ALL) - had)
    result.said(f"{len(had)} of 16 trials are taken from it, {16 - len(had)} run")
    suite.run("--evalbars-run=whole.jsonl")
    assert truth(path) == truth(suite.path / "whole.jsonl")
    return result


@pytest.mark.parametrize(
    ("how", "first", "second"),
    [
        (signal.SIGKILL, (), ("-n2",)),
        pytest.param(signal.SIGKILL, ("-n2",), (), marks=pytest.mark.slow),
        (signal.SIGINT, (), ()),
    ],
    ids=["kill -9, then workers", "kill -9 of workers", "Ctrl-C"],
)
def test_a_session_is_killed_in_the_middle(project, how, first, second):
    project.file("slow", "")
    session = subprocess.Popen(
        [*START, *first],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (project.run_files() and len(finished(project.run_files()[0])) > 3):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    session.send_signal(how)
    session.wait(30)
    (project.path / "slow").unlink()
    time.sleep(0.3 if first else 0)  # orphaned workers end with the case they are in
    assert 3 < len(finished(project.run_files()[0])) < 16
    goes_on(project, *second)


@pytest.mark.parametrize(
    "end", ['{"type": "trial", "case": "te', "\ud7ff\0\x00", '{"type"'], ids=["json", "zeros", "key"]
)
def test_a_torn_last_line_is_cut_off(project, end):
    project.run()
    path = project.cut(6)
    with path.open("a") as file:
        file.write(end)
    goes_on(project)
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_trial_is_cut_off_between_its_lines(project):
    """Its first verdict is there and stands; the second is not, so it runs again."""
    project.run()
    path = project.cut(6)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert len(finished(path)) == 5
    goes_on(project)


def test_a_last_line_without_its_break_is_whole(project):
    project.run()
    path = project.cut(6)
    path.write_text(path.read_text().rstrip("\n"))
    assert len(finished(path)) == 6
    goes_on(project)


def test_a_full_disk_ended_the_first_session(project):
    def limits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    words = ["env", "PYTHONDONTWRITEBYTECODE=1", *START, "-p", "no:cacheprovider"]
    first = subprocess.run(words, cwd=project.path, preexec_fn=limits, capture_output=True, text=True, check=False)
    assert "the run file could not be written" in first.stdout
    (path,) = project.run_files()
    assert 2 < len(finished(path)) < 16
    words.append("--evalbars-resume=")
    full = subprocess.run(words, cwd=project.path, preexec_fn=limits, capture_output=True, text=True, check=False)
    assert full.returncode in (4, 10)  # and still no room
    assert "could not be written" in full.stdout or "cannot be written" in full.stderr
    assert "gate passed" not in full.stdout
    goes_on(project)


@pytest.mark.slow
def test_a_worker_dies_while_the_run_goes_on(project):
    """The worker that replaces it drops the same items, though the run file has grown meanwhile."""
    project.run()
    path = project.cut(3)
    tally(project)
    project.file("deadly", "")
    result = project.run("--evalbars-resume=", "-n", "2")
    ran = tally(project)
    assert (result.exit, sorted(ran)) == (1, ALL[3:])
    result.said("3 of 16 trials are taken from it, 13 run now", "16 cases, 16 trials, 1 error;")
    (project.path / "deadly").unlink()
    assert goes_on(project).exit == 0
    assert [json.loads(line)["taken"] for line in path.read_text().splitlines() if '"resume"' in line] == [3, 15]


def test_a_run_that_is_still_written_is_not_gone_on_with(project):
    project.file("slow", "")
    session = subprocess.Popen([*START], cwd=project.path, stdout=subprocess.DEVNULL)
    while not (project.run_files() and finished(project.run_files()[0])):
        time.sleep(0.02)
    result = project.run("--evalbars-resume=")
    assert result.exit == 4
    result.said("another session still writes this run file")
    assert session.wait(30) == 0
    assert truth(project.run_files()[0])


# -- what workers wrote for themselves -----------------------------------------------------------------------------


@pytest.fixture
def spooled(project):
    """A run killed after three trials, beside which two workers left what they had: five trials, and a torn one."""
    project.run()
    (path,) = project.run_files()
    lines = path.read_text().splitlines(keepends=True)
    trials = [lines[2 + 3 * n : 5 + 3 * n] for n in range(16)]
    project.cut(3)
    part(path, "gw0").write_text("".join(map("".join, trials[2:5])))
    part(path, "gw1").write_text("".join(map("".join, [*trials[6:9], trials[10]]))[:-30])
    return path


def part(path, worker):
    return path.with_name(f"{path.name}.{worker}.part")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "workers"])
def test_what_dead_workers_wrote_is_taken_into_the_run_file(project, spooled, workers):
    tally(project)
    result = project.run("--evalbars-resume=", *workers)
    result.said("8 of 16 trials are taken from it, 8 run now")
    assert sorted(tally(project)) == sorted(set(ALL) - {"c00", "c01", "c02", "c03", "c04", "c06", "c07", "c08"})
    assert list(spooled.parent.glob("*.part")) == []
    project.run("--evalbars-run=whole.jsonl")
    assert truth(spooled) == truth(project.path / "whole.jsonl")


@pytest.mark.slow
def test_a_verdict_that_a_worker_wrote_replaces_the_error_that_its_death_was_told_as(project, spooled):
    lines = part(spooled, "gw0").read_text().splitlines(keepends=True)[3:6]
    trial, *observations = [json.loads(line) for line in lines]
    erred = [{**trial, "error": "crashed"}, *({**each, "outcome": "error"} for each in observations)]
    with spooled.open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in erred))
    project.run("--evalbars-resume=").said("8 of 16 trials are taken from it, 8 run now")
    assert truth(spooled)


def test_parts_stay_where_the_run_is_refused_and_where_pytest_only_looks(project, spooled):
    parts = {path: path.read_bytes() for path in spooled.parent.glob("*.part")}
    assert len(parts) == 2
    result = project.run("--evalbars-resume=", "--collect-only", "-q")
    result.said("test_answer[c05]")
    result.never_said("test_answer[c03]", "test_answer[c08]")
    shutil.copy(spooled, project.path / "copy")
    text = spooled.read_text()
    spooled.write_text(text.replace('"schema": 1', '"schema": 2'))
    assert project.run("--evalbars-resume=").exit == 4
    assert {path: path.read_bytes() for path in spooled.parent.glob("*.part")} == parts


TAKES_PARTS = """
import os
import pytest
from pytest_evalbars.stash import SESSION

@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_runtestloop(session):
    evals = session.config.stash[SESSION]
    path = evals.journal.path
    for worker in ("gw0", "gw1"):
        os.rename(f"{worker}.kept", path.with_name(f"{path.name}.{worker}.part"))
    evals.take_parts("gw1")
    assert evals.finished == 3
    evals.take_parts()
    assert evals.finished == 6
    return (yield)
"""


@pytest.mark.slow
def test_a_running_session_takes_what_its_dead_workers_wrote_once(project, spooled):
    """A trial that another worker then runs again has its verdict already."""
    for worker in ("gw0", "gw1"):
        part(spooled, worker).rename(project.path / f"{worker}.kept")
    spooled.unlink()
    project.file("conftest.py", TAKES_PARTS)
    result = project.run()
    result.said("16 cases, 16 trials, 0 errors")
    assert list(spooled.parent.glob("*.part")) == []
    (project.path / "conftest.py").unlink()
    project.run("--evalbars-run=whole.jsonl")
    assert truth(result.path) == truth(project.path / "whole.jsonl")
    assert list(spooled.parent.iterdir()) == [result.path]


@pytest.mark.slow
def test_a_worker_that_died_after_it_wrote_a_verdict_fails_the_session_and_the_verdict_stands(project, spooled):
    for worker in ("gw0", "gw1"):
        part(spooled, worker).rename(project.path / f"{worker}.kept")
    spooled.unlink()
    crash = """
@pytest.fixture(autouse=True)
def crash(request):
    if request.node.name == "test_answer[c00]":
        place = ("test_x.py", 0, "x")
        report = pytest.TestReport("test_x.py::test_answer[c03]", place, {}, "failed", "worker 'gw0' crashed", "???")
        request.config.hook.pytest_runtest_logreport(report=report)
"""
    project.file("conftest.py", TAKES_PARTS + crash)
    result = project.run()
    assert result.exit == 1
    result.said("16 cases, 16 trials, 0 errors", "gate passed")
    assert truth(result.path)
    assert result.of("failure") == [{"type": "failure", "item": "test_x.py::test_answer[c03]", "when": "???"}]
