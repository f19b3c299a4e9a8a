"""Each dimension from run to run, as small charts with one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.report.html.axis import axis
from pytest_evalbars.report.html.figures import figure, interval, moments, tick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.report.html.axis import Axis
    from pytest_evalbars.report.model import PointTold, TrendTold

#: The drawing's size, and its margins: left for the ticks, right for the last mark.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 120, 40, 10, 8, 8
#: Charts of one page, and runs of one chart.
CHARTS, RUNS = 40, 60
#: What a session's exit code says of its gate.
ENDS = {0: "passed", 1: "failed", 10: "undecided"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A run."""

    point: PointTold
    x: float
    y: float | None
    rate: str
    ends: str
    #: passed, failed, undecided, or empty where nobody knows.
    gate: str
    #: Whether it is the run that the report is of.
    last: bool


@dataclass(frozen=True, slots=True)
class Small:
    """A dimension's chart."""

    trend: TrendTold
    marks: list[Mark]
    #: Lines and bands, as the points of their corners; a run without a number interrupts them.
    lines: list[str]
    bands: list[str]
    #: Each tick's height with its words, which are empty where there is no room for them.
    ticks: list[tuple[float, str]]
    #: When the first run began, and the last.
    dates: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trends:
    """All of them."""

    charts: list[Small]
    left_out: int
    #: Whether nobody knows how some run's session ended.
    any_unknown: bool


def trends(told: Sequence[TrendTold]) -> Trends:
    """Draw those with more than one run."""
    several = [each for each in told if sum(point.rate is not None for point in each.points) > 1]
    shown = several[:CHARTS]
    points = [point for each in shown for point in each.points[-RUNS:]]
    rates = [each.rate for each in points if each.rate is not None]
    ends = [end for each in points if each.interval is not None for end in each.interval]
    scale = axis(rates, ends, bounds=(0.0, 1.0))
    unknown = any(each.exit_code not in ENDS for each in points if each.rate is not None)
    return Trends([_small(each, scale) for each in shown], len(several) - len(shown), unknown)


def _small(trend: TrendTold, scale: Axis) -> Small:
    points = trend.points[-RUNS:]
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    marks = [
        Mark(
            point=each,
            x=round(LEFT + number * step, 1),
            y=None if each.rate is None else _height(scale, each.rate),
            rate=figure("share", each.rate),
            ends=interval("share", each.interval),
            gate=ENDS.get(-1 if each.exit_code is None else each.exit_code, ""),
            last=number == len(points) - 1,
        )
        for number, each in enumerate(points)
    ]
    runs = _unbroken(marks)
    return Small(
        trend=trend,
        marks=marks,
        lines=[" ".join(f"{each.x},{each.y}" for each in some) for some in runs],
        bands=[_band(some, scale) for some in runs],
        ticks=[(_height(scale, each), words) for each, words in _ticks(scale)],
        dates=moments(points[0].started, points[-1].started),
    )


def _ticks(scale: Axis) -> Iterator[tuple[float, str]]:
    """All ticks; ends and middle are named: a small chart has room for no more."""
    last = len(scale.ticks) - 1
    for number, each in enumerate(scale.ticks):
        yield each, tick("share", each) if number in {0, last / 2, last} else ""


def _height(scale: Axis, value: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - scale.at(value) / 100), 1)


def _unbroken(marks: list[Mark]) -> list[list[Mark]]:
    """Runs one after the other that have a number."""
    found: list[list[Mark]] = [[]]
    for mark in marks:
        if mark.y is None:
            found.append([])
        else:
            found[-1].append(mark)
    return [each for each in found if each]


def _band(marks: list[Mark], scale: Axis) -> str:
    """Along the upper ends, and back along the lower ones."""
    sure = [(each.x, each.point.interval) for each in marks if each.point.interval is not None]
    upper = [f"{x},{_height(scale, ends[1])}" for x, ends in sure]
    lower = [f"{x},{_height(scale, ends[0])}" for x, ends in reversed(sure)]
    return " ".join(upper + lower)
