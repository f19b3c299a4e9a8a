"""Numbers as the page writes them: as everywhere, and shorter at the ticks of an axis."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_evalbars.report import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.report.model import Unit


def figure(unit: Unit, value: float | None) -> str:
    """`93.5%`, `1.24 s`; empty where there is none."""
    return "" if value is None else numbers.figure(unit, value)


def interval(unit: Unit, ends: Sequence[float | None] | None) -> str:
    """`81.6% to 91.0%`; an end that nothing bounds is said to be so, and no ends are empty."""
    if ends is None:
        return ""
    low, high = (math.inf if end is None else end for end in ends)
    return numbers.ends(unit, low, high)


def tick(unit: Unit, value: float, *, points: bool = False) -> str:
    """`85%`, `2 s`, `$0.01`: a number at an axis."""
    value = round(value, 10) + 0.0
    match unit:
        case "share":
            return f"{value * 100:.6g}" + ("" if points else "%")
        case "seconds":
            return f"{value:.6g} s"
        case "usd":
            return f"${value:.6g}"
    return f"{value:,.6g}"


def moment(started: str) -> str:
    """`21 November 2026, 14:32 UTC`; what cannot be read is said as it stands."""
    try:
        found = datetime.fromisoformat(started)
    except ValueError:
        return started
    zone = f" {found.tzname()}" if found.tzinfo else ""
    return f"{found.day} {found:%B %Y, %H:%M}{zone}"


def moments(first: str, last: str) -> tuple[str, str]:
    """The days of two moments; of one day, also the time."""
    ends = day(first), day(last)
    if ends[0] != ends[1]:
        return ends
    try:
        return (f"{ends[0]}, {datetime.fromisoformat(first):%H:%M}", f"{datetime.fromisoformat(last):%H:%M}")
    except ValueError:
        return ends


def day(started: str) -> str:
    """`21 Nov 2026`."""
    try:
        found = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{found.day} {found:%b %Y}"
