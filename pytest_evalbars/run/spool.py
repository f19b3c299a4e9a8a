"""Parts of a run file that workers write for themselves, ahead of the reports that bring the same to the run file.

A part stands beside the run file as `<run file>.<worker>.part` and has its trial and observation lines. It only
matters where a worker, or the whole session, died before it could report what it had.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_evalbars.run.plan import Planned


def part_of(run_file: Path, worker: str) -> Path:
    """Where a worker writes its part of a run file."""
    return run_file.with_name(f"{run_file.name}.{worker}.part")


def parts_of(run_file: Path) -> list[Path]:
    """The parts that lie beside a run file."""
    start = f"{run_file.name}."
    names = run_file.parent.iterdir() if run_file.parent.is_dir() else ()
    return sorted(path for path in names if path.name.startswith(start) and path.name.endswith(".part"))


def whole_trials(part: Path, planned: Mapping[str, Planned]) -> Iterator[tuple[Planned, list[dict[str, Any]]]]:
    """The trials of which a part has every line: the trial's own, and a verdict on each of its dimensions.

    What cannot be read is no whole trial: the end of a part is torn where its worker was killed.

    Args:
        part: the file.
        planned: the run's trials by item.
    """
    lines: list[dict[str, Any]] = []
    for line in _readable(part):
        if line.get("type") == "trial":
            yield from _whole(lines, planned)
            lines = []
        lines.append(line)
    yield from _whole(lines, planned)


def _whole(
    lines: list[dict[str, Any]], planned: Mapping[str, Planned]
) -> Iterable[tuple[Planned, list[dict[str, Any]]]]:
    one = planned.get(str(lines[0].get("item"))) if lines else None
    if one is None:
        return ()
    same = {(line.get("case"), line.get("test"), line.get("trial")) for line in lines}
    told = [line.get("dimension") for line in lines[1:]]
    whole = same == {(one.case, one.test, one.trial)} and sorted(map(str, told)) == sorted(one.dimensions)
    return ((one, lines),) if whole else ()


def _readable(part: Path) -> Iterator[dict[str, Any]]:
    try:
        content = part.read_bytes()
    except OSError:
        return
    for line in content.split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
