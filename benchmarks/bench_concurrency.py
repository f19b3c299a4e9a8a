"""The concurrency window: eval cases that wait on a model, against the bare script that asks the same questions.

Spans are measured at the server, from the first request to the last answer; all else from outside the process.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from light_client import ADDRESS
from measure import Child, Figure, median, pytest_command, run_child
from model_process import Model, Seen, model
from model_server import LONGEST, latencies, list_schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_FLIGHT = 50
FIXED, FIXED_SECONDS = "fixed-100", 0.1
#: The whole process: RATIO x the bare script + EXTRA_SECONDS.
GOAL_SPAN, GOAL_TAIL = 1.05, 1.1
RATIO, EXTRA_SECONDS = 1.3, 0.6
TAIL_CASES, TAIL_MS = 2_000, 50

SUITE = """
import os
import light_client
import pytest

@pytest.fixture(scope="session")
def client():
    client = light_client.Client(os.environ["MODEL"])
    yield client
    client.close()

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"q{n:05}") for n in range(int(os.environ["CASES"]))])
async def test_answer(number, client):
    assert await client.ask(number) == f"answer {number}"
"""

SCRIPT = """
import asyncio
import os
import light_client

async def main():
    client = light_client.Client(os.environ["MODEL"])
    slots = asyncio.Semaphore(int(os.environ["IN_FLIGHT"]))

    async def case(number):
        async with slots:
            assert await client.ask(number) == f"answer {number}"

    await asyncio.gather(*map(case, range(int(os.environ["CASES"]))))
    client.close()

asyncio.run(main())
"""

PROJECT = """
[tool.pytest.ini_options]

[[tool.evalbars.bar]]
dimension = "accuracy"
at_least = 0.9
"""


class Run(NamedTuple):
    """One contender, once: from outside, and as the server saw it."""

    child: Child
    seen: Seen


def figures(*, quick: bool = False) -> list[Figure]:
    """Spans, and whole processes."""
    with model() as server:
        return [
            *_fixed(server, 500, 3 if quick else 9),
            _whole(5_000, _in_turn(server, 5_000, 1 if quick else 3)),
            _tail(server, 2 if quick else 7, workers=0),
            _tail(server, 2 if quick else 7, workers=2),
        ]


def contender(*arguments: str, workers: int = 0) -> list[str]:
    """Pytest on the suite, with a bar and a run file."""
    if workers:
        return pytest_command("-q", "-n", str(workers), *arguments, keep=("xdist", "xdist.looponfail"))
    return pytest_command("-q", *arguments)


def project(folder: Path) -> None:
    """Write the suite and the script, with their client, into a folder."""
    (folder / "test_answers.py").write_text(SUITE)
    (folder / "script.py").write_text(SCRIPT)
    (folder / "pyproject.toml").write_text(PROJECT)
    shutil.copy(Path(__file__).with_name("light_client.py"), folder)


def run_once(server: Model, command: Sequence[str], folder: Path, cases: int, name: str = FIXED) -> Run:
    """Run one contender to its end.

    Raises:
        RuntimeError: it did not ask each question once, or more of them at a time than it may.
    """
    server.reset()
    told = {ADDRESS: server.address, "MODEL": name, "CASES": cases, "IN_FLIGHT": IN_FLIGHT}
    child = run_child(command, folder, told=told)
    seen = server.seen()
    if seen.answered != cases or seen.most_in_flight > IN_FLIGHT:
        raise RuntimeError(f"{' '.join(command)}: {cases} questions, {IN_FLIGHT} at a time: {seen}")
    return Run(child, seen)


def _in_turn(server: Model, cases: int, pairs: int) -> list[tuple[Run, Run]]:
    """Script and suite in turn, each pair in the other order than the one before; a small one more warms up."""
    script, suite = [sys.executable, "script.py"], contender(f"--evalbars-concurrency={IN_FLIGHT}")
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        for command in (script, suite):
            run_once(server, command, folder, 2 * IN_FLIGHT)
        for number in range(pairs):
            if number % 2:
                later = run_once(server, suite, folder, cases)
                pair = run_once(server, script, folder, cases), later
            else:
                pair = run_once(server, script, folder, cases), run_once(server, suite, folder, cases)
            found.append(pair)
    return found


def _fixed(server: Model, cases: int, pairs: int) -> list[Figure]:
    runs = _in_turn(server, cases, pairs)
    ideal = cases * FIXED_SECONDS / IN_FLIGHT
    spans = median([suite.seen.span for _, suite in runs]) / ideal
    script_spans = median([script.seen.span for script, _ in runs]) / ideal
    span = Figure(
        f"concurrency: span, {cases} x 100 ms, {IN_FLIGHT} in flight",
        f"{spans:.3f} x ideal (script {script_spans:.3f})",
        f"<= {GOAL_SPAN} x ideal",
        spans <= GOAL_SPAN,
        {"span_ratio": spans, "script_span_ratio": script_spans},
    )
    return [span, _whole(cases, runs)]


def _whole(cases: int, runs: list[tuple[Run, Run]]) -> Figure:
    seconds = median([suite.child.seconds for _, suite in runs])
    script_seconds = median([script.child.seconds for script, _ in runs])
    ratio = median([(suite.child.seconds - EXTRA_SECONDS) / script.child.seconds for script, suite in runs])
    bare = median([suite.child.seconds / script.child.seconds for script, suite in runs])
    span = median([suite.seen.span for _, suite in runs])
    cpu = median([suite.child.cpu for _, suite in runs])
    return Figure(
        f"concurrency: whole process, {cases:,} cases",
        f"{ratio:.2f} x script + {EXTRA_SECONDS} s ({seconds:.2f} s, script {script_seconds:.2f} s: {bare:.2f} x)",
        f"<= {RATIO} x script + {EXTRA_SECONDS} s",
        ratio <= RATIO,
        {
            "ratio": ratio,
            "bare_ratio": bare,
            "seconds": seconds,
            "script_seconds": script_seconds,
            "span": span,
            "cpu": cpu,
        },
    )


def _tail(server: Model, repetitions: int, *, workers: int) -> Figure:
    """Long-tailed latencies, in another order each time.

    The optimum is what starting the cases in their order can reach at best. To be told first which case will
    be the longest would save more, and nobody is.
    """
    each = IN_FLIGHT // workers if workers else IN_FLIGHT
    command = contender(f"--evalbars-concurrency={each}", workers=workers)
    ratios, bounds = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        for seed in range(repetitions):
            tail = f"tail-{TAIL_MS}-{TAIL_CASES}-{seed}"
            span = run_once(server, command, folder, TAIL_CASES, tail).seen.span
            drawn = latencies(tail)
            ratios.append(span / list_schedule(drawn, IN_FLIGHT))
            bounds.append(span / max(sum(drawn) / IN_FLIGHT, *drawn))
    how = f"-n {workers}, {each} each" if workers else f"{each} in flight"
    return Figure(
        f"concurrency: span, long tail ({LONGEST} x the median), {how}",
        f"{median(ratios):.3f} x optimum (worst {max(ratios):.3f}; knowing all ahead {median(bounds):.2f})",
        f"<= {GOAL_TAIL} x optimum",
        median(ratios) <= GOAL_TAIL,
        {"span_ratio": median(ratios), "worst": max(ratios), "bound_ratio": median(bounds)},
    )
