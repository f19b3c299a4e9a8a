"""Which parts the page has, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_evalbars.report.model import Report


def sections(report: Report) -> dict[str, str]:
    """The name of each part's template, and its title. Parts that nobody would look for are left out where empty."""
    there = {
        "bars": "Bars",
        "heat": "By category" if report.cells else "",
        "changed": "What changed",
        "trend": "Trend",
        "misses": "Misses",
        "quality": "Quality, coverage, cost and time" if report.quality or report.measures else "",
        "judges": "Judges" if report.judges else "",
        "method": "How it was measured",
    }
    return {name: title for name, title in there.items() if title}
