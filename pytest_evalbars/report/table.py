"""The table of slices."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from pytest_evalbars.gate.select import ADVERSARIAL, SET, held_bars, speaks_of
from pytest_evalbars.gate.slices import metric_of, slices_of, weak_of
from pytest_evalbars.metrics.registry import kind_of
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.numbers import amount, between, count, number, sign, span
from pytest_evalbars.report.words import place
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.run.columns import Run

#: The place of the column of weak passes.
WEAK = 5
#: Of numbers that are what a judge counted, where others are corrected for its error.
AS_JUDGED = "raw, as judged"
#: Groups of one bar that the table shows before the settled ones are only counted.
GROUPS = 8


def table(run: Run, bars: Bars, decision: Decision, *, everything: bool) -> list[str]:
    """One row for each verdict, then one for each slice that no bar holds.

    Args:
        run: the run.
        bars: the declared bars.
        decision: what the gate said.
        everything: show every group, rather than those that are not met and a count of the others.
    """
    rows = []
    for verdicts in _by_bar(decision.verdicts):
        whole, *groups = _rows(verdicts, everything=everything)
        rows += [*whole, *_pooled(run, bars, verdicts[0]), *chain.from_iterable(groups)]
    rows += _without_bar(run, bars, decision.stage)
    if not rows:
        return []
    heads = [
        "dimension",
        "slice",
        "cases",
        "trials",
        "value",
        "weak passes",
        f"{bars.confidence * 100:g}% interval",
        "bar",
        "verdict",
    ]
    aligned = ["left", "left", "right", "right", "right", "right", "left", "left", "left"]
    if not any(row[WEAK] for row in rows):  # no scale has levels that pass only just
        rows = [[*row[:WEAK], *row[WEAK + 1 :]] for row in rows]
        del heads[WEAK], aligned[WEAK]
    text = tabulate(rows, heads, tablefmt="plain", colalign=aligned, disable_numparse=True)
    return [line.rstrip() for line in text.splitlines()]


def _by_bar(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    found: dict[tuple[str, str | None], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.bar, verdict.dimension), []).append(verdict)
    return list(found.values())


def _rows(verdicts: list[Verdict], *, everything: bool) -> Iterator[list[list[str]]]:
    """The rows of each verdict."""
    first = int(verdicts[0].group is None)  # a bar of each class has no whole
    whole, groups = verdicts[:first], verdicts[first:]
    shown = groups
    if not everything and len(groups) > GROUPS:
        open_ones = [each for each in groups if each.verdict != "met"]
        worst = sorted(open_ones, key=lambda each: (not each.fails, each.p_missed is None, each.p_missed or 0))
        kept = {id(each) for each in worst[:GROUPS]}
        shown = [each for each in groups if id(each) in kept or each.fails]
    for verdict in [*whole, *shown]:
        yield [_row(verdict), *_raw(verdict)]
    if rest := len(groups) - len(shown):
        words = sorted({each.verdict for each in groups if each not in shown})
        yield [["", f"  + {rest} more groups: {' or '.join(words)}", *[""] * 7]]


def _row(verdict: Verdict) -> list[str]:
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
    word = verdict.verdict.upper() if verdict.fails else verdict.verdict
    asides = [] if verdict.enforced else ["not enforced"]
    if verdict.judge == "uncalibrated":
        asides.append("uncalibrated judge")
    if verdict.replayed and verdict.trials:
        asides.insert(0, "replayed" if verdict.only_replayed else "partly replayed")
    return [
        *place(verdict),
        str(verdict.cases),
        trials,
        numbers[0],
        _share(verdict.weak) if verdict.raw is None else "",
        numbers[1],
        sign(bar),
        f"{word} ({', '.join(asides)})" if asides else word,
    ]


def _raw(verdict: Verdict) -> Iterator[list[str]]:
    """What the judge itself says, below what is left of it."""
    if verdict.raw is None or verdict.raw_interval is None:
        return
    bar, inset = verdict.spec, "  " if verdict.group is None else "    "
    numbers = [number(bar, verdict.raw), _share(verdict.weak), span(bar, verdict.raw_interval)]
    rests_on = f"{verdict.correction}, {count(verdict.labels, 'labelled answer')}"
    yield ["", inset + AS_JUDGED, "", "", *numbers, "", rests_on]


def _pooled(run: Run, bars: Bars, verdict: Verdict) -> Iterator[list[str]]:
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
        numbers = ["0", "0", "-", "", "-"]
        with suppress(NoData):
            metric = metric_of(bar, bars, verdict.dimension)
            if (found := metric.estimate(part)) is not None:
                interval = " to ".join(amount(bar.kind, end) for end in found.interval(bars.confidence))
                weak = _share(weak_of(bars, bar, verdict.dimension, part))
                numbers = [str(found.cases), str(metric.trials(part)), amount(bar.kind, found.value), weak, interval]
        raw = "" if verdict.raw is None else AS_JUDGED
        yield [place(verdict)[0], safe(f"  of it {SET} {name}", 60), *numbers, "", raw]


def _without_bar(run: Run, bars: Bars, stage: str) -> Iterator[list[str]]:
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
                value = [
                    f"{estimate.value:.1%}",
                    _share(weak_of(bars, None, dimension, part)),
                    f"{low:.1%} to {high:.1%}",
                ]
                if part.stopped().any():
                    value = ["-", "", _possible(part)]
                numbers = [str(estimate.cases), str(int(part.judged().sum())), *value]
            raw = AS_JUDGED if run.judged is not None and (part.of(run.judged.by) >= 0).any() else ""
            yield [safe(dimension, 40), safe(kind, 60), *numbers, "no bar", raw]


def _share(weak: float | None) -> str:
    return "" if weak is None else f"{weak:.1%}"


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
