"""Numbers as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.registry import Kind


FORMATS = {
    "share": "{:.1%}",
    "score": "{:.3f}",
    "seconds": "{:.3g} s",
    "usd": "${:.2g}",
    "tokens": "{:,.0f}",
    "number": "{:.4g}",
}


def amount(kind: Kind, value: float) -> str:
    """A metric's number: `93.5%`, `0.871`, `1.24 s`, `$0.0031`."""
    if math.isinf(value):
        return "no bound"
    if kind.unit == "usd" and value >= 1:
        return f"${value:.2f}"
    return FORMATS[kind.unit].format(value)


def limit(bar: Bar) -> str:
    """The bar's threshold, as its metric's number is written."""
    t = bar.threshold
    match bar.kind.unit:
        case "share":
            return f"{t * 100:g}%"
        case "seconds":
            return f"{t:g} s"
        case "usd":
            return f"${t:g}"
    return f"{t:g}"


def threshold(bar: Bar) -> str:
    """`at least 85%`."""
    return f"{'at most' if bar.upper else 'at least'} {limit(bar)}"


def between(kind: Kind, possible: tuple[float, float]) -> str:
    """`between 12.0% and 64.0%`: what a number can still be where trials were stopped early."""
    return " and ".join(["between " + amount(kind, possible[0]), amount(kind, possible[1])])


def count(number: int, noun: str, plural: str = "s") -> str:
    """`1 case`, `2 cases`, `2 classes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"
