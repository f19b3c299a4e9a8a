"""Reports of 100,000 observations, 20,000 of them misses: what they take beside the gate on the same file."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import Figure, median, run_child

if TYPE_CHECKING:
    from collections.abc import Iterator

OBSERVATIONS, DIMENSIONS = 100_000, ("accuracy", "faithfulness")
CATEGORIES = 20
#: How often one answer misses, and cannot be judged.
MISSES, ERRORS = 0.2, 0.005
ANSWER = "The customer asks whether <b>refunds</b> & returns are possible after thirty days. " * 12
BARS = """[tool.evalbars]
max_errors = "10%"
[[tool.evalbars.bar]]
dimension = ["accuracy", "faithfulness"]
at_least = 0.5
each = "category"
"""
COMMAND = [sys.executable, "-c", "import sys; from pytest_evalbars.cli import main; sys.exit(main())"]
#: Times the CPU time of the gate, and megabytes.
GOAL_JSON, GOAL_HTML, GOAL_MB = 3.0, 4.0, 5.0


def figures(*, quick: bool = False) -> list[Figure]:
    """CPU time as a multiple of the gate's in the same runs, and the size of the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text(BARS, encoding="utf-8")
        with (folder / "run.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line) + "\n" for line in _lines())
        gate, as_json, html = [], [], []
        for _ in range(1 if quick else 3):
            gate.append(run_child([*COMMAND, "gate", "run.jsonl"], folder).cpu)
            as_json.append(run_child([*COMMAND, "report", "run.jsonl", "-o", "x.json"], folder).cpu)
            html.append(run_child([*COMMAND, "report", "run.jsonl", "-o", "x.html"], folder).cpu)
        megabytes = (folder / "x.html").stat().st_size / 1e6
    return [
        _ratio("report as JSON, decided and built anew", as_json, gate, GOAL_JSON),
        _ratio("report as an HTML page", html, gate, GOAL_HTML),
        Figure(
            f"HTML page of {OBSERVATIONS:,} observations",
            f"{megabytes:.1f} MB",
            f"< {GOAL_MB:g} MB",
            megabytes < GOAL_MB,
            {"mb": megabytes},
        ),
    ]


def _ratio(name: str, taken: list[float], gate: list[float], goal: float) -> Figure:
    ratio = median(taken) / median(gate)
    return Figure(
        f"{name}, CPU time",
        f"{ratio:.2f} x the gate's ({median(taken):.1f} s)",
        f"<= {goal:g} x",
        ratio <= goal,
        {"ratio": ratio, "seconds": median(taken), "gate": median(gate)},
    )


def _lines() -> Iterator[dict[str, Any]]:
    chance = random.Random(8)  # noqa: S311 - the same file each time
    yield {"type": "header", "schema": 1, "run": "bench", "started": "2026-11-20T22:41:07Z", "labels": {}, "bars": []}
    for case in range(OBSERVATIONS // len(DIMENSIONS) // 2):
        for trial in range(2):
            key = {"case": f"case-{case:05}", "test": "evals/test_support.py::test_answer", "trial": trial}
            yield {
                "type": "trial",
                **key,
                "labels": {"category": f"k{case % CATEGORIES:02}", "status": "regression"},
                "measures": {"seconds": chance.random(), "cost_usd": chance.random() / 1000},
                "evidence": {"input": {"question": ANSWER[:200]}, "output": ANSWER, "context": [ANSWER[:300]] * 3},
            }
            for dimension in DIMENSIONS:
                luck = chance.random()
                outcome = "error" if luck < ERRORS else "miss" if luck < ERRORS + MISSES else "pass"
                reason = "" if outcome == "pass" else f"cites nothing of {case}: {ANSWER[:200]}"
                yield {"type": "observation", **key, "dimension": dimension, "outcome": outcome, "reason": reason}
    yield {"type": "end", "finished": "2026-11-20T22:43:50Z", "exit": 0}
