"""What models the trials of a run asked, in all, as its trial lines tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_evalbars.run.tally import JUDGE_COST, paid

#: Measures that add up the calls of a trial; those of its judges have names of their own.
OWN = ("tokens_in", "tokens_out", "cost_usd", "model_seconds")
JUDGES = ("judge_tokens_in", "judge_tokens_out", JUDGE_COST, "judge_seconds")


@dataclass(slots=True)
class Side:
    """The calls of the product, or those of the judges."""

    #: By version, as the providers name them: how often it answered.
    models: Counter[str] = field(default_factory=Counter)
    #: Calls that recorded answers stood in for.
    replayed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    #: US dollars, of replayed calls as they were when they were recorded.
    cost_usd: float = 0.0
    seconds: float = 0.0
    #: Whether some trial does not know its tokens, or its cost: a sum is then of the others.
    tokens_unknown: bool = False
    cost_unknown: bool = False

    @property
    def calls(self) -> int:
        """How many there are."""
        return self.models.total()

    def take(self, models: Mapping[str, int], replayed: int, measures: tuple[float | None, ...]) -> None:
        """Add those of one trial."""
        self.models.update(models)
        self.replayed += replayed
        tokens_in, tokens_out, cost, seconds = measures
        self.tokens_in += int(tokens_in or 0)
        self.tokens_out += int(tokens_out or 0)
        self.tokens_unknown |= tokens_in is None or tokens_out is None
        self.cost_usd += cost or 0.0
        self.cost_unknown |= cost is None
        self.seconds += seconds or 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "models": dict(sorted(self.models.items())),
            "calls": self.calls,
            "replayed": self.replayed,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "tokens_unknown": self.tokens_unknown,
            "cost_usd": round(self.cost_usd, 9),
            "cost_unknown": self.cost_unknown,
            "seconds": round(self.seconds, 6),
        }


@dataclass(slots=True)
class Calls:
    """All calls of a run. Every attempt at a trial counts, as each was paid for."""

    own: Side = field(default_factory=Side)
    judges: Side = field(default_factory=Side)
    #: US dollars that the run's sessions paid for these trials, as far as they know: recorded answers are free.
    paid: float = 0.0
    #: Calls that a model answered and whose price is not known.
    unpriced: int = 0

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.own.models or self.judges.models)

    def take(self, said: Mapping[str, Any], measures: Mapping[str, Any]) -> None:
        """Add the calls of a trial.

        Args:
            said: its line's key `calls`.
            measures: what it measured.

        Raises:
            ValueError: the key is something else.
        """
        for side, key, replayed, names in (
            (self.own, "models", "replayed", OWN),
            (self.judges, "judges", "judges_replayed", JUDGES),
        ):
            if key in said:
                side.take(_counts(said[key]), _number(said.get(replayed, 0)), _values(measures, names))
        self.unpriced += _number(said.get("unpriced", 0)) + _number(said.get("judges_unpriced", 0))
        self.paid += paid({"measures": measures, "calls": said})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        found: dict[str, Any] = {"product": self.own.to_json(), "judges": self.judges.to_json()}
        return {**found, "paid_usd": round(self.paid, 9), "unpriced": self.unpriced}


def _counts(given: Any) -> Mapping[str, int]:
    if not isinstance(given, Mapping) or not all(type(each) is int and each >= 0 for each in given.values()):
        raise ValueError(f"its calls are {str(given)[:100]!r}, not numbers by model")
    return {str(name): number for name, number in given.items()}


def _number(given: Any) -> int:
    if type(given) is not int or given < 0:
        raise ValueError(f"of its calls {str(given)[:100]!r} is not a number")
    return given


def _values(measures: Mapping[str, Any], names: tuple[str, ...]) -> tuple[float | None, ...]:
    values = (measures.get(name) for name in names)
    return tuple(value if isinstance(value, int | float) and value >= 0 else None for value in values)
