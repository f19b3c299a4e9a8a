"""What changed against the baseline, as a report tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.building.parts import held_statuses, kind_of
from pytest_evalbars.report.common import common_lines
from pytest_evalbars.report.model import HELD, ComparedTold, FlipTold
from pytest_evalbars.report.numbers import share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run

#: Cases that became worse, and as many that became better, that are named; characters of a reason.
NAMED, REASON = 100, 300


def compared(run: Run, decision: Decision) -> ComparedTold | None:
    """The cases of each dimension that became worse or better; None where there is no baseline."""
    common = decision.common
    if common is None:
        return None
    found = [(name, flips) for name in sorted(run.dimensions) if (flips := common.flips(name)) is not None]
    worse = [_flip(name, *each) for name, flips in found for each in flips.named]
    better = [_flip(name, *each) for name, flips in found for each in flips.gains]
    return ComparedTold(
        lines=(*(line.strip() for line in common_lines(common, everything=False)), *_which(run)),
        cases=common.cases,
        worse=_first(worse),
        better=_first(better),
        worse_count=sum(flips.worse for _, flips in found),
        better_count=sum(flips.better for _, flips in found),
    )


def _which(run: Run) -> Iterator[str]:
    """Of which cases changes are told, where that is not all of them."""
    kinds = {kind_of(run, labels) for labels in run.labelsets}
    if kinds - {HELD}:
        yield (
            f"changes are told of {' and '.join(held_statuses(run))} cases that are not set apart as adversarial; "
            "of others, bars that name them tell"
        )


def _first(flips: list[FlipTold]) -> tuple[FlipTold, ...]:
    """The largest changes."""
    flips.sort(key=lambda each: (-abs(each.before - each.after), each.dimension, each.case))
    return tuple(flips[:NAMED])


def _flip(dimension: str, case: str, before: float, after: float, reason: str) -> FlipTold:
    words = f"{share(before)} of trials passed, {share(after)} now"
    if {before, after} == {0.0, 1.0}:
        words = "passed, misses now" if before else "missed, passes now"
    return FlipTold(case=case, dimension=dimension, before=before, after=after, words=words, reason=reason[:REASON])
