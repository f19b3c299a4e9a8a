"""What every benchmark needs: run a child process, read its time and its peak memory, compare two of a kind.

Standard library only, and this process must stay small: Linux counts the memory of the process that starts a
child as a floor of the child's own peak.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

#: ru_maxrss counts kilobytes, on macOS bytes.
RSS_UNITS_PER_MB = 1024**2 if sys.platform == "darwin" else 1024
#: An installed package has its bytecode on disk, so the warm-up must be allowed to write it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Child:
    """What one child process took."""

    seconds: float
    #: User and system time: what the process did itself, whatever else the machine was busy with.
    cpu: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    name: str
    measured: str
    goal: str
    met: bool
    #: The numbers behind it, for `--json`.
    numbers: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def run_child(
    command: Sequence[str],
    folder: Path,
    *,
    code: int = 0,
    told: Mapping[str, object] | None = None,
) -> Child:
    """Run a command to its end; `told` are further environment variables.

    Raises:
        RuntimeError: it ended with another exit code than `code`; a figure of it would mean nothing.
    """
    environment = ENVIRONMENT | {name: str(value) for name, value in (told or {}).items()}
    with (folder / "output.txt").open("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # reaped here: Popen must not wait for it
        if process.returncode != code:
            output.seek(0)
            said = output.read()[-3000:]
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}, not {code}\n{said}")
    return Child(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / RSS_UNITS_PER_MB)


def run_pairs(first: Sequence[str], second: Sequence[str], folder: Path, pairs: int) -> list[tuple[Child, Child]]:
    """Run two commands in turn, each pair in the other order than the one before; one pair more warms up."""
    found = []
    for number in range(pairs + 1):
        if number % 2:
            later = run_child(second, folder)
            pair = run_child(first, folder), later
        else:
            pair = run_child(first, folder), run_child(second, folder)
        found.append(pair)
    return found[1:]


def pytest_command(*arguments: str, plain: bool = False, keep: Collection[str] = ()) -> list[str]:
    """Pytest with this plugin, or plain: every other plugin of the environment stays out of both but what to keep."""
    names = {entry.name for entry in entry_points(group="pytest11")} - {*keep}
    blocked = sorted(names if plain else names - {"evalbars"})
    return [
        sys.executable,
        "-m",
        "pytest",
        *(word for name in blocked for word in ("-p", f"no:{name}")),
        *arguments,
    ]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)
