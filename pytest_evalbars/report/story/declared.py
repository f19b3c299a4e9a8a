"""What the bars are, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.story.saying import about, asked, begun, ended, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import BarTold, Report

#: Bars that are told one by one.
TOLD = 30


def declared(report: Report) -> Iterator[str]:
    """Each bar once: what it asks, and the reason that was given for it."""
    bars: dict[tuple[str, str | None], list[BarTold]] = {}
    for bar in report.bars:
        bars.setdefault((bar.bar, bar.dimension), []).append(bar)
    yield from items([_bar(verdicts) for verdicts in bars.values()], TOLD)
    silent = sum(not verdicts[0].why for verdicts in bars.values())
    if silent:
        which = "any of them" if silent == len(bars) else f"{silent} of them"
        yield f"No reason was written down for {'it' if len(bars) == 1 else which}."
    if len(bars) < len(report.bars):
        yield (
            f"With the groups {'this bar gives' if len(bars) == 1 else f'these {len(bars)} bars give'} "
            f"{len(report.bars)} verdicts."
        )
    metrics = {bar.metric for bar in report.bars}
    yield from (
        f"{begun(each.term)}: {ended(each.text)}" for each in report.method.definitions if each.term in metrics
    )


def _bar(verdicts: list[BarTold]) -> str:
    bar = verdicts[0]
    groups = sum(each.group is not None for each in verdicts)
    name = about(bar) if bar.group is None else f"{bar.dimension or bar.metric} (bar {bar.bar})"
    also = ", and so in " if bar.group is None else ", in "
    each = f"{also}each of {groups} groups" if groups > 1 else ""
    how = "; judged by the bare number" if bar.rule == "estimate" else ""
    why = f" Why: {ended(bar.why)}" if bar.why else ""
    return f"{name}: {asked(bar)}{each}{how}.{why}"
