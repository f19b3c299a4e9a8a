"""What is proven of each bar, what is not, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.story.meaning import meaning, rates
from pytest_evalbars.report.story.saying import (
    about,
    asked,
    begun,
    distrusted,
    ended,
    found,
    held,
    items,
    listed,
    metric,
    straddles,
)
from pytest_evalbars.report.words import lacking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.report.model import BarTold, Report

#: Notes of the gate that the story tells in words of its own.
OWN = ("it would be missed alone", "within noise", "not enforced", "uncalibrated judge", "not corrected")

#: How one begins that says that a mean's bound does not hold.
SKEWED = "amounts this skewed need"


def proof(report: Report) -> Iterator[str]:
    """What the words mean, then each verdict under the one that fits it."""
    confidence = report.decision.confidence
    if any((bar.interval_words and bar.enforced) or bar.proven for bar in report.bars) or list(rates(report)):
        yield from meaning(report)
    parts: Sequence[tuple[str, list[str]]] = (
        ("Proven missed:", [_sure(bar, confidence) for bar in _those(report, "missed")]),
        ("Proven met:", list(_met(report))),
        ("Not proven, as the bar asks for the bare number:", [_bare(bar, confidence) for bar in _plain(report)]),
        (
            "Not proven, as so few amounts that are so unlike each other give no bound that holds:",
            [_skewed(bar, confidence) for bar in _judged(report) if skewed(bar)],
        ),
        (
            "Not proven, as a judge counted it and how often that judge errs is not known:",
            [_bare(bar, confidence) for bar in _judged(report) if distrusted(bar) and not skewed(bar)],
        ),
        (
            "Not proven, as a judge counted it and what people said of it does not correct these numbers:",
            [_bare(bar, confidence) for bar in _judged(report) if not (distrusted(bar) or skewed(bar))],
        ),
        ("Open, as the true number may be on either side of the bar:", [_between(bar) for bar in _unknown(report)]),
        (
            "Open for other reasons:",
            [_open(bar, confidence) for bar in _with(report, "inconclusive") if not _wide(bar)],
        ),
        ("No data:", [_empty(bar) for bar in _with(report, "no data")]),
        ("Not held in this run:", [_apart(bar, confidence) for bar in report.bars if not bar.enforced]),
    )
    for head, lines in parts:
        if lines:
            yield head
            yield from items(lines)
    if not report.bars and (free := list(rates(report))):
        yield "Pass rates, held against no bar:"
        yield from items(free, 30)


def _those(report: Report, word: str) -> list[BarTold]:
    return [bar for bar in report.bars if bar.proven == word and bar.enforced]


def _with(report: Report, word: str) -> list[BarTold]:
    """Held bars of one verdict: what fails the session first, wholes before groups."""
    some = [bar for bar in report.bars if bar.verdict == word and bar.enforced]
    return sorted(some, key=lambda bar: (not bar.fails, bar.group is not None))


def _counted(report: Report) -> list[BarTold]:
    return [bar for word in ("missed", "met") for bar in _with(report, word) if bar.proven is None]


def _plain(report: Report) -> list[BarTold]:
    return [bar for bar in _counted(report) if bar.rule == "estimate"]


def _judged(report: Report) -> list[BarTold]:
    return [bar for bar in _counted(report) if bar.rule == "evidence"]


def _met(report: Report) -> Iterator[str]:
    """Wholes with their numbers; the groups of a bar together, as there are often many."""
    confidence = report.decision.confidence
    groups: dict[tuple[str, str | None], list[BarTold]] = {}
    for bar in _those(report, "met"):
        if bar.group is None:
            yield _sure(bar, confidence)
        else:
            groups.setdefault((bar.bar, bar.dimension), []).append(bar)
    for (name, dimension), bars in groups.items():
        several = [f"{bar.group} ({bar.estimate_words or bar.possible_words} of {bar.cases})" for bar in bars]
        recorded = " Some of this rests on recorded answers." if any(bar.replayed for bar in bars) else ""
        what = f"{dimension or bars[0].metric} (bar {name})"
        yield f"{what}, {held(bars[0])}, in {count(len(bars), 'group')}: {listed(several, 30)}.{recorded}"


def _sure(bar: BarTold, confidence: float) -> str:
    words = f"{about(bar)}: {found(bar, confidence)}; {held(bar)}."
    if bar.bound_words and straddles(bar):
        side = "more" if (bar.verdict == "met") != bar.upper else "less"
        side = "better" if bar.compares and bar.verdict == "met" else "worse" if bar.compares else side
        words += (
            " The interval allows for error on both sides; allowing for it on the side of the bar alone, as the "
            f"verdict does, gives {bar.bound_words} or {side}."
        )
    return words + _recorded(bar)


def _recorded(bar: BarTold) -> str:
    if not bar.replayed:
        return ""
    part = "This rests" if bar.replayed >= bar.trials else f"{bar.replayed} of its {count(bar.trials, 'trial')} rest"
    return f" {part} on recorded answers: it is shown of them, and not of the model as it answers today."


def _bare(bar: BarTold, confidence: float) -> str:
    """Met or missed by what was counted."""
    words = f"{about(bar)}: {bar.verdict}. {begun(found(bar, confidence))}; {held(bar)}."
    if bar.rule == "estimate" and straddles(bar):
        words += " The bar lies within the interval, so another sample could well say the opposite."
    if bar.rule == "estimate" and distrusted(bar):
        words += " A judge counted this, and how often that judge errs is not known."
    return words + _recorded(bar)


def skewed(bar: BarTold) -> bool:
    """Whether the gate notes that its amounts are too unlike each other for so few cases."""
    return any(note.startswith(SKEWED) for note in bar.notes)


def _skewed(bar: BarTold, confidence: float) -> str:
    notes = [ended(begun(note)) for note in bar.notes if note.startswith(SKEWED)]
    return " ".join([_bare(bar, confidence), *notes])


def _wide(bar: BarTold) -> bool:
    """Whether it is open because the bar lies within the interval, and for no other reason."""
    return straddles(bar) and not bar.possible_words and not list(_why_open(bar))


def _unknown(report: Report) -> list[BarTold]:
    return [bar for bar in _with(report, "inconclusive") if _wide(bar)]


def _between(bar: BarTold) -> str:
    """`The true pass rate may be anywhere from 81.6% to 91.0%; the bar is at least 85%, so this run cannot tell.`."""
    what = "change" if bar.compares else bar.metric
    number = f"{bar.change_words}, a change of {bar.estimate_words}," if bar.change_words else bar.estimate_words
    return (
        f"{about(bar)}: {metric(bar)}{number} over {count(bar.cases, bar.counted)}. The true {what} may be anywhere "
        f"from {bar.interval_words}; {held(bar)}, so this run cannot tell.{_failing(bar)}{_recorded(bar)}"
    )


def _open(bar: BarTold, confidence: float) -> str:
    words = f"{about(bar)}: {found(bar, confidence)}; {held(bar)}."
    reasons = list(_why_open(bar)) or ["This run cannot tell."]
    return f"{words} {' '.join(reasons)}{_failing(bar)}{_recorded(bar)}"


def _failing(bar: BarTold) -> str:
    return " That fails the session." if bar.fails else ""


def _why_open(bar: BarTold) -> Iterator[str]:
    if any(note.startswith(OWN[0]) for note in bar.notes):
        yield (
            "Looked at alone it would count as missed; among all verdicts of this run, one such number may "
            "come by chance."
        )
    if bar.cases < bar.min_cases:
        yield f"The bar asks for at least {count(bar.min_cases, bar.counted)}."
    if bar.judge == "uncalibrated":
        yield "A judge counted this, and how often that judge errs is not known."
    own = (*OWN, f"{bar.cases} cases, and the bar asks")
    yield from (ended(begun(note)) for note in bar.notes if not note.startswith(own))


def _empty(bar: BarTold) -> str:
    reasons = [*lacking(bar), *(note for note in bar.notes if not note.startswith("not enforced"))]
    why = f" ({listed(reasons)})" if reasons else ""
    fails = " That fails the session: what is not known is not taken for met." if bar.fails else ""
    return f"{about(bar)}: nothing was judged that could tell{why}; {held(bar)}.{fails}"


def _apart(bar: BarTold, confidence: float) -> str:
    """Told, not held: no word of it is proof."""
    why = next((note for note in bar.notes if note.startswith("not enforced")), "not enforced")
    if bar.verdict == "no data":
        return f"{about(bar)}: {asked(bar)}. {begun(ended(why))}"
    return f"{about(bar)}: {found(bar, confidence)}; {held(bar)}. {begun(ended(why))}"
