"""The history of a year: 365 daily runs of 2,000 cases on two dimensions, listed and read, process start included."""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measure import Figure, median, run_child

RUNS, CASES, CATEGORIES = 365, 2000, 10
DIMENSIONS = ("accuracy", "faithfulness")
GOAL_SECONDS = 2
FIRST = datetime(2025, 11, 20, tzinfo=UTC)

COMMAND = [sys.executable, "-c", "import sys; from pytest_evalbars.cli import main; sys.exit(main())", "history"]
#: What is asked, by the words that it takes; only the first has a goal.
ASKED = (
    ("list", ("--last", str(RUNS))),
    ("list, by category", ("--last", str(RUNS), "--category", "*")),
    ("cases", ("--cases",)),
)


def figures(*, quick: bool = False) -> list[Figure]:
    """Time of each question, and the size of the store."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: this one must stay small.
        run_child([sys.executable, __file__, str(folder)], folder)
        size = (folder / ".evalbars" / "history.db").stat().st_size / 1024**2
        for what, words in ASKED:
            runs = [run_child([*COMMAND, *words], folder) for _ in range(2 if quick else 5)]
            seconds, peak_mb = median([run.seconds for run in runs]), max(run.peak_mb for run in runs)
            cpu = median([run.cpu for run in runs])
            goal = what == "list"
            found.append(
                Figure(
                    f"history: {what}, {RUNS} runs x {CASES:,} cases x {len(DIMENSIONS)}",
                    f"{seconds:.2f} s (processor {cpu:.2f} s), {peak_mb:.0f} MB; the store {size:.0f} MB",
                    f"< {GOAL_SECONDS} s" if goal else "",
                    seconds < GOAL_SECONDS or not goal,
                    {"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb, "store_mb": size},
                ),
            )
    return found


def _fill(root: Path) -> None:
    """Write the runs into the store of a project, as sessions do at their end."""
    from pytest_evalbars import Run  # noqa: PLC0415 - not in the process that measures
    from pytest_evalbars.history.fold import fold  # noqa: PLC0415
    from pytest_evalbars.history.rows import Facts, Stamp  # noqa: PLC0415
    from pytest_evalbars.history.store import Store  # noqa: PLC0415

    (root / ".evalbars").mkdir()
    chance = random.Random(0)  # noqa: S311 - sample data
    labels = [
        {"category": f"category {number % CATEGORIES}", "status": "capability" if number % 5 == 0 else "regression"}
        for number in range(CASES)
    ]
    with Store.open(root) as store:
        for day in range(RUNS):
            started = FIRST + timedelta(days=day)
            rows = [
                {
                    "case": f"question-{number:05}",
                    "test": "evals/test_support.py::test_answer",
                    "dimension": dimension,
                    "outcome": "pass" if chance.random() < (0.5 if number % 20 == 0 else 0.98) else "miss",
                    "labels": labels[number],
                }
                for number in range(CASES)
                for dimension in DIMENSIONS
            ]
            facts = Facts(
                name=f"{started:%Y-%m-%dT%H-%M-%S}-3f9c",
                started=f"{started:%Y-%m-%dT%H:%M:%SZ}",
                commit=f"{chance.getrandbits(160):040x}",
                changes="",
                labels={"model": "v2"},
                exit=0,
                complete=True,
                whole=True,
                everything=True,
            )
            store.write(facts, fold(Run.from_observations(rows)), [Stamp(f"{day}.jsonl", 1, 1)], None)


if __name__ == "__main__":
    _fill(Path(sys.argv[1]))
