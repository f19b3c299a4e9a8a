"""A verdict as a report tells it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from pytest_evalbars.gate.bar import HELD_BY_DEFAULT
from pytest_evalbars.gate.verdict import finite
from pytest_evalbars.report.building.story import for_the_story
from pytest_evalbars.report.evidence import details
from pytest_evalbars.report.model import BarTold
from pytest_evalbars.report.numbers import number, span, threshold
from pytest_evalbars.report.words import asides, metric_words, place, sentence, subject

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.run.columns import Run


def bar_told(run: Run, bars: Bars, verdict: Verdict) -> BarTold:
    """All that a report says of one verdict."""
    bar = verdict.spec
    return BarTold(
        name=verdict.name,
        bar=verdict.bar,
        dimension=verdict.dimension,
        group=verdict.group,
        verdict=verdict.verdict,
        fails=verdict.fails,
        enforced=verdict.enforced,
        subject=subject(verdict),
        metric=metric_words(bar),
        slice=place(verdict)[1].strip(),
        unit=bar.kind.unit,
        upper=bar.upper,
        compares=bar.compares,
        relative=bar.relative,
        threshold=bar.threshold,
        threshold_words=threshold(bar),
        estimate=finite(verdict.estimate),
        interval=_ends(verdict.interval),
        estimate_words="" if verdict.estimate is None else number(bar, verdict.estimate),
        interval_words="" if verdict.interval is None else span(bar, verdict.interval),
        possible=verdict.possible if verdict.possible and all(map(isfinite, verdict.possible)) else None,
        raw=verdict.raw,
        raw_interval=_ends(verdict.raw_interval),
        correction=verdict.correction or "",
        labels=verdict.labels,
        judge=verdict.judge,
        cases=verdict.cases,
        trials=verdict.trials,
        unjudged=verdict.unjudged,
        skipped=verdict.skipped,
        left_out=verdict.left_out,
        stopped=verdict.stopped,
        replayed=verdict.replayed,
        needed=verdict.needed,
        weak=verdict.weak,
        sentence=sentence(verdict, bars.confidence),
        why=bar.why,
        details=tuple(details(run, bars, verdict)) if verdict.fails else (),
        asides=tuple(asides(verdict)),
        notes=verdict.notes,
        **for_the_story(run, bars, verdict),
        picks=_picks(bar),
        each=bar.each,
    )


def _picks(bar: Bar) -> dict[str, tuple[str, ...]]:
    """Which cases a bar holds: what it says, and what it need not say."""
    category = {} if bar.category is None else {"category": tuple(bar.category)}
    status = {"status": tuple(bar.status or HELD_BY_DEFAULT)}
    return {**category, **status, **{key: tuple(words) for key, words in bar.labels.items()}}


def _ends(interval: tuple[float, float] | None) -> tuple[float | None, float | None] | None:
    return None if interval is None else (finite(interval[0]), finite(interval[1]))
