"""An axis: from where to where, its ticks, and where on it a number lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: About so many steps between ticks.
STEPS = 5
#: How far ends of intervals may stretch an axis, in lengths of what the numbers and thresholds need.
STRETCH = 2.0


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where a number lies, in percent of the axis' length; what lies beyond it lies at its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2) + 0.0

    def holds(self, value: float | None) -> bool:
        """Whether a number lies on it; one that nothing bounds does not."""
        slack = (self.high - self.low) * 1e-9
        return value is not None and self.low - slack <= value <= self.high + slack


def axis(core: Iterable[float], ends: Iterable[float], *, bounds: tuple[float, float] | None) -> Axis:
    """One that holds what must be compared.

    Args:
        core: numbers and thresholds, which it holds.
        ends: ends of intervals, which it holds as long as they leave the others room.
        bounds: within which all of them can lie; None: anywhere.
    """
    must = [each for each in core if math.isfinite(each)] or [0.0]
    low, high = min(must), max(must)
    room = max(high - low, abs(high) * 0.2, 1e-9) * STRETCH
    if bounds is not None:
        room = bounds[1] - bounds[0]
    also = [min(max(each, low - room), high + room) for each in ends if math.isfinite(each)]
    low, high = min([low, *also]), max([high, *also])
    if bounds is not None:
        return _bounded(low, high, bounds)
    # Amounts begin at nothing, as long as that does not press them together.
    if 0 < low < 0.6 * high:
        low = 0.0
    if high < 0 and high > 0.6 * low:
        high = 0.0
    pad = 0.04 * (high - low)
    return _rounded(low - pad * (low != 0), high + pad * (high != 0), None)


def _bounded(low: float, high: float, bounds: tuple[float, float]) -> Axis:
    """Of shares: whole where most of it is needed, else the part that is."""
    whole = bounds[1] - bounds[0]
    if high - low > 0.55 * whole:
        return _rounded(*bounds, bounds)
    short = 0.2 * whole - (high - low)
    if short > 0:
        low, high = low - short / 2, high + short / 2
    pad = 0.04 * (high - low)
    low, high = max(bounds[0], low - pad), min(bounds[1], high + pad)
    return _rounded(low, high, bounds)


def _rounded(low: float, high: float, bounds: tuple[float, float] | None) -> Axis:
    if high - low < 1e-12:
        low, high = low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
    step = _step((high - low) / STEPS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(number * step, 12) + 0.0 for number in range(first, last + 1)]
    if bounds is not None:
        ticks = [each for each in ticks if bounds[0] - 1e-9 <= each <= bounds[1] + 1e-9]
    return Axis(ticks[0], ticks[-1], tuple(ticks))


def _step(rough: float) -> float:
    """The nearest round step that is not finer."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= rough * 0.999)
