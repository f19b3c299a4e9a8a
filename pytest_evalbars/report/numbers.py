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


def number(bar: Bar, value: float) -> str:
    """A bar's number: that of its metric, or how it changed since the baseline: `-4.0 points`, `+12.1%`, `+0.21 s`.

    Args:
        bar: whose number.
        value: where the bar compares, how much worse it is.
    """
    if not bar.compares:
        return amount(bar.kind, value)
    if math.isinf(value):
        return "no bound"
    change = value if bar.kind.less_is_better else -value
    if bar.relative:
        return f"{change + 0.0:+.1%}"
    if bar.kind.unit == "share":
        return f"{round(change * 100, 1) + 0.0:+.1f} points"
    return f"{'-' if change < 0 else '+'}{amount(bar.kind, abs(change))}"


def span(bar: Bar, ends: tuple[float, float]) -> str:
    """`81.6% to 91.0%`, `-4.2 to +1.0 points`."""
    turned = bar.compares and not bar.kind.less_is_better
    low, high = (number(bar, end) for end in (reversed(ends) if turned else ends))
    return f"{low.removesuffix(' points')} to {high}"


def limit(bar: Bar) -> str:
    """The bar's threshold, as its number is written."""
    t = bar.threshold
    if bar.relative:
        return str(bar.max_drop)
    if bar.compares and bar.kind.unit == "share":
        return f"{t * 100:g} points"
    match bar.kind.unit:
        case "share":
            return f"{t * 100:g}%"
        case "seconds":
            return f"{t:g} s"
        case "usd":
            return f"${t:g}"
    return f"{t:g}"


def threshold(bar: Bar) -> str:
    """`at least 85%`, `worse than the baseline by at most 2 points`."""
    if bar.compares:
        return f"worse by at most {limit(bar)}" if bar.threshold else "no worse than the baseline"
    return f"{'at most' if bar.upper else 'at least'} {limit(bar)}"


def sign(bar: Bar) -> str:
    """The bar in a table's cell: `>= 85%`, `drop <= 2 points`."""
    if bar.compares:
        return f"{'rise' if bar.kind.less_is_better else 'drop'} <= {limit(bar)}"
    return f"{'<=' if bar.upper else '>='} {limit(bar)}"


def between(kind: Kind, possible: tuple[float, float]) -> str:
    """`between 12.0% and 64.0%`: what a number can still be where trials were stopped early."""
    return " and ".join(["between " + amount(kind, possible[0]), amount(kind, possible[1])])


def count(many: int, noun: str, plural: str = "s") -> str:
    """`1 case`, `2 cases`, `2 classes`."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}{plural}"
