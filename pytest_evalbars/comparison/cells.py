"""Cuts what cases say into the rows of a comparison: a dimension, its groups, and what is compared apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.gate.select import ADVERSARIAL, NO_LABEL, SET
from pytest_evalbars.run.plan import DEFAULT_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: What the cases that are held together are called.
HELD = ""


class Place(NamedTuple):
    """One row of a comparison."""

    dimension: str
    #: A value of the label that the cases are grouped by; None for all of them.
    group: str | None
    #: What sets the cases apart from those that are held: `status capability`, `set adversarial`; else empty.
    apart: str

    @property
    def first(self) -> bool:
        """Whether it is the whole of what is held on the dimension."""
        return self.group is None and not self.apart


def kind_of(labels: Mapping[str, str], status: Sequence[str]) -> str:
    """What sets cases with these labels apart; empty where they are held with the others."""
    here = labels.get("status", DEFAULT_STATUS)
    words = [] if here in status else [f"status {here}"]
    return ", ".join(words + ([f"{SET} {ADVERSARIAL}"] if labels.get(SET) == ADVERSARIAL else []))


@dataclass(frozen=True)
class Cells:
    """The rows that two runs have in common, and which cases stand in which."""

    dimensions: Sequence[str]
    kinds: Sequence[str]
    groups: Sequence[str]
    by: str
    status: Sequence[str]

    @classmethod
    def of(cls, runs: Sequence[Run], dimensions: Sequence[str], by: str, status: Sequence[str]) -> Cells:
        """The cells of all runs together."""
        sets = [labels for run in runs for labels in run.labelsets]
        kinds = {kind_of(labels, status) for labels in sets}
        held = [labels for labels in sets if kind_of(labels, status) == HELD]
        groups = {_group(labels, by) for labels in held}
        # One group alone is the whole, said twice.
        return cls(dimensions, sorted(kinds | {HELD}), sorted(groups) if len(groups) > 1 else [], by, status)

    def codes(self, run: Run) -> NDArray[np.int64]:
        """Kind and group of each label set of a run, as one number; shape (label sets,)."""
        width = max(1, len(self.groups))
        kind, group = ({name: at for at, name in enumerate(names)} for names in (self.kinds, self.groups))
        found = []
        for labels in run.labelsets:
            here = kind_of(labels, self.status)
            found.append(kind[here] * width + (group.get(_group(labels, self.by), 0) if here == HELD else 0))
        return np.array(found or [0], np.int64)

    def cut(self, dimension: NDArray[np.int64], code: NDArray[np.int64]) -> Cut:
        """Sort units by cell.

        Args:
            dimension: codes, shape (units,).
            code: of kind and group, shape (units,).
        """
        width = max(1, len(self.groups))
        size = len(self.dimensions) * len(self.kinds) * width
        cell = (dimension * (len(self.kinds) * width) + code).astype(np.min_scalar_type(size))
        starts = np.append(0, np.cumsum(np.bincount(cell, minlength=size)))
        return Cut(np.argsort(cell, kind="stable"), starts)

    def places(self, *cuts: Cut) -> Iterator[tuple[Place, int, int]]:
        """Each row that all cuts have units of: what it is, its first cell, and the one behind its last."""
        width = max(1, len(self.groups))
        there = np.logical_and.reduce([np.diff(cut.starts) > 0 for cut in cuts])
        for at, dimension in enumerate(self.dimensions):
            for number, kind in enumerate(self.kinds):
                first = (at * len(self.kinds) + number) * width
                if all(cut.starts[first] < cut.starts[first + width] for cut in cuts):
                    yield Place(dimension, None, kind), first, first + width
                groups = np.flatnonzero(there[first : first + width]).tolist() if kind == HELD and self.groups else ()
                for group in groups:
                    yield Place(dimension, self.groups[group], kind), first + group, first + group + 1


class Cut(NamedTuple):
    """Units by cell."""

    #: Shape (units,).
    order: NDArray[np.int64]
    #: Where each cell starts in it, and where the last one ends.
    starts: NDArray[np.int64]

    def units(self, first: int, last: int) -> slice:
        """Where the units of some neighbouring cells stand, once all are in this order."""
        return slice(int(self.starts[first]), int(self.starts[last]))


def _group(labels: Mapping[str, str], by: str) -> str:
    return {"status": DEFAULT_STATUS, **labels}.get(by, NO_LABEL)
