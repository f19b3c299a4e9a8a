"""Numbers and their intervals, as calibrations write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import ends, share

if TYPE_CHECKING:
    from pytest_evalbars.calibration.findings import Measured


def whole(found: Measured, confidence: float | None = None) -> str:
    """`33% (25% to 43%)`."""
    head = f"{confidence * 100:g}% interval " if confidence is not None else ""
    return f"{found.value:.0%} ({head}{found.low:.0%} to {found.high:.0%})"


def tenths(found: Measured) -> str:
    """`92.8% (90.5% to 94.6%)`: of pass rates, which bars hold to such a part."""
    return f"{share(found.value)} ({ends('share', found.low, found.high)})"


def bare(found: Measured) -> str:
    """`0.64 (0.40 to 0.88)`."""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
