"""Metrics on 1,000,000 observations in memory, held against the same numbers by hand: a group-by, or a sort.

Each metric is a bar with `each = "category"` on 4 dimensions x 14 categories, or on all trials, and what is timed is
`decide`: 60 verdicts (or 15) with their bounds, p-values, and counts of what could not be judged. By hand there are
only the bare numbers; `metrics_by_hand.py` says how.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from measure import Figure

CASES = 83_334
#: How many times slower than by hand; and how much longer each observation may take at ten times the size, where the
#: numbers no longer fit into the caches, and a sort takes longer for each anyway.
GOAL, GOAL_LINEAR = 3.0, 1.7


def figures(*, quick: bool = False) -> list[Figure]:
    """The ratios in one run, and how the time grows with the size."""
    small = _measured(CASES, 3 if quick else 15)
    large = _measured(10 * CASES, 1 if quick else 3)
    found = []
    for name, (ours, by_hand) in small.items():
        other = "a sort" if name.startswith("p95") else "a group-by"
        ratio = ours / by_hand
        found.append(
            Figure(
                f"metrics: {name}, 1,000,000 observations",
                f"{ratio:.1f} x {other} ({1000 * ours:.0f} ms, by hand {1000 * by_hand:.0f} ms)",
                f"<= {GOAL:g} x",
                ratio <= GOAL,
                {"ratio": ratio, "seconds": ours, "by_hand": by_hand},
            ),
        )
    for name, (ours, by_hand) in large.items():
        growth, hand = ours / small[name][0] / 10, by_hand / small[name][1] / 10
        found.append(
            Figure(
                f"metrics: {name}, each of 10,000,000 against each of 1,000,000",
                f"{growth:.2f} x (by hand {hand:.2f} x)",
                f"<= {GOAL_LINEAR:g} x",
                growth <= GOAL_LINEAR,
                {"growth": growth, "by_hand": hand, "seconds": ours},
            ),
        )
    return found


def _measured(cases: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of each metric and of the same by hand, in turn, in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("metrics_by_hand.py")), str(cases), str(rounds)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: (ours, by_hand) for name, ours, by_hand in json.loads(said)}
