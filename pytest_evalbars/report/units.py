"""Money and time as people write them; light, because workers use it too."""

from __future__ import annotations

import math


def money(dollars: float) -> str:
    """`$12.50`; below ten cents as many places as two digits need: `$0.0042`."""
    places = 2 if dollars <= 0 or dollars >= 0.1 else max(2, 1 - math.floor(math.log10(dollars)))
    words = f"{dollars:.{places}f}"
    whole, _, cents = words.partition(".")
    return f"${whole}.{cents[:2]}{cents[2:].rstrip('0')}"


def span(seconds: float) -> str:
    """A declared time: `90 s`, `10 min`, `2 h`."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def roughly(seconds: float) -> str:
    """An estimated time: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
