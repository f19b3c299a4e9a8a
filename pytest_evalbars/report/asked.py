"""The report files that a session was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.report.github import Said, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from pytest_evalbars.report.model import Report

#: The option of each format, without `evalbars_`, and the ending that stands for it.
OPTIONS = {"html": ".html", "markdown": ".md"}


class AskedReports:
    """Writes them once the run file is closed: a report that cannot be written costs nothing that was measured."""

    def __init__(self, config: pytest.Config) -> None:
        given = ((form, config.getoption(f"evalbars_{name}")) for name, form in OPTIONS.items())
        self._targets = [(form, Path(target)) for form, target in given if target is not None]
        #: What to tell of them, and whether it is a failure.
        self.said: list[tuple[str, bool]] = []
        self._root = config.rootpath
        #: What GitHub was told, and is told at the end of the log.
        self.told = Said()

    def write(self, report: Report | None, run_file: Path, why_not: str) -> None:
        """Write them all.

        Args:
            report: what they say; None where the run was not judged.
            run_file: the run's file.
            why_not: why it was not.
        """
        self.said += self._written(report, run_file, why_not)
        self.told = tell(report, [run_file], self._root, why_not=why_not)
        self.said += [(f"note: {note}", False) for note in self.told.notes]

    def _written(self, report: Report | None, run_file: Path, why_not: str) -> Iterator[tuple[str, bool]]:
        from pytest_evalbars.report.rendering import write_report  # noqa: PLC0415 - imports pydantic

        for form, target in self._targets:
            if report is None:
                yield f"no report {shown(target)}: {why_not}", True
                continue
            try:
                write_report(target, report, [run_file], form)
            except EvalbarsError as error:
                yield str(error), True
            else:
                yield f"report: {shown(target)}", False

    @property
    def failed(self) -> bool:
        """Whether one could not be written."""
        return any(bad for _, bad in self.said)
