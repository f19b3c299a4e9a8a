"""The report as Markdown, for a pull request or a job's summary: verdict, bars, what changed, the rest folded."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from pytest_evalbars.report.escapes import code, cut_within, prose
from pytest_evalbars.report.fitting import Section, fitted, size
from pytest_evalbars.report.markdown_rest import NOTHING, SYMBOLS, folded, rest, row, table
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.standing import standing_parts, standing_why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.report.model import BarTold, Misses, Report

#: What GitHub takes in one comment, in characters; its own count is kinder, by what people have measured.
COMMENT = 65_536
#: Kept for what a workflow adds: the line by which it finds its comment again, and a link to the run.
MARKER = 400
#: Of a bar that was not enforced.
UNHELD = "⚪"
#: A space at which no line ends.
UNBROKEN = "\u00a0"
#: Rows of the table of bars, before met groups are folded, and inconclusive ones; and failing bars told in words,
#: before these are.
ROWS, OPEN_ROWS, TOLD = 12, 24, 5
#: Characters of a name; of names that only stand in a list; and how much of the limit failing bars may take.
NAME, SHORTER, SHARE = 120, (60, 40, 24, 12), 0.6
#: Notes, and characters of one, of a condition, of a sentence. All conditions and failing bars fit into a comment.
NOTES, NOTE, CONDITION, SENTENCE = 30, 500, 300, 1_000


def markdown(report: Report, misses: Misses, limit: int = COMMENT) -> str:
    """The report; of one that is too long whole rows and sections are left out, and it says which.

    Args:
        report: what it says.
        misses: the misses that it shows.
        limit: the characters that there is room for; counted in bytes, which are never fewer.
    """
    limit -= MARKER
    sections = [_verdict(report), *_warnings(report), *_bars(report, limit), *_why(report), *rest(report, misses)]
    return fitted(sections, limit)


def _verdict(report: Report) -> Section:
    """The decision in one sentence, and what was run."""
    run, decision = report.run, report.decision
    first, _, then = decision.sentence.partition(": ")
    facts = [
        f"{count(run.cases, 'case')}, {count(run.trials, 'trial')}, {count(run.errors, 'error')}",
        f"stage {prose(decision.stage, 40)}",
        f"confidence {decision.confidence * 100:g}%",
        *([f"commit {code(run.commit[:9])}{' with changes' if run.changed else ''}"] if run.commit else []),
        *(f"{prose(key, 40)} {code(value, 60)}" for key, value in list(run.labels.items())[:5]),
    ]
    title = f"### {SYMBOLS[decision.outcome]} {prose(first[:1].upper() + first[1:], 200)}\n"
    failing = sum(each.fails for each in report.bars)
    names = (
        f"{failing:,} of {count(len(report.bars), 'verdict')} {'fails' if failing == 1 else 'fail'}: "
        if failing
        else ""
    )
    told = f"{names}{prose(then, 1_500)}\n" if then else ""
    return Section("", 0, "\n".join([title, *filter(None, [told]), " · ".join(facts), ""]))


def _warnings(report: Report) -> Iterator[Section]:
    """What limits what the numbers say, changed bars, notes; then misses that fail the session by themselves."""
    conditions = [f"- ⚠️ **{prose(each.kind)}**: {prose(each.text, CONDITION)}" for each in report.run.conditions]
    changed = [f"- bar changed: {prose(each, NOTE)}" for each in report.decision.changed_bars]
    notes = [f"- note: {prose(each, NOTE)}" for each in report.decision.notes]
    if conditions:
        yield Section("conditions", 1, "", conditions)
    if changed or notes:
        yield Section("notes", 3, "", [*changed, *notes], first=NOTES)
    if standing := report.decision.standing:
        rows = [row(code(each.case, NAME), prose(each.dimension, NAME), code(each.reason)) for each in standing]
        free, over = standing_parts(report.decision)
        why = standing_why(free=bool(free), over=bool(over))
        top = f"Missed, and {why}, so that each fails the session:\n\n"
        yield Section("such misses", 4, top + table("case", "dimension", "reason"), rows, first=10)


def _bars(report: Report, limit: int) -> Iterator[Section]:
    """The table, failing bars first; where there is no room for all of these, the others by name."""
    failing = _failing(report)
    others = [each for each in report.bars if not each.fails]
    met = [each for each in others if each.verdict == "met" and each.enforced and each.group is not None]
    if len(report.bars) <= ROWS:
        met = []
    # So many would stand between the decision and the reasons for it.
    unsure = [each for each in others if each.verdict == "inconclusive" and each.enforced and each.group is not None]
    if len(report.bars) - len(met) <= OPEN_ROWS:
        unsure = []
    hidden = {*map(id, met), *map(id, unsure)}
    top = _heads(report)
    rows, room = list(map(_row, failing)), int(limit * SHARE)
    names = _names(failing, room // 2)
    fit = _fit(rows, names, room)
    if report.bars:
        open_ones = [_row(each) for each in others if id(each) not in hidden]
        yield Section("verdicts", 2, top, rows[:fit] + (open_ones if fit == len(rows) else []), first=fit or None)
        if fit < len(rows):
            yield _named(names[fit:], room)
            if open_ones:
                yield Section("verdicts that fail nothing", 5, top, open_ones)
    if unsure:
        words = f"{count(len(unsure), 'group')} inconclusive"
        yield folded(words, Section("groups that are inconclusive", 13, top, list(map(_row, unsure)), first=60))
    if met:
        yield folded(f"{count(len(met), 'group')} met", Section("groups that are met", 14, top, list(map(_row, met))))


def _failing(report: Report) -> list[BarTold]:
    """The verdicts that fail the session, what is missed before what is open."""
    return sorted((each for each in report.bars if each.fails), key=lambda each: each.verdict != "missed")


def _heads(report: Report) -> str:
    interval = f"{report.decision.confidence * 100:g}% interval"
    return table("verdict", "what", "value:", interval, "bar", "cases:")


def _row(bar: BarTold) -> str:
    word = f"**{bar.verdict}**" if bar.fails else bar.verdict
    aside = f" ({', '.join(map(prose, bar.asides))})" if bar.asides else ""
    metric = "" if bar.metric == "pass rate" else f": {prose(bar.metric, NAME)}"
    against = ", against the baseline" if bar.compares else ""
    return row(
        f"{SYMBOLS[bar.verdict] if bar.enforced else UNHELD}{UNBROKEN}{word}{aside}",
        f"{prose(cut_within(bar.subject, NAME))}{metric}{against}",
        (prose(bar.estimate_words) or NOTHING).replace(" ", UNBROKEN),
        (prose(bar.possible_words or bar.interval_words) or NOTHING).replace(" ", UNBROKEN),
        prose(bar.threshold_words),
        f"{bar.cases:,}",
    )


def _names(bars: list[BarTold], room: int) -> list[str]:
    """The bars' names, shortened as little as the room needs; and no more than to where they still tell something."""
    for length in SHORTER:
        names = [code(cut_within(each.name, length)) for each in bars]
        if sum(size(each) + 2 for each in names) <= room:
            break
    return names


def _fit(rows: list[str], names: list[str], room: int) -> int:
    """How many rows there is room for, if the others stand there by their names."""
    took = [0, *accumulate(size(each) + 1 for each in rows)]
    if took[-1] <= room:
        return len(rows)
    left = [0, *accumulate(size(each) + 2 for each in reversed(names))][::-1]
    return max((n for n in range(len(rows)) if took[n] + left[n] <= room), default=0)


def _named(names: list[str], room: int) -> Section:
    """Failing bars that the table has no room for, by name; counted where even these are too many."""
    kept = sum(length <= room for length in accumulate(size(each) + 2 for each in names))
    more = f" and {len(names) - kept:,} more" if kept < len(names) else ""
    words = ", ".join(names[:kept]) + more if kept else f"{len(names):,} more"
    return Section("names of failing bars", 2, f"❌ Also failing, without room for their numbers here: {words}\n")


def _why(report: Report) -> Iterator[Section]:
    """Each failing bar in words, with what a reader asks next."""
    failing = _failing(report)
    told = [list(_told(each)) for each in failing]
    if told[:TOLD]:
        yield Section("explanations of failing bars", 5, "", ["\n".join(each) for each in told[:TOLD]])
    if told[TOLD:]:
        rest_ = Section("explanations of failing bars", 8, "", ["\n".join(each) for each in told[TOLD:]])
        yield folded(f"{count(len(told) - TOLD, 'other failing bar')} in words", rest_)


def _told(bar: BarTold) -> Iterable[str]:
    yield f"- {SYMBOLS[bar.verdict]} **{prose(cut_within(bar.subject, NAME))}**: {prose(bar.sentence, SENTENCE)}"
    if bar.why and not any(each.startswith("why: ") for each in bar.details):
        yield f"  - why: {prose(bar.why, NOTE)}"
    yield from (f"  - {prose(each, SENTENCE)}" for each in bar.details)
