"""The report files that a session was asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.replacing import why_unwritable
from pytest_evalbars.report.github import Said, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import Report
    from pytest_evalbars.run.columns import Run

#: The option of each format, without `evalbars_`, and the ending that stands for it.
OPTIONS = {"html": ".html", "markdown": ".md"}
#: What else a format needs, and how it is installed.
NEEDS = {".html": ("jinja2", 'pip install "pytest-evalbars[report]"')}


class AskedReports:
    """Writes them when the run is judged: a report that cannot be written costs nothing that was measured."""

    def __init__(self, config: pytest.Config) -> None:
        self._targets = [(form, target) for _, form, target in asked_of(config)]
        #: What to tell of them, and whether it is a failure.
        self.said: list[tuple[str, bool]] = []
        #: Those that were written.
        self._standing: list[tuple[str, Path]] = []
        self._root = config.rootpath
        #: What GitHub was told, and is told at the end of the log.
        self.told = Said()

    def __bool__(self) -> bool:
        """Whether any was asked for."""
        return bool(self._targets)

    def write(self, report: Report | None, run_file: Path, why_not: str, run: Run | None = None) -> None:
        """Write them all.

        Args:
            report: what they say; None where the run was not judged.
            run_file: the run's file.
            why_not: why it was not.
            run: the run.
        """
        for form, target in self._targets:
            why = why_not if report is None else _unwritten(report, form, target, run_file, run)
            if not why:
                self._standing.append((form, target))
            self.said.append((f"no report {shown(target)}: {why}" if why else f"report: {shown(target)}", bool(why)))

    def write_again(self, report: Report, run_file: Path, run: Run | None) -> None:
        """Write those again that were written, as what they say of the session holds no longer.

        Args:
            report: what holds.
            run_file: the run's file.
            run: the run.
        """
        for form, target in self._standing:
            if why := _unwritten(report, form, target, run_file, run):
                self.said.append((f"the report {shown(target)} says too little: {why}", True))

    def tell(self, report: Report | None, run_file: Path, why_not: str, run: Run | None = None) -> None:
        """Tell GitHub, where a job of it runs.

        Args:
            report: what to tell; None where the run was not judged.
            run_file: the run's file.
            why_not: why it was not.
            run: the run.
        """
        self.told = tell(report, [run_file], self._root, why_not=why_not, run=run)
        self.said += [(f"note: {note}", False) for note in self.told.notes]

    def wait_for(self, command: str) -> None:
        """Tell which command writes them once the other shards are there.

        Args:
            command: without the words that name a file to write.
        """
        for _, target in self._targets:
            self.said.append((f"no report {shown(target)} of one shard alone: {command} -o {shown(target)}", False))

    @property
    def failed(self) -> bool:
        """Whether one could not be written."""
        return any(bad for _, bad in self.said)


def asked_of(config: pytest.Config) -> Iterator[tuple[str, str, Path]]:
    """The option, the format and the file of each report that was asked for."""
    for name, form in OPTIONS.items():
        if (target := config.getoption(f"evalbars_{name}")) is not None:
            # Tests may go to another folder.
            yield f"--evalbars-{name}", form, Path(target).absolute()


def check_asked(config: pytest.Config) -> None:
    """See before any case runs whether the reports can be written.

    Raises:
        pytest.UsageError: one cannot.
    """
    seen: dict[Path, str] = {}
    for option, form, target in asked_of(config):
        problem = why_unwritable(target) or _lacking(form)
        if not problem and target in seen:
            problem = f"{seen[target]} names the same file"
        if problem:
            raise pytest.UsageError(f"{option}={shown(target)}: the report cannot be written: {problem}")
        seen[target] = option


def _lacking(form: str) -> str:
    """What must be installed first; empty where all is there."""
    library, install = NEEDS.get(form, ("", ""))
    return "" if not library or find_spec(library) is not None else f"{library} is not installed: {install}"


def _unwritten(report: Report, form: str, target: Path, run_file: Path, run: Run | None) -> str:
    """Write a report; why it cannot be written, empty where it is."""
    from pytest_evalbars.report.rendering import write_report  # noqa: PLC0415 - imports pydantic

    try:
        write_report(target, report, [run_file], form, run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the verdicts and the run file are there
        return _words(error)
    return ""


def _words(error: Exception) -> str:
    """What went wrong, in a line."""
    if isinstance(error, EvalbarsError):
        return str(error)
    return f"{type(error).__name__}: {error}; the run file is whole, and `evalbars report` may write it later"
