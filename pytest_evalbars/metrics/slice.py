"""What a metric is given, and what it gives back."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from pytest_evalbars.metrics.fold import Cases, Counted, Units, Unjudged, folded
from pytest_evalbars.run.columns import ERROR, MISS, MISSING, PASS, STOPPED
from pytest_evalbars.stats.exact import totals

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

__all__ = ["Counted", "Estimate", "Metric", "NoData", "Slice", "Unjudged"]

Known = TypeVar("Known")
#: How many outcomes a row can have.
KINDS = STOPPED + 1


class NoData(Exception):  # noqa: N818 - it is no fault: a metric says why it has nothing to say
    """Why a metric has no number for a slice, in words for the user."""


class Slice:
    """Some observations of a run, on one dimension; or its trials, each by the worst that it said.

    Args:
        run: the run they are of.
        rows: which ones, as indices into the run's columns, shape (observations,); None: all.
        about: the class that is asked about, for metrics of one.
    """

    __slots__ = ("_known", "_rows", "about", "run")

    def __init__(self, run: Run, rows: NDArray[np.int64] | None = None, about: str | None = None) -> None:
        self.run, self._rows, self.about = run, rows, about
        self._known: dict[Hashable, Any] = {}

    @property
    def rows(self) -> NDArray[np.int64]:
        """Its observations, as indices into the run's columns; shape (observations,)."""
        return np.arange(len(self.run)) if self._rows is None else self._rows

    def of(self, column: NDArray[Any]) -> NDArray[Any]:
        """A column of the run, by row of the slice."""
        return np.asarray(column if self._rows is None else column[self._rows])

    def once(self, key: Hashable, make: Callable[[], Known]) -> Known:
        """What is computed once for the slice, whoever asks."""
        if key not in self._known:
            self._known[key] = make()
        found: Known = self._known[key]
        return found

    def asking(self, about: str | None) -> Slice:
        """The same slice, asked about a class."""
        view = copy(self)  # it shares what is known
        view.about = about
        return view

    def judged(self) -> NDArray[np.bool_]:
        """Which rows are a pass or a miss."""
        return np.asarray(self.of(self.run.outcome) <= MISS)

    def passed(self) -> NDArray[np.bool_]:
        """Which rows are a pass."""
        return np.asarray(self.of(self.run.outcome) == PASS)

    def unjudged(self) -> NDArray[np.bool_]:
        """Which rows are trials that ran, or should have, and could not be judged."""
        outcome = self.of(self.run.outcome)
        return np.asarray((outcome == ERROR) | (outcome == MISSING))

    def stopped(self) -> NDArray[np.bool_]:
        """Which rows are trials that were not started, because no verdict depended on them any more."""
        return np.asarray(self.of(self.run.outcome) == STOPPED)

    def unknown(self) -> NDArray[np.bool_]:
        """Which rows could be a pass or a miss: the unjudged and the stopped."""
        outcome = self.of(self.run.outcome)
        return np.asarray((outcome == ERROR) | (outcome == MISSING) | (outcome == STOPPED))

    def replayed(self) -> int:
        """How many judged trials rest on recorded answers."""
        if self.run.replayed is None:
            return 0
        return int(np.count_nonzero(self.of(self.run.replayed) & self.judged()))

    def scores(self) -> NDArray[np.float64]:
        """The rows' scores, NaN where a trial gave none."""
        return self.of(self.run.score)

    def measured(self, name: str) -> NDArray[np.float64]:
        """What the rows' trials measured under this name, NaN where they did not; tokens are those in and out."""
        if name == "tokens":
            parts = [self.measured("tokens_in"), self.measured("tokens_out")]
            return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))
        column = self.run.extras.measures.get(name)
        return np.full(len(self.rows), np.nan) if column is None else self.of_trials(column, np.nan)

    def of_trials(self, column: NDArray[Any], empty: float) -> NDArray[Any]:
        """A column of what trials said beside their verdicts, by row; `empty` where they said nothing."""
        entry = self.of(self.run.entry)
        if not len(column):
            return np.full(len(entry), empty, column.dtype)
        found = np.asarray(column[entry])
        silent = entry < 0
        if silent.any():
            found[silent] = empty
        return found

    def counted(self, values: NDArray[Any], said: NDArray[np.bool_]) -> Counted:
        """A metric of judged rows: those that say nothing of it stay open, as the unjudged do."""
        judged = self.judged()
        return Counted(values, said & judged, self.unknown() | (judged & ~said))

    def tally(self) -> NDArray[np.int64]:
        """How many rows have each outcome, misses counted with passes: all that were judged; shape (outcomes,)."""
        return self.once("tally", self._tally)

    def _tally(self) -> NDArray[np.int64]:
        outcome = self.of(self.run.outcome)
        found = np.bincount(outcome[outcome > MISS], minlength=KINDS)
        found[PASS] = len(outcome) - found.sum()
        return found

    def cases(self, rows: Callable[[Slice], Counted]) -> Cases:
        """What the slice's cases say, of what each row says."""
        return self.once((rows, self.about), lambda: self._folded(rows))

    def by_row(self, rows: Callable[[Slice], Counted]) -> Counted:
        """What each row says."""
        if self.about is not None:  # of many classes it would be much to keep
            return rows(self)
        return self.once(("rows", rows), lambda: rows(self))

    def _folded(self, rows: Callable[[Slice], Counted]) -> Cases:
        units = self.once("units", self._units)
        stopped = self.once("stopped", self.stopped)
        clusters = self.once("clusters", lambda: self._clusters(units))
        return folded(rows(self), units, stopped if stopped.any() else None, clusters)

    def _units(self) -> Units:
        case = self.of(self.run.case)
        code = case - case.min() if len(case) else case
        return Units(code, np.bincount(code))

    def _clusters(self, units: Units) -> NDArray[np.int64] | None:
        return self.clusters(self._rows, units.code, len(units.rows))

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
        case = case - int(case.min()) if len(case) else case
        counts = np.bincount(case, minlength=1)
        present = np.flatnonzero(counts)
        sums = totals(case, values[keep], len(counts), int(counts.max()))[present]
        cluster = self.clusters(rows, case, len(counts))
        return sums, counts[present], None if cluster is None else cluster[present]

    def clusters(
        self, rows: NDArray[np.int64] | None, case: NDArray[np.int64], cases: int
    ) -> NDArray[np.int64] | None:
        """The cluster of each case, None where none was declared.

        Args:
            rows: of the run; None: all.
            case: a code for the case of each, from 0.
            cases: how many codes there are.
        """
        cluster = self.run.cluster if rows is None else self.run.cluster[rows]
        if not len(cluster) or cluster.max() < 0:
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
