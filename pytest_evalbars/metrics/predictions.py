"""What trials predicted, as the metrics of classification read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice

#: The label under which a case says what is right before any trial of it has run.
EXPECT = "expect"
LACKING = "no trial predicts a class; say evalcase.predict(expected, predicted)"


class Predictions(NamedTuple):
    """By row of a slice: codes into `run.extras.classes`, -1 where nothing is known."""

    #: Also of trials that could not be judged, where another trial, or the case's label, says what was right.
    expected: NDArray[np.int64]
    predicted: NDArray[np.int64]
    #: Which rows are judged and predicted.
    said: NDArray[np.bool_]
    #: Which should have.
    open: NDArray[np.bool_]


def labelled(part: Slice) -> NDArray[np.int64]:
    """The class that the label of each row's case names, -1 where it names none of the run's."""
    code = {name: at for at, name in enumerate(part.run.extras.classes)}
    of_label = np.array([code.get(labels.get(EXPECT, ""), -1) for labels in part.run.labelsets], np.int64)
    return np.asarray(of_label[part.of(part.run.labelset)])


def predictions(part: Slice) -> Predictions:
    """What the trials of a slice predicted."""
    return part.once("predictions", lambda: _predictions(part))


def _predictions(part: Slice) -> Predictions:
    extras = part.run.extras
    expected, predicted = part.of_trials(extras.expected, -1), part.of_trials(extras.predicted, -1)
    judged, said = part.judged(), predicted >= 0
    said &= judged
    unknown = part.unknown() | (judged & ~said)
    if unknown.any():
        # Of another test of the case, something else may be right.
        _, asked = np.unique(
            part.of(part.run.case) * len(part.run.tests) + part.of(part.run.test), return_inverse=True
        )
        right = np.full(int(asked.max()) + 1, -1, np.int64)
        right[asked[expected >= 0]] = expected[expected >= 0]
        expected = np.where(unknown & (expected < 0), right[asked], expected)
        expected = np.where(unknown & (expected < 0), labelled(part), expected)
    return Predictions(expected, predicted, said, unknown)
