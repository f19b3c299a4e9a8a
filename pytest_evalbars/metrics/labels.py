"""Metrics of what people labelled: how often a judge is right, and how far people agree. They read no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.calibration.held import agreement_with_people
from pytest_evalbars.calibration.rater_agreement import agreement_of
from pytest_evalbars.metrics.estimates import OfRate
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from pytest_evalbars.calibration.record import CalibratedJudge
    from pytest_evalbars.metrics.slice import Estimate
    from pytest_evalbars.stats.agreement import Agreement


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
    """The same beyond chance, word for word: Gwet's AC1, of three levels or more AC2, where neighbours agree in part.

    People are one rater, who says what most of them say; answers of which they are divided say nothing.
    """
    found = agreement_with_people(known)
    if found is None:
        raise NoData("people are divided on each of the labelled answers; settle them (`evalbars labels settle`)")
    if found.ac is None:
        raise NoData("judge and people say the same of all answers, so nothing tells what chance would make of it")
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
    found = agreement_of(known.items, known.levels)
    if found is None:
        raise NoData("no answer was labelled by two raters; let a second one label some of them")
    return found
