"""What a metric is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from pytest_evalbars.run.columns import ERROR, MISS, MISSING, PASS, STOPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: What to make of trials that were not judged: leave them out, or take each as a miss or as a pass.
Unjudged = Literal["apart", "miss", "pass"]


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some observations of a run, on one dimension.

    Args:
        run: the run they are of.
        rows: which ones, as indices into the run's columns, shape (observations,).
    """

    run: Run
    rows: NDArray[np.int64]

    def judged(self) -> NDArray[np.bool_]:
        """Which rows are a pass or a miss."""
        return np.isin(self.run.outcome[self.rows], (PASS, MISS))

    def unjudged(self) -> NDArray[np.bool_]:
        """Which rows are trials that ran, or should have, and could not be judged."""
        return np.isin(self.run.outcome[self.rows], (ERROR, MISSING))

    def stopped(self) -> NDArray[np.bool_]:
        """Which rows are trials that were not started, because no verdict depended on them any more."""
        return np.asarray(self.run.outcome[self.rows] == STOPPED)

    def unknown(self) -> NDArray[np.bool_]:
        """Which rows could be a pass or a miss: the unjudged and the stopped."""
        return self.unjudged() | self.stopped()

    def by_case(
        self,
        values: NDArray[np.float64],
        keep: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64] | None]:
        """Fold the kept rows by case: sums of `values`, numbers of trials, and clusters if any were declared.

        Args:
            values: one per row, shape (rows,).
            keep: which rows count, shape (rows,).
        """
        rows = self.rows[keep]
        case = self.run.case[rows]
        counts = np.bincount(case, minlength=1).astype(np.int64)
        present = np.flatnonzero(counts)
        weights = values[keep]
        # Sums of fractions depend on their order, and the order in which trials ran is nobody's business.
        order = np.lexsort((weights, case)) if (weights % 1).any() else slice(None)
        sums = np.bincount(case[order], weights[order], minlength=1).astype(np.float64)[present]
        cluster = self.run.cluster[rows]
        if not len(rows) or cluster.max() < 0:
            return sums, counts[present], None
        # A case without a cluster is one of its own; of a case with several, the last one counts.
        of_case = np.full(len(counts), -1, np.int64)
        of_case[case] = cluster
        alone = cluster.max() + 1 + np.arange(len(counts), dtype=np.int64)
        of_case = np.where(of_case < 0, alone, of_case)
        return sums, counts[present], of_case[present]


class Estimate(Protocol):
    """What a metric says of a slice. All of it is about the population that the cases stand for."""

    @property
    def value(self) -> float:
        """The bare number."""

    @property
    def cases(self) -> int:
        """How many cases it rests on."""

    def bounds(self, alpha: float) -> tuple[float, float]:
        """One-sided lower and upper bounds, each wrong with probability at most `alpha`."""

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval, for display."""

    def p_below(self, threshold: float) -> float:
        """How probable a number this low is if the truth were at the threshold: small means proven below."""

    def p_above(self, threshold: float) -> float:
        """The same for a number this high."""

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        """How many cases prove it below or above the threshold at the present rate; None where it is equal."""


class Metric(Protocol):
    """A metric's module."""

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice; None if nothing in it could be judged."""

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What each of the slice's rows counts as, and which of them count."""

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials the metric could not use though they should have counted."""
