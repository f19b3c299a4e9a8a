"""Failure patterns in words: where to look first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.gate.select import fits
from pytest_evalbars.report.numbers import count, share
from pytest_evalbars.run.patterns import LEAD, patterns
from pytest_evalbars.run.worst import SURE
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.patterns import AlwaysMissing, Patterns
    from pytest_evalbars.run.reasons import ReasonGroup
    from pytest_evalbars.run.worst import WeakSlice

#: Slices of one dimension, groups of reasons and cases that are told; how wide a line may grow.
SLICES, REASONS, CASES, WIDTH = 3, 3, 5, 160


def patterns_lines(run: Run, bars: Bars) -> Iterator[str]:
    """What the misses of a run have in common, for a reader who wants to mend them; nothing without a miss.

    Nor is there anything of a second look: its cases were chosen because they missed. Flips are told elsewhere.

    Args:
        run: the run.
        bars: the declared bars.
    """
    if run.second_look:
        return
    found = patterns(run, without=ceilings(run, bars), flaky=())
    if not found.missing_cases:
        return
    yield f"failure patterns ({LEAD}):"
    yield from _slices(found)
    yield from _reasons(found)
    if found.always_missing:
        yield f"  always miss: {_always(found)}"


def ceilings(run: Run, bars: Bars) -> frozenset[str]:
    """The dimensions on which a miss is what the bars ask for: all that hold their pass rate are `at_most`."""
    held = {
        name: [bar for bar in bars.bar if bar.dimension is None or fits(name, bar.dimension)]
        for name in run.dimensions
    }
    return frozenset(
        name for name, each in held.items() if each and all(bar.upper and bar.metric == "pass_rate" for bar in each)
    )


def _slices(found: Patterns) -> Iterator[str]:
    by_dimension: dict[str, list[WeakSlice]] = {}
    for each in found.slices:
        if each.likely >= SURE:
            by_dimension.setdefault(each.dimension, []).append(each)
    if not by_dimension:
        yield "  no slice is clearly worse than the rest of its dimension"
    for dimension, slices in by_dimension.items():
        yield safe(f"  {safe(dimension, 40)}, likely worst first:")
        yield from (f"    {_slice(each)}" for each in slices[:SLICES])
        if len(slices) > SLICES:
            yield f"    and {len(slices) - SLICES} more"


def _slice(each: WeakSlice) -> str:
    """`category es: 46.7% of 30 cases (likely near 50.9%), the others 93.5%; about 14 more miss than expected`."""
    name = " and ".join(f"{safe(key, 30)} {safe(value, 40)}" for key, value in each.labels.items())
    hill = (
        "" if not each.capability else f", {'all' if each.capability == each.cases else each.capability} capability"
    )
    excess = f"{each.excess:.0f}" if each.excess >= 1 else f"{each.excess:.1f}"
    return (
        f"{name}: {share(each.rate)} of {count(each.cases, 'case')}{hill} (likely near {share(each.shrunk)}), "
        f"the others {share(each.expected)}; about {excess} more miss than expected"
    )


def _reasons(found: Patterns) -> Iterator[str]:
    groups = [each for each in found.reasons.groups if each.pattern and each.cases > 1]
    if not groups:
        return
    unread = f" ({found.reasons.unread} of the misses not compared)" if found.reasons.unread else ""
    yield f"  reasons, numbers and names aside{unread}:"
    yield from (f"    {_reason(each)}" for each in groups[:REASONS])
    if found.reasons.count > REASONS:
        yield f"    and {count(found.reasons.count - min(REASONS, len(groups)), 'other reason')}"


def _reason(group: ReasonGroup) -> str:
    names = ", ".join(safe(name, 60) for name in group.examples)
    more = ", ..." if group.cases > len(group.examples) else ""
    return safe(f"{count(group.cases, 'case')}: {safe(group.pattern, 90)} ({names}{more})", WIDTH)


def _always(found: Patterns) -> str:
    names = ", ".join(_missing(each) for each in found.always_missing[:CASES])
    rest = found.always_missing_count - min(CASES, len(found.always_missing))
    return f"{count(found.always_missing_count, 'case')}: {names}{f' and {rest} more' if rest else ''}"


def _missing(each: AlwaysMissing) -> str:
    where = " and ".join(each.dimensions) if len(each.dimensions) < 4 else count(len(each.dimensions), "dimension")
    return safe(f"{safe(each.case, 80)} (0 of {count(each.trials, 'trial')} on {safe(where, 60)})")
