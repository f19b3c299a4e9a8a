"""The page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_evalbars.report.model import Misses, Report


def page(report: Report, misses: Misses) -> str:
    """The page as text."""
    del misses
    return f"<!doctype html><title>{escape(report.decision.sentence)}</title>"
