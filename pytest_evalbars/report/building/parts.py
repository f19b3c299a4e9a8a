"""The parts of a run that a report tells of: each dimension, by kind of case and by category."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.gate.bar import HELD_BY_DEFAULT
from pytest_evalbars.gate.select import ADVERSARIAL, SET, Unsaid
from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.report.model import HELD
from pytest_evalbars.run.columns import LEFT_OUT, MISS
from pytest_evalbars.run.plan import DEFAULT_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run

#: Categories of one kind; a heat map of more is no map.
CATEGORIES = 200


class Part(NamedTuple):
    """A dimension of one kind of cases, as a whole or in one category."""

    dimension: str
    kind: str
    #: Empty: all of them.
    category: str
    slice: Slice

    @property
    def name(self) -> str:
        """`accuracy`, `accuracy (capability cases)`."""
        return self.dimension if self.kind == HELD else f"{self.dimension} ({self.kind} cases)"


def held_statuses(run: Run) -> tuple[str, ...]:
    """The statuses that a bar holds which names none."""
    return HELD_BY_DEFAULT if run.saturated is None or not run.saturated.of else (DEFAULT_STATUS,)


def kind_of(run: Run, labels: Mapping[str, str]) -> str:
    """`held`, another status, or `held, adversarial`: what bars tell apart that name neither status nor set."""
    status = labels.get("status", DEFAULT_STATUS)
    kind = HELD if status in held_statuses(run) else status
    return f"{kind}, {ADVERSARIAL}" if labels.get(SET) == ADVERSARIAL else kind


def parts_of(run: Run) -> tuple[list[Part], int]:
    """Each dimension by kind, held cases first: as a whole, then by category.

    Returns:
        The parts, and how many categories are not among them, as there are too many: those of the fewest rows.
    """
    kinds = [kind_of(run, labels) for labels in run.labelsets]
    categories = [labels.get("category", "") for labels in run.labelsets]
    order = sorted(set(kinds), key=lambda kind: (kind != HELD, kind))
    found, left_out = list[Part](), set[tuple[str, str]]()
    there = np.flatnonzero(run.outcome != LEFT_OUT)
    for code, dimension in sorted(enumerate(run.dimensions), key=lambda each: each[1]):
        mine = there[run.dimension[there] == code]
        for kind in order:
            among = np.array([each == kind for each in kinds], bool)
            rows = mine[among[run.labelset[mine]]]
            if not len(rows):
                continue
            found.append(Part(dimension, kind, "", Slice(run, rows)))
            names = list(_by_category(run, rows, categories))
            kept = sorted(names, key=lambda each: (-len(each[1]), each[0]))[:CATEGORIES]
            left_out |= {(kind, name) for name, _ in names} - {(kind, name) for name, _ in kept}
            found += [
                Part(dimension, kind, name, Slice(run, some)) for name, some in sorted(kept, key=lambda each: each[0])
            ]
    return found, len(left_out)


def predicted_only(run: Run, decision: Decision, dimension: str) -> bool:
    """Whether the dimension's bars hold predictions, and its pass rate is none: a test that compares nothing passes.

    So it is where all bars on it are of predictions, nothing missed, and some trial predicted what was not right.
    """
    of = {each.spec.kind.of for each in decision.verdicts if each.dimension == dimension}
    if of != {"predictions"}:
        return False
    rows = np.flatnonzero((run.dimension == run.dimensions.index(dimension)) & (run.entry >= 0))
    if (run.outcome[rows] == MISS).any():
        return False
    entries, extras = run.entry[rows], run.extras
    expected, predicted = extras.expected[entries], extras.predicted[entries]
    return bool(((predicted >= 0) & (expected >= 0) & (predicted != expected)).any())


def _by_category(run: Run, rows: np.ndarray, categories: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The rows of each category that there is."""
    names, of_labelset = np.unique(np.array(categories, dtype=object).astype(str), return_inverse=True)
    code = of_labelset[run.labelset[rows]]
    order = np.argsort(code, kind="stable")
    edges = np.cumsum(np.bincount(code, minlength=len(names)))[:-1]
    for name, some in zip(names.tolist(), np.split(rows[order], edges), strict=True):
        if name and len(some):
            yield name, some


def part_of_bar(bar: Bar, dimension: str | None, group: str | None) -> tuple[str, str, str] | None:
    """The dimension, kind and category that a verdict is of; None where it is of something else."""
    if dimension is None or bar.level is not None:
        return None
    kind = _kind_of_bar(bar)
    words = bar.category
    if kind is None or (words is not None and (len(words) != 1 or any(sign in words[0] for sign in "*?["))):
        return None
    if group is None:
        return dimension, kind, words[0] if words else ""
    return (dimension, kind, group) if bar.each == ("category",) else None


def _kind_of_bar(bar: Bar) -> str | None:
    """The kind of cases that a bar holds; None where it is several, or a part of one."""
    if bar.status is None or isinstance(bar.status, Unsaid):
        kind = HELD
    elif len(bar.status) == 1 and bar.status[0] not in (*HELD_BY_DEFAULT, "*"):
        kind = bar.status[0]
    else:
        return None
    if bar.labels == {SET: (ADVERSARIAL,)}:
        return f"{kind}, {ADVERSARIAL}"
    return None if bar.labels else kind
