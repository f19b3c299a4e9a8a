"""Things go wrong while many cases are in flight: what had ended is kept, and nobody pays for another's fault."""

import io
import json
import os
import resource
import signal
import subprocess
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout

import pytest
from short_sessions import START

from pytest_evalbars.cli import main

BAR = """
max_errors = {max_errors}
[[bar]]
dimension = "accuracy"
at_least = 0.1
min_cases = 1
"""
WINDOW = "--evalbars-concurrency=8"

#: Each case notes in a file of its own process's what became of it.
CASES = """
import asyncio
import os
import signal
import time
import pytest

def note(word, number):
    with open(f"{{word}}.txt", "a") as file:
        file.write(f"{{number}}\\n")

@pytest.fixture
async def before(number):
    note("up", number)
    yield number
    note("down", number)
    if number == 3:
        {teardown}

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{{n}}") for n in range({total})])
async def test_answer(number, before, evalcase):
    note("began", number)
    await asyncio.sleep(0.01)
    {body}
    note("ended", number)
"""


@pytest.fixture
def write(suite):
    """Write twenty cases, of which some go wrong."""

    def written(body="pass", *, teardown="pass", total=20, max_errors=0):
        suite.bars(BAR.format(max_errors=max_errors))
        suite.file("test_x.py", CASES.format(body=body, teardown=teardown, total=total))
        return suite

    return written


def noted(suite, word):
    """The numbers of the cases that noted this, as often as they did."""
    path = suite.path / f"{word}.txt"
    return Counter(map(int, path.read_text().split())) if path.exists() else Counter()


def short(result):
    """What each case said, by its number."""
    return {number_of(key[0]): outcome for key, outcome in result.verdicts.items()}


def number_of(case):
    """The number of a case."""
    return int(case.rpartition("[c")[2].rstrip("]"))


def on_disk(suite):
    """The cases whose observations are on disk, as often as they are."""
    files = suite.run_files()
    text = files[0].read_text() if files else ""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return Counter(number_of(line["case"]) for line in lines if line["type"] == "observation")


def gate(*arguments):
    """`evalbars gate` in this process: exit code and all that it printed."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = main(["gate", *map(str, arguments)])
    return code, out.getvalue()


ALL = dict.fromkeys(range(20), "pass")
ONCE = Counter(range(20))


@pytest.mark.parametrize("arguments", [(), (WINDOW,), ("-n", "2", WINDOW)], ids=["serial", "window", "workers"])
def test_a_fixture_that_breaks_in_one_teardown_fails_the_session_and_no_verdict(write, arguments):
    suite = write(teardown="raise OSError('cannot close')")
    result = suite.run(*arguments)
    assert short(result) == ALL
    assert result.exit == 1
    assert result.counts == {"passed": 21, "error" if "error" in result.counts else "errors": 1}
    result.said("ERROR at teardown of test_answer[c3]", "cannot close")
    assert noted(suite, "up") == noted(suite, "down") == ONCE


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("raise asyncio.CancelledError", "cancelled"),
        ("asyncio.current_task().cancel(); await asyncio.sleep(0.01)", "cancelled"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise StopIteration", "StopIteration"),
        ("raise type('Odd', (BaseException,), {})('of its own kind')", "of its own kind"),
        ("asyncio.get_running_loop().close()", "running event loop"),
    ],
)
def test_whatever_a_body_raises_is_its_own_error(write, fault, words):
    suite = write(f"if number == 9: {fault}")
    result = suite.run(WINDOW)
    assert short(result) == ALL | {9: "error"}
    assert result.exit == 1
    (erred,) = [line for line in result.of("trial") if "error" in line]
    assert words in erred["error"]
    assert noted(suite, "ended") == ONCE - Counter([9])
    assert noted(suite, "down") == ONCE


def test_a_body_that_takes_every_cancellation_for_itself_ends_at_its_limit(write):
    stubborn = """
    deadline = time.monotonic() + (0.5 if number == 9 else 0)
    while time.monotonic() < deadline:
        try:
            await asyncio.sleep(0.4)
        except asyncio.CancelledError:
            pass"""
    suite = write(stubborn.strip())
    suite.file(
        "conftest.py", "import pytest\ndef pytest_itemcollected(item): item.add_marker(pytest.mark.timeout(0.2))"
    )
    result = suite.run(WINDOW)
    assert short(result) == ALL | {9: "error"}
    result.said("timeout of 0.2 s")


def test_what_had_ended_is_kept_when_all_is_interrupted(write):
    """The first case hangs, so that nothing is reported; yet what the others said is on disk."""
    suite = write("if number in (0, 15): await asyncio.sleep(60)")
    session = begin(suite, WINDOW)
    ended = ONCE - Counter([0, 15])
    try:
        until(lambda: noted(suite, "ended") == ended and on_disk(suite) == ended)
        os.killpg(session.pid, signal.SIGINT)  # as a terminal does
        out, _ = session.communicate(timeout=60)
    finally:
        kill(session)
    assert session.returncode == 2
    assert "bars not judged: the session was interrupted" in out
    assert "18 of 20 trials are in" in out
    assert "Traceback" not in out
    assert "never retrieved" not in out
    assert on_disk(suite) == ended
    assert noted(suite, "up") == noted(suite, "down") == ONCE
    code, words = gate(*suite.run_files())
    assert code == 10
    assert "the run is incomplete: 2 planned trials" in words


def test_what_had_ended_is_kept_when_all_is_killed(write):
    suite = write("if number == 0: await asyncio.sleep(60)")
    session = begin(suite, WINDOW)
    ended = ONCE - Counter([0])
    try:
        until(lambda: on_disk(suite) == ended)
    finally:
        kill(session)
    assert on_disk(suite) == ended
    code, words = gate(*suite.run_files())
    assert code == 10
    assert "the run is incomplete: 1 planned trial" in words


@pytest.mark.slow
def test_workers_interrupted_with_cases_in_flight_leave_no_fixture_standing(write):
    suite = write("if number in (12, 15): await asyncio.sleep(60)")
    session = begin(suite, "-n", "2", WINDOW)
    ended = ONCE - Counter([12, 15])
    try:
        until(lambda: noted(suite, "ended") == ended)
        os.killpg(session.pid, signal.SIGINT)
        out, _ = session.communicate(timeout=60)
    finally:
        kill(session)
    assert session.returncode == 2
    assert "bars not judged: the session was interrupted" in out
    assert noted(suite, "up") == noted(suite, "down") == ONCE
    assert set(on_disk(suite).values()) <= {1}
    assert {12, 15}.isdisjoint(on_disk(suite))
    assert gate(*suite.run_files())[0] == 10


@pytest.mark.slow
def test_when_a_worker_is_killed_every_other_case_is_judged_once(write):
    """The case whose turn it was is blamed by xdist; the one that really kills is found out alone."""
    suite = write("if number == 13: os.kill(os.getpid(), signal.SIGKILL)", max_errors=2)
    result = suite.run("-n", "2", WINDOW)
    said = short(result)
    errors = [number for number, outcome in said.items() if outcome == "error"]
    assert set(said) == set(ALL)
    assert 13 in errors
    assert len(errors) <= 2
    assert Counter(number_of(line["case"]) for line in result.of("observation")) == ONCE
    assert len(result.of("trial")) == 20
    result.said("20 cases, 20 trials")
    result.never_said("INTERNALERROR")


def test_a_disk_that_fills_up_with_cases_in_flight_fails_the_session_and_says_what_is_missing(write):
    suite = write("evalcase.record(output='x' * 1000)", total=60)
    result = limited(suite, WINDOW, size=40_000)
    words = result.stdout + result.stderr
    assert result.returncode in (1, 10)
    assert "the run file could not be written" in words
    assert "the run is incomplete" in words
    assert "gate passed" not in words
    assert "Traceback" not in words
    assert noted(suite, "ended") == Counter(range(60))
    kept = on_disk(suite)
    assert 10 < kept.total() < 60
    assert f"the results of {60 - kept.total()} trials are not in it" in words
    assert gate(*suite.run_files())[0] == 10


# -- sessions as a shell starts them ---------------------------------------------------------------------


def begin(suite, *arguments):
    """A session with a process group of its own."""
    return subprocess.Popen(
        [*START, *arguments],
        cwd=suite.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def kill(session):
    """End a session that is still there, with all that it started."""
    if session.poll() is None:
        os.killpg(session.pid, signal.SIGKILL)
        session.communicate()


def until(condition, seconds=60):
    """Wait for a session to come so far."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "the session did not come so far"
        time.sleep(0.02)


def limited(suite, *arguments, size):
    """A session that may not write files longer than `size`."""

    def limits():
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
