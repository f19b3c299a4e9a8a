"""The report files that a session was asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.replacing import why_unwritable

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
        self.said += self._written(report, run_file, why_not, run)

    def _written(
        self, report: Report | None, run_file: Path, why_not: str, run: Run | None
    ) -> Iterator[tuple[str, bool]]:
        for form, target in self._targets:
            if report is None:
                yield f"no report {shown(target)}: {why_not}", True
                continue
            try:
                from pytest_evalbars.report.rendering import write_report  # noqa: PLC0415 - imports pydantic

                write_report(target, report, [run_file], form, run)
            except Exception as error:  # noqa: BLE001 - whatever it is, the verdicts and the run file are there
                yield f"no report {shown(target)}: {_words(error)}", True
            else:
                yield f"report: {shown(target)}", False

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


def _words(error: Exception) -> str:
    """What went wrong, in a line."""
    if isinstance(error, EvalbarsError):
        return str(error)
    return f"{type(error).__name__}: {error}; the run file is whole, and `evalbars report` may write it later"
