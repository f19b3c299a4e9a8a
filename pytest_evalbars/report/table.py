"""The table of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from pytest_evalbars.gate.select import ADVERSARIAL, SET, held_bars, speaks_of
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.metrics.levels import weak
from pytest_evalbars.metrics.registry import kind_of
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.numbers import amount, between, limit
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
    weak_of = Weak(run, bars, decision)
    rows = [row for verdicts in _by_bar(decision.verdicts) for row in _rows(verdicts, weak_of, everything=everything)]
    rows += _without_bar(run, bars, decision.stage, weak_of)
    if not rows:
        return []
    heads = [
        "dimension",
        "slice",
        "cases",
        "trials",
        "value",
        "of it weak",
        f"{bars.confidence * 100:g}% interval",
        "bar",
        "verdict",
    ]
    aligned = ["left", "left", "right", "right", "right", "right", "left", "left", "left"]
    if not weak_of.any:  # no scale has levels that pass only just
        rows = [[*row[:WEAK], *row[WEAK + 1 :]] for row in rows]
        del heads[WEAK], aligned[WEAK]
    text = tabulate(rows, heads, tablefmt="plain", colalign=aligned, disable_numparse=True)
    return [line.rstrip() for line in text.splitlines()]


class Weak:
    """The share of trials that pass only just, for rows whose dimension is graded on a scale with weak levels."""

    def __init__(self, run: Run, bars: Bars, decision: Decision) -> None:
        self.run, self.bars = run, bars
        names = {*run.dimensions, *(each.dimension for each in decision.verdicts if each.dimension)}
        scales = {name: found[1] for name in names if (found := bars.scale_of(name)) and found[1].weak}
        graded = set(np.unique(run.dimension[run.level >= 0]).tolist())
        self.scales = {
            name: scale
            for name, scale in scales.items()
            if name in run.dimensions and run.dimensions.index(name) in graded
        }
        self.parts: dict[tuple[str, str | None, str | None], Slice] = {}
        for bar in bars.bar if self.any else ():
            if bar.kind.of == "verdicts":
                self.parts |= {(bar.name, *key): part for *key, part in slices_of(run, bar)}  # type: ignore[misc]

    @property
    def any(self) -> bool:
        """Whether there is such a dimension."""
        return bool(self.scales)

    def of_verdict(self, verdict: Verdict) -> str:
        """The share in a verdict's slice."""
        part = self.parts.get((verdict.bar, verdict.dimension, verdict.group))
        return self.of(verdict.dimension, part)

    def of(self, dimension: str | None, part: Slice | None) -> str:
        """The share in a slice; empty where nothing is weak or strong."""
        scale = self.scales.get(dimension or "")
        if scale is None or part is None:
            return ""
        try:
            found = weak(scale).estimate(part)
        except NoData:
            return ""
        return "" if found is None else f"{found.value:.1%}"


def _by_bar(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    found: dict[tuple[str, str | None], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.bar, verdict.dimension), []).append(verdict)
    return list(found.values())


def _rows(verdicts: list[Verdict], weak_of: Weak, *, everything: bool) -> Iterator[list[str]]:
    first = int(verdicts[0].group is None)  # a bar of each class has no whole
    whole, groups = verdicts[:first], verdicts[first:]
    shown = groups
    if not everything and len(groups) > GROUPS:
        open_ones = [each for each in groups if each.verdict != "met"]
        worst = sorted(open_ones, key=lambda each: (not each.fails, each.p_missed is None, each.p_missed or 0))
        kept = {id(each) for each in worst[:GROUPS]}
        shown = [each for each in groups if id(each) in kept or each.fails]
    for verdict in [*whole, *shown]:
        yield _row(verdict, weak_of)
    if rest := len(groups) - len(shown):
        words = sorted({each.verdict for each in groups if each not in shown})
        yield ["", f"  + {rest} more groups: {' or '.join(words)}", *[""] * 7]


def _row(verdict: Verdict, weak_of: Weak) -> list[str]:
    bar = verdict.spec
    numbers = ["-", "-"]
    if verdict.estimate is not None:
        numbers[0] = amount(bar.kind, verdict.estimate)
    if verdict.interval is not None:
        numbers[1] = " to ".join(amount(bar.kind, bound) for bound in verdict.interval)
    trials = str(verdict.trials)
    if verdict.stopped:
        trials = f"{verdict.trials} of {verdict.trials + verdict.stopped}"
    if verdict.possible is not None:
        numbers[1] = between(bar.kind, verdict.possible)
    elif verdict.e_met is not None:
        numbers[1] = f"none (e = {verdict.e_met:.3g})"
    word = verdict.verdict.upper() if verdict.fails else verdict.verdict
    return [
        *place(verdict),
        str(verdict.cases),
        trials,
        numbers[0],
        weak_of.of_verdict(verdict),
        numbers[1],
        f"{'<=' if bar.upper else '>='} {limit(bar)}",
        word if verdict.enforced else f"{word} (not enforced)",
    ]


def _without_bar(run: Run, bars: Bars, stage: str, weak_of: Weak) -> Iterator[list[str]]:
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
                value = [f"{estimate.value:.1%}", weak_of.of(dimension, part), f"{low:.1%} to {high:.1%}"]
                if part.stopped().any():
                    value = ["-", "", _possible(part)]
                numbers = [str(estimate.cases), str(int(part.judged().sum())), *value]
            yield [safe(dimension, 40), safe(kind, 60), *numbers, "no bar", ""]


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
