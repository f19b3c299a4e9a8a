"""What was measured, how often, of which version and when; and what limits what that tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import HELD
from pytest_evalbars.report.numbers import count, figure
from pytest_evalbars.report.story.saying import begun, ended, items, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import Kind, Report

#: Characters of a commit that tell it from others.
SHORT = 9
#: Characters at the start by which a note of the gate is known to say what a condition says, and one that says less.
SAME = 30
PARTIAL = "reported, not enforced"
#: What each condition means for the numbers.
MEANING: dict[Kind, str] = {
    "errors": "Such trials count neither for nor against the model; a verdict that they could turn stays open.",
    "no data": "What was not judged is not known, and is never taken for a pass.",
    "incomplete": "Trials without a result could have come out either way, and no verdict takes them for passes.",
    "partial": "A bar whose cases were left out in part is told, and not held.",
    "resumed": "What had been finished before was taken over, and not asked again.",
    "sharded": "The parts ran apart from each other, and are judged here as one run.",
    "replayed": "Where recorded answers were read, nothing tells how the model would answer today.",
    "stopped early": "Where trials were stopped there is no rate, only what the rate can still be.",
    "not run": "What was not run is not in these numbers.",
    "second look": "These cases were chosen because they missed or erred before, so their rates say nothing of all.",
    "saturated left out": "Whether saturated cases that did not run would still pass is not known.",
    "quarantine": "A case in quarantine counts for no bar that does not ask for such cases; where it is over, as any "
    "other does.",
    "uncalibrated judge": "How often such a judge errs is not known: its rates are its opinion.",
}


def measured(report: Report) -> Iterator[str]:
    """The run in a paragraph, then what was judged."""
    run = report.run
    if not run.trials:
        yield f"No case was judged{_when(report)}."
    else:
        often = ", each asked once" if run.cases == run.trials else f" in {count(run.trials, 'trial')}"
        yield f"{count(run.cases, 'case')}{often}{_when(report)}."
    version = [
        *([f"commit {run.commit[:SHORT]}"] if run.commit else []),
        *(["with changes that are not committed"] if run.commit and run.changed else []),
        *(f"{key} {value}" for key, value in run.labels.items()),
    ]
    yield f"The version: {', '.join(version)}." if version else "Nothing in the run names the version that was asked."
    whole = [cell for cell in report.cells if not cell.category]
    for kind in dict.fromkeys(cell.kind for cell in sorted(whole, key=lambda cell: cell.kind != HELD)):
        names = [f"{cell.dimension} ({count(cell.cases, 'case')})" for cell in whole if cell.kind == kind]
        yield f"Judged on {listed(names)}." if kind == HELD else f"Told apart, {_of_kind(kind)}: {listed(names)}."
    held = {bar.dimension for bar in report.bars}
    free = [cell.dimension for cell in whole if cell.kind == HELD and cell.dimension not in held]
    if free and report.bars and None not in held:
        yield f"No bar was held on {listed(free)}."
    yield from _judges(report)
    yield from _took(report)


def _of_kind(kind: str) -> str:
    """`adversarial cases of status capability`."""
    status, _, set_ = kind.partition(", ")
    return f"{f'{set_} ' if set_ else ''}cases{'' if status == HELD else f' of status {status}'}"


def _judges(report: Report) -> Iterator[str]:
    """Which models judged what, and what is known of them."""
    known: dict[tuple[str, str], list[str]] = {}
    for each in report.judges:
        rubric = f" (rubric {each.rubric})" if each.rubric else ""
        known.setdefault((each.model, each.text), []).append(f"{each.dimension}{rubric}")
    for (model, text), what in known.items():
        yield f"The judge {model} judged {listed(what)}; {ended(text)}"


def _took(report: Report) -> Iterator[str]:
    """Time and money, where they were measured."""
    for each in report.measures:
        if each.name == "seconds" and each.median is not None and each.p95 is not None:
            half, most = figure(each.unit, each.median), figure(each.unit, each.p95)
            yield f"Without waits and judges half of the trials took {half} or less, and 95 of 100 {most} or less."
        if each.name == "cost_usd" and each.total is not None:
            trials = "1 trial" if each.trials == 1 else f"{each.trials} trials"
            yield f"Cost in all, of the {trials} of which it is known: {figure(each.unit, each.total)}."


def _when(report: Report) -> str:
    run = report.run
    when = f", on {run.started[:10]}" if run.started else ""
    names = [name for name in run.names if name]
    return f"{when} (run{'s' if len(names) > 1 else ''} {listed(names, 3)})" if names else when


def limits(report: Report) -> Iterator[str]:
    """Each condition of the run with its meaning, and what else the gate noted."""
    told = []
    notes = list(report.decision.notes)
    for condition in report.run.conditions:
        # The gate's note on the same thing may know more of it, such as what most errors say.
        same = [note for note in notes if note[:SAME] == condition.text[:SAME]]
        text = max([condition.text, *same], key=len)
        told.append(f"{begun(ended(text))} {MEANING[condition.kind]}")
        notes = [note for note in notes if note not in same]
    partial = any(condition.kind == "partial" for condition in report.run.conditions)
    told += [begun(ended(note)) for note in notes if not (partial and PARTIAL in note)]
    told += [f"A bar changed since the baseline: {ended(change)}" for change in report.decision.changed_bars]
    yield from items(told, len(told))
