"""Metrics of repeated trials: does one of k attempts succeed, do all k, do they agree?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.estimates import OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.stats.passk import agreement, pass_at_k, pass_hat_k
from pytest_evalbars.stats.units import unit_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Cases
    from pytest_evalbars.metrics.slice import Estimate, Slice, Unjudged

#: Cases named before the others are only counted.
NAMED = 3


@dataclass(frozen=True)
class Repeats:
    """A metric of the passes and trials of each case: an unbiased number for each, and their mean."""

    of_case: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
    #: How many trials of each case it needs.
    needs: int
    words: str
    #: Whether more passes can make the number smaller: then unjudged trials have no best and no worst outcome.
    either: bool = False

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What each of the slice's rows counts as, and which of them count."""
        return pass_rate.values(part, unjudged)

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials ended in an error or have no result."""
        return pass_rate.unjudged(part)

    def trials(self, part: Slice) -> int:
        """How many were judged."""
        return pass_rate.trials(part)

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice.

        Of the judged trials alone it is that of cases that have enough of them.
        """
        cases = part.cases(pass_rate.rows)
        self._check(part, cases)
        if not cases.said.any():
            return None
        if self.either and unjudged != "apart":
            return self._end(cases, unjudged)
        passes, trials, clusters = cases.filled(unjudged, 0, 1)
        enough = trials >= self.needs
        if not enough.any():
            return None
        kept = None if clusters is None else clusters[enough]
        return OfRate(unit_rate(self.of_case(passes[enough], trials[enough]), kept))

    def _end(self, cases: Cases, unjudged: Unjudged) -> Estimate:
        """The least or the greatest that the unjudged trials can bring each case to."""
        free = cases.said - cases.said if cases.open is None else cases.open
        there = cases.said + free > 0
        passes, judged, free = cases.sums[there], cases.said[there], free[there]
        trials = judged + free
        # Trials agree most if all that are open go with the majority, and least if they even things out.
        most = np.maximum(passes, judged - passes) + free
        least = np.clip(trials // 2, passes, passes + free)
        clusters = None if cases.clusters is None else cases.clusters[there]
        return OfRate(unit_rate(self.of_case(most if unjudged == "pass" else least, trials), clusters))

    def _check(self, part: Slice, cases: Cases) -> None:
        """See whether each case has trials enough, judged or not."""
        trials = cases.said if cases.open is None else cases.said + cases.open
        if not ((trials > 0) & (trials < self.needs)).any():
            return
        count = part.judged() | part.unknown()
        case, trials = np.unique(part.run.case[part.rows[count]], return_counts=True)
        short = case[trials < self.needs]
        names = [part.run.cases[code] for code in short[:NAMED]]
        named = ", ".join(names) + (" ..." if len(short) > NAMED else "")
        have = f"{'case' if len(case) == 1 else 'cases'} {'has' if len(short) == 1 else 'have'}"
        raise NoData(
            f"{self.words} needs {self.needs} trials of each case, and {len(short)} of {len(case)} {have} fewer "
            f"({named}); run them with --evalbars-trials={self.needs} or more"
        )


def pass_at(k: str) -> Repeats:
    """The chance that at least one of k attempts at a case succeeds."""
    return Repeats(lambda passes, trials: pass_at_k(passes, trials, int(k)), int(k), f"pass@{k}")


def pass_hat(k: str) -> Repeats:
    """The chance that all of k attempts at a case succeed."""
    return Repeats(lambda passes, trials: pass_hat_k(passes, trials, int(k)), int(k), f"pass^{k}")


#: The chance that two attempts at a case come to the same verdict.
consistency = Repeats(agreement, 2, "consistency", either=True)
