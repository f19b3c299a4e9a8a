"""The gate on run files of 1,000,000 observations, reading included, through `evalbars gate FILE`."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import Figure, median, run_child

from pytest_evalbars.run.plan import Planned, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

OBSERVATIONS = 1_000_000
GOAL_SECONDS, GOAL_MB = 10, 1024
CATEGORIES = 20
TEST = "evals/test_support.py::test_answer"
DIMENSIONS = ("accuracy", "faithfulness", "helpfulness", "safety", "tone")

COMMAND = [sys.executable, "-c", "import sys; from pytest_evalbars.cli import main; sys.exit(main())", "gate"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a run file holds."""

    name: str
    dimensions: int
    #: Lines as this plugin writes them: the manifest describes each item, and a trial line names its own.
    #: Another tool's have the contract's keys alone, and items must be told by case and test.
    own: bool = False

    @property
    def cases(self) -> int:
        """So many that there are OBSERVATIONS in all."""
        return OBSERVATIONS // self.dimensions


SHAPES = (
    Shape("200,000 cases x 5", 5, own=True),
    Shape("200,000 cases x 5, another tool's", 5),
    Shape("1,000,000 cases x 1", 1, own=True),
    Shape("1,000,000 cases x 1, another tool's", 1),
)


def figures(*, quick: bool = False) -> list[Figure]:
    """Time and memory of the gate on each shape."""
    found = []
    for shape in SHAPES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder, shape)
            runs = [run_child([*COMMAND, "run.jsonl"], folder) for _ in range(1 if quick else 3)]
        seconds, peak_mb = median([run.seconds for run in runs]), max(run.peak_mb for run in runs)
        cpu = median([run.cpu for run in runs])
        found.append(
            Figure(
                f"gate: {OBSERVATIONS:,} observations, {shape.name}",
                f"{seconds:.1f} s (processor {cpu:.1f} s), {peak_mb:.0f} MB",
                f"< {GOAL_SECONDS} s, < {GOAL_MB} MB",
                seconds < GOAL_SECONDS and peak_mb < GOAL_MB,
                {"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb},
            ),
        )
    return found


def _write(folder: Path, shape: Shape) -> None:
    bars = (
        f'[[bar]]\ndimension = "{name}"\nat_least = 0.9\neach = "category"\n'
        for name in DIMENSIONS[: shape.dimensions]
    )
    (folder / "evalbars.toml").write_text("\n".join(bars))
    with (folder / "run.jsonl").open("w", encoding="utf-8") as file:
        lines = _lines(shape)
        while part := "".join(islice(lines, 10_000)):
            file.write(part)


def _lines(shape: Shape) -> Iterator[str]:
    yield _line(type="header", schema=1, run="2026-11-20T22-41-07-3f9c", labels={"model": "v2"})
    yield from _manifest(shape)
    for number in range(shape.cases):
        planned = _planned(number, shape)
        key = {"case": planned.case, "test": planned.test, "trial": planned.trial}
        yield _line(
            type="trial",
            **key,
            **({"item": planned.item} if shape.own else {}),
            labels=planned.labels,
            cluster=None,
            measures={"seconds": 0.81},
            evidence={},
            worker="gw0",
        )
        for place, dimension in enumerate(planned.dimensions):
            missed = (number + place) % 19 == 0  # about 5 in 100, in every category
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


def _manifest(shape: Shape) -> Iterator[str]:
    """One line, in pieces: this process must stay small."""
    yield '{"type": "manifest", "items": ['
    for number in range(shape.cases):
        yield (", " if number else "") + json.dumps(_planned(number, shape).item)
    yield '], "left_out": []'
    if shape.own:
        plans = packed(_planned(number, shape) for number in range(shape.cases))
        yield f', "asked": [], "notes": [], "planned": {json.dumps(plans)}'
    yield "}\n"


def _planned(number: int, shape: Shape) -> Planned:
    row = f"question-{number:07}"
    item = f"{TEST}[{row}]"
    return Planned(
        item=item,
        case=item if shape.own else row,
        test=item if shape.own else TEST,
        trial=0,
        dimensions=DIMENSIONS[: shape.dimensions],
        labels={"category": f"category {number % CATEGORIES:02}", "status": "regression"},
    )


def _line(**values: Any) -> str:
    return json.dumps(values) + "\n"
