"""Every bar as an interval against its threshold, on one axis for each unit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_evalbars.report.html.axis import axis
from pytest_evalbars.report.html.figures import tick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.report.html.axis import Axis
    from pytest_evalbars.report.model import BarTold, Report

#: Groups of one bar that fail nothing are folded where more than so many have one verdict.
FOLD = {"met": 4, "inconclusive": 8}
#: Groups that one page shows; those that are not met go first.
GROUPS = 600
TITLES = {
    "share": "Shares",
    "score": "Scores",
    "seconds": "Time",
    "usd": "Money",
    "tokens": "Tokens",
    "number": "Other numbers",
}


@dataclass(frozen=True, slots=True)
class Span:
    """An interval as it is drawn, in percent of the axis."""

    low: float
    high: float
    #: Whether it goes on beyond the axis.
    low_open: bool
    high_open: bool

    @property
    def width(self) -> float:
        """Its length; a sign of it is seen where it is a point."""
        return round(max(self.high - self.low, 0.4), 2)


@dataclass(frozen=True, slots=True)
class Row:
    """A verdict as it is drawn and read."""

    number: int
    bar: BarTold
    name: str
    about: str
    words: str
    ends: str
    threshold: float | None
    #: From where to where the number must lie: start and length.
    room: tuple[float, float]
    value: float | None
    span: Span | None
    possible: Span | None
    raw: float | None
    raw_span: Span | None
    raw_words: str


@dataclass(frozen=True, slots=True)
class Block:
    """A bar's whole, and its groups: those that are seen at once, and those that are folded, by their verdict."""

    whole: Row | None
    title: str
    groups: list[Row] = field(default_factory=list)
    folded: list[tuple[str, list[Row]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """All that one axis can compare."""

    number: int
    title: str
    #: From where to where the axis goes, in words; empty where that is the whole of it.
    part: str
    #: Each tick in percent, with its words.
    ticks: tuple[tuple[float, str], ...]
    blocks: list[Block]
    compares: bool


@dataclass(frozen=True, slots=True)
class Charts:
    """All charts."""

    charts: list[Chart]
    left_out: int


def charts(report: Report) -> Charts:
    """Draw them: in the order in which the units come."""
    shown, left_out = _shown(report.bars)
    kinds: dict[tuple[str, bool, bool, str], list[tuple[int, BarTold]]] = {}
    for number, bar in shown:
        own = bar.metric if bar.unit == "number" else ""
        kinds.setdefault((bar.unit, bar.compares, bar.relative, own), []).append((number, bar))
    return Charts([_chart(number, bars) for number, bars in enumerate(kinds.values())], left_out)


def _shown(bars: Sequence[BarTold]) -> tuple[list[tuple[int, BarTold]], int]:
    """All wholes, and of the groups as many as there is room for."""
    numbered = list(enumerate(bars))
    groups = [pair for pair in numbered if pair[1].group is not None]
    groups.sort(key=lambda pair: (not pair[1].fails, pair[1].verdict == "met"))
    out = {number for number, _ in groups[GROUPS:]}
    return [pair for pair in numbered if pair[0] not in out], len(out)


def _chart(number: int, bars: list[tuple[int, BarTold]]) -> Chart:
    first = bars[0][1]
    told = [bar for _, bar in bars]
    alike = Counter(_subject(bar) for bar in told)
    scale = axis(list(_core(told)), list(_ends(told)), bounds=_bounds(first))
    shares = first.unit == "share" and not first.relative
    title = first.metric if first.unit == "number" else TITLES[first.unit]
    if first.compares:
        unit = "points" if shares else "percent" if first.relative else title.lower()
        title = f"Change against the baseline, in {unit}"
    low, high = _tick(first, scale.low), _tick(first, scale.high)
    whole = scale.low == 0 and (scale.high == 1 or first.unit not in {"share", "score"})
    return Chart(
        number=number,
        title=title,
        part="" if whole or first.compares else f"axis from {low} to {high}",
        ticks=tuple((scale.at(each), _tick(first, each)) for each in scale.ticks),
        blocks=list(_blocks([_row(at, bar, scale, alike=alike[_subject(bar)] > 1) for at, bar in bars])),
        compares=first.compares,
    )


def _bounds(bar: BarTold) -> tuple[float, float] | None:
    if bar.compares or bar.unit not in {"share", "score"}:
        return None
    return (0.0, 1.0)


def _tick(bar: BarTold, value: float) -> str:
    if not bar.compares:
        return tick(bar.unit, value)
    if not round(value, 10):
        return "no change"
    words = tick("share", abs(value)) if bar.relative else tick(bar.unit, abs(value), points=True)
    return f"{words} {'better' if value > 0 else 'worse'}"


def _turned(bar: BarTold, value: float | None) -> float | None:
    """What is better lies to the right where numbers are changes: the model has how much worse they are."""
    return None if value is None else -value if bar.compares else value


def _core(bars: Sequence[BarTold]) -> Iterator[float]:
    for bar in bars:
        for value in (bar.threshold, bar.estimate, 0.0 if bar.compares else None):
            if (turned := _turned(bar, value)) is not None:
                yield turned


def _ends(bars: Sequence[BarTold]) -> Iterator[float]:
    for bar in bars:
        for ends in (bar.interval, bar.raw_interval, bar.possible):
            yield from (turned for end in ends or () if (turned := _turned(bar, end)) is not None)


def _blocks(rows: list[Row]) -> Iterator[Block]:
    """Wholes with their groups beneath them, as they were declared."""
    found: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        found.setdefault((row.bar.bar, row.bar.dimension), []).append(row)
    for (_, dimension), some in found.items():
        groups = [row for row in some if row.bar.group is not None]
        folded = list(_folded(groups))
        away = {row.number for _, rows in folded for row in rows}
        seen = [row for row in groups if row.number not in away]
        title = dimension or some[0].bar.metric
        wholes = [row for row in some if row.bar.group is None]
        yield from (Block(row, title) for row in wholes[:-1])
        if wholes or groups:
            yield Block(wholes[-1] if wholes else None, title, seen, folded)


def _folded(groups: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Groups of a verdict that fail nothing, where they are many."""
    for verdict in ("inconclusive", "met"):
        rows = [row for row in groups if row.bar.verdict == verdict and not row.bar.fails]
        if len(rows) > FOLD[verdict]:
            yield verdict, rows


def _subject(bar: BarTold) -> tuple[str | None, ...]:
    """What a bar is of; those of which several are of the same are told apart by their names."""
    return (bar.dimension, bar.metric, bar.slice, bar.group)


def _row(number: int, bar: BarTold, scale: Axis, *, alike: bool) -> Row:
    threshold = _turned(bar, bar.threshold)
    at = None if threshold is None else scale.at(threshold)
    # Of a change, the right is the better side; of a ceiling the left.
    left = bar.upper and not bar.compares
    room = (0.0, 100.0) if at is None else (0.0, at) if left else (at, round(100 - at, 2))
    value, raw = _turned(bar, bar.estimate), _turned(bar, bar.raw)
    words, ends = bar.estimate_words, bar.interval_words
    if bar.possible is not None:
        words, ends = "", bar.possible_words
    own = bar.metric != "pass rate" and bar.metric not in bar.slice
    return Row(
        number=number,
        bar=bar,
        name=bar.group if bar.group is not None else bar.dimension or bar.metric,
        about="" if bar.group is not None else _about(bar, own=own, alike=alike),
        words=words,
        ends=ends,
        threshold=at if scale.holds(threshold) else None,
        room=room,
        value=None if value is None or bar.possible is not None else scale.at(value),
        span=_span(bar, bar.interval if bar.possible is None else None, scale),
        possible=_span(bar, bar.possible, scale),
        raw=None if raw is None else scale.at(raw),
        raw_span=_span(bar, bar.raw_interval, scale),
        raw_words=", ".join(filter(None, [bar.raw_words, bar.raw_interval_words])),
    )


def _about(bar: BarTold, *, own: bool, alike: bool) -> str:
    """`mean score`, `set adversarial`, `bar by-category`; empty where it is the pass rate of all."""
    words = [bar.metric] if own and bar.dimension is not None else []
    words += [bar.slice] if bar.slice not in {"all", ""} else []
    return ", ".join([*words, *([f"bar {bar.bar}"] if alike else [])])


def _span(bar: BarTold, ends: tuple[float | None, float | None] | None, scale: Axis) -> Span | None:
    if ends is None:
        return None
    low, high = (_turned(bar, end) for end in (reversed(ends) if bar.compares else ends))
    return Span(
        low=0.0 if low is None else scale.at(low),
        high=100.0 if high is None else scale.at(high),
        low_open=not scale.holds(low),
        high_open=not scale.holds(high),
    )
