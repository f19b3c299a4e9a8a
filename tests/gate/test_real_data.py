"""Public results that nobody in this project wrote, held against their published figures; skipped where absent."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import beta, binom
from statsmodels.stats.multitest import multipletests

from pytest_evalbars import Run, decide, load_bars

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")


def read(name):
    with (DATA / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def gate(rows, *bars, stage="testing"):
    return decide(Run.from_observations(rows), load_bars({"bar": list(bars)}), stage=stage)


def effective_size(verdict):
    """The n whose Clopper-Pearson lower bound is the verdict's."""
    p = verdict.estimate
    return brentq(lambda n: beta.ppf(0.05, p * n, n - p * n + 1) - verdict.low, 2, 1e5)


# -- tau-bench: 50 tasks, 4 trials each --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tau():
    return [
        {
            "case": f"task-{row['task_id']}",
            "dimension": "solved",
            "trial": int(row["trial"]),
            "outcome": "pass" if row["reward"] == "1" else "miss",
            "labels": {"category": row["category"]},
        }
        for row in read("tau_bench_gpt4o_airline.csv")
    ]


def test_tau_bench_is_fifty_cases_and_not_two_hundred(tau):
    (verdict,) = gate(tau, {"dimension": "solved", "at_least": 0.5}).verdicts
    assert (verdict.cases, verdict.trials, verdict.estimate) == (50, 200, pytest.approx(0.42))
    n = effective_size(verdict)
    # The published design effect is 2.19; shrunk towards tasks whose trials never differ, so a little above.
    assert 200 / n == pytest.approx(2.19, abs=0.2)
    assert 200 / n > 2.19 * 49 / 50
    # A normal interval with the published clustered error (CR1, .0522) is about as wide.
    low, high = verdict.interval
    assert (high - low) / 2 == pytest.approx(1.96 * 0.0522, rel=0.08)
    # As 200 trials it would have been proven worse than one half; fifty tasks do not say that.
    assert binom.cdf(84, 200, 0.5) < 0.05
    assert (verdict.verdict, verdict.p_missed > 0.05) == ("inconclusive", True)


def test_one_trial_a_task_is_the_plain_binomial(tau):
    first = [row for row in tau if row["trial"] == 0]
    passes = sum(row["outcome"] == "pass" for row in first)
    (verdict,) = gate(first, {"dimension": "solved", "at_least": 0.5}).verdicts
    assert verdict.p_missed == pytest.approx(binom.cdf(passes, 50, 0.5))
    (all_four,) = gate(tau, {"dimension": "solved", "at_least": 0.5}).verdicts
    assert all_four.high - all_four.low < verdict.high - verdict.low


def test_small_categories_of_tau_bench_are_kept_open_or_proven(tau):
    decision = gate(tau, {"dimension": "solved", "at_least": 0.42, "each": "category"})
    groups = [each for each in decision.verdicts if each.group]
    assert sum(each.cases for each in groups) == 50
    assert {each.verdict for each in decision.verdicts} <= {"inconclusive", "met"}
    hopeless = [each for each in groups if each.estimate == 0]
    assert hopeless
    for each in hopeless:
        assert each.high == pytest.approx(1 - 0.05 ** (1 / each.cases))


def test_tau_bench_as_pass_power_four_is_far_below_its_pass_rate(tau):
    """A suite that asks for four passes of four is not the same as the mean over trials: .20, published."""
    tasks = {}
    for row in tau:
        tasks.setdefault(row["case"], []).append(row["outcome"] == "pass")
    strict = [
        {"case": task, "dimension": "always", "outcome": "pass" if all(said) else "miss"}
        for task, said in tasks.items()
    ]
    assert gate(strict, {"dimension": "always", "at_least": 0.42}).verdicts[0].estimate == pytest.approx(0.2)
    assert gate(strict, {"dimension": "always", "at_least": 0.42}).exit_code == 1


# -- banking77: 77 intents of 40 ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def banking():
    return read("banking77_predictions.csv")


def intents(rows, system):
    return [
        {
            "case": row["item"],
            "dimension": system,
            "outcome": "pass" if row[f"pred_{system}"] == row["gold"] else "miss",
            "labels": {"intent": row["gold"]},
        }
        for row in rows
    ]


@pytest.mark.parametrize(("system", "accuracy"), [("nb", 0.7886), ("logreg", 0.8938), ("svm", 0.9062)])
def test_banking77_has_its_accuracies_and_two_tiers_over_77_intents(banking, system, accuracy):
    bar = {"dimension": system, "at_least": 0.89, "each": "labels.intent"}
    decision = gate(intents(banking, system), bar)
    whole, *groups = decision.verdicts
    assert (whole.cases, whole.estimate) == (3080, pytest.approx(accuracy, abs=5e-5))
    assert len(groups) == 77
    assert {each.cases for each in groups} == {40}
    p = [binom.cdf(round(each.estimate * 40), 40, 0.89) for each in groups]
    adjusted = np.minimum(1, 2 * multipletests(p, method="holm")[1])
    assert [each.p_missed for each in groups] == pytest.approx(list(adjusted))
    missed = [each for each in groups if each.verdict == "missed"]
    assert len(missed) == (adjusted < 0.05).sum()
    # A good system's many slices raise no flood: far fewer than tests that know nothing of each other would.
    alone = sum(value < 0.05 for value in p)
    assert len(missed) < alone
    if system != "nb":
        assert whole.verdict != "missed"
        assert len(missed) <= 5


def test_slices_that_differ_by_chance_alone_raise_no_flood(banking):
    """The same verdicts, dealt at random over 77 slices: nothing is truly below the whole's own rate."""
    rows = intents(banking, "svm")
    names = [row["labels"]["intent"] for row in rows]
    failed, sessions = 0, 12
    for seed in range(sessions):
        dealt = np.random.default_rng(seed).permutation(names)
        mixed = [{**row, "labels": {"intent": name}} for row, name in zip(rows, dealt, strict=True)]
        failed += gate(mixed, {"dimension": "svm", "at_least": 0.9, "each": "intent"}).exit_code
    assert failed <= sessions * (0.05 + 4 * math.sqrt(0.05 * 0.95 / sessions))


# -- GSM8K: 1,319 items, four systems ----------------------------------------------------------------------------

SYSTEMS = {"6b_finetuning": 0.2168, "6b_verification": 0.3904, "175b_finetuning": 0.3472, "175b_verification": 0.5625}


def test_gsm8k_accuracies_and_exact_bounds():
    rows = [
        {"case": row["item"], "dimension": system, "outcome": "pass" if row[system] == "1" else "miss"}
        for row in read("gsm8k_openai2021.csv")
        for system in SYSTEMS
    ]
    decision = gate(rows, {"at_least": 0.36, "name": "b"}, stage="launch")
    found = {each.dimension: each for each in decision.verdicts}
    for system, accuracy in SYSTEMS.items():
        verdict = found[system]
        passes = round(verdict.estimate * 1319)
        assert (verdict.cases, verdict.estimate) == (1319, pytest.approx(accuracy, abs=5e-5))
        assert verdict.low == pytest.approx(beta.ppf(0.05, passes, 1319 - passes + 1))
        assert verdict.high == pytest.approx(beta.ppf(0.95, passes + 1, 1319 - passes))
    assert {system: each.verdict for system, each in found.items()} == {
        "6b_finetuning": "missed",
        "6b_verification": "met",
        "175b_finetuning": "inconclusive",
        "175b_verification": "met",
    }
    assert decision.exit_code == 1


# -- LLMDrift: the published drop would have failed a build ------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "march", "june"),
    [("prime", 0.840, 0.511), ("happy", 0.836, 0.352), ("leetcode_directly_executable", 0.52, 0.10)],
)
def test_the_drift_of_gpt_4_would_have_failed_its_bar(task, march, june):
    rows = [row for row in read("llmdrift.csv") if row["task"] == task and row["model"].startswith("gpt-4-")]
    names = sorted({row["model"] for row in rows})
    assert len(names) == 2
    for model, rate, code in zip(names, (march, june), (0, 1), strict=True):
        seen = [
            {"case": row["item"], "dimension": task, "outcome": "pass" if row["passed"] == "1" else "miss"}
            for row in rows
            if row["model"] == model
        ]
        decision = gate(seen, {"dimension": task, "at_least": round(march - 0.05, 2)})
        assert decision.verdicts[0].estimate == pytest.approx(rate, abs=5e-3)
        assert decision.exit_code == code
