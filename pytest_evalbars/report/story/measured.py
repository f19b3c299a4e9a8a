"""What was measured, how often, of which version and when; and what limits what that tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.story.saying import begun, ended, items, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import Kind, Report

#: Characters of a commit that tell it from others.
SHORT = 9
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
    "quarantine": "A case in quarantine counts for no bar that does not ask for such cases.",
    "uncalibrated judge": "What it says was not compared with people, so its rates tell its opinion.",
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
    judged = [cell for cell in report.cells if not cell.category]
    if judged:
        names = [f"{each.dimension} ({count(each.cases, 'case')})" for each in judged]
        yield f"Judged on {listed(names)}."
    sizes = {each.dimension: each.cases for each in judged}
    if any(bar.cases < sizes.get(bar.dimension or "", 0) for bar in report.bars if bar.counted == "case"):
        yield "Some bars speak of a part of these cases only; each number below says of how many."
    held = {bar.dimension for bar in report.bars}
    free = [each.dimension for each in judged if each.dimension not in held]
    if free and report.bars and None not in held:
        yield f"No bar was held on {listed(free)}."


def _when(report: Report) -> str:
    run = report.run
    when = f", on {run.started[:10]}" if run.started else ""
    names = [name for name in run.names if name]
    return f"{when} (run {listed(names, 3)})" if names else when


def limits(report: Report) -> Iterator[str]:
    """Each condition of the run with its meaning, and what else the gate noted."""
    told = []
    notes = list(report.decision.notes)
    for condition in report.run.conditions:
        longer = next((note for note in notes if note.startswith(condition.text)), "")
        told.append(f"{begun(ended(longer or condition.text))} {MEANING[condition.kind]}")
        notes = [note for note in notes if note not in (longer, condition.text)]
    told += [begun(ended(note)) for note in notes]
    told += [f"A bar changed since the baseline: {ended(change)}" for change in report.decision.changed_bars]
    yield from items(told, len(told))
