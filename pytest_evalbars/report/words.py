"""Verdicts in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.gate.select import CLASS
from pytest_evalbars.report.numbers import amount, between, count, number, span, threshold
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.report.model import BarTold
    from pytest_evalbars.run.columns import Run

#: What a bar on labels counts, where it is not all labelled answers.
LABELLED = {"judge_specificity": "labelled bad answer", "judge_sensitivity": "labelled good answer"}


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


def metric_words(bar: Bar) -> str:
    """`pass rate`, `share at or above adequate`, `recall of refunds`."""
    words = bar.kind.words
    if bar.level is not None:
        words += f" {bar.level}"
    return safe(f"{words} of {bar.class_}" if bar.class_ is not None else words)


def place(verdict: Verdict) -> list[str]:
    """What a table's row is about, in two cells: the dimension, and the slice, with the metric if it needs a name."""
    bar = verdict.spec
    dimension = safe(verdict.dimension or ("all trials" if bar.all_trials else "-"), 40)
    if verdict.group is not None:
        # Classes have no whole above them that would say the metric.
        metric = f"{metric_words(bar)}: " if CLASS in bar.each else ""
        return [dimension, safe(f"  {metric}{verdict.group}", 60)]
    picked = {"category": bar.category, "status": bar.status, **bar.labels}
    picks = ", ".join(f"{key} {'|'.join(words)}" for key, words in picked.items() if words)
    metric = "" if bar.metric == "pass_rate" else metric_words(bar)
    if bar.compares:
        metric = f"{metric}, against baseline" if metric else "against baseline"
    return [dimension, safe(": ".join(filter(None, [metric, picks])) or "all", 60)]


def asides(verdict: Verdict) -> Iterator[str]:
    """What stands in brackets behind the verdict."""
    if verdict.replayed and verdict.trials:
        yield "replayed" if verdict.only_replayed else "partly replayed"
    if not verdict.enforced:
        yield "not enforced"
    if verdict.judge == "uncalibrated":
        yield "uncalibrated judge"


def collapsed(groups: Sequence[Verdict], *, whole: bool) -> str:
    """`+ 200 groups: all met, lowest es 91.2%`, `+ 50 more groups: 42 met, lowest es 91.2%; 8 inconclusive`.

    Args:
        groups: those of one bar that are only counted.
        whole: whether they are all that there are.
    """
    words = []
    for word in ("met", "missed", "no data", "inconclusive"):
        if of_word := [each for each in groups if each.verdict == word]:
            many = "all" if len(of_word) == len(groups) else str(len(of_word))
            words.append(f"{many} {word}{_extreme(of_word) if word == 'met' else ''}")
    return f"  + {len(groups)} {'' if whole else 'more '}groups: {'; '.join(words)}"


def _extreme(groups: Sequence[Verdict]) -> str:
    """Which of the groups is nearest to the wrong side: `, lowest es 91.2%`."""
    bar = groups[0].spec
    told = [each for each in groups if each.estimate is not None]
    if not told or bar.compares:
        return ""
    at = (max if bar.upper else min)(told, key=lambda each: each.estimate or 0.0)
    name = f"{'highest' if bar.upper else 'lowest'} {safe(at.group, 40)}"
    return f", {name} {number(bar, at.estimate or 0.0)}"


def subject(verdict: Verdict) -> str:
    """What a verdict is about: `faithfulness in category es (bar faithful)`."""
    bar = verdict.spec
    words = verdict.dimension or (metric_words(bar) if bar.all_trials else "any dimension")
    if verdict.group is not None:
        words += f" in {'/'.join(bar.each)} {verdict.group}"
    return safe(f"{words} (bar {bar.name})" if "name" in bar.model_fields_set else words)


def sentence(verdict: Verdict, confidence: float) -> str:
    """What a verdict says: the number, its interval, the bar, and how sure it is."""
    if verdict.verdict == "no data":
        claim = f"no judged case ({', '.join(lacking(verdict)) or 'none in this run'}), bar {threshold(verdict.spec)}"
        if verdict.metric_lacks:
            claim = f"the {metric_words(verdict.spec)} is not known, bar {threshold(verdict.spec)}"
    else:
        claim = f"{metric_words(verdict.spec)} {_number(verdict, confidence)}, bar {threshold(verdict.spec)}"
        if proof := _proof(verdict, confidence):
            claim += f": {proof}"
    if verdict.needed is not None:
        claim += f"; about {_cases(verdict, verdict.needed)} would settle it at this rate"
    elif verdict.correction is not None and verdict.verdict == "inconclusive":
        claim += "; more labelled answers (`evalbars review`) and more cases narrow it"
    return "; ".join(filter(None, [claim, recorded(verdict), *map(safe, verdict.notes)]))


def _cases(verdict: Verdict, number: int) -> str:
    """So many of what the number is of."""
    return count(number, counted(verdict.spec))


def counted(bar: Bar) -> str:
    """What a bar's number is of: `case`, `labelled answer`."""
    return LABELLED.get(bar.kind.name, "labelled answer") if bar.kind.of == "labels" else "case"


def recorded(verdict: Verdict) -> str:
    """That a verdict rests on recorded answers; empty if it does not."""
    if not verdict.replayed or verdict.verdict == "no data":
        return ""
    part = "" if verdict.only_replayed else f"{verdict.replayed} of {count(verdict.trials, 'trial')} "
    return f"{part}on recorded answers: the model was not sampled again"


def lacking(verdict: Verdict | BarTold) -> Iterator[str]:
    """Which trials of a verdict gave it nothing."""
    if verdict.unjudged:
        yield f"{count(verdict.unjudged, 'trial')} could not be judged"
    if verdict.skipped:
        yield f"{count(verdict.skipped, 'trial')} skipped"
    if verdict.stopped:
        yield f"{count(verdict.stopped, 'trial')} stopped early"


def _number(verdict: Verdict, confidence: float) -> str:
    kind = verdict.spec.kind
    if verdict.possible is not None:
        ran, planned = verdict.trials, verdict.trials + verdict.stopped
        spread = between(kind, verdict.possible)
        return f"{spread} ({ran} of {count(planned, 'trial')} ran, {verdict.stopped} stopped early)"
    bar, value = verdict.spec, verdict.estimate or 0.0
    words = f"{number(bar, value)} over {_cases(verdict, verdict.cases)}"
    if bar.compares:
        was, now = (amount(kind, each or 0.0) for each in (verdict.before, verdict.after))
        words = f"{was} -> {now} over {count(verdict.cases, 'case')}, {number(bar, value) if value else 'no change'}"
    if verdict.interval is None:
        return words
    words = f"{words} ({confidence * 100:g}% interval {span(bar, verdict.interval)})"
    if verdict.raw is not None and verdict.raw_interval is not None:
        raw = f"raw, as judged: {number(bar, verdict.raw)}, {span(bar, verdict.raw_interval)}"
        return f"{words}, {verdict.correction} on {count(verdict.labels, 'labelled answer')} ({raw})"
    return f"{words}; {never}" if (never := never_seen(verdict, confidence)) else words


def never_seen(verdict: Verdict, confidence: float) -> str:
    """`0 of 60: at most 4.9% at 95%`: what it is worth that nothing of the kind was seen; empty if something was."""
    kind = verdict.spec.kind
    if (
        verdict.spec.compares
        or kind.unit != "share"
        or not verdict.spec.upper
        or verdict.estimate != 0
        or verdict.correction is not None
        or verdict.high is None
    ):
        return ""
    return f"0 of {verdict.cases}: at most {amount(kind, verdict.high)} at {confidence * 100:g}%"


def _proof(verdict: Verdict, confidence: float) -> str:
    """What the verdict rests on, where it is proven or could stop at any time."""
    worse = "worse" if verdict.spec.compares else "higher" if verdict.spec.upper else "lower"
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
