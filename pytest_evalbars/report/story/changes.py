"""What changed against the baseline, and where within the bars the numbers are worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.story.saying import about, asked, begun, ended, items, listed, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import BarTold, FlipTold, Report, SliceTold

#: Cases that are named.
NAMED = 5


def changes(report: Report) -> Iterator[str]:
    """Whether anything is proven worse; what was not compared is said to be so."""
    compared = report.compared
    bars = [bar for bar in report.bars if bar.compares]
    if compared is None and not bars:
        yield (
            "This run was not compared with an earlier one, so nothing here says whether anything became better "
            "or worse."
        )
        return
    if compared is not None:
        yield from (begun(ended(line.strip())) for line in compared.lines)
    known = [bar for bar in bars if bar.verdict != "no data"]
    worse = [bar for bar in known if bar.proven == "missed"]
    if worse:
        yield f"Proven worse than its bar allows: {listed([named(bar) for bar in worse])}."
    if fine := [bar for bar in known if bar.proven == "met"]:
        yield f"Proven to be within what its bar allows: {listed([named(bar) for bar in fine])}."
    if rest := [bar for bar in known if bar.proven is None]:
        yield f"Compared, and not proven either way: {listed([named(bar) for bar in rest])}."
    if silent := [bar for bar in bars if bar.verdict == "no data"]:
        yield f"Nothing to compare with in this run: {listed([named(bar) for bar in silent])}."
    if not bars:
        yield "No bar holds a change since the baseline, so whether a difference is more than chance was not asked."
    if compared is not None:
        yield from _flips("worse", compared.worse, compared.worse_count)
        yield from _flips("better", compared.better, compared.better_count)


def _flips(word: str, flips: tuple[FlipTold, ...], number: int) -> Iterator[str]:
    if not number:
        return
    verb = "is" if number == 1 else "are"
    named = [f"{flip.case} on {flip.dimension} ({flip.words})" for flip in flips[:NAMED]]
    more = f", such as {listed(named)}" if named and number > len(named) else f": {listed(named)}" if named else ""
    what = "1 result" if number == 1 else f"{number} results"
    yield (
        f"{what}, each of a case on one dimension, {verb} {word} than in the baseline{more}. A single one may flip "
        "by chance."
    )


def spots(report: Report) -> Iterator[str]:
    """The categories in which a number is worst: found to be beyond the bar, or only the first places to look."""
    bars = [bar for bar in report.bars if bar.weakest and bar.enforced]
    beyond = [bar for bar in bars if any(each.beyond for each in bar.weakest)]
    if beyond:
        yield (
            "On the wrong side of the bar by more than chance explains, also with allowance for all the categories "
            "that were looked at:"
        )
        yield from items([_of(bar, [each for each in bar.weakest if each.beyond]) for bar in beyond])
    rest = [(bar, [each for each in bar.weakest if _short(bar, each)]) for bar in bars if bar not in beyond]
    if lines := [_of(bar, slices) for bar, slices in rest if slices]:
        yield (
            f"{'Of the other bars no' if beyond else 'No'} category is shown to be on the wrong side. These are "
            "there in this run, which may be chance:"
        )
        yield from items(lines)


def _short(bar: BarTold, part: SliceTold) -> bool:
    return part.rate > bar.threshold if bar.upper else part.rate < bar.threshold


def _of(bar: BarTold, slices: list[SliceTold]) -> str:
    """`accuracy, at least 80%: out of scope 45.8% of 24 cases (12 categories)`."""
    judge = ", as the judge counts" if bar.judge is not None else ""
    named = listed([f"{each.name} {each.words} of {count(each.cases, 'case')}" for each in slices])
    return f"{about(bar)}, {asked(bar)}: {named} ({bar.slices} categories looked at{judge})."
