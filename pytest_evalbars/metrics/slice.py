"""What a metric is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np

from pytest_evalbars.run.columns import ERROR, MISS, MISSING, PASS, STOPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: What to make of trials that were not judged: leave them out, or take each as the lowest or the highest value.
Unjudged = Literal["apart", "miss", "pass"]


class NoData(Exception):  # noqa: N818 - it is no fault: a metric says why it has nothing to say
    """Why a metric has no number for a slice, in words for the user."""


class Counted(NamedTuple):
    """What a metric makes of each row of a slice; shapes (rows,)."""

    #: The row's value, where it says one.
    values: NDArray[np.float64]
    said: NDArray[np.bool_]
    #: Rows that should say one and do not: they bound what the others say. All others are none of the metric's.
    open: NDArray[np.bool_]

    def filled(self, unjudged: Unjudged, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The values, and which rows count, with the open ones left out or at one end."""
        if unjudged == "apart":
            return self.values, self.said
        return np.where(self.said, self.values, high if unjudged == "pass" else low), self.said | self.open


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some observations of a run, on one dimension; or its trials, each by the worst that it said.

    Args:
        run: the run they are of.
        rows: which ones, as indices into the run's columns, shape (observations,).
        about: the class that is asked about, for metrics of one.
    """

    run: Run
    rows: NDArray[np.int64]
    about: str | None = None

    def judged(self) -> NDArray[np.bool_]:
        """Which rows are a pass or a miss."""
        return np.isin(self.run.outcome[self.rows], (PASS, MISS))

    def passed(self) -> NDArray[np.bool_]:
        """Which rows are a pass."""
        return np.asarray(self.run.outcome[self.rows] == PASS)

    def unjudged(self) -> NDArray[np.bool_]:
        """Which rows are trials that ran, or should have, and could not be judged."""
        return np.isin(self.run.outcome[self.rows], (ERROR, MISSING))

    def stopped(self) -> NDArray[np.bool_]:
        """Which rows are trials that were not started, because no verdict depended on them any more."""
        return np.asarray(self.run.outcome[self.rows] == STOPPED)

    def unknown(self) -> NDArray[np.bool_]:
        """Which rows could be a pass or a miss: the unjudged and the stopped."""
        return self.unjudged() | self.stopped()

    def scores(self) -> NDArray[np.float64]:
        """The rows' scores, NaN where a trial gave none."""
        return self.run.score[self.rows]

    def measured(self, name: str) -> NDArray[np.float64]:
        """What the rows' trials measured under this name, NaN where they did not; tokens are those in and out."""
        if name == "tokens":
            parts = [self.measured("tokens_in"), self.measured("tokens_out")]
            return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))
        column = self.run.extras.measures.get(name)
        return np.full(len(self.rows), np.nan) if column is None else self.of_trials(column, np.nan)

    def of_trials(self, column: NDArray[Any], empty: float) -> NDArray[Any]:
        """A column of what trials said beside their verdicts, by row; `empty` where they said nothing."""
        entry = self.run.entry[self.rows]
        if not len(column):
            return np.full(len(entry), empty, column.dtype)
        return np.where(entry < 0, column.dtype.type(empty), column[entry])

    def counted(self, values: NDArray[np.float64], said: NDArray[np.bool_]) -> Counted:
        """A metric of judged rows: those that say nothing of it stay open, as the unjudged do."""
        judged = self.judged()
        return Counted(values, said & judged, self.unknown() | (judged & ~said))

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
        first = int(case.min()) if len(case) else 0
        case = case - first
        counts = np.bincount(case, minlength=1).astype(np.int64)
        present = np.flatnonzero(counts)
        weights = values[keep]
        # Sums of fractions depend on their order, and the order in which trials ran is nobody's business.
        order = np.lexsort((weights, case)) if (weights % 1).any() else slice(None)
        sums = np.bincount(case[order], weights[order], minlength=1).astype(np.float64)[present]
        cluster = self.clusters(rows, case, len(counts))
        return sums, counts[present], None if cluster is None else cluster[present]

    def clusters(self, rows: NDArray[np.int64], case: NDArray[np.int64], cases: int) -> NDArray[np.int64] | None:
        """The cluster of each case, None where none was declared.

        Args:
            rows: of the run.
            case: a code for the case of each, from 0.
            cases: how many codes there are.
        """
        cluster = self.run.cluster[rows]
        if not len(rows) or cluster.max() < 0:
            return None
        # A case without a cluster is one of its own; of a case with several, the last one counts.
        of_case = np.full(cases, -1, np.int64)
        of_case[case] = cluster
        alone = cluster.max() + 1 + np.arange(cases, dtype=np.int64)
        return np.where(of_case < 0, alone, of_case)


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
    """A metric, with its parameters."""

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice; None if nothing in it could be judged.

        Raises:
            NoData: the same, with the reason.
        """

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What each of the slice's rows counts as, and which of them count."""

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials the metric could not use though they should have counted."""

    def trials(self, part: Slice) -> int:
        """How many it could use."""
