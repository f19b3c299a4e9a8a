"""The slices of one bar: their rows are read once, and folded by case once, for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.metrics.fold import Cases, Counted, Units
from pytest_evalbars.metrics.slice import KINDS, NoData, Slice
from pytest_evalbars.run.columns import MISS, PASS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: Of a cut into one cell: where it starts, and where it ends.
ALONE = 2


class Cut(Slice):
    """All rows of a bar, cut by dimension and group into cells; a slice is a cell, or all cells of a dimension.

    Args:
        run: the run they are of.
        rows: which ones, shape (observations,); None: all.
        places: the place of each of the run's dimensions among those of the bar; None: it is not cut by dimension.
        groups: the group of each of the run's labelsets; None: it is not cut into groups.
    """

    __slots__ = ("_dimensions", "_groups", "_places", "_width")

    def __init__(
        self,
        run: Run,
        rows: NDArray[np.int64] | None,
        places: NDArray[np.int64] | None,
        groups: NDArray[np.int64] | None,
    ) -> None:
        super().__init__(run, rows)
        self._places, self._dimensions = places, 1 if places is None else int(places.max(initial=0)) + 1
        self._groups, self._width = groups, 1 if groups is None else int(groups.max(initial=0)) + 1

    def present(self) -> NDArray[np.bool_]:
        """Which dimensions have rows; shape (dimensions,)."""
        return np.asarray(self.once("units", self._units).rows.reshape(self._dimensions, -1).any(axis=1))

    def grouped(self) -> bool:
        """Whether no case is in several groups, as one could be whose labels differ from test to test."""
        return self.once("groups", self._group_of_case) is not None

    def part(self, place: int, group: int | None = None, about: str | None = None) -> Slice:
        """One slice.

        Args:
            place: of its dimension.
            group: which, None for the whole; only where the cut is `grouped`.
            about: the class that is asked about.
        """
        width = self._width if self.grouped() else 1
        if width * self._dimensions == 1:
            return self.asking(about)
        first = place * width + (group or 0)
        return _Part(self, first, first + (width if group is None else 1), about)

    def _units(self) -> Units:
        """A case on each dimension is a unit."""
        code, count = self.of(self.run.case), len(self.run.cases)
        if self._places is not None and self._dimensions > 1:
            place = (self._places * count)[self.of(self.run.dimension)]
            place += code
            code = place
        return Units(code, np.bincount(code, minlength=self._dimensions * count))

    def _group_of_case(self) -> NDArray[np.int64] | None:
        """The group of each case of the run; None where some case has several."""
        found = np.zeros(len(self.run.cases), np.min_scalar_type(self._width))
        if self._width > 1 and self._groups is not None:
            case = self.of(self.run.case)
            group = self._groups.astype(found.dtype)[self.of(self.run.labelset)]
            found[case] = group
            if (found[case] != group).any():
                return None
        return found

    def _cells(self) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        """The cell of each unit, the units by cell, and where each cell starts among them."""
        group, width = self.once("groups", self._group_of_case), self._width
        if group is None:
            group, width = np.zeros(len(self.run.cases), np.int64), 1
        kind = np.min_scalar_type(self._dimensions * width)
        cell = (np.arange(0, self._dimensions * width, width)[:, None] + group).astype(kind).ravel()
        starts = np.append(0, np.cumsum(np.bincount(cell, minlength=self._dimensions * width)))
        return cell, np.argsort(cell, kind="stable"), starts

    def starts(self) -> NDArray[np.int64]:
        """Where the cases of each cell start in `cases`, and where the last one's end."""
        return self.once("cells", self._cells)[2]

    def cases_about(self, rows: Callable[[Slice], Counted], about: str | None) -> Cases | None:
        """What all cases say, cell by cell; None where the metric has nothing to say of some row."""
        return self.once(("all", rows, about), lambda: self._cases_about(rows, about))

    def _cases_about(self, rows: Callable[[Slice], Counted], about: str | None) -> Cases | None:
        try:
            return self.asking(about).cases(rows)
        except NoData:
            return None

    def _folded(self, rows: Callable[[Slice], Counted]) -> Cases:
        _, order, starts = self.once("cells", self._cells)
        found = super()._folded(rows)
        return found if len(starts) == ALONE else found.part(order)

    def tallies(self) -> NDArray[np.int64]:
        """`tally` of each cell; shape (cells, outcomes)."""
        return self.once("tallies", self._tallies)

    def _tallies(self) -> NDArray[np.int64]:
        (code, rows), (cell, _, starts) = self.once("units", self._units), self.once("cells", self._cells)
        outcome = self.of(self.run.outcome)
        others = np.flatnonzero(outcome > MISS)
        kind = cell[code[others]] * np.int64(KINDS) + outcome[others]
        found = np.bincount(kind, minlength=(len(starts) - 1) * KINDS).reshape(-1, KINDS)
        found[:, PASS] = np.bincount(cell, rows, len(found)) - found.sum(axis=1)
        return found

    def places_of(self, first: int, last: int) -> NDArray[np.int64]:
        """Where the rows of some cells are among the rows here, in ascending order."""
        each, order, starts = self.once("rows", self._rows_by_cell)
        if last == first + 1:
            return order[starts[first] : starts[last]]
        return np.flatnonzero((each >= first) & (each < last))

    def rows_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those rows, as indices into the run's columns."""
        return places if self._rows is None else self._rows[places]

    def clustered(self) -> bool:
        """Whether any case is in a cluster."""
        return self.once("clusters", lambda: self._clusters(self.once("units", self._units))) is not None

    def _rows_by_cell(self) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        cell, _, starts = self.once("cells", self._cells)
        each = cell[self.once("units", self._units).code]
        counts = np.bincount(each, minlength=len(starts) - 1)
        return each, np.argsort(each, kind="stable"), np.append(0, np.cumsum(counts))


class _Part(Slice):
    """Some neighbouring cells of a cut."""

    __slots__ = ("_cells", "_cut")

    def __init__(self, cut: Cut, first: int, last: int, about: str | None) -> None:
        super().__init__(cut.run, None, about)
        self._cut, self._cells = cut, (first, last)

    @property
    def rows(self) -> NDArray[np.int64]:
        return self.once("rows", lambda: self._cut.rows_at(self._places()))

    def _places(self) -> NDArray[np.int64]:
        return self.once("places", lambda: self._cut.places_of(*self._cells))

    def by_row(self, rows: Callable[[Slice], Counted]) -> Counted:
        """What each row says; the whole cut is asked."""
        try:
            found = self._cut.asking(self.about).by_row(rows)
        except NoData:
            return super().by_row(rows)
        places = self._places()
        return Counted(found.values[places], _at(found.said, places), _at(found.open, places))

    def clusters(
        self, rows: NDArray[np.int64] | None, case: NDArray[np.int64], cases: int
    ) -> NDArray[np.int64] | None:
        return super().clusters(rows, case, cases) if self._cut.clustered() else None

    def of(self, column: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(column[self.rows])

    def _tally(self) -> NDArray[np.int64]:
        first, last = self._cells
        return np.asarray(self._cut.tallies()[first:last].sum(axis=0))

    def _folded(self, rows: Callable[[Slice], Counted]) -> Cases:
        found = self._cut.cases_about(rows, self.about)
        if found is None:
            return super()._folded(rows)
        first, last = self._cells
        starts = self._cut.starts()
        return found.part(slice(starts[first], starts[last]))

    def _clusters(self, units: Units) -> NDArray[np.int64] | None:
        return self.clusters(self.rows, units.code, len(units.rows))


def _at(which: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What is said of some rows; of all rows alike it is soon said."""
    if which.all():
        return np.ones(len(places), bool)
    return which[places] if which.any() else np.zeros(len(places), bool)
