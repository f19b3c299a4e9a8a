"""What only the story asks of a verdict: what is proven, from which side, and in which groups it is worst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pytest_evalbars.gate.slices import groups_of, metric_of, slices_of
from pytest_evalbars.gate.verdict import finite
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.report.model import SliceTold
from pytest_evalbars.report.numbers import amount, between, number, span
from pytest_evalbars.report.words import counted

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.run.columns import Run

#: Groups that are told.
WORST = 3
#: How the gate notes that a judge of a bar on labels is not to be trusted.
DISTRUST = "uncalibrated judge:"
#: How it notes that the bound which meets a bar does not hold.
SKEWED = "amounts this skewed need"


def for_the_story(run: Run, bars: Bars, verdict: Verdict) -> dict[str, Any]:
    """The fields of a `BarTold` that the story adds."""
    bar, kind = verdict.spec, verdict.spec.kind
    weakest, slices = _weakest(run, bars, verdict)
    end = _bound(verdict)
    return {
        "rule": bar.rule,
        "min_cases": bar.min_cases,
        "counted": counted(bar),
        "proven": proven(verdict),
        "bound_words": "" if end is None else number(bar, end),
        "room": None if end is None or verdict.verdict != "met" else finite(abs(end - bar.threshold)),
        "possible_words": "" if verdict.possible is None else between(kind, verdict.possible),
        "change_words": _change(verdict),
        "raw_words": "" if verdict.raw is None else number(bar, verdict.raw),
        "raw_interval_words": "" if verdict.raw_interval is None else span(bar, verdict.raw_interval),
        "weakest": weakest,
        "slices": slices,
    }


def proven(verdict: Verdict) -> Literal["met", "missed"] | None:
    """What the evidence proves.

    Nothing is proven by a bare number, on a part of the cases, by a bound that so few amounts do not give, or where a
    judge counted and no labels of people correct it: then it is proven of the judge's word, not of what is judged.
    """
    if verdict.verdict not in ("met", "missed") or verdict.spec.rule != "evidence" or not verdict.enforced:
        return None
    if verdict.judge is not None and verdict.correction is None:
        return None
    if any(note.startswith(DISTRUST) for note in verdict.notes):
        return None
    if verdict.verdict == "met" and any(note.startswith(SKEWED) for note in verdict.notes):
        return None
    return "met" if verdict.verdict == "met" else "missed"


def _bound(verdict: Verdict) -> float | None:
    """Of one that is met the end that had to clear the bar; of one that is missed the other."""
    if verdict.verdict not in ("met", "missed"):
        return None
    return verdict.high if (verdict.verdict == "met") == verdict.spec.upper else verdict.low


def _change(verdict: Verdict) -> str:
    if not verdict.spec.compares or verdict.before is None or verdict.after is None:
        return ""
    return " -> ".join(amount(verdict.spec.kind, each) for each in (verdict.before, verdict.after))


def _weakest(run: Run, bars: Bars, verdict: Verdict) -> tuple[tuple[SliceTold, ...], int]:
    """The categories that do worst within a whole slice, as long as its number is what was counted."""
    bar = verdict.spec
    whole = verdict.group is None and verdict.verdict != "no data"
    counted = not (bar.each or bar.compares or verdict.stopped or bar.kind.of == "labels") and verdict.raw is None
    if not (whole and counted and any("category" in labels for labels in run.labelsets)):
        return (), 0
    part = next(
        (part for name, group, part in slices_of(run, bar) if (name, group) == (verdict.dimension, None)), None
    )
    if part is None:
        return (), 0
    try:
        metric = metric_of(bar, bars, verdict.dimension)
        groups = groups_of(run, bar.model_copy(update={"each": ("category",)}), part.rows)
        found = [(name, metric.estimate(group)) for name, group in groups]
    except NoData:
        return (), 0
    known = [(estimate, name) for name, estimate in found if estimate is not None]
    if len(known) < 2:
        return (), 0
    alpha = bars.alpha / len(known)
    told = [
        SliceTold(
            name=name,
            rate=estimate.value,
            words=amount(bar.kind, estimate.value),
            cases=estimate.cases,
            beyond=_beyond(bar, estimate.bounds(alpha)),
        )
        for estimate, name in known
    ]
    # First what is more than a low number: many cases a little below the bar may say more than none of two.
    told.sort(key=lambda each: (not each.beyond, -each.rate if bar.upper else each.rate, each.name))
    return tuple(told[:WORST]), len(known)


def _beyond(bar: Bar, bounds: tuple[float, float]) -> bool:
    low, high = bounds
    return low > bar.threshold if bar.upper else high < bar.threshold
