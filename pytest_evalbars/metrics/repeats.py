"""Metrics of repeated trials: does one of k attempts succeed, do all k, do they agree?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.estimates import OfRate
from pytest_evalbars.metrics.fold import Cases
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.stats.passk import agreement, pass_at_k, pass_hat_k
from pytest_evalbars.stats.units import unit_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

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
        cases, of = part.once("attempts", lambda: _attempts(part))
        self._check(part)
        if not cases.said.any():
            return None
        passes, trials = self._ends(cases, unjudged)
        enough = trials >= self.needs
        if not enough.any():
            return None
        values = self.of_case(passes[enough], trials[enough])
        clusters = None if cases.clusters is None else cases.clusters[enough]
        if of is not None:  # several tests of a case: their mean
            _, first, code, number = np.unique(of[enough], return_index=True, return_inverse=True, return_counts=True)
            values = np.bincount(code, values) / number
            clusters = None if clusters is None else clusters[first]
        return OfRate(unit_rate(np.clip(values, 0, 1), clusters))

    def _ends(self, cases: Cases, unjudged: Unjudged) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Passes and trials, with what the open trials can make of them."""
        passes, judged = cases.sums, cases.said
        if unjudged == "apart" or cases.open is None:
            return passes, judged
        trials = judged + cases.open
        most = passes + cases.open
        if not self.either:
            return (most if unjudged == "pass" else passes), trials
        # Trials agree most if all that are open go with the majority, and least if they even things out.
        agreed = np.maximum(passes, judged - passes) + cases.open
        return (agreed if unjudged == "pass" else np.clip(trials // 2, passes, most)), trials

    def _check(self, part: Slice) -> None:
        """See whether each case has trials enough in each of its tests, judged or not."""
        cases, _ = part.once("attempts", lambda: _attempts(part))
        trials = cases.said if cases.open is None else cases.said + cases.open
        if not ((trials > 0) & (trials < self.needs)).any():
            return
        run, rows = part.run, part.rows[part.judged() | part.unknown()]
        asked, trials = np.unique(run.case[rows] * len(run.tests) + run.test[rows], return_counts=True)
        case = np.unique(asked // len(run.tests))
        short = np.unique(asked[trials < self.needs] // len(run.tests))
        names = [part.run.cases[code] for code in short[:NAMED]]
        named = ", ".join(names) + (" ..." if len(short) > NAMED else "")
        have = f"{'case' if len(case) == 1 else 'cases'} {'has' if len(short) == 1 else 'have'}"
        raise NoData(
            f"{self.words} needs {self.needs} trials of each case, and {len(short)} of {len(case)} {have} fewer "
            f"({named}); run them with --evalbars-trials={self.needs} or more"
        )


def _attempts(part: Slice) -> tuple[Cases, NDArray[np.int64] | None]:
    """What the cases say; where tests share cases, what each test says of each, and which case each is of.

    Another test of a case is not another attempt at it.
    """
    run = part.run
    cases = part.cases(pass_rate.rows)
    if len(run.tests) < 2:
        return cases, None
    case, test = part.of(run.case), part.of(run.test)
    asked, first, code = np.unique(case * len(run.tests) + test, return_index=True, return_inverse=True)
    of = case[first]
    if len(asked) == len(np.unique(of)):
        return cases, None
    counted = part.by_row(pass_rate.rows)
    sums, said, still = (
        np.bincount(code[which], minlength=len(asked))
        for which in (counted.said & part.passed(), counted.said, counted.open)
    )
    clusters = part.clusters(part.rows, code, len(asked))
    return Cases(sums, said, still, None, clusters), of


def pass_at(k: str) -> Repeats:
    """The chance that at least one of k attempts at a case succeeds."""
    return Repeats(lambda passes, trials: pass_at_k(passes, trials, int(k)), int(k), f"pass@{k}")


def pass_hat(k: str) -> Repeats:
    """The chance that all of k attempts at a case succeed."""
    return Repeats(lambda passes, trials: pass_hat_k(passes, trials, int(k)), int(k), f"pass^{k}")


#: The chance that two attempts at a case come to the same verdict.
consistency = Repeats(agreement, 2, "consistency", either=True)
