"""A verdict while its trials still run: what they have said, and the extremes that the others can bring it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.decide import ROUNDING
from pytest_evalbars.stats.curtail import least_p, most_independent, most_p

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.verdict import Word
    from pytest_evalbars.metrics.slice import Slice

#: p-values this close to the error, relatively, are not relied on: `decide` comes to its numbers another way.
SLACK = 1e-7


class Open:
    """A verdict whose word may still be open.

    Args:
        bar: what must hold.
        group: the group of the bar's `each`, or None for the whole.
        part: its planned trials, as a slice of a run in which nothing has happened yet.
        alpha: the error of one verdict.
    """

    def __init__(self, bar: Bar, group: str | None, part: Slice, alpha: float) -> None:
        self.bar, self.group, self.alpha = bar, group, alpha
        #: The word, once it is certain.
        self.word: Word | None = None
        #: Whether it is met, and missed by the bare number where that is the rule, however the other trials end.
        self.must_meet, self.can_meet = False, True
        self.must_miss, self.can_miss = False, True
        #: The largest p-value of "missed", before the family, that the other trials can leave.
        self.p_most = 1.0
        #: How many cases are judged, and how many can be in the end.
        self.judged = 0
        names, local, counts = np.unique(part.run.case[part.rows], return_inverse=True, return_counts=True)
        #: The place here of the case of each of the part's rows.
        self.places: list[int] = local.tolist()
        self.cases = len(names)
        self._t = 1 - bar.threshold if bar.upper else bar.threshold
        #: By case: trials that may count, and those that did: good ones are what the bar asks for.
        self._trials: list[int] = counts.tolist()
        self._good, self._bad = [0] * self.cases, [0] * self.cases
        #: The sums over cases of their shares of good and of bad trials.
        self._won = self._lost = 0.0
        self._independent: float | None = None
        #: The smallest p-value, and what `can_meet` says, with what they were computed from.
        self._least: tuple[float, tuple[float, int]] = (0.0, (-1.0, 0))
        self._can: tuple[bool, tuple[float, int]] = (True, (-1.0, 0))
        self._source, clear = _sources(part, local, self.cases)
        #: By source: its judged cases, and all.
        self._judged_of = np.zeros(max(self._source or [0]) + 1)
        self._cases_of = np.bincount(self._source or [0]).astype(np.float64)
        #: Whether the extremes can be bounded at all.
        self.bounded = bar.metric == "pass_rate" and clear and not bar.compares

    @property
    def evidence(self) -> bool:
        """Whether the verdict belongs to the session's family."""
        return self.bar.rule == "evidence"

    def take(self, place: int, outcome: str, score: float | None = None) -> None:  # noqa: ARG002 - for other metrics
        """Take what a trial of the case at `place` said."""
        if outcome == "error":
            return  # it counts for neither, and may come to count for either
        if outcome == "skipped":
            self._drop(place)
            return
        good = (outcome == "pass") != self.bar.upper
        share = 1 / self._trials[place]
        if not (self._good[place] or self._bad[place]):
            self.judged += 1
            if self._source is not None:
                self._judged_of[self._source[place]] += 1
        if good:
            self._good[place] += 1
            self._won += share
        else:
            self._bad[place] += 1
            self._lost += share

    def _drop(self, place: int) -> None:
        """A trial counts for nothing: its case has one less, or is none."""
        before = self._trials[place]
        self._trials[place] = after = before - 1
        self._independent = None
        if after:
            more = 1 / after - 1 / before
            self._won += self._good[place] * more
            self._lost += self._bad[place] * more
            return
        self.cases -= 1
        if self._source is not None:
            self._cases_of[self._source[place]] -= 1

    def bound(self) -> None:
        """Say anew what the verdict can still come to."""
        if not (self.bounded and self.judged):
            return
        low, high = self._won / self.cases, 1 - self._lost / self.cases
        if self.evidence:
            self._bound_evidence(low, high)
        else:
            self.must_meet, self.can_meet = low >= self._t - ROUNDING / 2, high >= self._t - 2 * ROUNDING
            self.must_miss, self.can_miss = not self.can_meet, not self.must_meet
        self.must_meet = self.must_meet and self.judged >= self.bar.min_cases
        self.can_meet = self.can_meet and self.cases >= self.bar.min_cases

    @property
    def p_least(self) -> float:
        """The smallest p-value of "missed", before the family, that the other trials can leave."""
        if not (self.bounded and self.judged):
            return 0.0
        if self._least[1] != (basis := (self._won, self.cases)):
            self._least = (self._smallest_p(1 - self._won / self.cases, 1 - self._t), basis)
        return self._least[0]

    def _smallest_p(self, rate: float, t: float) -> float:
        if self._independent is None:
            self._independent = most_independent([trials for trials in self._trials if trials])
        units = self.cases if self._source is None else int((self._cases_of > 0).sum())
        return least_p(rate, self._independent, units, t)

    def _bound_evidence(self, low: float, high: float) -> None:
        sources = None if self._source is None else (self._judged_of, self._cases_of)
        t, alpha, cases = self._t, self.alpha, self.cases
        # Where even the rate of what is certain falls short, its p-value is above one half.
        self.must_meet = t == 0 or (
            low >= t and most_p(self._won, self.judged, cases, t, sources) <= alpha * (1 - SLACK)
        )
        if self._can[1] != (basis := (self._lost, cases)):
            self._can = (t == 0 or self._smallest_p(high, t) <= alpha * (1 + SLACK), basis)
        self.can_meet = self._can[0]
        self.p_most = most_p(self._lost, self.judged, cases, 1 - t, sources) if high <= t else 1.0


def _sources(part: Slice, local: np.ndarray, cases: int) -> tuple[list[int] | None, bool]:
    """The source of each case, as a dense code, or None where no case shares one; and whether each has only one."""
    given = part.run.cluster[part.rows]
    if not len(given) or given.max() < 0:
        return None, True
    pairs = np.unique(np.stack([local, given]), axis=1)
    names = np.empty(cases, np.int64)
    names[local] = np.where(given < 0, given.max() + 1 + local, given)
    return np.unique(names, return_inverse=True)[1].tolist(), pairs.shape[1] == cases
