"""What trials predicted, as the metrics of classification read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice

LACKING = "no trial predicts a class; say evalcase.predict(expected, predicted)"


class Predictions(NamedTuple):
    """By row of a slice: codes into `run.extras.classes`, -1 where nothing is known."""

    #: Also of trials that could not be judged, where another trial of the case says what was right.
    expected: NDArray[np.int64]
    predicted: NDArray[np.int64]
    #: Which rows are judged and predicted.
    said: NDArray[np.bool_]
    #: Which should have.
    open: NDArray[np.bool_]


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
        case = part.of(part.run.case)
        right = np.full(int(case.max()) + 1, -1, np.int64)
        right[case[expected >= 0]] = expected[expected >= 0]
        expected = np.where(unknown, right[case], expected)
    return Predictions(expected, predicted, said, unknown)
