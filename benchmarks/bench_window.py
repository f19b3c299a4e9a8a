"""What the concurrency window costs those who do not need it: ordinary tests beside the cases, and memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench_concurrency import IN_FLIGHT, PROJECT, contender
from measure import Figure, median, run_child, run_pairs

PLAIN_TESTS, GOAL_PLAIN = 10_000, 0.03
#: Few in flight, so that even a window that looks far ahead is smaller than the smaller suite.
MEMORY_CASES, MEMORY_IN_FLIGHT, PAYLOAD_KB, GOAL_MB = (1_000, 10_000), 10, 20, 10

#: Ordinary tests, and a few cases that keep the window from being switched off for want of any.
ORDINARY = f"""
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", range(20), ids=str)
async def test_answer(number):
    pass

@pytest.mark.parametrize("number", range({PLAIN_TESTS}), ids=str)
def test_ordinary(number):
    pass
"""

#: Each case holds something while it is in flight, which a window must not keep for longer.
HEAVY = f"""
import asyncio
import os
import pytest

@pytest.fixture
def payload():
    return bytearray({PAYLOAD_KB} * 1024)

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"q{{n:05}}") for n in range(int(os.environ["CASES"]))])
async def test_answer(number, payload):
    await asyncio.sleep(0.001)
    assert payload
"""


def figures(*, quick: bool = False) -> list[Figure]:
    """Processor time of ordinary tests, memory of many cases."""
    return [_ordinary(3 if quick else 9), _memory(1 if quick else 3)]


def _ordinary(pairs: int) -> Figure:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_ordinary.py").write_text(ORDINARY)
        (folder / "pyproject.toml").write_text(PROJECT)
        runs = run_pairs(contender(), contender(f"--evalbars-concurrency={IN_FLIGHT}"), folder, pairs)
    added = median([on.cpu / off.cpu - 1 for off, on in runs])
    off = median([off.cpu for off, _ in runs])
    return Figure(
        f"window: {PLAIN_TESTS:,} ordinary tests beside, on and off",
        f"{added:+.1%} processor time (off {off:.2f} s)",
        f"within {GOAL_PLAIN:.0%}",
        added <= GOAL_PLAIN,
        {"added": added, "off_cpu": off},
    )


def _memory(repetitions: int) -> Figure:
    """What the window adds to a suite run one by one, for few cases and for many."""
    few, many = MEMORY_CASES
    added = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_heavy.py").write_text(HEAVY)
        (folder / "pyproject.toml").write_text(PROJECT)
        for cases in MEMORY_CASES:
            on = contender(f"--evalbars-concurrency={MEMORY_IN_FLIGHT}")
            runs = [
                [run_child(command, folder, told={"CASES": cases}) for command in (contender(), on)]
                for _ in range(repetitions)
            ]
            added[cases] = median([window.peak_mb - serial.peak_mb for serial, window in runs])
    return Figure(
        f"window: memory that the window adds, {PAYLOAD_KB} KB a case, {MEMORY_IN_FLIGHT} in flight",
        f"+ {added[few]:.0f} MB at {few:,} cases, + {added[many]:.0f} MB at {many:,}",
        f"< {GOAL_MB} MB between them",
        added[many] - added[few] < GOAL_MB,
        {"few_mb": added[few], "many_mb": added[many]},
    )
