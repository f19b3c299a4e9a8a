"""The slices of a bar are folded together; each says what it would say alone."""

import random

import numpy as np
import pytest

from pytest_evalbars import Run, load_bars
from pytest_evalbars.gate.select import group_of, picks_labels
from pytest_evalbars.gate.slices import metric_of, slices_of
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.run.columns import LEFT_OUT, MISSING, STOPPED

SCALES = {"quality": {"levels": ["good", "fair", "bad"], "passing": "fair", "dimension": "*"}}
METRICS = [
    {"metric": "pass_rate"},
    {"metric": "error_rate"},
    {"metric": "mean_score"},
    {"metric": "at_or_above", "level": "fair"},
    {"metric": "pass^2"},
    {"metric": "latency <= 2"},
    {"metric": "p50_latency"},
    {"metric": "mean_latency"},
    {"metric": "cost_per_useful"},
    {"metric": "coverage"},
    {"metric": "recall", "class": "a"},
    {"metric": "precision", "class": "a"},
    {"metric": "macro_f1"},
    {"metric": "overconfidence"},
]


def random_run(seed, *, settled, clustered):
    """Cases of three categories, tried twice or more on two dimensions; unsettled ones change theirs by trial."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    rows = []
    for case in range(40):
        category = rng.choice("xyz")
        for test in ("f", "g"):
            for trial in range(rng.randint(2, 3)):
                key = {"case": f"c{case}", "test": test, "trial": trial}
                says = {
                    **key,
                    "type": "trial",
                    "labels": {"category": category if settled else rng.choice("xyz")},
                    "measures": {"seconds": rng.expovariate(0.5), "cost_usd": rng.choice([0.5, 0.25, 3.0])},
                }
                if clustered and case % 3 == 0:
                    says["cluster"] = f"document {case % 4}"
                if rng.random() < 0.9:
                    says["prediction"] = {"expected": rng.choice("ab"), "predicted": rng.choice("ab")}
                    says["prediction"]["confidence"] = rng.random()
                if rng.random() < 0.7:
                    says["guardrail"] = {"pre": rng.choice(["pass", "block"])}
                rows.append(says)
                rows += [
                    {
                        **key,
                        "dimension": dimension,
                        "outcome": rng.choices(["pass", "miss", "error", "skipped"], [8, 3, 1, 1])[0],
                        "score": rng.choice([None, rng.random(), 1.0]),
                        "level": rng.choice([None, "good", "fair", "bad"]),
                    }
                    for dimension in ("accuracy", "tone")
                ]
    run = Run.from_observations(rows)
    absent = np.random.default_rng(seed).choice(
        [-1, MISSING, LEFT_OUT, STOPPED], len(run), p=[0.85, 0.05, 0.05, 0.05]
    )
    run.outcome[:] = np.where(absent >= 0, absent, run.outcome)
    return run


def rows_alone(run, bar, dimension, group):
    """Which rows a slice is of, one by one."""
    fits = [
        picks_labels(bar, labels) and (group is None or "/".join(group_of(bar, labels)) == group)
        for labels in run.labelsets
    ]
    return np.array(
        [
            row
            for row in range(len(run))
            if fits[run.labelset[row]] and run.dimensions[run.dimension[row]] == dimension
        ]
    )


def said(metric, part):
    """All that the gate asks of a metric."""
    try:
        estimates = [metric.estimate(part, unjudged) for unjudged in ("apart", "miss", "pass")]
    except NoData as none:
        return str(none)
    numbers = [(each.value, each.cases, *each.bounds(0.05), each.p_below(0.4)) for each in estimates if each]
    return [*sum(numbers, ()), metric.unjudged(part), metric.trials(part)]


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("given", METRICS, ids=lambda given: given["metric"])
def test_a_slice_says_what_it_would_say_alone(given, settled, clustered):
    run = random_run(hash((settled, clustered)) % 1000, settled=settled, clustered=clustered)
    more = {"dimension": ["accuracy", "tone"], "each": "category", "category": ["x", "z"], "at_least": 0.5}
    bars = load_bars({"bar": [{**more, **given}], "scales": SCALES})
    (bar,) = bars.bar
    found = list(slices_of(run, bar))
    assert [(dimension, group) for dimension, group, _ in found] == [
        (dimension, group) for dimension in ("accuracy", "tone") for group in (None, "x", "z")
    ]
    for dimension, group, part in found:
        alone = Slice(run, rows_alone(run, bar, dimension, group), bar.class_)
        metric = metric_of(bar, bars, dimension)
        expected = said(metric, alone)
        assert said(metric, part) == (expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-9))
        assert list(part.rows) == list(alone.rows)
        assert list(part.tally()) == list(alone.tally())


@pytest.mark.parametrize("seed", range(5))
def test_a_trial_is_told_by_the_worst_that_it_said(seed):
    run = random_run(seed, settled=True, clustered=False)
    (bar,) = load_bars({"bar": [{"metric": "coverage", "at_least": 0.5}]}).bar
    ((_, _, part),) = slices_of(run, bar)
    severity = {3: 0, 0: 1, 1: 2, 2: 3, MISSING: 4, STOPPED: 5, LEFT_OUT: 6}
    worst = {}
    for row in range(len(run)):
        key = (run.case[row], run.test[row], run.trial[row])
        if key not in worst or severity[run.outcome[row]] >= severity[run.outcome[worst[key]]]:
            worst[key] = row
    assert list(part.rows) == sorted(worst.values())


def test_order_of_rows_changes_no_digit():
    """Also where there are so many numbers that they are not added one by one."""
    rng = np.random.default_rng(3)
    rows = [
        {"case": f"c{number % 3000}", "trial": number // 3000, "dimension": "tone", "outcome": "pass", "score": score}
        for number, score in enumerate(rng.random(9000))
    ]
    bars = load_bars({"bar": [{"metric": "mean_score", "at_least": 0.5}]})
    shown = set()
    for _ in range(3):
        rng.shuffle(rows)
        ((_, _, part),) = slices_of(Run.from_observations(rows), bars.bar[0])
        estimate = metric_of(bars.bar[0], bars, "tone").estimate(part)
        shown.add((estimate.value, *estimate.bounds(0.05)))
    assert len(shown) == 1
