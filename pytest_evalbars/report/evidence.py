"""What a reader of a failing verdict asks next: why the bar is there, where it is worst, which cases missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import CLASS
from pytest_evalbars.gate.slices import groups_of, metric_of, slices_of
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.report.numbers import amount, count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.gate.against import Flips
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.metrics.slice import Metric, Slice
    from pytest_evalbars.run.columns import Run

#: How many cases, and how many slices, are named before the rest is only counted.
CASES, SLICES = 5, 3


def details(run: Run, bars: Bars, verdict: Verdict) -> list[str]:
    """Why the bar is there, where its number is worst, and which cases make it so."""
    bar, lines = verdict.spec, []
    if bar.why:
        lines.append(f"why: {safe(bar.why)}")
    if bar.compares:
        return lines if verdict.flips is None else [*lines, _flipped(bar, verdict.flips)]
    part = None if bar.kind.of == "labels" else _slice(run, verdict)
    if part is None:
        return lines
    try:
        metric = metric_of(bar, bars, verdict.dimension)
        if verdict.group is None and not verdict.stopped and (worst := _worst(run, bar, metric, part)):
            lines.append(f"{'worst' if verdict.raw is None else 'worst, as the judge says'}: {worst}")
        if cases := _bad_cases(bar, metric, part):
            missed = bar.kind.of == "verdicts" and bar.kind.unit == "share"
            lines.append(f"{'missed' if missed else 'worst'} cases: {cases}")
    except NoData:
        return lines
    return lines


def _flipped(bar: Bar, flips: Flips) -> str:
    """`7 cases worse, 2 better; worse: refund-1 (100.0% -> 0.0%: cites nothing), ...`."""
    told = []
    for case, before, after, reason in flips.named:
        # Of a single trial the two words say it all.
        change = "" if bar.kind.unit == "share" and abs(before - after) == 1 else _from_to(bar, before, after)
        told.append((case, ": ".join(filter(None, [change, reason]))))
    words = f"{count(flips.worse, 'case')} worse, {flips.better} better"
    if not told:
        return words
    unnamed = flips.worse - len(flips.named)
    return f"{words}; worse: {named(told, unnamed)}"


def _from_to(bar: Bar, before: float, after: float) -> str:
    return f"{amount(bar.kind, before)} -> {amount(bar.kind, after)}"


def _slice(run: Run, verdict: Verdict) -> Slice | None:
    for dimension, group, part in slices_of(run, verdict.spec):
        if (dimension, group) == (verdict.dimension, verdict.group):
            return part
    return None


def _worst(run: Run, bar: Bar, metric: Metric, part: Slice) -> str:
    """The groups that do worst, by the bar's own keys or else by category."""
    each = tuple(key for key in bar.each if key != CLASS) or ("category",)
    if not any(key in labels for labels in run.labelsets for key in each):
        return ""
    rates = []
    for name, group in groups_of(run, bar.model_copy(update={"each": each}), part.rows):
        if (estimate := metric.estimate(group)) is not None:
            rates.append((estimate.value, name, estimate.cases))
    if len(rates) < 2:
        return ""
    # Where nothing is wrong, nothing is worst.
    rates = [each for each in rates if each[0] != _best(bar)]
    rates.sort(reverse=bar.upper)
    return ", ".join(f"{safe(name)} {amount(bar.kind, value)} of {cases}" for value, name, cases in rates[:SLICES])


def _best(bar: Bar) -> float | None:
    """The number of which there is no better; None where there is none."""
    return (0.0 if bar.upper else 1.0) if bar.kind.bounded else None


def _bad_cases(bar: Bar, metric: Metric, part: Slice) -> str:
    """A few of the cases that make the number worse, with their reasons, and how many more there are."""
    run = part.run
    values, keep = metric.values(part, "apart")
    shares = bar.kind.unit == "share"
    if shares:
        bad = np.flatnonzero(keep & (values == float(bar.upper)))
        rows = part.rows
        bad = np.array(sorted(map(int, bad), key=lambda at: (run.name(int(rows[at])), run.trial[rows[at]])), np.int64)
    else:
        kept = np.flatnonzero(keep & (values != _best(bar)) if bar.kind.bounded else keep)
        bad = kept[np.argsort(-values[kept] if bar.upper else values[kept], kind="stable")]
    first: dict[str, int] = {}
    for row in map(int, bad):
        first.setdefault(run.name(int(part.rows[row])), row)
    told = {
        name: _why(bar, part, bad, row) if shares else amount(bar.kind, float(values[row]))
        for name, row in list(first.items())[:CASES]
    }
    return named([(name, told.get(name, "")) for name in first])


def _why(bar: Bar, part: Slice, bad: NDArray[np.int64], row: int) -> str:
    """Why a case counts as bad, and on how many of its trials if it had several: `3 of 5 trials: reason`."""
    run = part.run
    reason = run.reasons.get(int(part.rows[row]), "")
    if bar.kind.of == "predictions":
        reason = _predicted(part, row) or reason
    case = run.case[part.rows]
    trials = int((part.judged() & (case == case[row])).sum())
    if trials <= 1:
        return reason
    return f"{int((case[bad] == case[row]).sum())} of {trials} trials{': ' if reason else ''}{reason}"


def _predicted(part: Slice, row: int) -> str:
    """`refunds, predicted billing`."""
    run, entry = part.run, int(part.run.entry[part.rows[row]])
    extras = run.extras
    if entry < 0 or extras.predicted[entry] < 0:
        return ""
    return f"{extras.classes[extras.expected[entry]]}, predicted {extras.classes[extras.predicted[entry]]}"


def named(cases: Sequence[tuple[str, str]], more: int = 0) -> str:
    """Cases with the first line of their reasons; the first few by name, the others (and `more`) counted."""
    shown = []
    for name, reason in cases[:CASES]:
        words = safe(reason.partition("\n")[0], 100)
        shown.append(safe(f"{name} ({words})" if words else name, 220))
    rest = max(0, len(cases) - CASES) + more
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
