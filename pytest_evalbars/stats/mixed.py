"""The pass rate where a judge gave only some of the verdicts, and all others are as good as people's.

A number that can be checked by code needs no judge, and one that a check refuses is often not shown to one. Of what
the judge said there is a corrected rate (`stats.corrected`); of the rest a rate as it is. The whole is their mean, by
the shares of the two; how far each of the three moves it is added as squares.

Source: Zou & Donner 2008 (limits of a function of estimates from the limits of each).
"""

import math
from dataclasses import dataclass

from pytest_evalbars.stats.corrected import Adjusted
from pytest_evalbars.stats.effective import Rate, rate_bounds, rate_interval
from pytest_evalbars.stats.inverting import smallest_error


@dataclass(frozen=True, slots=True)
class Mixed:
    """A pass rate of which a judge counted a part."""

    #: Of what the judge said, corrected; and of all the rest.
    judged: Rate | Adjusted
    exact: Rate
    #: The share of verdicts that are the judge's.
    share: Rate
    #: The share of items that could not be judged, and whether they are taken to pass.
    unjudged: float = 0.0
    as_pass: bool = False

    @property
    def value(self) -> float:
        """The rate, 0..1."""
        return self._of_all(self._mean)

    @property
    def cases(self) -> int:
        """How many cases were judged, by whomever."""
        return self.share.cases

    def bounds(self, alpha: float) -> tuple[float, float]:
        """One-sided lower and upper bound, each with error alpha, strictly between 0 and 1."""
        of_judged = rate_bounds(self.judged, alpha) if isinstance(self.judged, Rate) else self.judged.bounds(alpha)
        return self._ends(of_judged, rate_bounds(self.exact, alpha), rate_bounds(self.share, alpha))

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval, for display."""
        judged = self.judged
        of_judged = rate_interval(judged, confidence) if isinstance(judged, Rate) else judged.interval(confidence)
        return self._ends(of_judged, rate_interval(self.exact, confidence), rate_interval(self.share, confidence))

    def p_below(self, t: float) -> float:
        """The p-value of "the true rate is at least t": below alpha where the upper bound is below t."""
        return smallest_error(lambda alpha: self.bounds(alpha)[1] < t)

    def p_above(self, t: float) -> float:
        """The p-value of "the true rate is below t": at most alpha where the lower bound reaches t."""
        return smallest_error(lambda alpha: self.bounds(alpha)[0] >= t)

    @property
    def _mean(self) -> float:
        return self.share.value * self.judged.value + (1 - self.share.value) * self.exact.value

    def _ends(
        self, of_judged: tuple[float, float], of_exact: tuple[float, float], of_share: tuple[float, float]
    ) -> tuple[float, float]:
        part, apart = self.share.value, self.judged.value - self.exact.value
        moved = [
            [part * (end - self.judged.value) for end in of_judged],
            [(1 - part) * (end - self.exact.value) for end in of_exact],
            [apart * (end - part) for end in of_share],
        ]
        down = math.hypot(*(min(*pair, 0.0) for pair in moved))
        up = math.hypot(*(max(*pair, 0.0) for pair in moved))
        return self._of_all(max(self._mean - down, 0.0)), self._of_all(min(self._mean + up, 1.0))

    def _of_all(self, rate: float) -> float:
        return (1 - self.unjudged) * rate + self.unjudged * self.as_pass
