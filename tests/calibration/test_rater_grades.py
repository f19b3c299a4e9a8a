"""What is said of raters is said wrongly in at most 5 of 100 calibrations."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pytest_evalbars.calibration.rater_agreement import raters
from pytest_evalbars.labels.model import Label

RUNS = 300


def grades(rng, items, people, said):
    """How often each grade is given."""
    names = [f"rater-{n}" for n in range(people)]
    found = Counter()
    for _ in range(RUNS):
        labels = [
            [
                Label.model_construct(rater=name, value="pass" if passed else "miss", passed=bool(passed))
                for name, passed in zip(names, row, strict=True)
            ]
            for row in said(rng, (items, people))
        ]
        found[raters(labels, (), [str(n) for n in range(items)], 0.95).grade] += 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("people", "rate"), [(2, 0.5), (2, 0.7), (3, 0.9)])
def test_raters_who_do_not_read(people, rate):
    found = grades(np.random.default_rng(3), 60, people, lambda rng, shape: rng.random(shape) < rate)
    assert found["unproven"] >= 0.9 * RUNS
    assert found["some"] + found["fair"] + found["good"] <= 0.07 * RUNS
    assert found["none"] <= 0.07 * RUNS


@pytest.mark.slow
def test_raters_who_are_right_in_97_of_100():
    def said(rng, shape):
        truth = rng.random((shape[0], 1)) < 0.8
        return np.where(rng.random(shape) < 0.97, truth, ~truth)

    found = grades(np.random.default_rng(4), 100, 3, said)
    assert found["good"] >= 0.7 * RUNS
    assert found["unproven"] + found["none"] <= 0.01 * RUNS
