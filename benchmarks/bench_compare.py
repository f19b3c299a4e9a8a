"""Two run files of 1,000,000 observations each compared, reading included, through `evalbars compare A B`."""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bench_gate import OBSERVATIONS, SHAPES, Shape, _line, _manifest, _planned
from measure import Figure, median, run_child

if TYPE_CHECKING:
    from collections.abc import Iterator

GOAL_SECONDS = 15
COMMAND = [sys.executable, "-c", "import sys; from pytest_evalbars.cli import main; sys.exit(main())", "compare"]


def figures(*, quick: bool = False) -> list[Figure]:
    """Time and memory of comparing two runs of each shape that this plugin writes."""
    found = []
    for shape in SHAPES:
        if not shape.own:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for run in range(2):
                _write(folder / f"{run}.jsonl", shape, run)
            runs = [run_child([*COMMAND, "0.jsonl", "1.jsonl"], folder) for _ in range(1 if quick else 3)]
        seconds, peak_mb = median([run.seconds for run in runs]), max(run.peak_mb for run in runs)
        cpu = median([run.cpu for run in runs])
        found.append(
            Figure(
                f"compare: 2 x {OBSERVATIONS:,} observations, {shape.name}",
                f"{seconds:.1f} s ({os.cpu_count()} processors, together {cpu:.1f} s), {peak_mb:.0f} MB",
                f"< {GOAL_SECONDS} s",
                seconds < GOAL_SECONDS,
                {"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb},
            ),
        )
    return found


def _write(path: Path, shape: Shape, run: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        lines = _lines(shape, run)
        while part := "".join(islice(lines, 10_000)):
            file.write(part)


def _lines(shape: Shape, run: int) -> Iterator[str]:
    yield _line(type="header", schema=1, run=f"2026-11-20T22-41-07-3f9{run}", labels={"model": f"v{run}"})
    yield from _manifest(shape)
    for number in range(shape.cases):
        planned = _planned(number, shape)
        key = {"case": planned.case, "test": planned.test, "trial": planned.trial}
        yield _line(
            type="trial",
            **key,
            item=planned.item,
            labels=planned.labels,
            cluster=None,
            measures={"seconds": 0.81 + number % 7 / 50 - run / 10, "cost_usd": 0.002 + run / 1000},
            evidence={"input": f"question {number}", "output": f"answer {run}"},
            worker="gw0",
        )
        for place, dimension in enumerate(planned.dimensions):
            # About 5 in 100 miss; half of them in both runs, so that 5 in 100 flip, as many either way.
            missed = (number + place) % 37 in ((0, 19) if run else (0, 20))
            yield _line(
                type="observation",
                **key,
                dimension=dimension,
                outcome="miss" if missed else "pass",
                score=None,
                level=None,
                reason="the answer names another article" if missed else "",
            )
    yield _line(type="end", finished="2026-11-20T22:43:50Z", exit=0)
