"""The table of slices."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.gate.select import ADVERSARIAL, SET, held_bars, speaks_of
from pytest_evalbars.gate.slices import metric_of, slices_of, weak_of
from pytest_evalbars.metrics.registry import kind_of
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.model import Drawn, RowTold, TableTold
from pytest_evalbars.report.numbers import amount, between, count, ends, number, share, sign, span
from pytest_evalbars.report.words import asides, collapsed, place
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.report.model import Look
    from pytest_evalbars.run.columns import Run

#: The places of the columns of cases, trials and weak passes.
CASES, TRIALS, WEAK = 2, 3, 5
#: Of numbers that are what a judge counted, where others are corrected for its error.
AS_JUDGED = "raw, as judged"
#: Groups of one bar that the table shows before the settled ones are only counted.
GROUPS = 8


def table(run: Run, bars: Bars, decision: Decision, *, everything: bool) -> list[TableTold]:
    """One row for each verdict, then one for each slice that no bar holds; no table without any.

    Args:
        run: the run.
        bars: the declared bars.
        decision: what the gate said.
        everything: show every group, rather than those that are not met and a count of the others.
    """
    rows: list[RowTold] = []
    for verdicts in _by_bar(decision.verdicts):
        whole, *groups = _rows(verdicts, everything=everything)
        rows += [*whole, *_pooled(run, bars, verdicts[0]), *chain.from_iterable(groups)]
    rows += _without_bar(run, bars, decision.stage)
    if not rows:
        return []
    heads = ["dimension", "slice", "cases", "trials", "value", "weak passes"]
    heads += [f"{bars.confidence * 100:g}% interval", "", "bar", "verdict"]
    told = TableTold(heads=tuple(heads), align="llrrrrllll", rows=tuple(rows), names=(0, 1))
    if not any(row.cells[WEAK] for row in rows):  # no scale has levels that pass only just
        told = _without(told, WEAK)
    if all(row.cells[TRIALS] in (row.cells[CASES], "", "-") for row in rows):  # one trial of each case
        told = told.model_copy(update={"twin": TRIALS})
    return [told]


def _without(told: TableTold, place: int) -> TableTold:
    """The table without a column."""

    def less(cells: Any) -> Any:
        return cells[:place] + cells[place + 1 :]

    rows = tuple(row.model_copy(update={"cells": less(row.cells)}) for row in told.rows)
    return told.model_copy(update={"heads": less(told.heads), "align": less(told.align), "rows": rows})


def _by_bar(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    found: dict[tuple[str, str | None], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.bar, verdict.dimension), []).append(verdict)
    return list(found.values())


def _rows(verdicts: list[Verdict], *, everything: bool) -> Iterator[list[RowTold]]:
    """The rows of each verdict."""
    first = int(verdicts[0].group is None)  # a bar of each class has no whole
    whole, groups = verdicts[:first], verdicts[first:]
    shown = groups
    if not everything and len(groups) > GROUPS:
        open_ones = [each for each in groups if each.verdict != "met"]
        worst = sorted(open_ones, key=lambda each: (not each.fails, each.p_missed is None, each.p_missed or 0))
        kept = {id(each) for each in worst[:GROUPS]}
        shown = [each for each in groups if id(each) in kept or each.fails or each.verdict == "missed"]
    for verdict in [*whole, *shown]:
        yield [_row(verdict), *_raw(verdict)]
    some = {id(each) for each in shown}
    if rest := [each for each in groups if id(each) not in some]:
        yield [RowTold(cells=("", collapsed(rest, whole=not shown), *[""] * 8))]


def _row(verdict: Verdict) -> RowTold:
    bar = verdict.spec
    numbers = ["-", "-"]
    if verdict.estimate is not None:
        numbers[0] = number(bar, verdict.estimate)
    if verdict.interval is not None:
        numbers[1] = span(bar, verdict.interval)
    trials = str(verdict.trials)
    if verdict.stopped:
        trials = f"{verdict.trials} of {verdict.trials + verdict.stopped}"
    if verdict.possible is not None:
        numbers[1] = between(bar.kind, verdict.possible)
    elif verdict.e_met is not None:
        numbers[1] = f"none (e = {verdict.e_met:.3g})"
    if bar.kind.of == "labels":
        trials = "-"  # what it counts are answers, and no run tried them for it
    cells = [
        *place(verdict),
        str(verdict.cases),
        trials,
        numbers[0],
        _share(verdict.weak) if verdict.raw is None else "",
        numbers[1],
        _drawn(bar, verdict.estimate, verdict.interval),
        sign(bar),
        verdict.verdict.upper() if verdict.fails else verdict.verdict,
    ]
    look: Look = "bad" if verdict.fails else "plain" if verdict.verdict == "met" else "warn"
    return RowTold(cells=tuple(cells), look=look, sign=verdict.verdict, aside=", ".join(asides(verdict)))


def _drawn(bar: Bar, value: float | None, interval: tuple[float, float] | None) -> Drawn | None:
    """What can be drawn: shares, on one axis with those of other bars."""
    if interval is None or bar.compares or bar.kind.unit != "share":
        return None
    return Drawn(value=value, low=interval[0], high=interval[1], threshold=bar.threshold, upper=bar.upper)


def _raw(verdict: Verdict) -> Iterator[RowTold]:
    """What the judge itself says, below what is left of it."""
    if verdict.raw is None or verdict.raw_interval is None:
        return
    bar, inset = verdict.spec, "  " if verdict.group is None else "    "
    numbers = [number(bar, verdict.raw), _share(verdict.weak), span(bar, verdict.raw_interval)]
    rests_on = f"{verdict.correction}, {count(verdict.labels, 'labelled answer')}"
    drawn = _drawn(bar, verdict.raw, verdict.raw_interval)
    yield RowTold(cells=("", inset + AS_JUDGED, "", "", *numbers, drawn, "", rests_on))


def _pooled(run: Run, bars: Bars, verdict: Verdict) -> Iterator[RowTold]:
    """Of a bar that pools adversarial cases with others: what each set says, which the one number would hide."""
    bar = verdict.spec
    if bar.compares or SET not in bar.labels or SET in bar.each or verdict.group is not None or verdict.stopped:
        return
    apart = bar.model_copy(update={"each": (SET,)})
    parts = [(name, part) for dimension, name, part in slices_of(run, apart) if dimension == verdict.dimension]
    sets = [(name, part) for name, part in parts if name is not None]
    if ADVERSARIAL not in (name for name, _ in sets) or len(sets) == 1:
        return
    for name, part in sets:
        numbers: list[str | Drawn | None] = ["0", "0", "-", "", "-", None]
        with suppress(NoData):
            metric = metric_of(bar, bars, verdict.dimension)
            if (found := metric.estimate(part)) is not None:
                interval = found.interval(bars.confidence)
                weak = _share(weak_of(bars, bar, verdict.dimension, part))
                value = [amount(bar.kind, found.value), weak, ends(bar.kind.unit, *interval)]
                drawn = _drawn(bar, found.value, interval)
                numbers = [str(found.cases), str(metric.trials(part)), *value, drawn]
        raw = "" if verdict.raw is None else AS_JUDGED
        yield RowTold(cells=(place(verdict)[0], safe(f"  of it {SET} {name}", 60), *numbers, "", raw))


def _without_bar(run: Run, bars: Bars, stage: str) -> Iterator[RowTold]:
    """Dimension by status, what no bar of this stage speaks of; adversarial cases apart."""
    held = held_bars(bars, stage)
    kinds = np.array([_kind_of_case(labels) for labels in run.labelsets])
    for code, dimension in sorted(enumerate(run.dimensions), key=lambda each: each[1]):
        free = np.array(
            [not any(speaks_of(bar, dimension, labels) for bar in held) for labels in run.labelsets], bool
        )
        rows = np.flatnonzero((run.dimension == code) & (run.outcome != LEFT_OUT))
        rows = rows[free[run.labelset[rows]]]
        for kind in sorted(set(kinds[run.labelset[rows]])):
            part = Slice(run, rows[kinds[run.labelset[rows]] == kind])
            estimate = pass_rate.estimate(part)
            numbers = ["0", "0", "-", "", "-"]
            if estimate is not None:
                low, high = estimate.interval(bars.confidence)
                weak = _share(weak_of(bars, None, dimension, part))
                value = [share(estimate.value), weak, ends("share", low, high)]
                if part.stopped().any():
                    value = ["-", "", _possible(part)]
                numbers = [str(estimate.cases), str(int(part.judged().sum())), *value]
            raw = AS_JUDGED if run.judged is not None and (part.of(run.judged.by) >= 0).any() else ""
            yield RowTold(cells=(safe(dimension, 40), safe(kind, 60), *numbers, None, "no bar", raw))


def _share(weak: float | None) -> str:
    return "" if weak is None else share(weak)


def _kind_of_case(labels: Mapping[str, str]) -> str:
    status = f"status {labels.get('status', DEFAULT_STATUS)}"
    return f"{status}, {SET} {ADVERSARIAL}" if labels.get(SET) == ADVERSARIAL else status


def _possible(part: Slice) -> str:
    """What the rate can still be where trials were stopped early."""
    ends = (pass_rate.estimate(part, "miss"), pass_rate.estimate(part, "pass"))
    low, high = (each.value for each in ends if each is not None)
    kind = kind_of("pass_rate")
    assert kind is not None  # noqa: S101 - built in
    return between(kind, (low, high))
