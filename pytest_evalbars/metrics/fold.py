"""The rows of a slice, folded by case: most metrics need no more of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from pytest_evalbars.stats.exact import totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What to make of trials that were not judged: leave them out, or take each as the lowest or the highest value.
Unjudged = Literal["apart", "miss", "pass"]


class Counted(NamedTuple):
    """What a metric makes of each row of a slice; shapes (rows,)."""

    #: The row's value, where it says one: a number, or whether it is what the metric counts.
    values: NDArray[Any]
    said: NDArray[np.bool_]
    #: Rows that should say one and do not: they bound what the others say. All others are none of the metric's.
    open: NDArray[np.bool_]

    def part(self, which: NDArray[np.int64]) -> Counted:
        """Some of the rows."""
        return Counted(self.values[which], self.said[which], self.open[which])

    def filled(self, unjudged: Unjudged, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The values, and which rows count, with the open ones left out or at one end."""
        if unjudged == "apart":
            return self.values.astype(np.float64, copy=False), self.said
        return np.where(self.said, self.values, high if unjudged == "pass" else low), self.said | self.open


class Units(NamedTuple):
    """Which case each row of a slice is of."""

    #: A code for each row's case, shape (rows,).
    code: NDArray[np.int64]
    #: How many rows each code has; shape (codes,), some may be 0.
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cases:
    """What the cases of a slice say; shapes (cases,). Some may say nothing."""

    #: The sums of the values, whole where rows say yes or no, and how many rows said one.
    sums: NDArray[Any]
    said: NDArray[np.int64]
    #: How many are open, and how many of those were not started; None: none.
    open: NDArray[np.int64] | None
    unstarted: NDArray[np.int64] | None
    #: None where no cluster was declared.
    clusters: NDArray[np.int64] | None

    def part(self, which: Any) -> Cases:
        """Some of the cases, or all in another order."""
        columns = (self.sums, self.said, self.open, self.unstarted, self.clusters)
        return Cases(*(None if each is None else each[which] for each in columns))  # type: ignore[arg-type]

    @property
    def unjudged(self) -> int:
        """How many rows are open though they were started."""
        count = 0 if self.open is None else int(self.open.sum())
        return count if self.unstarted is None else count - int(self.unstarted.sum())

    def filled(
        self, unjudged: Unjudged, low: float, high: float
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64] | None]:
        """The sums, the numbers of trials and the clusters of cases that have any, with open rows at one end."""
        sums, trials, clusters = self.sums, self.said, self.clusters
        if unjudged != "apart" and self.open is not None:
            end = high if unjudged == "pass" else low
            trials = trials + self.open
            if np.isinf(end):
                sums = np.where(self.open > 0, end, sums)
            elif end:
                sums = sums + self.open * (int(end) if end == int(end) else end)
        there = np.flatnonzero(trials)
        if len(there) == len(trials):
            return sums, trials, clusters
        return sums[there], trials[there], None if clusters is None else clusters[there]


def folded(counted: Counted, units: Units, stopped: NDArray[np.bool_] | None, clusters: Any) -> Cases:
    """What each case says.

    Args:
        counted: by row.
        units: the case of each row.
        stopped: which rows were not started; None: all were.
        clusters: by case.
    """
    speaks = counted.said | counted.open
    if 2 * int(np.count_nonzero(speaks)) < len(speaks):  # of one class, say
        few = np.flatnonzero(speaks)
        code = units.code[few]
        counted, stopped = counted.part(few), None if stopped is None else stopped[few]
        units = Units(code, np.bincount(code, minlength=len(units.rows)))
    said = _numbers(counted.said, units, units.rows)
    if counted.values.dtype == np.bool_:
        sums: NDArray[Any] = _numbers(counted.values & counted.said, units, said, counted.said)
    else:
        values, code = counted.values, units.code
        if not counted.said.all():
            values, code = values[counted.said], code[counted.said]
        sums = totals(code, values, len(said), int(said.max(initial=0)))
    still = unstarted = None
    if counted.open.any():
        still = _numbers(counted.open, units, units.rows)
        unstarted = None if stopped is None else _numbers(counted.open & stopped, units, still)
    return Cases(sums, said, still, unstarted, clusters)


def _numbers(
    which: NDArray[np.bool_], units: Units, of: NDArray[np.int64], among: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """How many rows of each case are such; where most are, by those that are not.

    Args:
        which: such rows.
        units: the case of each row.
        of: how many each case has among which they are.
        among: those; None: all rows.
    """
    if 2 * int(np.count_nonzero(which)) <= len(which):
        return np.bincount(units.code[np.flatnonzero(which)], minlength=len(of))
    rest = np.flatnonzero(~which if among is None else among & ~which)
    return of if not len(rest) else of - np.bincount(units.code[rest], minlength=len(of))
