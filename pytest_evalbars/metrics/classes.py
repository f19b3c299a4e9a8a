"""Metrics of classification: of one class, and their means over classes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.estimates import OfRate
from pytest_evalbars.metrics.means import Conditional, Share
from pytest_evalbars.metrics.predictions import LACKING, Predictions, predictions
from pytest_evalbars.metrics.slice import Counted, NoData
from pytest_evalbars.stats import classes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Estimate, Slice, Unjudged
    from pytest_evalbars.stats.effective import Rate


def _class(part: Slice) -> int:
    """The code of the class that is asked about."""
    known = part.run.extras.classes
    if part.about is None or not known:
        raise NoData(LACKING)
    if part.about not in known:
        close = difflib.get_close_matches(part.about, known, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        raise NoData(f'no case expects or predicts the class "{part.about}"{hint}')
    return known.index(part.about)


def _recalled(part: Slice) -> Counted:
    """Of the trials that are of the class; one that could not be judged may be, unless its case says otherwise."""
    code, found = _class(part), predictions(part)
    of_class = found.expected == code
    maybe = found.open & (of_class | (found.expected < 0)) if found.open.any() else found.open
    return Counted(found.predicted == code, found.said & of_class, maybe)


def _forgotten(part: Slice) -> Counted:
    recalled = _recalled(part)
    return recalled._replace(values=~recalled.values)


def _precise(part: Slice) -> Counted:
    """Of the trials that were given the class; one that could not be judged may have been."""
    code, found = _class(part), predictions(part)
    return Counted(found.expected == code, found.said & (found.predicted == code), found.open)


def _mistaken(part: Slice) -> Counted:
    """Of the trials that are of another class."""
    code, found = _class(part), predictions(part)
    other = found.said & (found.expected != code)
    return Counted(found.predicted == code, other, found.open & (found.expected != code))


recall = Share(_recalled, "no case is of this class")
false_negative_rate = Share(_forgotten, "no case is of this class")
precision = Conditional(_precise, "nothing was predicted to be of this class")
false_positive_rate = Share(_mistaken, "every case is of this class")


@dataclass(frozen=True)
class Macro:
    """A mean over classes."""

    rate: Callable[..., Rate]
    #: Whether a wrong prediction does most harm in a class that has cases, and not in one of its own.
    in_known: bool = False

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Whether each row's prediction was right, and which of them count."""
        found = predictions(part)
        right = found.predicted == found.expected
        return Counted(right, found.said, found.open).filled(unjudged, 0.0, 1.0)

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials predict nothing though they should."""
        return int((predictions(part).open & ~part.stopped()).sum())

    def trials(self, part: Slice) -> int:
        """How many predict."""
        return int(predictions(part).said.sum())

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice.

        With its open trials at an end it is worth no more than without them, or with them at the other end: how
        sure a mean over classes is depends on the rarest of them.
        """
        found = predictions(part)
        if not found.said.any():
            if part.judged().any():
                raise NoData(LACKING)
            return None
        if unjudged == "apart":
            return OfRate(self._rate(part, found))
        _, case = np.unique(part.run.case[part.rows], return_inverse=True)
        alone = len(part.run.extras.classes) + case
        ends = {end: self._rate(part, self._filled(found, alone, good=end == "pass")) for end in ("miss", "pass")}
        rates = (self._rate(part, found), *ends.values())
        n_eff, n_perfect = min(each.n_eff for each in rates), min(each.n_perfect for each in rates)
        low, high = self._reach(part, found)
        value = min(low, ends["miss"].value) if unjudged == "miss" else max(high, ends["pass"].value)
        return OfRate(replace(ends[unjudged], value=value, n_eff=n_eff, n_perfect=n_perfect))

    def _reach(self, part: Slice, found: Predictions) -> tuple[float, float]:
        """What the mean can be at least and at most, with every open trial held against, or for, each class.

        An open trial whose class nothing tells may also be of a class that no other is of.
        """
        count = found.said | found.open
        _, case = np.unique(part.run.case[part.rows], return_inverse=True)
        weight = 1 / np.maximum(np.bincount(case, count), 1)[case]
        size = len(part.run.extras.classes)
        said, free = found.said, found.open & (found.expected < 0)
        hit = said & (found.expected == found.predicted)
        right = np.bincount(found.expected[hit], weight[hit], minlength=size)
        true = np.bincount(found.expected[said], weight[said], minlength=size)
        given = np.bincount(found.predicted[said], weight[said], minlength=size)
        known = found.open & ~free
        due = np.bincount(found.expected[known], weight[known], minlength=size)
        mine, any_ = due + weight[free].sum(), float(weight[found.open].sum())
        if self.rate is classes.macro_precision:
            present, bottom, worst, best = given > 0, given, any_, mine
            others = int(found.open.sum())
        else:
            present, bottom, worst, best = true > 0, true, mine, mine
            others = int((~present & (due > 0)).sum()) + len(np.unique(case[free]))
        if self.rate is classes.macro_f1:
            right, bottom, worst, best = 2 * right, true + given, any_, 2 * mine
        low = (right / np.maximum(bottom + worst, 1e-300))[present].sum()
        high = ((right + best) / np.maximum(bottom + best, 1e-300))[present].sum() + others
        total = int(present.sum()) + others
        return float(low) / total, min(float(high) / total, 1.0)

    def _rate(self, part: Slice, found: Predictions) -> Rate:
        rows = part.rows[found.said]
        present, case = np.unique(part.run.case[rows], return_inverse=True)
        clusters = part.clusters(rows, case, len(present))
        each = None if clusters is None else clusters[case]
        expected, predicted = found.expected[found.said], found.predicted[found.said]
        return self.rate(expected, predicted, case, int(max(expected.max(), predicted.max())) + 1, each)

    def _filled(self, found: Predictions, alone: NDArray[np.int64], *, good: bool) -> Predictions:
        """The predictions with each open trial right, or wrong.

        A case of which nothing tells the class may be of one that no other has, and so may what it is taken for.

        Args:
            found: the predictions.
            alone: by row, a class that only its case has.
            good: right rather than wrong.
        """
        expected, predicted, rows = found.expected.copy(), found.predicted.copy(), len(found.said)
        expected = np.where(found.open & (expected < 0), alone, expected)
        predicted[found.open] = expected[found.open] if good else alone[found.open] + rows
        if self.in_known and not good:
            true, given = (np.bincount(each[found.said], minlength=2 * rows) for each in (expected, predicted))
            right = np.bincount(expected[found.said & (expected == predicted)], minlength=2 * rows)
            for row in np.flatnonzero(found.open):
                harm = np.where(true > 0, right / np.maximum(true + given, 1) ** 2, 0.0)
                if expected[row] < len(harm):
                    harm[expected[row]] = 0
                if harm.any():
                    predicted[row] = harm.argmax()
                    given[predicted[row]] += 1
        return Predictions(expected, predicted, found.said | found.open, np.zeros_like(found.open))


macro_recall = Macro(classes.macro_recall)
macro_precision = Macro(classes.macro_precision)
macro_f1 = Macro(classes.macro_f1, in_known=True)
