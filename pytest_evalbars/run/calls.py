"""What models the trials of a run asked, in all, as its trial lines tell it."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.run.tally import COST, JUDGE_COST, paid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    #: By name; see `Extras.measures`.
    Measures = Mapping[str, NDArray[np.float64]]

#: Measures that add up the calls of a trial: those of the product, and those of its judges.
OWN = ("tokens_in", "tokens_out", COST, "model_seconds")
JUDGES = ("judge_tokens_in", "judge_tokens_out", JUDGE_COST, "judge_seconds")


@dataclass(frozen=True, slots=True)
class Side:
    """The calls of the product, or those of the judges."""

    #: By version, as the providers name them: how often it answered.
    models: Mapping[str, int]
    #: Calls that recorded answers stood in for.
    replayed: int
    tokens_in: int
    tokens_out: int
    #: US dollars, of replayed calls as they were when they were recorded.
    cost_usd: float
    seconds: float
    #: Whether some trial does not know its tokens, or its cost: a sum is then of the others.
    tokens_unknown: bool
    cost_unknown: bool

    @property
    def calls(self) -> int:
        """How many there are."""
        return sum(self.models.values())

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "models": dict(self.models),
            "calls": self.calls,
            "replayed": self.replayed,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "tokens_unknown": self.tokens_unknown,
            "cost_usd": self.cost_usd,
            "cost_unknown": self.cost_unknown,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class Calls:
    """All calls of a run. Every attempt at a trial counts, as each was paid for."""

    own: Side
    judges: Side
    #: US dollars that the run's sessions paid for them, as far as they know: recorded answers are free.
    paid: float
    #: Calls that a model answered and whose price is not known.
    unpriced: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        sides = {"product": self.own.to_json(), "judges": self.judges.to_json()}
        return {**sides, "paid_usd": self.paid, "unpriced": self.unpriced}


class _Collected:
    """The calls of one side, while lines are read."""

    def __init__(self) -> None:
        #: By the models of a trial and their numbers: how many trials have the same.
        self.trials: dict[tuple[tuple[str, int], ...], int] = {}
        self.entries = array("q")
        self.replayed = 0

    def take(self, models: Any, entry: int) -> None:
        try:
            key = tuple(models.items())
            known = self.trials.get(key, 0)
        except (AttributeError, TypeError):
            key, known = (("", -1),), 0
        if not known and not all(type(name) is str and type(number) is int and number >= 0 for name, number in key):
            raise ValueError(f"its calls are {str(models)[:100]!r}, not numbers by model")
        self.trials[key] = known + 1
        self.entries.append(entry)

    def side(self, measures: Measures, names: tuple[str, ...]) -> Side:
        """All of it; the sums are of what the trials measured."""
        models = Counter[str]()
        for key, trials in self.trials.items():
            for name, number in key:
                models[name] += number * trials
        entries = _entries(self.entries)
        sums, unknown = zip(*(_sum(measures.get(name), entries) for name in names), strict=True)
        return Side(
            models=dict(sorted(models.items())),
            replayed=self.replayed,
            tokens_in=int(sums[0]),
            tokens_out=int(sums[1]),
            cost_usd=round(sums[2], 9),
            seconds=round(sums[3], 6),
            tokens_unknown=unknown[0] or unknown[1],
            cost_unknown=unknown[2],
        )


class Ledger:
    """Collects the calls of trials, line by line of run files."""

    def __init__(self) -> None:
        self._own, self._judges = _Collected(), _Collected()
        self._paid, self._unpriced = 0.0, 0
        #: Entries of trials that paid less than they cost, as some answers were recorded ones.
        self._apart = array("q")

    @property
    def replays(self) -> bool:
        """Whether recorded answers stood in for the model that is tested."""
        return self._own.replayed > 0

    def take(self, said: Mapping[str, Any], entry: int, measures: Mapping[str, Any]) -> bool:
        """Take the calls of a trial, and return whether recorded answers stood in for the model that is tested.

        Args:
            said: its line's key `calls`.
            entry: where what it measured is kept, -1 where it measured nothing.
            measures: what that is.

        Raises:
            ValueError: the key is something else.
        """
        if "models" in said:
            self._own.take(said["models"], entry)
        if "judges" in said:
            self._judges.take(said["judges"], entry)
        if "unpriced" in said or "judges_unpriced" in said:
            self._unpriced += _number(said, "unpriced") + _number(said, "judges_unpriced")
        if not ("replayed" in said or "judges_replayed" in said or "paid" in said):
            return False
        replayed = _number(said, "replayed")
        self._own.replayed += replayed
        self._judges.replayed += _number(said, "judges_replayed")
        self._paid += paid({"measures": measures, "calls": said})
        self._apart.append(entry)
        return replayed > 0

    def total(self, measures: Measures) -> Calls | None:
        """What all of it adds up to; None where no line told of any call.

        Args:
            measures: what the trials measured, by entry.
        """
        if not (self._own.trials or self._judges.trials):
            return None
        own, judges = self._own.side(measures, OWN), self._judges.side(measures, JUDGES)
        full = np.zeros(1 + max(map(len, measures.values()), default=0), bool)  # the last one is nobody's: -1
        for entries, paid_in_full in ((self._own.entries, True), (self._judges.entries, True), (self._apart, False)):
            full[_entries(entries)] = paid_in_full
        known = (each for name in (COST, JUDGE_COST) if (each := measures.get(name)) is not None)
        total = math.fsum(float(each[full[:-1] & (each >= 0)].sum()) for each in known)
        return Calls(own, judges, round(total + self._paid, 9), self._unpriced)


def _entries(collected: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(collected, np.int64) if collected else np.zeros(0, np.int64)


def _sum(column: NDArray[np.float64] | None, entries: NDArray[np.int64]) -> tuple[float, bool]:
    """The sum over some entries, and whether some of them say nothing."""
    values = column[entries[entries >= 0]] if column is not None else np.zeros(0)
    known = values[values >= 0]
    return float(known.sum()), len(known) < len(entries)


def _number(said: Mapping[str, Any], key: str) -> int:
    given = said.get(key, 0)
    if type(given) is not int or given < 0:
        raise ValueError(f"of its calls {key} is {str(given)[:100]!r}, not a number")
    return given
