"""Stopping early changes no verdict: suites of any shape, run in any order, with and without."""

import os
import time

import numpy as np
import pytest
from random_suites import both, one_by_one, random_suite, said_of, words
from scipy.stats import binom

from pytest_evalbars import load_bars
from pytest_evalbars.execution.early import EarlyStop
from pytest_evalbars.run.plan import Plan, Planned


def compare(plan, bars, stage, outcomes):
    full, curtailed, stopped = both(plan, bars, stage, outcomes)
    assert words(full) == words(curtailed)
    assert {each.case for each in full.standing} == {each.case for each in curtailed.standing}
    new_errors = sum("error" in outcomes[one.item].values() for one in stopped)
    if not new_errors:
        assert (full.exit_code, full.complete) == (curtailed.exit_code, curtailed.complete)
    for verdict in curtailed.verdicts:
        shown = (verdict.estimate, verdict.low, verdict.high, verdict.interval, verdict.needed)
        if verdict.stopped:
            assert shown == (None,) * 5
            assert (verdict.p_missed is None) == (verdict.e_met is None)
            assert 0 <= verdict.possible[0] <= verdict.possible[1] <= 1
        else:
            assert verdict.possible is None
    return stopped


@pytest.mark.parametrize("block", range(2))
def test_random_suites_have_the_same_words_and_exit_code_curtailed(block):
    stopped = 0
    for seed in range(block * 100, block * 100 + 100):
        stopped += bool(compare(*random_suite(np.random.default_rng(seed))))
    assert stopped > 20


@pytest.mark.slow
def test_many_more_random_suites_have_the_same_words_and_exit_code_curtailed():
    """So many that what 1 suite in 400 has is among them with 98%."""
    for seed in range(10_000, 10_000 + int(os.environ.get("EVALBARS_SUITES", "1500"))):
        compare(*random_suite(np.random.default_rng(seed)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "saved"), [(0.8, 0.47), (0.85, 0.30), (0.9, 0.07), (0.95, 0.05), (0.97, 0.07), (0.99, 0.09)]
)
def test_a_fixed_set_saves_what_the_reference_simulation_found(truth, saved):
    rng = np.random.default_rng(61)
    ran = [one_by_one(rng.random(200) < truth, "estimate") for _ in range(300)]
    assert 1 - np.mean(ran) / 200 == pytest.approx(saved, abs=0.015)


def test_evidence_is_certain_as_soon_as_the_exact_test_is_and_no_earlier():
    """Of 200 cases at a bar of 90%, 12 misses are met and 13 are not; 28 are proven worse (exact binomial)."""
    assert one_by_one([True] * 200, "evidence") == 188
    most = next(n for n in range(200, 0, -1) if binom.cdf(n, 200, 0.9) < 0.05)
    assert one_by_one([False] * 200, "evidence") == 200 - most
    # What is neither is so only once neither can come any more: 13 misses, and passes enough.
    assert one_by_one([False] * 13 + [True] * 187, "evidence") == most + 1 + 13


def test_skipped_cases_are_no_longer_waited_for():
    assert one_by_one([None] * 100 + [True] * 100, "estimate") == 190


@pytest.mark.parametrize("trials", [1, 3])
def test_a_thousand_cases_are_followed_in_no_time(trials):
    dimensions = ("a", "b", "c", "d")
    planned = [
        Planned(f"t[c{n}-t{k}]", f"c{n}", "t", k, dimensions, {"category": f"k{n % 14}"})
        for n in range(1000 // trials)
        for k in range(trials)
    ]
    bars = load_bars({"bar": [{"at_least": 0.9, "each": "category", "name": "all"}]})
    rng, start = np.random.default_rng(0), time.process_time()
    early = EarlyStop(Plan(planned=tuple(planned)), bars, "testing", {})
    for one in planned:
        early.holds(one)
        early.ended(one, said_of({name: "pass" if rng.random() < 0.92 else "miss" for name in dimensions}))
    assert time.process_time() - start < 1
