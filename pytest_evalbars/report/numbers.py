"""Numbers as people write them: to sensible digits, and never so that they say what is not so.

A number that would read as none, as all or as the bar, and is not, has more digits; so have an interval's ends that
would read alike.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.registry import Kind

Unit = Literal["share", "score", "seconds", "usd", "tokens", "number", "points"]

#: Digits after the point, where their number is fixed; digits that tell, where it is not.
PLACES: dict[str, int] = {"share": 1, "points": 1, "score": 3, "tokens": 0}
TELLING: dict[str, int] = {"seconds": 3, "ms": 3, "usd": 2, "number": 4}
#: Less than so many seconds is told in milliseconds.
MILLISECONDS = 0.1
#: So many digits more at most; then `<` or `>` says on which side the number lies.
MORE = 3
#: Numbers nearer to each other than this are one number: sums of floats are no truer.
NOISE = 1e-9


def figure(unit: Unit, value: float, *, at: float | None = None, upper: bool = False, more: int = 0) -> str:
    """A number in digits with its unit: `93.5%`, `0.871`, `1.24 s`, `31 ms`, `$0.0031`.

    Args:
        unit: what it is a number of.
        value: the number; a share lies from 0 to 1.
        at: the threshold that the digits must not seem to reach where the number does not.
        upper: whether that is the most that the number may be, not the least.
        more: how many digits more than usual.
    """
    if math.isinf(value):
        return "no bound"
    told = "ms" if unit == "seconds" and 0 < abs(value) < MILLISECONDS else unit
    scale = {"share": 100, "points": 100, "ms": 1000}.get(told, 1)
    true = value * scale
    limits = [0.0, *([float(scale)] if unit in ("share", "score") else [])]
    for extra in range(more, MORE + 1):
        digits = _digits(told, true, extra)
        if not _misleads(_read(digits), true, limits, None if at is None else at * scale, upper=upper):
            return _with_unit(told, digits)
    digits = _digits(told, true, more)
    return ("<" if true < _read(digits) else ">") + _with_unit(told, digits)


def _digits(unit: str, shown: float, more: int) -> str:
    if unit in PLACES:
        return f"{shown:{',' if unit == 'tokens' else ''}.{PLACES[unit] + more}f}"
    if unit == "usd" and abs(shown) >= 1:
        return f"{shown:,.{2 + more}f}"
    size = 0 if shown == 0 else math.floor(math.log10(abs(shown)))
    places = min(TELLING[unit] + more - 1 - size, 15)
    if places <= 0:
        return f"{shown:.0f}"
    return f"{shown:.{places}f}".rstrip("0").rstrip(".")


def _read(digits: str) -> float:
    return float(digits.replace(",", ""))


def _misleads(read: float, true: float, limits: list[float], at: float | None, *, upper: bool) -> bool:
    """Whether who reads the digits takes the number for another one that matters."""
    if any(_side(read, limit) != _side(true, limit) for limit in limits):
        return True
    if at is None:
        return False
    beyond = 1 if upper else -1
    return (_side(read, at) == beyond) != (_side(true, at) == beyond)


def _side(number: float, limit: float) -> int:
    """Below a limit, on it or above it."""
    if math.isclose(number, limit, rel_tol=NOISE, abs_tol=NOISE):
        return 0
    return 1 if number > limit else -1


def _with_unit(unit: str, digits: str) -> str:
    match unit:
        case "share":
            return f"{digits}%"
        case "points":
            return f"{digits} points"
        case "seconds":
            return f"{digits} s"
        case "ms":
            return f"{digits} ms"
        case "usd":
            return f"${digits}"
    return digits


def changed(unit: Unit, value: float, *, at: float | None = None, more: int = 0) -> str:
    """A number with its sign: `-4.0 points`, `+12.1%`, `+0.21 s`.

    Args:
        unit: what it is a number of; a change of shares is in points, unless it is a share of what was there.
        value: the change.
        at: what its size must not seem to be at most where it is more.
        more: how many digits more than usual.
    """
    if math.isinf(value):
        return "no bound"
    size = abs(value)
    if _side(size, 0.0) == 0:
        return "+" + figure(unit, 0.0)
    words = figure("points" if unit == "share" else unit, size, at=at, upper=True, more=more)
    words = f"{words.removesuffix(' points')}%" if unit == "share" else words
    sign = "-" if value < 0 else "+"
    if words[0] in "<>":
        turned = {"<": ">", ">": "<"}[words[0]] if value < 0 else words[0]
        return f"{turned}{sign}{words[1:]}"
    return sign + words


def share(value: float) -> str:
    """`93.5%`."""
    return figure("share", value)


def ends(unit: Unit, low: float, high: float) -> str:
    """An interval: `81.6% to 91.0%`."""
    return _interval(lambda end, more: figure(unit, end, more=more), low, high)


def amount(kind: Kind, value: float) -> str:
    """A metric's number: `93.5%`, `0.871`, `1.24 s`, `$0.0031`."""
    return figure(kind.unit, value)


def number(bar: Bar, value: float, more: int = 0) -> str:
    """A bar's number: that of its metric, or how it changed since the baseline: `-4.0 points`, `+12.1%`, `+0.21 s`.

    Args:
        bar: whose number.
        value: where the bar compares, how much worse it is.
        more: how many digits more than usual.
    """
    kind = bar.kind
    if not bar.compares:
        return figure(kind.unit, value, at=bar.threshold, upper=bar.upper, more=more)
    unit: Unit = "share" if bar.relative else "points" if kind.unit == "share" else kind.unit
    worse = bar.threshold if value > 0 else None
    return changed(unit, value if kind.less_is_better else -value, at=worse, more=more)


def span(bar: Bar, interval: tuple[float, float]) -> str:
    """`81.6% to 91.0%`, `-4.2 to +1.0 points`."""
    turned = bar.compares and not bar.kind.less_is_better
    low, high = reversed(interval) if turned else interval
    return _interval(lambda end, more: number(bar, end, more), low, high)


def between(kind: Kind, possible: tuple[float, float]) -> str:
    """`between 12.0% and 64.0%`: what a number can still be where trials were stopped early."""
    return f"between {_interval(lambda end, more: figure(kind.unit, end, more=more), *possible, word='and')}"


def _interval(write: Callable[[float, int], str], low: float, high: float, word: str = "to") -> str:
    """Both ends, with as many digits as tell them apart; one number where there is one only."""
    for more in range(MORE + 1):
        first, last = write(low, more), write(high, more)
        if first != last:
            return f"{first.removesuffix(' points')} {word} {last}"
    return write(low, 0)


def limit(bar: Bar) -> str:
    """The bar's threshold, as its number is written."""
    unit = bar.kind.unit
    if bar.relative:
        return str(bar.max_drop)
    t = _plain(bar.threshold, 100 if unit == "share" else 1)
    if bar.compares and unit == "share":
        return f"{t} points"
    return _with_unit(unit, t)


def _plain(value: float, scale: int = 1) -> str:
    """A number as it was declared, times a scale: all of its digits but those of noise, and no exponent."""
    return f"{(Decimal(f'{value:.12g}') * scale).normalize():f}"


def threshold(bar: Bar) -> str:
    """`at least 85%`, `worse by at most 2 points`, `no worse than the baseline`."""
    if bar.compares:
        return f"worse by at most {limit(bar)}" if bar.threshold else "no worse than the baseline"
    return f"{'at most' if bar.upper else 'at least'} {limit(bar)}"


def sign(bar: Bar) -> str:
    """The bar in a table's cell: `>= 85%`, `drop <= 2 points`."""
    if bar.compares:
        return f"{'rise' if bar.kind.less_is_better else 'drop'} <= {limit(bar)}"
    return f"{'<=' if bar.upper else '>='} {limit(bar)}"


def count(many: int, noun: str, plural: str = "s") -> str:
    """`1 case`, `2 cases`, `2 classes`."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}{plural}"
