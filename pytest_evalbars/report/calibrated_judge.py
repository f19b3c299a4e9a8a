"""A judge held against people, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from pytest_evalbars.calibration.findings import COMMON, PAIR
from pytest_evalbars.report.measured import bare, tenths, whole
from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.calibration.findings import (
        Bias,
        Change,
        Consistency,
        Drift,
        Judged,
        Measured,
        Position,
        Trend,
        Verbosity,
    )
    from pytest_evalbars.calibration.record import CalibratedJudge

#: Characters of a name.
NAME = 80
#: What it can err on.
ANSWERS = ("bad answers", "good answers")
PAIRS = ("pairs whose first answer is worse", "pairs whose first answer is not")
BLIND = (
    "not proven to be better than chance: the pass rate of the answers that labels were drawn from can be launched, "
    "by those labels; nothing else can"
)
MORE_BAD = "draw more that fail with `evalbars review RUN --sample judge-fails`"


def held_lines(judge: CalibratedJudge, judged: Judged, confidence: float) -> Iterator[str]:
    """What people's labels say of a judge.

    Args:
        judge: who it is.
        judged: what was found out.
        confidence: of the intervals.
    """
    labelled = (
        f"{count(judged.items, 'labelled answer')}, {_half(judged.good)} good and {_half(judged.bad)} bad by people"
    )
    if not float(judged.good).is_integer():
        labelled += " (one that they differ on is partly both)"
    yield f"judge {safe(judge.by, 2 * NAME)}: {labelled}"
    lines = [*_errors(judge, judged, confidence), *_table(judge, judged), *_rates(judged), *_bias(judged.bias)]
    if judged.drift is not None:
        lines += _drift(judged.drift)
    if judged.why_not:
        lines.append(f"not good enough to hold a bar on: {'; '.join(judged.why_not)}")
    elif judged.blind:
        lines.append(BLIND)
    yield from (f"  {line}" for line in lines)


def _half(items: float) -> str:
    """How many items; of one that raters differ on, a part counts."""
    return f"{items:.1f}".removesuffix(".0")


def _errors(judge: CalibratedJudge, judged: Judged, confidence: float) -> Iterator[str]:
    bad, good = PAIRS if set(judge.levels) == PAIR else ANSWERS
    if judged.specificity is None:
        yield f"people let none of them miss, so what share of {bad} it lets through is not known; {MORE_BAD}"
    else:
        right = judged.specificity
        yield f"it lets through {_of_100(right)} of 100 {bad} {_ends(right, confidence)}"
    if judged.sensitivity is None:
        yield f"people pass none of them, so what share of {good} it stops is not known"
    else:
        yield f"it stops {_of_100(judged.sensitivity)} of 100 {good} {_ends(judged.sensitivity, confidence)}"
    yield f"judge and people say the same of {whole(judged.agreement)}"
    if judge.levels and judged.words.of:
        same, of = judged.words.same, judged.words.of
        yield f"it says the very level that most people say for {same} of {of} ({same / of:.1%})"
    parts = {
        "AC2" if judged.ordinal else "AC1": judged.ac,
        "Krippendorff's alpha": judged.alpha,
        "Cohen's kappa": judged.kappa,
    }
    said = [f"{name} {bare(each)}" for name, each in parts.items() if each]
    if said:
        common = max(judged.passed, 1 - judged.passed)
        little = f"; kappa and alpha mean little where {common:.0%} are of one kind" if common > COMMON else ""
        yield f"beyond chance: {', '.join(said)}{little}"


def _of_100(right: Measured) -> str:
    """Of how many in a hundred the judge is wrong."""
    return f"{100 * (1 - right.value):.0f}"


def _ends(right: Measured, confidence: float) -> str:
    low, high = 100 * (1 - right.high), 100 * (1 - right.low)
    return f"(between {low:.0f} and {high:.0f} at {confidence * 100:g}%)"


def _table(judge: CalibratedJudge, judged: Judged) -> Iterator[str]:
    """The judge's words against people's."""
    known = [*judge.levels, *(() if judge.levels else ("pass", "miss"))]
    rows = sorted(judged.confusion, key=lambda word: (known.index(word) if word in known else len(known), word))
    said = {word for row in judged.confusion.values() for word in row}
    columns = sorted(said, key=lambda word: (known.index(word) if word in known else len(known), word))
    cells = [[f"judge: {safe(row, NAME)}", *(judged.confusion[row].get(each, 0) for each in columns)] for row in rows]
    text = tabulate(cells, ["", *(f"people: {safe(each, NAME)}" for each in columns)], tablefmt="plain")
    yield from (line.rstrip() for line in text.splitlines())


def _rates(judged: Judged) -> Iterator[str]:
    if judged.raw is None:
        return
    yield f"its own pass rate: {tenths(judged.raw)} of all that it judged"
    if not judged.by_case:
        yield "  (each answer taken for a case of its own; name the RUN where cases were tried more than once)"
    if judged.corrected is not None:
        yield f"as people would judge: {tenths(judged.corrected)}"


def _bias(bias: Bias) -> Iterator[str]:
    if bias.position is not None:
        yield _position(bias.position)
    if bias.verbosity is not None:
        yield from _verbosity(bias.verbosity)
    if bias.consistency is not None:
        yield from _consistency(bias.consistency)


def _position(found: Position) -> str:
    flips, first = found.first.of, found.first.same
    words = f"order: of {count(found.pairs, 'pair')} its verdict on {flips} changes when the answers change places"
    if not flips:
        return words
    words += f" ({found.flips.low:.0%} to {found.flips.high:.0%} of all); {first} of them lean to what stands first"
    if not found.biased:
        return f"{words}: no place is proven to be preferred (p = {found.p:.2g})"
    return f"{words}: it prefers what stands {'first' if 2 * first > flips else 'second'} (p = {found.p:.2g})"


def _verbosity(found: Verbosity) -> Iterator[str]:
    parts = {"bad": found.bad, "good": found.good}
    told = [words for kind, each in parts.items() if each and each.biased and (words := _trend(kind, each))]
    yield from told
    if not told:
        looked = " and ".join(f"{each.items} {kind}" for kind, each in parts.items() if each)
        yield f"length: no sign that its verdict goes with it, among {looked} answers"


def _trend(kind: str, found: Trend) -> str:
    more = "more" if found.z > 0 else "less"
    shortest, longest = found.passed[0], found.passed[-1]
    return (
        f"length: it passes long {kind} answers {more} often than short ones: {shortest:.0%} of the shortest, "
        f"{longest:.0%} of the longest (p = {found.p:.2g})"
    )


def _consistency(found: Consistency) -> Iterator[str]:
    differ, unstable = found.differ, found.unstable
    what = "its votes" if found.source == "votes" else "its verdicts, asked again,"
    yield (
        f"chance: two of {what} on one answer differ in {whole(differ)}; "
        f"{round(unstable.value * found.items)} of {count(found.items, 'answer')} got more than one"
    )
    if found.left_out:
        yield f"not asked again: {', '.join(f'{many} {safe(why, NAME)}' for why, many in found.left_out.items())}"


def _drift(found: Drift) -> Iterator[str]:
    if found.same:
        head = f"{count(found.items, 'item')} labelled since {found.calibrated}"
    else:
        was = " and ".join(
            "another prompt" if key == "prompt" else f"the {key} {safe(getattr(found, key), NAME)}"
            for key in found.changed
        )
        head = f"on {found.calibrated} the judge had {was}"
    changes = {
        "bad answers it lets through": (found.specificity, -1),
        "good answers it stops": (found.sensitivity, -1),
        "agreement with people": (found.agreement, 1),
    }
    told = [_change(name, each, sign) for name, (each, sign) in changes.items() if each is not None and each.proven]
    yield f"drift: {head}: {'; '.join(told) if told else 'nothing is proven to have changed'}"
    if not told and found.agreement is not None:
        yield f"  {_change('agreement with people', found.agreement, 1)}"


def _change(name: str, found: Change, sign: int) -> str:
    """`agreement with people 92% -> 80% (-22 to -3 points), proven`."""
    before, after = (each if sign > 0 else 1 - each for each in (found.before, found.after))
    low, high = sorted((sign * found.change.low * 100, sign * found.change.high * 100))
    proof = "proven" if found.proven else "not proven"
    return f"{name} {before:.0%} -> {after:.0%} ({low:+.0f} to {high:+.0f} points), {proof}"
