"""Start-up at rest: a session of one ordinary test, with the plugin installed and without it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measure import Figure, median, pytest_command, run_pairs

GOAL_MS = 5


def figures(*, quick: bool = False) -> list[Figure]:
    """The median over pairs of sessions of what the plugin adds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_ordinary.py").write_text("def test_ordinary():\n    assert True\n")
        (folder / "pytest.ini").write_text("[pytest]\n")
        pairs = run_pairs(pytest_command("-q", plain=True), pytest_command("-q"), folder, 10 if quick else 60)
    added = 1000 * median([ours.seconds - plain.seconds for plain, ours in pairs])
    added_cpu = 1000 * median([ours.cpu - plain.cpu for plain, ours in pairs])
    plain_ms = 1000 * median([plain.seconds for plain, _ in pairs])
    return [
        Figure(
            "start-up at rest",
            f"+ {added:.1f} ms (processor {added_cpu:.1f} ms; plain {plain_ms:.0f} ms)",
            f"< {GOAL_MS} ms",
            added < GOAL_MS,
            {"added_ms": added, "added_cpu_ms": added_cpu, "plain_ms": plain_ms},
        ),
    ]
