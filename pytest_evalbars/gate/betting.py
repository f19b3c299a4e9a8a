"""A verdict of a bar that may stop at any time, while its trials still run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_evalbars.gate.open import Open
from pytest_evalbars.stats.sequential import Betting

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.metrics.slice import Slice

#: Logarithms of e-values this close to what is asked for are not relied on: `decide` adds them up another way.
MARGIN = 1e-9


class OpenEvidence(Open):
    """A verdict of such a bar while its trials run.

    The cases count in planned order, whatever order they end in: each once all its trials, and all cases before
    it, have ended.
    """

    def __init__(self, bar: Bar, group: str | None, part: Slice, alpha: float) -> None:
        super().__init__(bar, group, part, alpha)
        self.bounded = True
        self._left = list(self._trials)
        #: By case: trials that count, and the sums of their values at worst and at best.
        self._counts = [0] * self.cases
        self._worst, self._best = [0.0] * self.cases, [0.0] * self.cases
        self._next = 0
        self._for_met, self._for_missed = Betting(self._t), Betting(1 - self._t)
        self._most_met = self._most_missed = 0.0
        self._seen: set[int] = set()
        self._p_least = 0.0

    def take(self, place: int, outcome: str, score: float | None = None) -> None:
        self._left[place] -= 1
        if outcome != "skipped":
            self._counts[place] += 1
            low, high = self._value(outcome, score)
            self._worst[place] += low
            self._best[place] += high
            if low == high:
                self._seen.add(place)
                self.judged = len(self._seen)
        while self._next < len(self._left) and not self._left[self._next]:
            if count := self._counts[self._next]:
                self._bet(self._worst[self._next] / count, self._best[self._next] / count)
            self._next += 1

    def _value(self, outcome: str, score: float | None) -> tuple[float, float]:
        """What a trial counts as, at worst and at best, in the bar's good direction."""
        value: float | None = None
        if outcome != "error":
            value = float(outcome == "pass") if self.bar.metric == "pass_rate" else score
        if value is None:
            return 0.0, 1.0
        value = 1 - value if self.bar.upper else value
        return value, value

    def _bet(self, worst: float, best: float) -> None:
        if self._most_met >= -math.log(self.alpha):
            return
        self._most_met = max(self._most_met, self._for_met.take(worst))
        if self._most_met < -math.log(self.alpha):
            self._most_missed = max(self._most_missed, self._for_missed.take(1 - best))

    def bound(self) -> None:
        """Proven is proven; what is not may still be, as far as the cases to come could bring it."""
        enough, left = -math.log(self.alpha), len(self._left) - self._next
        proven = self._most_met >= enough
        self.can_meet = proven or self._for_met.at_best(left) >= enough - MARGIN
        self.p_most = math.exp(min(0.0, MARGIN - self._most_missed))
        most = self._most_missed if proven else max(self._most_missed, self._for_missed.at_best(left))
        self._p_least = math.exp(-most - MARGIN)
        # Nothing that comes after the proof counts: not even the family can make more of what was missed until then.
        self.must_meet = self._most_met >= enough + MARGIN and self.judged >= self.bar.min_cases
        self.can_meet = self.can_meet and self.cases >= self.bar.min_cases

    @property
    def p_least(self) -> float:
        return self._p_least
