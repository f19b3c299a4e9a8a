"""What was predicted, class by class, and what confidence was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from pytest_evalbars.gate.bar import Bar
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.metrics import calibration, classes
from pytest_evalbars.metrics.predictions import predictions
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe
from pytest_evalbars.stats.classes import confusion
from pytest_evalbars.stats.reliability import reliability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.metrics.slice import Estimate, Metric
    from pytest_evalbars.run.columns import Run

#: Classes named as the worst, and with what they are confused; the most that a matrix is drawn for.
WORST, CONFUSED, DRAWN = 3, 2, 20
OF_CLASS: dict[str, Metric] = {
    "recall": classes.recall,
    "precision": classes.precision,
    "false positives": classes.false_positive_rate,
}
MACRO: dict[str, Metric] = {"macro recall": classes.macro_recall, "macro F1": classes.macro_f1}


class Predicted:
    """What the cases that a bar without `status` holds predicted.

    Args:
        run: the run.
        bars: the declared bars.
    """

    def __init__(self, run: Run, bars: Bars) -> None:
        self.run, self.bars = run, bars
        ((_, _, self.part),) = slices_of(run, Bar(metric="macro_recall", at_least=0.0))
        found = predictions(self.part)
        self.said = found.said
        known = len(run.extras.classes)
        here = np.unique(np.concatenate([found.expected[found.said], found.predicted[found.said]]))
        #: The classes that occur, by name, and their confusion matrix: rows are right, columns are predicted.
        self.classes = sorted(here.tolist(), key=lambda code: run.extras.classes[code])
        whole = confusion(found.expected[found.said], found.predicted[found.said], known)
        self.matrix: NDArray[np.int64] = whole[np.ix_(self.classes, self.classes)]

    def name(self, place: int) -> str:
        """The class at a place of the matrix."""
        name: str = self.run.extras.classes[self.classes[place]]
        return name

    def of(self, metric: Metric, place: int | None = None) -> Estimate | None:
        """A metric, of one class or of all."""
        about = None if place is None else self.name(place)
        try:
            return metric.estimate(Slice(self.run, self.part.rows, about))
        except NoData:
            return None

    def lines(self, *, everything: bool) -> Iterator[str]:
        """A few lines; with everything also the rates of each class, the matrix and the bins of confidence."""
        right, total = int(np.trace(self.matrix)), int(self.matrix.sum())
        macro = "".join(
            f", {words} {found.value:.1%}" for words, metric in MACRO.items() if (found := self.of(metric))
        )
        yield f"predictions: {count(total, 'trial')} of {len(self.classes)} classes, {right} right{macro}"
        if worst := self._worst():
            yield f"    lowest recall: {'; '.join(worst)}"
        if line := self._confidence():
            yield f"    {line}"
        if everything:
            yield ""
            yield from self._rates()
            if len(self.classes) <= DRAWN:
                yield ""
                yield from self._drawn()
            yield from self._bins()

    def _worst(self) -> list[str]:
        totals = self.matrix.sum(axis=1)
        recalls = [(self.matrix[at, at] / totals[at], at) for at in range(len(self.classes)) if totals[at]]
        found = []
        for recall, at in sorted(recalls)[:WORST]:
            if recall == 1:
                break
            wrong = [(-int(number), other) for other, number in enumerate(self.matrix[at]) if number and other != at]
            instead = ", ".join(
                f"{safe(self.name(other), 40)} {-number}" for number, other in sorted(wrong)[:CONFUSED]
            )
            found.append(f"{safe(self.name(at), 40)} {recall:.1%} of {totals[at]} (taken for {instead})")
        return found

    def _confidence(self) -> str:
        brier, over = self.of(calibration.brier), self.of(calibration.overconfidence)
        error = self.of(calibration.calibration_error)
        if brier is None or over is None or not isinstance(error, calibration.OfCalibration):
            return ""
        low, high = over.interval(self.bars.confidence)
        lean = "overconfident" if over.value > 0 else "underconfident"
        sure = "" if low <= 0 <= high else ", proven"
        return (
            f"confidence: Brier score {brier.value:.3f}; {lean} by {abs(over.value):.1%}{sure}; calibration error "
            f"{error.value:.3f} ({error.note(self.bars.alpha, upper=True)})"
        )

    def _rates(self) -> Iterator[str]:
        rows = []
        for at in range(len(self.classes)):
            cells = []
            for metric in OF_CLASS.values():
                found = self.of(metric, at)
                low, high = (0.0, 0.0) if found is None else found.interval(self.bars.confidence)
                cells.append("-" if found is None else f"{found.value:.1%} ({low:.1%} to {high:.1%})")
            rows.append([safe(self.name(at), 40), str(int(self.matrix[at].sum())), *cells])
        text = tabulate(rows, ["class", "trials", *OF_CLASS], tablefmt="plain", disable_numparse=True)
        yield from (line.rstrip() for line in text.splitlines())

    def _drawn(self) -> Iterator[str]:
        heads = [chr(ord("a") + at) for at in range(len(self.classes))]
        rows = [
            [head, safe(self.name(at), 40), *(str(number) if number else "." for number in self.matrix[at].tolist())]
            for at, head in enumerate(heads)
        ]
        aligned = ["left", "left", *["right"] * len(heads)]
        text = tabulate(
            rows, ["", "is / taken for", *heads], tablefmt="plain", colalign=aligned, disable_numparse=True
        )
        yield from (line.rstrip() for line in text.splitlines())

    def _bins(self) -> Iterator[str]:
        sure = calibration.sureness(self.part)
        if not sure.said.any():
            return
        bins = reliability(sure.confidence[sure.said], sure.right[sure.said], level=self.bars.confidence)
        rows = [
            [f"{each.confidence:.1%}", str(each.trials), f"{each.rate:.1%}", f"{each.low:.1%} to {each.high:.1%}"]
            for each in bins
        ]
        heads = ["confidence", "trials", "right", f"{self.bars.confidence * 100:g}% interval"]
        yield ""
        text = tabulate(rows, heads, tablefmt="plain", disable_numparse=True)
        yield from (line.rstrip() for line in text.splitlines())

    def to_json(self) -> dict[str, Any]:
        """The matrix and the rates as plain values."""
        names = [self.name(at) for at in range(len(self.classes))]
        rates: dict[str, Any] = {
            head: [_value(self.of(metric, at)) for at in range(len(names))] for head, metric in OF_CLASS.items()
        }
        rates |= {words: _value(self.of(metric)) for words, metric in MACRO.items()}
        named = {words.replace(" ", "_").lower(): value for words, value in rates.items()}
        return {"classes": names, "confusion": self.matrix.tolist(), **named}


def _value(found: Estimate | None) -> float | None:
    return None if found is None else found.value


def predicted(run: Run, bars: Bars) -> Predicted | None:
    """What was predicted; None where nothing was."""
    if not (run.extras.predicted >= 0).any():
        return None
    found = Predicted(run, bars)
    return found if found.said.any() else None
