"""What may rest on a judge: the one rule by which `evalbars calibrate` and the gate go.

- Its labels must tell something: there are enough of them, and their raters agree by more than chance. Else it is
  uncalibrated, and nothing is launched on it.
- A pass rate of the very answers that labels were drawn from is then corrected whatever the judge is like: from one
  that passes all, or throws a coin, post-stratification takes nothing, and the labels alone carry the rate.
- All else, such as a pass rate of other answers or a mean score, rests on the judge's word, and is launched only on
  one that is proven to be better than chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.calibration.findings import COMMON
from pytest_evalbars.calibration.rater_agreement import agreement_of, grade_of
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.calibration.record import CalibratedItem
    from pytest_evalbars.stats.judge_error import ErrorRates

#: The error of what is called proven here, whatever the confidence of the intervals that are shown.
ALPHA = 0.05
#: Why labels tell nothing of a judge: there are too few, or their raters agree no better than chance.
Lack = Literal["few", "noise"]


def lacks(items: Sequence[CalibratedItem], levels: Sequence[str]) -> tuple[Lack, ...]:
    """Why a judge is uncalibrated, from its labelled answers and from no number that was derived of them.

    Args:
        items: the labelled answers.
        levels: best first, where the dimension is graded.

    Returns:
        Empty where it is calibrated.
    """
    return tuple(_lacks(items, levels))


def errors_elsewhere(items: Sequence[CalibratedItem]) -> ErrorRates | None:
    """How often a judge errs, whatever share of the answers is good: on answers of which people are of one mind.

    Where they are divided, one of them errs. Where nearly all is good, half of what they let miss may be such errors,
    and by these a judge that is right looks blind: with two raters who err in 5 of 100, and a judge of sensitivity
    .95 and specificity .80 that was calibrated at .95, a rate that falls to .80 would be corrected to .58.

    Returns:
        None where there are too few such answers.
    """
    sure = [item for item in items if item.human in (0, 1)]
    return error_rates(*columns_of(sure)) if len(sure) >= FEWEST else None


def blind(items: Sequence[CalibratedItem]) -> bool:
    """Whether a judge is not proven to be better than chance: it throws a coin, or one of its errors is unknown."""
    errors = errors_elsewhere(items)
    return errors is None or not errors.better_than_chance(ALPHA)


def _lacks(items: Sequence[CalibratedItem], levels: Sequence[str]) -> Iterator[Lack]:
    if len(items) < FEWEST:
        yield "few"
    if items and _noise(items, levels):
        yield "noise"


def _noise(items: Sequence[CalibratedItem], levels: Sequence[str]) -> bool:
    """Whether raters agree no better than chance: proven, or not disproven by enough answers that two labelled.

    Where nearly all passes, or misses, that is not asked: the best of raters could hardly disprove it.
    """
    found = agreement_of(items, levels)
    if found is None or found.alpha is None:
        return False  # nothing tells: no answer was labelled by two, or all that they said is one word
    grade = grade_of(found, 1 - ALPHA)
    passed = float(np.mean([item.human for item in items]))
    return grade == "none" or (grade == "unproven" and found.items >= FEWEST and 1 - COMMON <= passed <= COMMON)
