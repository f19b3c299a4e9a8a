"""Metrics of users: their function is asked, and what it says is checked before anything rests on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.metrics.means import Score
from pytest_evalbars.metrics.measures import Amount
from pytest_evalbars.metrics.slice import Counted, NoData, Slice
from pytest_evalbars.run.plain import number, shown, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.registry import Kind
    from pytest_evalbars.metrics.slice import Estimate, Unjudged

#: What an estimate of a user's own must be able to say.
ASKED = ("value", "cases", "bounds", "interval", "p_below", "p_above", "cases_to_settle")


@dataclass(frozen=True)
class Own:
    """A metric that some user registered."""

    kind: Kind

    def values(self, part: Slice, unjudged: Unjudged) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What each of the slice's rows counts as, and which of them count."""
        return self._rows(part).filled(unjudged, 0.0, 1.0 if self.kind.bounded else np.inf)

    def unjudged(self, part: Slice) -> int:
        """How many of the slice's trials say nothing though they should."""
        return int((self._rows(part).open & ~part.stopped()).sum())

    def trials(self, part: Slice) -> int:
        """How many say something."""
        return int(self._rows(part).said.sum())

    def estimate(self, part: Slice, unjudged: Unjudged = "apart") -> Estimate | None:
        """The estimate on a slice."""
        given = self._ask(part)
        if given is None:
            return None
        if hasattr(given, "p_below"):
            return self._checked(given)
        high = 1.0 if self.kind.bounded else np.inf
        folding = Score(self._rows) if self.kind.bounded else Amount(self._rows, "", 0.0, high)
        # It is given each slice as it is: what it says of a row may depend on the others.
        return folding.estimate(Slice(part.run, part.rows, part.about), unjudged)

    def _rows(self, part: Slice) -> Counted:
        given = self._ask(part)
        if given is None or hasattr(given, "p_below"):
            return Counted(np.zeros(len(part.rows)), part.judged(), part.unknown())
        try:
            values = np.asarray(given, np.float64)
        except (TypeError, ValueError):
            values = np.zeros((0, 0))
        high = 1.0 if self.kind.bounded else np.inf
        span = "from 0 to 1" if self.kind.bounded else "from 0 up"
        if values.shape != part.rows.shape:
            raise NoData(
                f"metric {self.kind.name} ({self.kind.home}) returned {shown(given)}, not one number {span} "
                f"for each of the {len(part.rows)} rows"
            )
        said = ~np.isnan(values)
        bad = values[said & ~((values >= 0) & (values <= high) & np.isfinite(np.nan_to_num(values)))]
        if len(bad):
            raise NoData(f"metric {self.kind.name} ({self.kind.home}) returned {bad[0]:g}; its numbers lie {span}")
        return part.counted(values, said)

    def _ask(self, part: Slice) -> Any:
        assert self.kind.own is not None  # noqa: S101 - else it is none of ours
        try:
            return self.kind.own(part)
        except NoData:
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {text(error, 200)}"
            raise NoData(f"metric {self.kind.name} ({self.kind.home}) failed: {words}") from error

    def _checked(self, given: Any) -> Estimate:
        lacks = [name for name in ASKED if not hasattr(given, name)]
        if lacks or number(given.value) is None:
            why = f"has no {', '.join(lacks)}" if lacks else f"has the value {shown(given.value)}"
            raise NoData(f"metric {self.kind.name} ({self.kind.home}) returned an estimate that {why}")
        estimate: Estimate = given
        return estimate
