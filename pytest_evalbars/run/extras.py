"""What trials say beside their verdicts: measures, a prediction, what guardrails did."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

#: What a guardrail can do, from mild to strict, and when.
ACTIONS = ("pass", "rewrite", "block")
STAGES = ("pre", "post")
BLOCK = ACTIONS.index("block")
#: Measures with a unit: never below 0, and those that are whole numbers.
UNITS = ("seconds", "cost_usd", "tokens_in", "tokens_out")
WHOLE = ("tokens_in", "tokens_out")
#: What bars call these short; a measure of that name would never be read.
CALLED = {
    "latency": "seconds",
    "cost": "cost_usd",
    "judge_cost": "judge_cost_usd",
    "tokens": "tokens_in or tokens_out",
}
NAN = float("nan")
#: Beyond it a number has no place in a column.
LARGEST = sys.float_info.max


def fault(name: str, value: float | None) -> str:
    """What is wrong with a measure; empty if nothing is.

    Args:
        name: the measure's.
        value: its number, None where it is not a finite one.
    """
    if name in CALLED:
        return f"call it {CALLED[name]}"
    if value is None:
        return "not a finite number"
    if name in UNITS and value < 0:
        return "nothing costs less than nothing" if name == "cost_usd" else "it cannot be negative"
    if name in WHOLE and value % 1:
        return "tokens are whole numbers"
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class Extras:
    """What trials said beside their verdicts, one entry for each trial that said any of it.

    A row of a run finds its entry by `Run.entry`.
    """

    #: By name; shape (entries,), NaN where the trial did not measure it.
    measures: Mapping[str, NDArray[np.float64]]
    #: The names behind `expected` and `predicted`.
    classes: list[str]
    #: Codes, shape (entries,), -1 where the trial predicted nothing.
    expected: NDArray[np.int64]
    predicted: NDArray[np.int64]
    #: Shape (entries,), NaN where it did not say.
    confidence: NDArray[np.float64]
    #: By stage; indices into ACTIONS, shape (entries,), -1 where the trial said nothing of it.
    guardrail: Mapping[str, NDArray[np.int8]]


class Entries:
    """Collects them, row by row of a run file."""

    def __init__(self) -> None:
        self.count = 0
        self._classes: dict[str, int] = {}
        #: By measure: which entries, and their numbers.
        self._measures: dict[str, tuple[array[int], array[float]]] = {}
        #: The entries that predicted, and what.
        self._predictions = (array("q"), array("q"), array("q"), array("d"))
        self._guardrails: dict[str, tuple[array[int], array[int]]] = {}

    def add(self, row: Mapping[str, Any]) -> int:
        """Take what a row says; the number of its entry, or -1 if it says nothing.

        Raises:
            ValueError: something of it makes no sense.
        """
        measures, prediction, guardrail = row.get("measures"), row.get("prediction"), row.get("guardrail")
        if not (measures or prediction or guardrail):
            return -1
        entry = self.count
        if measures:
            for name, value in measures.items():
                if type(value) not in (float, int) or not -LARGEST <= value <= LARGEST:
                    continue  # another tool's: a bar on it finds that it was not measured
                known = self._measures.get(name)
                if known is None:
                    known = self._measures[name] = (array("q"), array("d"))
                known[0].append(entry)
                known[1].append(value)
        if prediction:
            self._predict(entry, prediction)
        if guardrail:
            self._guard(entry, guardrail)
        self.count += 1
        return entry

    def _predict(self, entry: int, said: Mapping[str, Any]) -> None:
        names, sure = (said["expected"], said["predicted"]), said.get("confidence")
        if not all(isinstance(name, str) and name for name in names):
            raise ValueError(f"prediction is {said!r}, not two names of classes")
        if sure is not None and (type(sure) not in (float, int) or not 0 <= sure <= 1):
            raise ValueError(f"confidence is {sure!r}, not a number from 0 to 1")
        places, expected, predicted, confidence = self._predictions
        places.append(entry)
        for name, column in zip(names, (expected, predicted), strict=True):
            column.append(self._classes.setdefault(name, len(self._classes)))
        confidence.append(NAN if sure is None else sure)

    def _guard(self, entry: int, said: Mapping[str, Any]) -> None:
        for stage, action in said.items():
            if action not in ACTIONS:
                raise ValueError(f"guardrail {stage} is {action!r}, none of {', '.join(ACTIONS)}")
            places, actions = self._guardrails.setdefault(stage, (array("q"), array("b")))
            places.append(entry)
            actions.append(ACTIONS.index(action))

    def columns(self) -> Extras:
        """All of it as arrays."""
        import numpy as np  # noqa: PLC0415 - workers know the names above, and never import it

        def column(places: array[int], values: array[Any], empty: float, kind: Any) -> NDArray[Any]:
            whole = np.full(self.count, empty, kind)
            whole[np.asarray(places, np.int64)] = values
            return whole

        places, expected, predicted, confidence = self._predictions
        nothing = (array("q"), array("b"))
        return Extras(
            measures={name: column(*known, NAN, np.float64) for name, known in self._measures.items()},
            classes=list(self._classes),
            expected=column(places, expected, -1, np.int64),
            predicted=column(places, predicted, -1, np.int64),
            confidence=column(places, confidence, NAN, np.float64),
            guardrail={stage: column(*self._guardrails.get(stage, nothing), -1, np.int8) for stage in STAGES},
        )
