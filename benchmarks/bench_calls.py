"""What it costs to measure, record and replay the calls of models, against litellm without us.

litellm answers by itself (`mock_response`), so that its own work and ours are all there is.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import Figure, median, pytest_command, run_child

CALLS = 1000
#: By mode, the most that a call may take, in calls of litellm's alone; 0 where there is no goal. A replay needs the
#: recording before it.
MODES = {"live": 1.25, "record": 0.0, "replay": 1.0}
ASK = 'litellm.acompletion("openai/gpt-4o-mini", [{"role": "user", "content": str(n)}], mock_response="yes")'
#: One case that makes all calls, or none: what a session costs by itself is taken off.
SUITE = f"""
import os, litellm, pytest

@pytest.mark.dimension("accuracy")
async def test_calls():
    for n in range(int(os.environ["CALLS"])):
        await {ASK}
"""
BARE = f"""
import asyncio, os, litellm

async def main():
    for n in range(int(os.environ["CALLS"])):
        await {ASK}

asyncio.run(main())
"""
SESSION = pytest_command("-q", "-W", "ignore", "test_calls.py")


def figures(*, quick: bool = False) -> list[Figure]:
    """Processor time of each call, in each mode."""
    repeats = 2 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_calls.py").write_text(SUITE, encoding="utf-8")
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
        bare = _each([sys.executable, "-c", BARE], folder, repeats)
        found = {mode: _each([*SESSION, f"--evalbars-calls={mode}"], folder, repeats) for mode in MODES}
    return [
        Figure(
            f"calls: {mode}, {CALLS:,} calls",
            f"{seconds * 1000:.2f} ms a call, {seconds / bare:.2f}x litellm alone ({bare * 1000:.2f} ms)",
            f"<= {MODES[mode]}x" if MODES[mode] else "",
            not MODES[mode] or seconds / bare <= MODES[mode],
            {"seconds": seconds, "bare": bare},
        )
        for mode, seconds in found.items()
    ]


def _each(command: list[str], folder: Path, repeats: int) -> float:
    """Processor seconds of one call."""

    def cpu(calls: int) -> float:
        told = {"CALLS": calls, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        return median([run_child(command, folder, told=told).cpu for _ in range(repeats)])

    return (cpu(CALLS) - cpu(0)) / CALLS
