"""What a reader must know of runs before comparing them: what they lack, and which cases they do not share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, SKIPPED
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.comparison.finding import Comparison, Part
    from pytest_evalbars.run.columns import Run

#: Cases that are named before the others are only counted.
NAMED = 5


def of_run(part: Part) -> Iterator[str]:
    """What a run lacks."""
    run, name = part.run, safe(part.name)
    if not run.complete:
        yield f"note: {name} is incomplete: {_lacks(run)}"
    if run.errors:
        yield (
            f"note: {count(run.errors, 'trial')} of {name} could not be judged, and no rate counts them: "
            f"{_cases(run, ERROR)}"
        )
    if (run.outcome == SKIPPED).any():
        yield f"note: skipped in {name}: {_cases(run, SKIPPED)}"
    if (run.outcome == LEFT_OUT).any():
        yield f"note: left out of {name}: {_cases(run, LEFT_OUT)}"
    if run.stopped:
        yield f"note: {name} was stopped early: {count(run.stopped, 'trial')} never started, and no rate counts them"


def _lacks(run: Run) -> str:
    if run.missing:
        return f"{count(len(run.missing), 'planned trial')} without a result: {named(run.missing)}"
    if run.torn:
        return "its last line was cut off, and is left out"
    return "it has no end line, so its session was killed or still runs"


def _cases(run: Run, outcome: int) -> str:
    return named(sorted({run.name(int(row)) for row in np.flatnonzero(run.outcome == outcome)}))


def of_replays(parts: Sequence[Part]) -> Iterator[str]:
    """Which runs did not sample the model, so that they are no evidence of how it answers now."""
    resting = [part for part in parts if part.run.replayed_trials]
    if not resting:
        return
    each = [
        f"{part.run.replayed_trials} of {count(part.run.trials, 'trial')} of {safe(part.name)}" for part in resting
    ]
    why = "the model was not sampled again for them"
    if len(resting) > 1:
        why = "two replays of one recording are not two samples, and show only what else has changed"
    yield f"note: {' and '.join(each)} replay recorded answers: {why}"


def of_cases(comparison: Comparison) -> Iterator[str]:
    """Which cases and dimensions are not compared, and why."""
    matching, before, after = comparison.matching, safe(comparison.before.name), safe(comparison.after.name)
    if apart := [each for each in comparison.findings if not each.paired]:
        rows = "1 row has" if len(apart) == 1 else f"{len(apart)} rows have"
        yield (
            f"note: {rows} too few cases in common (less than 80% of either run) to compare them one by one: "
            "unpaired there, as two independent samples"
        )
    if matching.renamed:
        pairs = [f"{old} -> {new}" for old, new in matching.renamed]
        yield f"note: {count(len(pairs), 'case')} renamed: {named(pairs)}"
    if matching.changed:
        yield f"note: {count(len(matching.changed), 'case')} changed, not compared: {named(matching.changed)}"
    for name, cases in ((after, matching.new), (before, matching.removed)):
        if cases:
            yield f"note: {count(len(cases), 'case')} in {name} only, not compared: {named(cases)}"
    if matching.elsewhere:
        yield f"note: {count(matching.elsewhere, 'case')} of {before} stand in files that {after} was not asked for"
    for name, dimensions in zip((before, after), comparison.only, strict=True):
        if dimensions:
            yield f"note: judged in {name} only, not compared: {named(dimensions)}"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    words = ", ".join(safe(name, 100) for name in names[:NAMED])
    return words + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
