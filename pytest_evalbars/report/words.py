"""Verdicts in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.slices import groups_of, slices_of
from pytest_evalbars.metrics import pass_rate
from pytest_evalbars.run.columns import MISS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.metrics.slice import Slice
    from pytest_evalbars.run.columns import Run

#: How many cases, and how many slices, are named before the rest is only counted.
CASES, SLICES = 5, 3
METRIC_WORDS = {"pass_rate": "pass rate", "mean_score": "mean score"}


def amount(metric: str, value: float) -> str:
    """A metric's number as people write it."""
    return f"{value:.3f}" if metric == "mean_score" else f"{value:.1%}"


def between(metric: str, possible: tuple[float, float]) -> str:
    """`between 12.0% and 64.0%`: what a number can still be where trials were stopped early."""
    return " and ".join(["between " + amount(metric, possible[0]), amount(metric, possible[1])])


def saving(run: Run) -> str:
    """What stopping early saved: the trials, and about their cost and time where that was measured."""
    planned = run.trials + run.stopped
    words = f"stopped early: {run.stopped} of {count(planned, 'trial')} were not run, as no verdict depended on them"
    money, seconds = run.saved.get("cost_usd", 0.0), run.saved.get("seconds", 0.0)
    parts = [
        *([f"${money:.2f}" if money >= 0.01 else f"${money:.2g}"] if money else []),
        *([f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"] if seconds >= 0.05 else []),
    ]
    return f"{words}; about {' and '.join(parts)} saved" if parts else words


def threshold(bar: Bar) -> str:
    """`at least 85%`."""
    return f"{'at most' if bar.upper else 'at least'} {limit(bar)}"


def limit(bar: Bar) -> str:
    """`85%`, or a mean score as it is declared."""
    return f"{bar.threshold:g}" if bar.metric == "mean_score" else f"{bar.threshold * 100:g}%"


def count(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def subject(verdict: Verdict) -> str:
    """What a verdict is about: `faithfulness in category es (bar faithful)`."""
    bar, words = verdict.spec, verdict.dimension or "any dimension"
    if verdict.group is not None:
        words += f" in {'/'.join(bar.each)} {verdict.group}"
    return safe(f"{words} (bar {bar.name})" if "name" in bar.model_fields_set else words)


def sentence(verdict: Verdict, confidence: float) -> str:
    """What a verdict says: the number, its interval, the bar, and how sure it is."""
    if verdict.verdict == "no data":
        claim = f"no judged case ({_lacking(verdict)}), bar {threshold(verdict.spec)}"
    else:
        metric = METRIC_WORDS[verdict.spec.metric]
        claim = f"{metric} {_number(verdict, confidence)}, bar {threshold(verdict.spec)}"
        if proof := _proof(verdict, confidence):
            claim += f": {proof}"
    if verdict.needed is not None:
        claim += f"; about {count(verdict.needed, 'case')} would settle it at this rate"
    return "; ".join([claim, *map(safe, verdict.notes)])


def _lacking(verdict: Verdict) -> str:
    lacking = [
        *([f"{count(verdict.unjudged, 'trial')} could not be judged"] if verdict.unjudged else []),
        *([f"{count(verdict.skipped, 'trial')} skipped"] if verdict.skipped else []),
        *([f"{count(verdict.stopped, 'trial')} stopped early"] if verdict.stopped else []),
    ]
    return ", ".join(lacking) or "none in this run"


def _number(verdict: Verdict, confidence: float) -> str:
    metric = verdict.spec.metric
    if verdict.possible is not None:
        ran, planned = verdict.trials, verdict.trials + verdict.stopped
        spread = between(metric, verdict.possible)
        return f"{spread} ({ran} of {count(planned, 'trial')} ran, {verdict.stopped} stopped early)"
    words = f"{amount(metric, verdict.estimate or 0.0)} over {count(verdict.cases, 'case')}"
    if verdict.interval is None:
        return words
    low, high = (amount(metric, bound) for bound in verdict.interval)
    return f"{words} ({confidence * 100:g}% interval {low} to {high})"


def _proof(verdict: Verdict, confidence: float) -> str:
    """What the verdict rests on, where it is proven or could stop at any time."""
    worse = "higher" if verdict.spec.upper else "lower"
    if verdict.e_met is not None:
        enough = f"{1 / (1 - confidence):.3g}"
        if verdict.verdict == "missed":
            return f"proven {worse} (e = {verdict.e_missed:.3g}, p = {verdict.p_missed:.2g})"
        if verdict.verdict == "met":
            return f"proven (e = {verdict.e_met:.3g}, and {enough} is enough)"
        return f"e = {verdict.e_met:.3g} of the {enough} that prove it met, {verdict.e_missed:.3g} that it is {worse}"
    if verdict.verdict != "missed" or verdict.spec.rule != "evidence":
        return ""
    if verdict.p_missed is None:
        return f"proven {worse}, whatever the others say"
    return f"proven {worse} (p = {verdict.p_missed:.2g})"


def details(run: Run, verdict: Verdict) -> list[str]:
    """What a reader of a failing verdict asks next: why the bar is there, where it is worst, which cases missed."""
    bar, lines = verdict.spec, []
    if bar.why:
        lines.append(f"why: {safe(bar.why)}")
    part = _slice(run, verdict)
    if part is None:
        return lines
    if verdict.group is None and not verdict.stopped and (worst := _worst(run, bar, part)):
        lines.append(f"worst: {worst}")
    if cases := _bad_cases(run, bar, part):
        lines.append(f"missed cases: {cases}")
    return lines


def _slice(run: Run, verdict: Verdict) -> Slice | None:
    for dimension, group, part in slices_of(run, verdict.spec):
        if (dimension, group) == (verdict.dimension, verdict.group):
            return part
    return None


def _worst(run: Run, bar: Bar, part: Slice) -> str:
    """The groups that do worst, by the bar's own keys or else by category."""
    each = bar.each or ("category",)
    if not any(key in labels for labels in run.labelsets for key in each):
        return ""
    rates = []
    for name, group in groups_of(run, bar.model_copy(update={"each": each}), part.rows):
        if (estimate := pass_rate.estimate(group)) is not None:
            rates.append((estimate.value, name, estimate.cases))
    if len(rates) < 2:
        return ""
    rates.sort(reverse=bar.upper)
    return ", ".join(f"{safe(name)} {value:.1%} of {cases}" for value, name, cases in rates[:SLICES])


def _bad_cases(run: Run, bar: Bar, part: Slice) -> str:
    """A few of the cases that missed, with their reasons, and how many more there are."""
    bad = part.rows[(run.outcome[part.rows] == MISS) ^ (bar.upper and bar.metric == "pass_rate")]
    bad = bad[run.outcome[bad] <= MISS]
    if bar.metric == "mean_score":
        scored = part.rows[part.judged() & ~np.isnan(run.score[part.rows])]
        order = np.argsort(-run.score[scored] if bar.upper else run.score[scored], kind="stable")
        bad = scored[order]
    else:
        bad = np.array(sorted(bad, key=lambda row: (run.name(row), run.trial[row])), np.int64)
    first: dict[str, int] = {}
    for row in map(int, bad):
        first.setdefault(run.name(row), row)
    scores = bar.metric == "mean_score"
    told = {
        name: f"{run.score[row]:.2f}" if scores else _of_trials(run, part, bad, row)
        for name, row in list(first.items())[:CASES]
    }
    return named([(name, told.get(name, "")) for name in first])


def _of_trials(run: Run, part: Slice, bad: NDArray[np.int64], row: int) -> str:
    """Why a case missed, and on how many of its trials if it had several: `3 of 5 trials: reason`."""
    reason, case = run.reasons.get(row, ""), run.case[row]
    trials = int((part.judged() & (run.case[part.rows] == case)).sum())
    if trials == 1:
        return reason
    return f"{int((run.case[bad] == case).sum())} of {trials} trials{': ' if reason else ''}{reason}"


def named(cases: Sequence[tuple[str, str]]) -> str:
    """Cases with the first line of their reasons; the first few by name, the others counted."""
    shown = []
    for name, reason in cases[:CASES]:
        words = safe(reason.partition("\n")[0], 100)
        shown.append(safe(f"{name} ({words})" if words else name, 220))
    return ", ".join(shown) + (f" and {len(cases) - CASES} more" if len(cases) > CASES else "")
