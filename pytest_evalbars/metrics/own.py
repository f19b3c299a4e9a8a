"""Metrics of users: their function is asked, and what it says is checked before anything rests on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
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
    from pytest_evalbars.run.columns import Run

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
            if part.judged().any():
                raise NoData(f"{self._name} has nothing to say of these {len(part.rows)} rows")
            return None
        if hasattr(given, "p_below"):
            return OfUser(given, self._name) if unjudged == "apart" else Unknown(OfUser(given, self._name))
        lacking = f"{self._name} returned no number for any of the {len(part.rows)} rows"
        folding = Score(self._rows, lacking) if self.kind.bounded else Amount(self._rows, lacking, 0.0, np.inf)
        # It is given each slice as it is: what it says of a row may depend on the others.
        return folding.estimate(Slice(part.run, part.rows, part.about), unjudged)

    @property
    def _name(self) -> str:
        return f"metric {self.kind.name} ({self.kind.home})"

    def _rows(self, part: Slice) -> Counted:
        given = self._ask(part)
        if given is None or hasattr(given, "p_below"):
            return Counted(np.zeros(len(part.rows)), part.judged(), part.unknown())
        try:
            values = np.zeros((0, 0)) if np.iscomplexobj(given) else np.asarray(given, np.float64)
        except (TypeError, ValueError):
            values = np.zeros((0, 0))
        high = 1.0 if self.kind.bounded else np.inf
        span = "from 0 to 1" if self.kind.bounded else "from 0 up"
        if values.shape != part.rows.shape:
            raise NoData(
                f"{self._name} returned {shown(given)}, not one number {span} for each of the {len(part.rows)} rows"
            )
        said = ~np.isnan(values)
        bad = values[said & ~(np.isfinite(values) & (values >= 0) & (values <= high))]
        if len(bad):
            raise NoData(f"{self._name} returned {bad[0]:g}; its numbers lie {span}")
        return part.counted(values, said)

    def _ask(self, part: Slice) -> Any:
        assert self.kind.own is not None  # noqa: S101 - else it is none of ours
        _lock(part.run)
        try:
            return self.kind.own(part)
        except (NoData, KeyboardInterrupt):
            raise
        except BaseException as error:  # also one that exits, or skips as a test does
            raise NoData(f"{self._name} failed: {type(error).__name__}: {text(error, 200)}") from error


def _lock(run: Run) -> None:
    """Other bars read the same columns."""
    for each in (run, run.extras):
        for field in fields(each):
            held = getattr(each, field.name)
            for column in held.values() if isinstance(held, dict) else (held,):
                if isinstance(column, np.ndarray):
                    column.flags.writeable = False


class OfUser:
    """An estimate of a user's own, believed as far as it makes sense.

    Raises:
        NoData: it does not.
    """

    def __init__(self, given: Any, name: str) -> None:
        self._given, self._name = given, name
        lacks = [name for name in ASKED if not hasattr(given, name)]
        if lacks:
            raise NoData(f"{name} returned an estimate that has no {', '.join(lacks)}")
        value = number(given.value)
        if value is None:
            raise self._wrong("value", given.value)
        cases = number(given.cases)
        if cases is None or cases < 0 or cases % 1:
            raise self._wrong("cases", given.cases)
        self.value, self.cases = float(value), int(cases)

    def bounds(self, alpha: float) -> tuple[float, float]:
        return self._span("bounds", alpha)

    def interval(self, confidence: float) -> tuple[float, float]:
        return self._span("interval", confidence)

    def p_below(self, threshold: float) -> float:
        return self._p("p_below", threshold)

    def p_above(self, threshold: float) -> float:
        return self._p("p_above", threshold)

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:
        said = self._said("cases_to_settle", threshold, alpha_below, alpha_above)
        needed = number(said)
        if said is not None and (needed is None or needed < 0):
            raise self._wrong("cases_to_settle", said)
        return None if needed is None else math.ceil(needed)

    def _said(self, name: str, *arguments: float) -> Any:
        try:
            return getattr(self._given, name)(*arguments)
        except Exception as error:
            words = f"{type(error).__name__}: {text(error, 200)}"
            raise NoData(f"{self._name} returned an estimate whose {name} failed: {words}") from error

    def _span(self, name: str, share: float) -> tuple[float, float]:
        said = self._said(name, share)
        try:
            low, high = map(float, said)
        except (TypeError, ValueError):
            raise self._wrong(name, said) from None
        if not low <= high:
            raise self._wrong(name, said)
        return low, high

    def _p(self, name: str, threshold: float) -> float:
        said = self._said(name, threshold)
        p = number(said)
        if p is None or not 0 <= p <= 1:
            raise self._wrong(name, said)
        return float(p)

    def _wrong(self, name: str, said: object) -> NoData:
        return NoData(f"{self._name} returned an estimate whose {name} makes no sense: {shown(said)}")


class Unknown:
    """An estimate with trials of which nobody knows how they would change it: they settle nothing."""

    def __init__(self, given: OfUser) -> None:
        self.value, self.cases = given.value, given.cases

    def bounds(self, alpha: float) -> tuple[float, float]:  # noqa: ARG002
        return -math.inf, math.inf

    def interval(self, confidence: float) -> tuple[float, float]:  # noqa: ARG002
        return -math.inf, math.inf

    def p_below(self, threshold: float) -> float:  # noqa: ARG002
        return 1.0

    def p_above(self, threshold: float) -> float:  # noqa: ARG002
        return 1.0

    def cases_to_settle(self, threshold: float, alpha_below: float, alpha_above: float) -> int | None:  # noqa: ARG002
        return None
