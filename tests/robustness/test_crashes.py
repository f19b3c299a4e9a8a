"""Workers die, sessions are killed or interrupted: what was finished is kept, and nothing unknown passes."""

import io
import json
import os
import signal
import subprocess
import time
from contextlib import redirect_stderr, redirect_stdout

import pytest
from short_sessions import START

from pytest_evalbars.cli import main

BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.1
min_cases = 1
"""

#: Ten cases; `{event}` happens in the fourth, of which the others know nothing.
CASES = """
import os
import signal
import time
import pytest

@pytest.fixture
def before(number):
    if number == 3:
        {setup}
    yield
    if number == 3:
        {teardown}

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{{n}}") for n in range(10)])
def test_answer(number, before):
    if number == 3:
        {body}
    time.sleep({sleep})
"""
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


def write(suite, *, setup="pass", body="pass", teardown="pass", sleep=0):
    suite.bars(BAR).file("test_x.py", CASES.format(setup=setup, body=body, teardown=teardown, sleep=sleep))
    return suite


def short(result):
    """What each case said, by its short name."""
    return {key[0].partition("[")[2].rstrip("]"): outcome for key, outcome in result.verdicts.items()}


def gate(*arguments):
    """`evalbars gate` in this process: exit code and all that it printed."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = main(["gate", *map(str, arguments)])
    return code, out.getvalue()


ALL = {f"c{n}": "pass" for n in range(10)}


@pytest.mark.parametrize("when", [pytest.param("setup", marks=pytest.mark.slow), "body"])
def test_a_worker_that_dies_is_an_error_of_exactly_that_case(suite, when):
    result = write(suite, **{when: DIE}).run("-n", "2")
    assert short(result) == ALL | {"c3": "error"}
    assert len(result.of("trial")) == 10
    assert result.exit == 1
    result.said("10 cases, 10 trials, 1 error;", "1 of 10 trials could not be judged", "gate failed (exit 1)")
    (erred,) = [line for line in result.of("observation") if line["outcome"] == "error"]
    assert "crashed" in erred["reason"]
    code, words = gate(result.path)
    assert code == 1
    assert "1 of 10 trials could not be judged" in words


@pytest.mark.slow
def test_a_verdict_stands_though_its_worker_dies_in_teardown(suite):
    result = write(suite, teardown=DIE).run("-n", "2")
    assert short(result) == ALL
    assert len(result.of("trial")) == 10
    assert result.exit == 1
    assert result.counts["failed"] == 1
    result.said("10 cases, 10 trials, 0 errors;", "met")


@pytest.mark.slow
def test_a_crash_that_reruns_heal_counts_once(suite):
    once = "(os.path.exists('died') or open('died', 'w').close() or os.kill(os.getpid(), 9))"
    result = write(suite, body=once).run("-n", "2", "--reruns", "1")
    assert len(result.verdicts) == len(result.of("observation")) == 10
    assert short(result) | {"c3": "?"} == ALL | {"c3": "?"}
    assert result.exit == (0 if short(result)["c3"] == "pass" else 1)


def test_cases_that_never_ran_are_missing_and_named(suite):
    result = write(suite, body=DIE, sleep=0.02).run("-n", "1", "--max-worker-restart", "0")
    said = short(result)
    assert said["c3"] == "error"
    assert len(said) < 10
    assert result.exit in (1, 10)
    result.said("the run is incomplete", "planned trials have no result")
    result.said("eval bars", "test_answer[c5]")  # by name
    code, words = gate(result.path)
    assert code == result.exit
    assert "incomplete" in words
    assert not json.loads(gate("--json", result.path)[1])["complete"]


# -- sessions that end before their time -----------------------------------------------------------------


def begin(suite, *arguments):
    """A session of its own, as a shell starts it."""
    return subprocess.Popen(
        [*START, *arguments],
        cwd=suite.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def until(condition, seconds=60):
    """Wait for a session to come so far."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "the session did not come so far"
        time.sleep(0.02)


def observed(suite):
    """The finished observations on disk, of the one run file there is."""
    files = suite.run_files()
    text = files[0].read_text() if files else ""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [line["case"] for line in lines if line["type"] == "observation"]


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["serial", "controller"])
def test_a_killed_session_leaves_every_finished_observation(suite, arguments):
    hang = "open('hangs', 'w').close(); time.sleep(60)"
    session = begin(write(suite, body=hang), *arguments)
    try:
        until(lambda: (suite.path / "hangs").exists() and len(observed(suite)) >= (3 if not arguments else 4))
        time.sleep(0.2 if arguments else 0)
        seen = observed(suite)
    finally:
        os.killpg(session.pid, signal.SIGKILL)
        session.communicate()
    assert "test_x.py::test_answer[c3]" not in seen
    assert {"test_x.py::test_answer[c0]", "test_x.py::test_answer[c1]"} <= set(seen)
    assert observed(suite) == seen
    (path,) = suite.run_files()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [lines[0]["type"], lines[1]["type"]] == ["header", "manifest"]
    assert "end" not in {line["type"] for line in lines}
    code, words = gate(path)
    assert code == 10
    assert "incomplete" in words
    assert "undecided" in words


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["serial", "workers"])
def test_ctrl_c_judges_no_bar(suite, arguments):
    hang = "open('hangs', 'w').close(); time.sleep(60)"
    session = begin(write(suite, body=hang), *arguments)
    try:
        until(lambda: (suite.path / "hangs").exists() and len(observed(suite)) >= 3)
        os.killpg(session.pid, signal.SIGINT)  # as a terminal does
        out, _ = session.communicate(timeout=60)
    finally:
        if session.poll() is None:
            os.killpg(session.pid, signal.SIGKILL)
            session.communicate()
    assert session.returncode == 2
    assert "bars not judged: the session was interrupted" in out
    assert "of 10 trials are in" in out
    assert "Traceback" not in out
    assert "gate passed" not in out
    assert len(observed(suite)) >= 3
    code, words = gate(*suite.run_files())
    assert code == 10
    assert "incomplete" in words


@pytest.mark.parametrize(("returncode", "code"), [("", 2), (", returncode=0", 10), (", returncode=42", 42)])
def test_pytest_exit_never_passes_the_gate(suite, returncode, code):
    result = write(suite, body=f"pytest.exit('enough'{returncode})").run()
    assert result.exit == code
    assert short(result) == {"c0": "pass", "c1": "pass", "c2": "pass"}
    assert result.of("end") == []
    result.never_said("gate passed", "evalbars .")
    assert gate(result.path)[0] == 10


def test_a_process_that_vanishes_leaves_an_incomplete_run(suite):
    write(suite, body="os._exit(0)").run(subprocess=True)
    (path,) = suite.run_files()
    assert len(observed(suite)) == 3
    code, words = gate(path)
    assert code == 10
    assert "the run is incomplete: 7 planned trials" in words


def test_x_stops_at_an_error(suite):
    result = write(suite, body="raise ConnectionError('away')").run("-x")
    assert result.exit == 1
    assert short(result) == {"c0": "pass", "c1": "pass", "c2": "pass", "c3": "error"}
    result.said(
        "(not enforced)", "reported, not enforced: this is a part of the cases", "gate failed (exit 1): 1 error"
    )
    result.never_said("gate passed")
    code, words = gate(result.path)
    assert code == 1
    assert "not enforced" in words


@pytest.mark.parametrize("arguments", [("-x",), ("--maxfail=1",)])
def test_x_runs_on_after_misses(suite, arguments):
    result = write(suite, body="assert 0, 'wrong'").run(*arguments)
    assert (result.exit, result.counts["missed"]) == (0, 1)
    assert short(result) == ALL | {"c3": "miss"}
    result.said("gate passed")


def test_x_stops_at_a_miss_that_stands_alone(suite):
    result = write(suite, body="assert 0, 'wrong'").bars("").run("-x")
    assert result.exit == 1
    assert len(result.verdicts) == 4


def test_x_does_not_cut_the_bars_short(suite):
    suite.bars("""
        [[bar]]
        dimension = "accuracy"
        at_least = 0.9
        each = "category"
    """)
    suite.file(
        "test_x.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize(
            "n", [pytest.param(n, id=f"c{n}", marks=pytest.mark.category("ab"[n % 2])) for n in range(40)]
        )
        def test_x(n):
            assert n < 4
        """,
    )
    result = suite.run("-x", "-v")
    assert result.exit == 1
    assert result.counts == {"passed": 4, "missed": 36, "failed": 3}
    result.said("evalbars::pass_rate:accuracy FAILED", "evalbars::pass_rate:accuracy[b] FAILED")
    assert result.of("end")[0]["exit"] == 1


@pytest.mark.slow
def test_maxfail_under_workers_is_no_pass(suite):
    result = write(suite, body="raise ConnectionError('away')", sleep=0.05).run("-n", "2", "--maxfail=1")
    assert result.exit in (1, 2)
    assert short(result)["c3"] == "error"
    result.never_said("gate passed", "INTERNALERROR")
    assert gate(result.path)[0] != 0


def test_a_fixture_of_the_session_that_dies_at_its_end_fails_and_keeps_the_verdicts(suite):
    write(suite).file(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(scope="session", autouse=True)
        def index():
            yield
            raise OSError("cannot close")
        """,
    )
    result = suite.run()
    assert result.exit == 1
    assert short(result) == ALL
    result.said("cannot close", "met")
