"""xdist's gateways to other hosts, tried on this one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.trials(2)
@pytest.mark.parametrize("n", range(10), ids="c{}".format)
def test_it(n):
    assert n, "wrong"
"""
BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'


@pytest.fixture
def served(suite, tmp_path_factory):
    """A suite, and the port of an execnet server that runs in another folder."""
    suite.bars(BAR).file("test_it.py", SUITE)
    folder = tmp_path_factory.mktemp("far")
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "execnet.script.socketserver", "127.0.0.1:0"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield suite, re.search(r", (\d+)\)", server.stdout.readline())[1]
    server.kill()
    server.communicate()


def judged(result):
    result.said("10 cases, 20 trials, 0 errors", "gate passed: 1 of 1 verdict met")
    assert (result.exit, len(result.verdicts), result.counts["missed"]) == (0, 20, 2)


def test_popen_gateways_judge_as_one_process(suite):
    suite.bars(BAR).file("test_it.py", SUITE)
    result = suite.run("-d", "--tx", "2*popen", subprocess=True)
    judged(result)
    assert {row["worker"] for row in result.of("trial")} == {"gw0", "gw1"}


@pytest.mark.parametrize("half", ["--tx=popen", "--dist=load"])
def test_half_of_what_distributes_a_session_runs_it_in_one_process(suite, half):
    suite.bars(BAR).file("test_it.py", SUITE)
    judged(suite.run(half))


@pytest.mark.slow
@pytest.mark.parametrize("shard", [False, True], ids=["whole", "shard"])
def test_a_socket_gateway_with_the_suite_sent_along(served, shard):
    suite, port = served
    (suite.path / ".evalbars" / "runs").mkdir(parents=True)  # not sent: hidden
    more = ["--evalbars-shard=1/1"] if shard else []
    far = ["-d", "--tx", "popen", "--tx", f"socket=127.0.0.1:{port}", "--rsyncdir", suite.path, suite.path]
    result = suite.run(*far, *more, subprocess=True)
    if shard:
        assert (result.exit, len(result.verdicts)) == (0, 20)
    else:
        judged(result)
    assert {row["worker"] for row in result.of("trial")} == {"gw0", "gw1"}


@pytest.mark.slow
def test_a_worker_that_dies_behind_a_proxy_gateway_is_replaced(served):
    suite, port = served
    suite.bars("max_errors = 1\n" + BAR)
    suite.file(
        "test_it.py",
        SUITE.replace('assert n, "wrong"', "n or __import__('os')._exit(1)").replace("trials(2)", "trials(1)"),
    )
    far = [
        "--px",
        f"id=far//socket=127.0.0.1:{port}",
        "--tx",
        "2*popen//via=far//chdir=work",
        "--rsyncdir",
        suite.path,
    ]
    result = suite.run("-d", *far, suite.path, subprocess=True)
    assert (result.exit, sorted(result.verdicts.values())) == (0, ["error"] + ["pass"] * 9)
