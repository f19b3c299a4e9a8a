"""What was predicted, class by class, and what confidence was worth."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.gate.bar import Bar
from pytest_evalbars.gate.select import ADVERSARIAL, SET
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.metrics import calibration, classes
from pytest_evalbars.metrics.predictions import predictions
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.report.model import TableTold
from pytest_evalbars.report.numbers import count, ends, figure, share
from pytest_evalbars.safe import safe
from pytest_evalbars.stats.reliability import reliability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.metrics.slice import Estimate, Metric
    from pytest_evalbars.run.columns import Run

#: Classes named as the worst, and with what they are confused; the most that rates and a matrix are drawn for.
WORST, CONFUSED, DRAWN = 3, 2, 20
#: The most classes with rates, and confusions, in JSON.
RATED, PAIRS = 100, 10_000
OF_CLASS: dict[str, Metric] = {
    "recall": classes.recall,
    "precision": classes.precision,
    "false positives": classes.false_positive_rate,
}
MACRO: dict[str, Metric] = {"macro recall": classes.macro_recall, "macro F1": classes.macro_f1}


class Predicted:
    """What the cases that a bar without `status` holds predicted, adversarial ones apart.

    Args:
        run: the run.
        bars: the declared bars.
    """

    def __init__(self, run: Run, bars: Bars) -> None:
        self.run, self.bars = run, bars
        ((_, _, self.part),) = slices_of(run, Bar(metric="macro_recall", at_least=0.0))
        found = predictions(self.part)
        self.said = found.said
        expected, predicted = found.expected[found.said], found.predicted[found.said]
        known = len(run.extras.classes)
        #: How many trials are of each class, how many of them were right, and what was taken for what how often.
        self.totals = np.bincount(expected, minlength=known)
        self.right = np.bincount(expected[expected == predicted], minlength=known)
        pairs, numbers = np.unique(expected * known + predicted, return_counts=True)
        self.pairs = {divmod(int(pair), known): int(number) for pair, number in zip(pairs, numbers, strict=True)}
        here = {code for pair in self.pairs for code in pair}
        #: The classes that occur, sorted by name.
        self.codes: list[int] = sorted(here, key=lambda code: run.extras.classes[code])

    def name(self, code: int) -> str:
        """A class, fit for a terminal."""
        return safe(self.run.extras.classes[code], 40)

    def of(self, metric: Metric, code: int | None = None) -> Estimate | None:
        """A metric, of one class or of all."""
        about = None if code is None else self.run.extras.classes[code]
        try:
            return metric.estimate(Slice(self.run, self.part.rows, about))
        except NoData:
            return None

    def lines(self, *, everything: bool) -> Iterator[str | TableTold]:
        """A few lines; with everything also the rates of each class, the matrix and the bins of confidence."""
        rates = {words: self.of(metric) for words, metric in MACRO.items()}
        macro = "".join(f", {words} {share(found.value)}" for words, found in rates.items() if found is not None)
        apart = self._apart()
        set_apart = f" ({count(apart, 'adversarial trial')} set apart)" if apart else ""
        yield (
            f"predictions: {count(int(self.totals.sum()), 'trial')} of {count(len(self.codes), 'class', 'es')}"
            f"{set_apart}, {int(self.right.sum())} right{macro}"
        )
        if worst := self._worst():
            yield f"    lowest recall: {'; '.join(worst)}"
        yield from (f"    {line}" for line in self._confidence())
        if everything:
            yield ""
            yield from self._rates()
            if len(self.codes) <= DRAWN:
                yield ""
                yield from self._drawn()
            yield from self._bins()

    def _apart(self) -> int:
        """How many trials of adversarial cases predicted, which only bars that name them hold."""
        apart = np.array([labels.get(SET) == ADVERSARIAL for labels in self.run.labelsets], bool)
        rows = np.flatnonzero(apart[self.run.labelset])
        entries = self.run.entry[rows]
        return len(np.unique(entries[(entries >= 0) & (self.run.extras.predicted[entries] >= 0)]))

    def _by_recall(self) -> list[int]:
        """The classes that some trial is of, the lowest recall first."""
        known = [code for code in self.codes if self.totals[code]]
        return sorted(known, key=lambda code: self.right[code] / self.totals[code])

    def _worst(self) -> list[str]:
        found = []
        for code in self._by_recall()[:WORST]:
            if self.right[code] == self.totals[code]:
                break
            wrong = sorted((-number, to) for (of, to), number in self.pairs.items() if of == code != to)
            instead = ", ".join(f"{self.name(to)} {-number}" for number, to in wrong[:CONFUSED])
            recall = self.right[code] / self.totals[code]
            found.append(f"{self.name(code)} {share(recall)} of {self.totals[code]} (taken for {instead})")
        return found

    def _confidence(self) -> Iterator[str]:
        brier, over = self.of(calibration.brier), self.of(calibration.overconfidence)
        error = self.of(calibration.calibration_error)
        if brier is None or over is None or not isinstance(error, calibration.OfCalibration):
            return
        low, high = over.interval(self.bars.confidence)
        lean = "overconfident" if over.value > 0 else "underconfident"
        sure = "" if low <= 0 <= high else ", proven"
        yield (
            f"confidence: Brier score {figure('score', brier.value)}; {lean} by {share(abs(over.value))}{sure}; "
            f"calibration error {figure('score', error.value)}"
        )
        yield f"    {error.note(self.bars.alpha, upper=True)}"

    def _rates(self) -> Iterator[str | TableTold]:
        rows = []
        for code in self.codes if len(self.codes) <= DRAWN else self._by_recall()[:DRAWN]:
            cells = []
            for metric in OF_CLASS.values():
                found = self.of(metric, code)
                low, high = (0.0, 0.0) if found is None else found.interval(self.bars.confidence)
                cells.append("-" if found is None else f"{share(found.value)} ({ends('share', low, high)})")
            rows.append([self.name(code), str(self.totals[code]), *cells])
        yield TableTold.of(["class", "trials", *OF_CLASS], rows)
        if len(self.codes) > DRAWN:
            yield f"+ {len(self.codes) - DRAWN} more classes with a recall no lower"

    def _drawn(self) -> Iterator[TableTold]:
        heads = list(ascii_lowercase[: len(self.codes)])
        numbers = [[self.pairs.get((of, to), 0) for to in self.codes] for of in self.codes]
        rows = [
            [head, self.name(code), *(str(number) if number else "." for number in row)]
            for head, code, row in zip(heads, self.codes, numbers, strict=True)
        ]
        yield TableTold.of(["", "is / taken for", *heads], rows, "ll" + "r" * len(heads), names=2)

    def _bins(self) -> Iterator[str | TableTold]:
        sure = calibration.sureness(self.part)
        if not sure.said.any():
            return
        bins = reliability(sure.confidence[sure.said], sure.right[sure.said], level=self.bars.confidence)
        rows = [
            [share(each.confidence), str(each.trials), share(each.rate), ends("share", each.low, each.high)]
            for each in bins
        ]
        heads = ["confidence", "trials", "right", f"{self.bars.confidence * 100:g}% interval"]
        yield ""
        yield TableTold.of(heads, rows, names=0)

    def to_json(self) -> dict[str, Any]:
        """Rates and confusions as plain values: of the classes with the lowest recall, where there are many."""
        names = self.run.extras.classes
        often = sorted(self.pairs.items(), key=lambda each: (-each[1], names[each[0][0]], names[each[0][1]]))
        rated = [code for code in self.codes if self.totals[code]] if len(self.codes) <= RATED else []
        rated = rated or self._by_recall()[:RATED]
        return {
            "trials": int(self.totals.sum()),
            "right": int(self.right.sum()),
            "macro": {words.removeprefix("macro ").lower(): _value(self.of(each)) for words, each in MACRO.items()},
            "classes": [
                {"class": names[code], "trials": int(self.totals[code])}
                | {words.replace(" ", "_"): _value(self.of(metric, code)) for words, metric in OF_CLASS.items()}
                for code in rated
            ],
            "confusions": [[names[of], names[to], number] for (of, to), number in often[:PAIRS]],
        }


def _value(found: Estimate | None) -> float | None:
    return None if found is None else found.value


def predicted(run: Run, bars: Bars) -> Predicted | None:
    """What was predicted; None where nothing was."""
    if not (run.extras.predicted >= 0).any():
        return None
    found = Predicted(run, bars)
    return found if found.said.any() else None
