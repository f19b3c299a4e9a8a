"""Reports show as corrected what labels correct, the rest as the judge counted it, and how far that is trusted."""

import numpy as np
from judged_runs import calibration, items, judged

from pytest_evalbars import decide, load_bars
from pytest_evalbars.report.building.build import build


def report_of(run, record):
    bars = load_bars({"bar": [{"dimension": "tone", "at_least": 0.5}]})
    return build(run, bars, decide(run, bars, calibration=record))


def test_a_cell_of_a_corrected_bar_is_corrected_and_its_categories_are_raw():
    run = judged(180, 240, labels={"category": "a"})
    truth = np.arange(240) < 150  # the judge lets thirty bad answers through
    report = report_of(run, calibration(items(run, truth, range(0, 240, 2))))
    (bar,) = report.bars
    whole, part = report.cells
    assert (whole.corrected, whole.raw, part.corrected, part.raw) == (True, False, False, True)
    assert (whole.rate, whole.interval) == (bar.estimate, bar.interval)
    assert part.rate == bar.raw == 0.75
    assert abs(whole.rate - 150 / 240) < 0.02
    assert report.quality[0].pass_rate == whole.rate
    (judge,) = report.judges
    assert (judge.trust, judge.labels, judge.raters, judge.sensitivity) == ("calibrated", 120, 2, 1.0)
    assert 0.6 < judge.specificity < 0.72
    low, high = judge.specificity_interval
    assert low < judge.specificity < high
    assert judge.text.startswith("calibrated on 120 labelled answers (2 raters)")
    assert "correction for the judge" in [each.term for each in report.method.methods]
    assert "uncalibrated judge" not in [each.kind for each in report.run.conditions]


def test_without_labels_the_numbers_are_the_judges():
    report = report_of(judged(180, 240), None)
    (cell,) = report.cells
    assert (cell.corrected, cell.raw, cell.rate) == (False, True, 0.75)
    assert report.judges[0].specificity is None
    assert [each.kind for each in report.run.conditions] == ["uncalibrated judge"]
