"""A comparison in words: what changed, how sure that is, and which cases say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_evalbars.comparison.amounts import AMOUNTS
from pytest_evalbars.metrics.registry import UNITS, kind_of
from pytest_evalbars.report.model import TableTold
from pytest_evalbars.report.numbers import amount, changed, count, figure
from pytest_evalbars.report.told_runs import of_cases, of_replays, of_run
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_evalbars.comparison.amounts import Amount
    from pytest_evalbars.comparison.finding import Asked, Comparison, Finding
    from pytest_evalbars.comparison.flips import Flip, Told

#: Groups of one dimension, and rows in one line, that are shown before the others are only counted.
GROUPS, ROWS = 8, 8
#: The order in which a reader wants to know.
ORDER = ("regressed", "cannot tell", "better", "not worse")
#: Characters of what a case recorded.
RECORDED = 300


def comparison_lines(
    comparisons: Sequence[Comparison],
    asked: Asked,
    shown: Sequence[Shown],
    *,
    everything: bool = False,
) -> Iterator[str | TableTold]:
    """All that is to say.

    Args:
        comparisons: each run with the reference.
        asked: what was compared, and how.
        shown: of each comparison, the cases that changed, as far as they are named.
        everything: show every group.
    """
    reference = comparisons[0].before
    yield from of_run(reference)
    yield from of_replays([reference, *(comparison.after for comparison in comparisons)])
    for comparison, flips in zip(comparisons, shown, strict=True):
        yield from _section(_summary(comparison, asked))
        yield from _section(_notes(comparison))
        yield from _section(_table(comparison, asked, everything=everything))
        yield from _section(_amounts(comparison.amounts, asked))
        yield from _section(_flipped(comparison, flips, everything=everything))
    yield ""
    yield _outcome(comparisons, asked)


#: The cases of each row that became worse, and better, each with what it recorded before, and now.
Shown = list[tuple["Finding", list[tuple["Flip", Any, Any]], list[tuple["Flip", Any, Any]]]]


def _section(lines: Iterable[str | TableTold]) -> Iterator[str | TableTold]:
    """Lines with a blank one before them; nothing where there are none."""
    for number, line in enumerate(lines):
        if number == 0:
            yield ""
        yield line


def _summary(comparison: Comparison, asked: Asked) -> Iterator[str]:
    before, after = (safe(part.name) for part in (comparison.before, comparison.after))
    common = (
        f"on {count(comparison.cases, 'case')} that both judged" if comparison.cases else "with no case in common"
    )
    yield f"{after} against {before}, {common}:"
    wholes = [each for each in comparison.findings if each.place.group is None]
    wholes.sort(key=lambda each: (bool(each.place.apart), ORDER.index(each.verdict), each.place.dimension))
    for each in wholes:
        yield f"    {subject(each)}: {_said(each, asked)}"
    for word in ("regressed", "better"):
        groups = [each for each in comparison.findings if each.place.group is not None and each.verdict == word]
        if groups:
            groups.sort(key=lambda each: abs(each.change), reverse=True)
            words = ", ".join(f"{_in_group(each, asked)} ({_numbers(each)})" for each in groups[:ROWS])
            rest = f" and {len(groups) - ROWS} more" if len(groups) > ROWS else ""
            yield f"    {word}: {words}{rest}"


def subject(finding: Finding) -> str:
    """`faithfulness`, `faithfulness (status capability)`."""
    words = safe(finding.place.dimension, 60)
    return f"{words} ({safe(finding.place.apart)})" if finding.place.apart else words


def _of_score(finding: Finding) -> str:
    return " (mean score)" if finding.measure == "mean_score" else ""


def _in_group(finding: Finding, asked: Asked) -> str:
    return safe(f"{finding.place.dimension} in {asked.by} {finding.place.group}", 100)


def _said(finding: Finding, asked: Asked) -> str:
    """`regressed (91.0% -> 78.0%, -13.0 points, 95% interval -18.6 to -7.7, p = 0.0001)`."""
    low, high = (_signed(finding, end).removesuffix(" points") for end in finding.interval)
    words = f"{_numbers(finding)}, {asked.confidence * 100:g}% interval {low} to {high}"
    p = {"regressed": finding.p_worse, "better": finding.p_better}.get(finding.verdict)
    words += "" if p is None else f", p = {p:.2g}"
    word = finding.verdict + (f" by {asked.margin * 100:g} points or more" if finding.verdict == "not worse" else "")
    return "; ".join([f"{word} ({words})", *map(safe, finding.notes)])


def _numbers(finding: Finding) -> str:
    """`91.0% -> 78.0%, -13.0 points`."""
    kind = kind_of(finding.measure)
    assert kind is not None  # noqa: S101 - built in
    words = f"{amount(kind, finding.before)} -> {amount(kind, finding.after)}, {_signed(finding, finding.change)}"
    return words if finding.measure == "pass_rate" else f"mean score {words}"


def _signed(finding: Finding, value: float) -> str:
    return changed("points" if finding.measure == "pass_rate" else "score", value)


def _notes(comparison: Comparison) -> Iterator[str]:
    yield from of_run(comparison.after)
    yield from of_cases(comparison)


def _table(comparison: Comparison, asked: Asked, *, everything: bool) -> Iterator[TableTold]:
    rows: list[list[str]] = []
    for dimension in dict.fromkeys(each.place.dimension for each in comparison.findings):
        here = [each for each in comparison.findings if each.place.dimension == dimension]
        held = [each for each in here if each.place.first]
        groups = [each for each in here if each.place.group is not None]
        many = len({each.place.group for each in groups})
        kept = groups if everything else [each for each in groups if each.decided or not _beside(each, held)]
        if not everything and len(kept) > GROUPS:
            told = sorted(kept, key=lambda each: (ORDER.index(each.verdict) != 0, min(each.p_worse, each.p_better)))
            some = {id(each) for each in told[:GROUPS]}
            kept = [each for each in kept if id(each) in some or each.fails]
        rows += [_row(each) for each in [*held, *kept]]
        if rest := many - len({each.place.group for each in kept}):
            rows.append(["", f"  + {rest} more groups", *[""] * 6])
        rows += [_row(each) for each in here if each.place.apart]
    heads = [
        "dimension",
        "slice",
        "cases",
        "before",
        "after",
        "change",
        f"{asked.confidence * 100:g}% interval",
        "verdict",
    ]
    yield TableTold.of(heads, rows, "llrrrrll", names=2)


def _beside(finding: Finding, held: Sequence[Finding]) -> bool:
    """Whether it is the mean score of what has a pass rate too."""
    return finding.measure == "mean_score" and any(each.measure == "pass_rate" for each in held)


def _row(finding: Finding) -> list[str]:
    place = finding.place
    kind = kind_of(finding.measure)
    assert kind is not None  # noqa: S101 - built in
    name = f"  {place.group}" if place.group is not None else place.apart or "all"
    name += "" if finding.measure == "pass_rate" else ": mean score"
    name += "" if finding.paired else ", unpaired"
    ends = " to ".join(_signed(finding, end).removesuffix(" points") for end in finding.interval)
    word = finding.verdict.upper() if finding.fails else finding.verdict
    numbers = [amount(kind, finding.before), amount(kind, finding.after), _signed(finding, finding.change)]
    return [safe(place.dimension, 40), safe(name, 60), str(finding.cases), *numbers, ends, word]


def _amounts(amounts: Sequence[Amount], asked: Asked) -> Iterator[str]:
    for each in amounts:
        was, now = (figure(UNITS[each.measure], value) for value in (each.before, each.after))
        words = f"{AMOUNTS[each.measure]}: {was} -> {now} on average over {count(each.cases, 'case')}"
        if each.change is not None:
            words += f", {changed('share', each.change)}"
        if each.interval is not None:
            low, high = each.interval
            first, last = changed("share", low), changed("share", high)
            words += f" ({asked.confidence * 100:g}% interval {first} to {last})"
        yield words


def _flipped(comparison: Comparison, shown: Shown, *, everything: bool) -> Iterator[str]:
    names = [comparison.before.name, comparison.after.name]
    for finding, worse, better in shown:
        if not worse and not better:
            continue
        yield f"{subject(finding)}{_of_score(finding)}: {count(finding.worse, 'case')} worse, {finding.better} better"
        for word, many, flips in (("worse", finding.worse, worse), ("better", finding.better, better)):
            rest = many - len(flips)
            if not everything and flips and word == "better":
                more = f" and {rest} more" if rest else ""
                yield f"    {word}: {', '.join(_flip(flip, finding) for flip, *_ in flips)}{more}"
                continue
            for flip, *recorded in flips:
                yield f"    {word}: {_flip(flip, finding)}"
                yield from (f"        {line}" for line in _recorded(recorded, names, everything=everything))
            if rest:
                yield f"    ... and {rest} more {word} (-v names all)"


def _flip(flip: Flip, finding: Finding) -> str:
    """`refund-1 (cites nothing)`, `refund-2: 5 of 5 -> 1 of 5 (cites nothing)`."""
    one = flip.before.trials == flip.after.trials == 1
    change = "" if one else f": {_passes(flip.before)} -> {_passes(flip.after)}"
    if finding.measure == "mean_score":
        change = f": {flip.before.score or 0.0:.3f} -> {flip.after.score or 0.0:.3f}"
    reason = flip.after.reason or (flip.before.reason and f"missed before: {flip.before.reason}")
    words = safe(reason.partition("\n")[0], 100)
    return safe(f"{flip.case}{change}", 200) + (f" ({words})" if words else "")


def _passes(told: Told) -> str:
    return f"{told.passes} of {told.trials}"


def _recorded(recorded: Sequence[Any], names: Sequence[str], *, everything: bool) -> Iterator[str]:
    """What a case recorded: once where both runs say the same; what it was to rest on only if all is asked for."""
    sides = [each if isinstance(each, dict) else {} for each in recorded]
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        if key == "context" and not everything:
            continue
        said = [_text(side[key]) if key in side else "" for side in sides]
        if said[0] == said[1]:
            yield f"{safe(key, 40)}: {said[0]}"
            continue
        for name, words in zip(names, said, strict=True):
            if words:
                yield f"{safe(key, 40)} of {safe(name, 60)}: {words}"


def _text(value: Any) -> str:
    return safe(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), RECORDED)


def _outcome(comparisons: Sequence[Comparison], asked: Asked) -> str:
    failing = [(comparison, each) for comparison in comparisons for each in comparison.findings if each.fails]
    if not failing:
        return "nothing is proven to have regressed"
    many = len(comparisons) > 1
    wholes = {
        (comparison.after.name, each.place.dimension, each.measure)
        for comparison, each in failing
        if each.place.first
    }
    names = dict.fromkeys(
        f"{_in_group(each, asked) if each.place.group is not None else subject(each)}{_of_score(each)}"
        f"{f' of {safe(comparison.after.name)}' if many else ''}"
        for comparison, each in failing
        # What regressed as a whole need not be told group by group.
        if each.place.group is None or (comparison.after.name, each.place.dimension, each.measure) not in wholes
    )
    words = ", ".join(list(names)[:ROWS]) + (f" and {len(names) - ROWS} more" if len(names) > ROWS else "")
    return f"regressed (exit 1): {words}"
