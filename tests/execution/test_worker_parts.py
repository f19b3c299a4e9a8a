"""What workers have finished and not yet reported is not lost with them, and not paid for again."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from short_sessions import START

#: The first case of each worker hangs, so that nothing behind it can be reported; the others end at once.
HANGS = """
import asyncio, os, signal, pathlib, pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n:02}") for n in range(24)])
async def test_a(n):
    with open("ran.txt", "a") as file:
        print(n, file=file)
    if n in HANGING and not pathlib.Path("mended").exists():
        await asyncio.sleep(0.3)
        END
"""
BAR = "max_errors = 4\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01"


@pytest.fixture
def write(suite):
    """Write the cases, with what the hanging ones do in the end."""

    def written(end, hanging="(0, 6)"):
        suite.bars(BAR)
        suite.file("test_it.py", HANGS.replace("END", end).replace("HANGING", hanging))
        return suite

    return written


def ran(suite):
    """How often each case began."""
    numbers = (suite.path / "ran.txt").read_text().split()
    return {number: numbers.count(number) for number in dict.fromkeys(numbers)}


def parts(suite):
    return list((suite.path / ".evalbars" / "runs").glob("*.part"))


def test_a_killed_worker_leaves_its_verdicts(write):
    suite = write("os.kill(os.getpid(), signal.SIGKILL)", hanging="(0,)")
    outcome = suite.run("-n2", "--evalbars-concurrency=8")
    verdicts = {key[0][-4:-1]: verdict for key, verdict in outcome.verdicts.items()}
    assert len(verdicts) == 24
    assert [case for case, verdict in verdicts.items() if verdict == "error"] == ["c00"]
    assert parts(suite) == []


@pytest.mark.slow
def test_nothing_is_left_beside_a_run_that_came_to_its_end(write):
    suite = write("pass")
    outcome = suite.run("-n2", "--evalbars-concurrency=8")
    assert outcome.exit == 0
    assert len(outcome.verdicts) == 24
    assert parts(suite) == []


def kill(suite, how):
    """Start a session, wait until all but the hanging cases have ended, and end it."""
    command = [*START, "-n2", "--evalbars-concurrency=8"]
    session = subprocess.Popen(command, cwd=suite.path, start_new_session=True, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and sum(text.read_text().count('"observation"') for text in parts(suite)) < 22:
        time.sleep(0.05)
    assert len(ran(suite)) == 24
    os.killpg(session.pid, how)
    out = session.communicate(timeout=60)[0].decode()
    return session.returncode, out


@pytest.mark.slow
def test_a_killed_session_is_resumed_with_all_that_its_workers_had_finished(write):
    suite = write("await asyncio.sleep(60)")
    kill(suite, signal.SIGKILL)
    assert len(parts(suite)) == 2
    (suite.path / "mended").touch()
    outcome = suite.run("--evalbars-resume")
    assert outcome.exit == 0
    outcome.said("22 of 24 trials are taken")
    again = {number: times for number, times in ran(suite).items() if times > 1}
    assert again == {"0": 2, "6": 2}
    assert parts(suite) == []


@pytest.mark.slow
def test_an_interrupted_session_has_all_that_its_workers_had_finished(write):
    suite = write("await asyncio.sleep(60)")
    code, out = kill(suite, signal.SIGINT)
    assert code == 2
    assert "22 of 24 trials are in" in out
    assert parts(suite) == []
