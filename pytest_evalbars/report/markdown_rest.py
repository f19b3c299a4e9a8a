"""What stands below the bars in the Markdown report: changes, misses, slices, judges, cost, how it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.escapes import code, prose
from pytest_evalbars.report.fitting import Section
from pytest_evalbars.report.model import HELD
from pytest_evalbars.report.numbers import Unit, count, ends, figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import (
        Cell,
        ComparedTold,
        FlipTold,
        Method,
        Miss,
        Misses,
        Quality,
        Report,
        TrendTold,
    )

SYMBOLS = {
    "passed": "✅",
    "failed": "❌",
    "undecided": "⚠️",
    "not held": "⚪",
    "met": "✅",
    "missed": "❌",
    "inconclusive": "⚠️",
    "no data": "❔",
}
#: A cell without a value.
NOTHING = "-"
#: Characters of a name, of a reason, of a sentence; rows that every section has before any has all of its own.
NAME, REASON, SENTENCE, FIRST = 120, 300, 600, 20
#: Changes for the worse that are not folded.
SEEN = 5


def table(*heads: str) -> str:
    """The head of a table; a column whose head ends in a colon is of numbers."""
    aligned = ("---:" if head.endswith(":") else "---" for head in heads)
    return f"{row(*(head.removesuffix(':') for head in heads))}\n{row(*aligned)}\n"


def row(*cells: str) -> str:
    """A table's row, of cells that are escaped already."""
    return f"| {' | '.join(cells)} |"


def folded(summary: str, section: Section) -> Section:
    """The section, folded under a line of ours."""
    section.top = f"<details><summary>{summary}</summary>\n\n{section.top}"
    section.bottom = f"{section.bottom}\n</details>\n"
    return section


def rest(report: Report, misses: Misses) -> Iterator[Section]:
    """All of it, in reading order."""
    if report.compared is not None:
        yield from _compared(report.compared)
    yield from _missed(misses)
    if report.cells:
        yield _slices(report)
    if report.quality:
        yield _quality(report)
    if report.measures:
        yield _measures(report)
    if report.judges:
        yield _judges(report)
    if report.trends:
        yield _trends(report)
    yield from _method(report.method)
    yield _runs(report)


def _compared(compared: ComparedTold) -> Iterator[Section]:
    lines = "".join(f"- {prose(each.strip(), SENTENCE)}\n" for each in compared.lines[:10])
    worse, better = (max(0, many) for many in (compared.worse_count, compared.better_count))
    told = f"{count(worse, 'change')} for the worse, {better:,} for the better, a case on one dimension each"
    yield Section("what is compared", 6, f"**Against the baseline**: {told}\n{lines and chr(10)}{lines}")
    heads = table("case", "dimension", "change", "reason")
    if compared.worse:
        rows, more = [_flip(each) for each in compared.worse], max(0, worse - len(compared.worse))
        section = Section("changes for the worse", 6, heads, rows, first=FIRST, more=more)
        # A few are what a reviewer wants to see at once.
        yield section if worse <= SEEN else folded(f"{count(worse, 'change')} for the worse", section)
    if compared.better:
        rows, more = [_flip(each) for each in compared.better], max(0, better - len(compared.better))
        section = Section("changes for the better", 15, heads, rows, first=FIRST, more=more)
        yield folded(f"{count(better, 'change')} for the better", section)


def _flip(flip: FlipTold) -> str:
    return row(code(flip.case, NAME), prose(flip.dimension, NAME), prose(flip.words, NAME), code(flip.reason, REASON))


def _missed(misses: Misses) -> Iterator[Section]:
    repeated = any(each.trial for each in misses.shown)
    heads = table("case", *(["trial:"] if repeated else []), "dimension", "category", "reason")
    rule = f"\n{prose(misses.rule, SENTENCE)}\n" if misses.rule else ""
    for outcome, total, noun, rank in (("error", misses.errors, "error", 7), ("miss", misses.misses, "miss", 9)):
        rows = [_miss(each, repeated=repeated) for each in misses.shown if each.outcome == outcome]
        total = max(total, len(rows))  # noqa: PLW2901
        plural = "misses" if noun == "miss" else "errors"
        if rows:
            first = ", those of failing bars first" if any(each.fails for each in misses.shown) else ""
            words = ": trials that could not be judged" if noun == "error" else first
            one = f"{total:,} {noun if total == 1 else plural}{words}"
            section = Section(plural, rank, heads, rows, rule, first=FIRST, more=total - len(rows))
            yield folded(one, section)


def _miss(miss: Miss, *, repeated: bool) -> str:
    marks = ", ".join([*(["expected"] if miss.expected else []), *([prose(miss.level, 60)] if miss.level else [])])
    reason = code(miss.reason.strip().partition("\n")[0], REASON)
    return row(
        code(miss.case, NAME),
        *([str(miss.trial)] if repeated else []),
        prose(miss.dimension, NAME),
        prose(miss.labels.get("category", ""), NAME) or NOTHING,
        ": ".join(filter(None, [marks, reason])) or NOTHING,
    )


def _slices(report: Report) -> Section:
    heads = table(
        "dimension", "category", "pass rate:", f"{report.decision.confidence * 100:g}% interval", "cases:", " "
    )
    return folded(
        "Pass rates by dimension and category",
        Section(
            "slices",
            10,
            heads,
            [_slice(each) for each in report.cells if not (each.predicted and each.category)],
            first=60,
        ),
    )


def _slice(cell: Cell) -> str:
    asides = [
        *([f"{SYMBOLS[cell.verdict]} {cell.verdict}"] if cell.verdict is not None else []),
        *(["as judged"] if cell.raw else []),
        *(["corrected for the judge's error"] if cell.corrected else []),
        *(["predictions: see its bars"] if cell.predicted else []),
        *(["stopped early"] if cell.stopped else []),
        *([count(cell.errors, "error")] if cell.errors else []),
    ]
    return row(
        prose(cell.dimension, NAME),
        f"{prose(cell.category, NAME) or 'all'}{_kind(cell.kind)}",
        _amount("share", cell.rate),
        NOTHING if cell.interval is None else ends("share", *cell.interval),
        f"{cell.cases:,}",
        ", ".join(asides) or " ",
    )


def _kind(kind: str) -> str:
    """Which cases it is of, where it is not those that bars hold by themselves."""
    return "" if kind == HELD else f" ({prose(kind.removeprefix(f'{HELD}, '), NAME)})"


def _quality(report: Report) -> Section:
    heads = table("dimension", "pass rate:", "coverage:", "of answered:", "mean cost:", "median:", "95th:")
    rows = [_quality_row(each) for each in report.quality]
    return folded("Quality beside coverage, cost and time", Section("qualities", 12, heads, rows, first=FIRST))


def _quality_row(each: Quality) -> str:
    return row(
        f"{prose(each.dimension, NAME)}{_kind(each.kind)}",
        *(_amount("share", value) for value in (each.pass_rate, each.coverage, each.among_answered)),
        _amount("usd", each.mean_cost),
        *(_amount("seconds", spent) for spent in (each.median_seconds, each.p95_seconds)),
    )


def _measures(report: Report) -> Section:
    rows = [
        row(
            prose(each.name, NAME),
            f"{each.trials:,}",
            *(_amount(each.unit, value) for value in (each.total, each.mean, each.median, each.p95)),
        )
        for each in report.measures
    ]
    heads = table("measure", "trials:", "total:", "mean:", "median:", "95th:")
    meant = [
        f"- **{prose(each.name, NAME)}**: {prose(each.of, SENTENCE)}\n" for each in report.measures[:10] if each.of
    ]
    section = Section("measures", 13, heads, rows, "".join(["\n", *meant]) if meant else "", first=FIRST)
    return folded("What trials took", section)


def _amount(unit: Unit, value: float | None) -> str:
    return NOTHING if value is None else prose(figure(unit, value))


def _judges(report: Report) -> Section:
    rows = [
        row(
            prose(each.dimension, NAME),
            code(each.model, NAME) or NOTHING,
            f"{'✅' if each.trust == 'calibrated' and not each.chance else '⚠️'} {each.trust}",
            prose(each.text, SENTENCE),
        )
        for each in report.judges
    ]
    heads = table("dimension", "judge", "trust", "what labels say")
    return folded("How far judges may be trusted", Section("judges", 8, heads, rows, first=FIRST))


def _trends(report: Report) -> Section:
    rows = [_trend(each) for each in report.trends]
    heads = table("dimension", "runs:", "pass rates, oldest first")
    return folded("Over time", Section("trends", 16, heads, rows, first=FIRST))


def _trend(trend: TrendTold) -> str:
    last = trend.points[-8:]
    rates = " → ".join(_amount("share", each.rate) for each in last)
    before = "… → " if len(trend.points) > len(last) else ""
    return row(prose(trend.dimension, NAME), f"{len(trend.points):,}", before + rates)


def _method(method: Method) -> Iterator[Section]:
    lines = [
        *(f"- not run: {prose(each, SENTENCE)}" for each in method.not_run),
        *(f"- gap: {prose(each, SENTENCE)}" for each in method.gaps),
        *(f"- {prose(each, SENTENCE)}" for each in method.sizes),
        *(f"- **{prose(each.term, NAME)}**: {prose(each.text, SENTENCE)}" for each in method.methods),
        *(f"- **{prose(each.term, NAME)}**: {prose(each.text, SENTENCE)}" for each in method.definitions),
        *(f"- rubric **{prose(each.term, NAME)}**: {prose(each.text, SENTENCE)}" for each in method.rubrics),
    ]
    if lines:
        yield folded("How it was measured", Section("lines on how it was measured", 11, "", lines, first=40))


def _runs(report: Report) -> Section:
    run = report.run
    names = ", ".join(code(each, 60) for each in run.names[:10]) + (" …" if len(run.names) > 10 else "")
    versions = ", ".join(f"{prose(key, 40)} {prose(value, 40)}" for key, value in list(run.versions.items())[:10])
    told = [f"run {names}" if names else "", f"begun {prose(run.started, 40)}" if run.started else "", versions]
    return Section("the run's name", 17, f"<sub>{' · '.join(filter(None, told))}</sub>\n")
