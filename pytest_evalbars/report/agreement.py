"""How far people agree, and a judge with them, in words for whoever decides on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.calibration.findings import COMMON
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.report.calibrated_judge import held_lines
from pytest_evalbars.report.measured import bare, whole
from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.calibration.by_dimension import Dimension
    from pytest_evalbars.calibration.findings import Grade, Raters
    from pytest_evalbars.calibration.to_look_at import Look

#: Items to look at that are named before the others are only counted; pairs of raters that are told apart.
NAMED, PAIRS = 10, 10
#: Characters of a name, and of a note.
NAME, NOTE = 80, 300
CHANCE = "beyond chance (0 is what chance makes, 1 is saying the same of all)"
SETTLE = (
    "Until the raters agree on what the rubric means, nothing measured against their labels means anything: settle "
    "what they differ on (`evalbars labels disagreements`), mend the rubric, and label again."
)
TWO_OF_THREE = (
    "That a majority says the same of an item shows no agreement: with two words to choose from there always is one."
)
#: What is proven of raters: by AC1 or AC2, as it is called there; and how often chance would say the same.
GRADES: dict[Grade, str] = {
    "good": "they agree well ({ac} is proven to be at least 0.8).",
    "fair": "they agree fairly ({ac} is proven to be at least 0.6).",
    "some": "better than chance ({who} would say the same of {chance}), but not proven to be fair agreement.",
    "unproven": "not proven to be better than chance; {who} would say the same of {chance}.",
    "none": "no better than chance; {who} would say the same of {chance}.",
}
WHO = "raters who do not read the answers"
WHY = {
    "let through": "the judge passes what people let miss",
    "stopped": "the judge lets miss what people pass",
    "unsettled": "people differ, and nothing is settled",
}


def agreement_lines(found: Sequence[Dimension], confidence: float, *, everything: bool) -> Iterator[str]:
    """All that is to say of dimensions.

    Args:
        found: what was found out.
        confidence: of the intervals.
        everything: name each item to look at, and each pair of raters.
    """
    for number, each in enumerate(found):
        if number:
            yield ""
        yield safe(each.name, NAME)
        yield from (f"  {line}" for line in rater_lines(each.raters, confidence, everything=everything))
        if each.left:
            yield f"  {_left(each)}"
        for judge, judged in each.judges:
            if judge.by in each.current or everything:
                yield from (f"  {line}" for line in held_lines(judge, judged, confidence))
        for by in each.unlabelled:
            yield f"  judge {safe(by, NAME)}: none of the answers that it judged is labelled"
        if each.unjudged:
            are = "is" if each.unjudged == 1 else "are"
            yield f"  {count(each.unjudged, 'labelled answer')} {are} of no judge that can be named"
        yield from (f"  {line}" for line in look_lines(each.look, everything=everything))


def _left(found: Dimension) -> str:
    """That not all that was drawn is labelled: who chooses what to label chooses what comes out."""
    none = [safe(name, NAME) or "no category" for name in found.left_out]
    more = f" (of {', '.join(none[:NAMED])} none is labelled)" if none else ""
    return (
        f"{found.left} of {count(found.drawn, 'item')} that were drawn have no label that tells{more}: the others "
        "stand for them, which is right only if nobody chose which; label them, too"
    )


def rater_lines(raters: Raters, confidence: float, *, everything: bool) -> Iterator[str]:
    """How far raters agree."""
    who = count(len(raters.names), "rater")
    yield f"{who} labelled {count(raters.labelled, 'item')}{_twice(raters)}. {_said(raters, confidence)}"
    yield from _mends(raters)
    if raters.passing is not None:
        yield f"whether it passes, they say the same of {whole(raters.passing)}"
    if raters.misses is not None:
        yield f"where one rater lets an answer miss, another one does so too in {whole(raters.misses)} of cases"
    if raters.passed is not None and _common(raters):
        common = max(raters.passed, 1 - raters.passed)
        yield (
            f"{common:.0%} of labels {'pass' if raters.passed > 0.5 else 'let it miss'}: kappa and alpha mean little "
            "there, and AC flatters; what tells is whether they agree on the others"
        )
    yield from _coefficients(raters)
    if len(raters.names) > 2:
        shown = raters.kappas if everything else sorted(raters.kappas, key=lambda one: one.same / one.items)[:PAIRS]
        for each in shown:
            kappa = f", Cohen's kappa {bare(each.kappa)}" if each.kappa else ""
            names = " and ".join(safe(name, NAME) for name in each.raters)
            yield f"  {names}: the same of {each.same} of {count(each.items, 'item')}{kappa}"
    yield from _alike(raters.names)
    if raters.unclear:
        yield f"{count(raters.unclear, 'label')} could not tell: does the rubric say what to do there?"
    if raters.unsettled:
        many = count(raters.unsettled, "item")
        yield f"they differ on {many} and have not settled what holds: `evalbars labels disagreements`"


def _mends(raters: Raters) -> Iterator[str]:
    """What to do about raters that do not agree."""
    if raters.grade == "unproven" and raters.items < FEWEST:
        yield f"{raters.items} labelled by two are too few to tell: let two raters label {FEWEST} or more"
    elif raters.grade == "none" or (raters.grade == "unproven" and not _common(raters)):
        yield SETTLE
        if raters.passing is None and len(raters.names) > 2:
            yield TWO_OF_THREE


def _alike(names: Sequence[str]) -> Iterator[str]:
    """Names that may be one person's: what that one labelled twice would look like perfect agreement."""
    alike = [name for name in names if sum(name.casefold() == each.casefold() for each in names) > 1]
    if alike:
        who = " and ".join(safe(name, NAME) for name in alike)
        yield f"{who} may be one person under two names: then nobody else labelled what both did"


def _twice(raters: Raters) -> str:
    if raters.items in (0, raters.labelled):
        return ""
    return f", {raters.items} of them by two or more"


def _said(raters: Raters, confidence: float) -> str:
    """How often they say the same, and what that is worth."""
    if raters.agreement is None or raters.grade is None:
        return "No item was labelled by two, so nothing tells how far people agree."
    both = "Both" if len(raters.names) == 2 else "Two raters picked at random"
    share, interval = whole(raters.agreement, confidence).split(" ", 1)
    words = f"{both} say the same of {share} of them {interval}"
    if raters.alpha is None:
        return f"{words}, and all that was said is one word: nothing tells whether they would agree on another."
    ac = "AC2" if raters.weighted is not None else "AC1"
    return f"{words}: {GRADES[raters.grade].format(ac=ac, who=WHO, chance=f'{raters.chance or 0.0:.0%}')}"


def _common(raters: Raters) -> bool:
    """Whether nearly all labels say the same, so that saying it of all would look like agreement."""
    return raters.passed is not None and not 1 - COMMON <= raters.passed <= COMMON


def _coefficients(raters: Raters) -> Iterator[str]:
    ordinal = raters.weighted is not None
    two = raters.kappas[0].kappa if len(raters.names) == 2 and raters.kappas else None
    parts = {
        "AC2" if ordinal else "AC1": raters.ac,
        "Krippendorff's alpha": raters.alpha,
        "Fleiss' kappa": raters.fleiss,
        "Cohen's kappa": two,
    }
    said = [f"{name} {bare(each)}" for name, each in parts.items() if each is not None]
    if said:
        yield f"{CHANCE}: {', '.join(said)}"


def look_lines(look: Sequence[Look], *, everything: bool) -> Iterator[str]:
    """Items to look at."""
    if not look:
        return
    shown = look if everything else look[:NAMED]
    more = f" (-v shows all {len(look)})" if len(shown) < len(look) else ""
    yield f"to look at{more}:"
    for each in shown:
        said = [f"{name} says {word}" for name, word in each.raters.items()]
        said = [f"the judge says {each.judge}", *said] if each.judge is not None else said
        yield safe(f"  {each.case} ({WHY[each.why]}): {', '.join(said)}", 500)
        for rater, note in each.notes.items():
            yield safe(f"    {rater}: {note}", NOTE)
