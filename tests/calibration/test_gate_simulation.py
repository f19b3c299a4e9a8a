"""What the gate says of a rate that a judge counted, again and again: the truth is known here."""

from dataclasses import replace

import numpy as np
import pytest
from judged_runs import calibration, items, judged, said, verdicts

from pytest_evalbars import decide, load_bars
from pytest_evalbars.labels.digest import digest_of

CASES, LABELS = 1000, 200
SENSITIVITY, SPECIFICITY = 0.95, 0.80
RATE, FALLEN = 0.95, 0.80
BARS = load_bars({"bar": [{"dimension": "tone", "at_least": 0.9}]})


def runs(times, now=RATE):
    """Verdicts on runs of a product whose answers people pass at a rate of `now`, calibrated at `RATE`."""
    random = np.random.default_rng(7)
    blank = judged(CASES, CASES)
    for _ in range(times):
        truth = random.random(CASES) < RATE
        run = said(blank, verdicts(random, truth, SENSITIVITY, SPECIFICITY))
        record = calibration(items(run, truth, random.choice(CASES, LABELS, replace=False), CASES / LABELS))
        if now != RATE:
            truth = random.random(CASES) < now
            run = said(blank, verdicts(random, truth, SENSITIVITY, SPECIFICITY), first=CASES + 1)
        (verdict,) = decide(run, BARS, stage="launch", calibration=record).verdicts
        yield verdict


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", [False, True], ids=["own labels", "labels of other answers"])
def test_where_only_a_part_is_a_judges_the_corrected_interval_covers_the_truth_too(elsewhere):
    """A check refuses a tenth of the answers; what passes it is judged."""
    random, blank, found = np.random.default_rng(3), judged(CASES, CASES), []
    for _ in range(500):
        shown = random.random(CASES) < 0.9
        truth = shown & (random.random(CASES) < RATE)
        run = said(blank, shown & verdicts(random, truth, SENSITIVITY, SPECIFICITY))
        run = replace(run, judged=replace(run.judged, by=np.where(shown, 0, -1)))
        population = "" if elsewhere else digest_of(run.judged.of[shown])
        picked = random.choice(np.flatnonzero(shown), LABELS, replace=False)
        record = calibration(items(run, truth, picked, population=population))
        found += decide(run, BARS, calibration=record).verdicts

    intervals = [verdict.interval for verdict in found if verdict.correction is not None]
    assert len(intervals) >= 490
    assert np.mean([covered(interval, 0.9 * RATE) for interval in intervals]) >= 0.93


def covered(interval, rate):
    return interval[0] <= rate <= interval[1]


@pytest.mark.parametrize("times", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_corrected_interval_covers_the_truth_and_a_raw_one_almost_never(times):
    found = list(runs(times))

    assert {verdict.correction for verdict in found} == {"post-stratified"}
    corrected = np.mean([covered(verdict.interval, RATE) for verdict in found])
    assert corrected >= (0.935 if times > 60 else 0.9)
    assert np.mean([covered(verdict.raw_interval, RATE) for verdict in found]) <= 0.02
    assert np.mean([verdict.low > RATE for verdict in found]) <= (0.05 if times > 60 else 0.1)
    assert np.mean([verdict.high < RATE for verdict in found]) <= (0.05 if times > 60 else 0.1)
    assert np.mean([verdict.verdict == "met" for verdict in found]) >= 0.6


@pytest.mark.parametrize("times", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_answers_that_became_worse_since_the_calibration_are_not_launched(times):
    found = list(runs(times, now=FALLEN))

    assert np.mean([verdict.verdict == "met" for verdict in found]) <= 0.05
    corrected = [verdict for verdict in found if verdict.correction is not None]
    assert {verdict.correction for verdict in corrected} == {"Rogan-Gladen"}
    assert len(corrected) >= 0.9 * times
    assert np.mean([covered(verdict.interval, FALLEN) for verdict in corrected]) >= 0.9
