"""Other ways to run async tests of one pytest session at once, each in a throwaway environment of its own.

What pip cannot install is left out. `python benchmarks/run.py rivals`, or `--rivals` besides all others.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench_concurrency import FIXED_SECONDS, IN_FLIGHT, Run, contender, project, run_once
from measure import Figure, median
from model_process import Model, model

if TYPE_CHECKING:
    from collections.abc import Sequence

#: From so many cases on the whole process must be ahead too; with fewer, what pytest takes to start decides.
MANY = 5_000

SUITE = """
import asyncio
import os
import light_client
import pytest

client = light_client.Client(os.environ["MODEL"])
slots = asyncio.Semaphore(int(os.environ["IN_FLIGHT"]))

{mark}
@pytest.mark.parametrize("number", [pytest.param(n, id=f"q{{n:05}}") for n in range(int(os.environ["CASES"]))])
"""
ASYNC = """
async def test_answer(number):
    async with slots:
        assert await client.ask(number) == f"answer {number}"
"""
SYNC = """
def test_answer(number):
    assert loop.run_until_complete(client.ask(number)) == f"answer {number}"

loop = asyncio.new_event_loop()
"""


@dataclass(frozen=True, slots=True)
class Rival:
    """What to install, and the same suite as it wants it."""

    name: str
    requirements: tuple[str, ...]
    suite: str
    arguments: tuple[str, ...] = ()


RIVALS = (
    Rival(
        "pytest-asyncio-cooperative",
        ("pytest-asyncio-cooperative", "pytest<9"),  # its fixtures break on pytest 9
        SUITE.format(mark="@pytest.mark.asyncio_cooperative") + ASYNC,
        (f"--max-asyncio-tasks={IN_FLIGHT}",),
    ),
    Rival(
        "pytest-asyncio-concurrent",
        ("pytest-asyncio-concurrent", "pytest<9"),  # every test of it is an error on pytest 9.1 and later
        SUITE.format(mark='@pytest.mark.asyncio_concurrent(group="all")') + ASYNC,
    ),
    Rival("xdist -n 16", ("pytest-xdist",), SUITE.format(mark="") + SYNC, ("-n", "16")),
)


def figures(*, quick: bool = False) -> list[Figure]:
    """Span and whole process of each rival, beside ours in the same run."""
    found = []
    with model() as server, tempfile.TemporaryDirectory() as name:
        ours = Path(name) / "ours"
        ours.mkdir()
        project(ours)
        for number, rival in enumerate(RIVALS):
            place = Path(name) / f"rival-{number}"
            if python := _install(rival, place):
                found += [_against(server, rival, python, ours, cases, quick=quick) for cases in (500, MANY)]
    return found


def _install(rival: Rival, place: Path) -> Path | None:
    """The Python of a new environment; None where pip cannot make it."""
    venv.create(place / "venv", with_pip=True)
    python = place / "venv" / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", *rival.requirements]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    (place / "test_answers.py").write_text(rival.suite)
    (place / "pytest.ini").write_text("[pytest]\n")
    shutil.copy(Path(__file__).with_name("light_client.py"), place)
    return python


def _against(server: Model, rival: Rival, python: Path, folder: Path, cases: int, *, quick: bool) -> Figure:
    theirs = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *rival.arguments]
    ours = contender(f"--evalbars-concurrency={IN_FLIGHT}")
    script = [sys.executable, "script.py"]

    def run(command: Sequence[str], place: Path) -> Run:
        return run_once(server, command, place, cases)

    rounds = [
        (run(script, folder), run(ours, folder), run(theirs, python.parents[2])) for _ in range(1 if quick else 3)
    ]
    ideal = cases * FIXED_SECONDS / IN_FLIGHT
    our_span, their_span = (median([runs[place].seen.span for runs in rounds]) / ideal for place in (1, 2))
    our_whole, their_whole = (
        median([runs[place].child.seconds / runs[0].child.seconds for runs in rounds]) for place in (1, 2)
    )
    goal = "span and whole" if cases >= MANY else "span"
    ahead = our_span <= their_span and (cases < MANY or our_whole <= their_whole)
    return Figure(
        f"rivals: {rival.name}, {cases:,} cases",
        f"span {their_span:.3f} x ideal, whole {their_whole:.2f} x script; ours {our_span:.3f}, {our_whole:.2f}",
        f"ours is ahead: {goal}",
        ahead,
        {"our_span": our_span, "their_span": their_span, "our_whole": our_whole, "their_whole": their_whole},
    )
