"""The heat map: the pass rate of each dimension in each category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.building.parts import part_of_bar, predicted_only
from pytest_evalbars.report.model import Cell
from pytest_evalbars.run.columns import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.report.building.parts import Part

#: Verdicts, the worst first.
WORST = ("missed", "no data", "inconclusive", "met")


def cells(parts: Sequence[Part], decision: Decision, confidence: float) -> Iterator[Cell]:
    """One for each part, with what enforced bars say of just that."""
    said: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in decision.verdicts:
        place = part_of_bar(verdict.spec, verdict.dimension, verdict.group)
        if place is not None and verdict.spec.kind.of == "verdicts":
            said.setdefault(place, []).append(verdict)
    silent = {
        name for name in {part.dimension for part in parts} if predicted_only(parts[0].slice.run, decision, name)
    }
    for part in parts:
        cell = _cell(part, said.get((part.dimension, part.kind, part.category), []), confidence)
        if part.dimension in silent:
            cell = cell.model_copy(update={"rate": None, "interval": None, "predicted": True})
        yield cell


def _cell(part: Part, verdicts: Sequence[Verdict], confidence: float) -> Cell:
    some = part.slice
    stopped = bool(some.stopped().any())
    found = pass_rate.estimate(some)
    words = [each.verdict for each in verdicts if each.enforced]
    rate = interval = None
    corrected = next(
        (
            each
            for each in verdicts
            if each.correction and each.spec.metric == "pass_rate" and not each.spec.compares and not stopped
        ),
        None,
    )
    if corrected is not None:
        rate, interval = corrected.estimate, corrected.interval
    elif found is not None and not stopped:
        rate, interval = found.value, found.interval(confidence)
    by_judge = some.run.judged is not None and bool((some.of(some.run.judged.by)[some.judged()] >= 0).any())
    return Cell(
        dimension=part.dimension,
        category=part.category,
        kind=part.kind,
        rate=rate,
        interval=interval,
        cases=0 if found is None else found.cases,
        trials=int(some.judged().sum()),
        errors=int((some.of(some.run.outcome) == ERROR).sum()),
        raw=by_judge and corrected is None,
        corrected=corrected is not None,
        stopped=stopped,
        verdict=min(words, key=WORST.index) if words else None,
    )
