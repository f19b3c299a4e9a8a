"""The report as Markdown, for a pull request or a job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_evalbars.report.model import Misses, Report

#: Characters that GitHub takes in one comment.
COMMENT = 65_536


def markdown(report: Report, misses: Misses, limit: int = COMMENT) -> str:
    """The report.

    Args:
        report: what it says.
        misses: the misses that it shows.
        limit: the characters that there is room for.
    """
    del misses
    return f"{report.decision.sentence}\n"[:limit]
