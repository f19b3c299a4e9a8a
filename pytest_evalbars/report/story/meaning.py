"""What an interval and a proof are, once and in true sentences; and rates that no bar holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import HELD
from pytest_evalbars.report.numbers import count, figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import Report


def rates(report: Report) -> Iterator[str]:
    """Each dimension's pass rate, with or without a bar."""
    part = any(each.kind in ("partial", "second look") for each in report.run.conditions)
    for cell in report.cells:
        if not cell.category and cell.rate is not None and cell.interval is not None:
            low, high = (figure("share", end) for end in cell.interval)
            kind = "" if cell.kind == HELD else f" ({cell.kind})"
            # Cases that were picked are no sample.
            ends = "" if part else f" ({report.decision.confidence * 100:g}% interval {low} to {high})"
            yield f"{cell.dimension}{kind}: {figure('share', cell.rate)} of {count(cell.cases, 'case')}{ends}."


def meaning(report: Report) -> Iterator[str]:
    """What an interval and a proof are: once, in true sentences."""
    percent = f"{report.decision.confidence * 100:g}"
    error = f"{(1 - report.decision.confidence) * 100:.4g}"
    if any(bar.interval_words and bar.enforced for bar in report.bars) or not report.bars:
        yield (
            "The cases are taken as a sample of what could be asked; whether they are like what people really ask, "
            "no number here can say. Another sample would have given somewhat other numbers. The true number is the "
            f"one that ever more cases of this kind would come to. The {percent}% interval beside a number allows "
            f"for the sample: of 100 intervals made in this way, about {percent} hold the true number."
        )
    if any(bar.proven for bar in report.bars):
        yield (
            "Proven means that chance in the choice of cases is a poor explanation. Where a bar is truly not met, "
            f"no more than about {error} of 100 runs would prove it met. Where every bar truly holds, no more than "
            f"about {error} of 100 runs would prove any of them missed."
        )
