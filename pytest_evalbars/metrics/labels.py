"""Metrics of what people labelled: how often a judge is right, and how far people agree. They read no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.labels.model import SETTLED, UNCLEAR
from pytest_evalbars.metrics.estimates import OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.stats.agreement import agreement
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.calibration.record import CalibratedJudge
    from pytest_evalbars.metrics.slice import Estimate
    from pytest_evalbars.stats.agreement import Agreement

#: What raters say where nothing is graded.
VERDICTS = ("pass", "miss")
#: What they say of pairs of answers: there is no order in it.
PAIR = {"first", "second", "tie"}
#: Fewer levels than this have no neighbours.
ORDERED = 3


def judge_sensitivity(known: CalibratedJudge) -> Estimate:
    """Of what people pass, the share that the judge passes."""
    rate = error_rates(*columns_of(known.items)).sensitivity
    if rate is None:
        raise NoData("people pass none of the labelled answers; label some good ones")
    return OfRate(rate)


def judge_specificity(known: CalibratedJudge) -> Estimate:
    """Of what people let miss, the share that the judge lets miss."""
    rate = error_rates(*columns_of(known.items)).specificity
    if rate is None:
        raise NoData(
            "people let none of the labelled answers miss; label some bad ones "
            "(`evalbars review --sample judge-fails`)"
        )
    return OfRate(rate)


def judge_agreement(known: CalibratedJudge) -> Estimate:
    """The share of answers of which judge and people say the same, pass or miss."""
    return OfRate(error_rates(*columns_of(known.items)).agreement)


def judge_ac1(known: CalibratedJudge) -> Estimate:
    """The same beyond chance: Gwet's AC1 of two raters. Answers on which people are divided say nothing."""
    judged, human, _ = columns_of(known.items)
    people = np.where(human == 1, 1, np.where(human == 0, 0, -1))
    found = agreement(np.stack([judged.astype(np.int64), people], axis=1), categories=2)
    if found is None or found.ac is None:
        raise NoData("people are divided on each of the labelled answers; settle them (`evalbars labels settle`)")
    return found.ac


def rater_agreement(known: CalibratedJudge) -> Estimate:
    """The share of pairs of raters who say the same of an answer, by answer."""
    return _of_raters(known).percent


def rater_ac1(known: CalibratedJudge) -> Estimate:
    """The same beyond chance: Gwet's AC1, of three levels or more AC2, where neighbours agree in part."""
    found = _of_raters(known).ac
    if found is None:
        raise NoData("all raters say the same of all answers, so nothing tells what chance would make of it")
    return found


def rater_alpha(known: CalibratedJudge) -> Estimate:
    """The same as Krippendorff's alpha, ordinal where there are three levels or more."""
    found = _of_raters(known).alpha
    if found is None:
        raise NoData("all raters say the same of all answers, so nothing tells what chance would make of it")
    return found


def _of_raters(known: CalibratedJudge) -> Agreement:
    words = _words(known)
    ordered = len(known.levels) >= ORDERED and len(words) == len(known.levels) and set(words) != PAIR
    found = agreement(_ratings(known, words), categories=len(words), weights="ordinal" if ordered else "nominal")
    if found is None:
        raise NoData("no answer was labelled by two raters; let a second one label some of them")
    return found


def _words(known: CalibratedJudge) -> tuple[str, ...]:
    """What raters could say, best first, and what they said besides."""
    said = {word for item in known.items for word in item.raters.values()} - {UNCLEAR}
    plain = VERDICTS if not said or said & set(VERDICTS) else ()
    return tuple(dict.fromkeys([*(known.levels or plain), *sorted(said)]))


def _ratings(known: CalibratedJudge, words: tuple[str, ...]) -> NDArray[np.int64]:
    """What each rater said of each answer, as a code, shape (items, raters); -1 for nothing that tells."""
    names = sorted({name for item in known.items for name in item.raters} - {SETTLED})
    codes = {word: code for code, word in enumerate(words)}
    found = np.full((len(known.items), len(names)), -1)
    for row, item in zip(found, known.items, strict=True):
        row[:] = [codes.get(item.raters.get(name, ""), -1) for name in names]
    return found
