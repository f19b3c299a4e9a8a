"""The story of a run in plain words: what was measured, what the bars are and why, what is proven, what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import Report


def explained(report: Report) -> Iterator[str]:
    """Its paragraphs and list items, a line each."""
    yield report.decision.sentence
