"""Sessions that stop early, beside the same ones that do not: suites of any shape."""

import numpy as np

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.execution.early import EarlyStop
from pytest_evalbars.run.plan import Plan, Planned

DIMENSIONS = ("accuracy", "tone")


def lines_of(one, outcomes):
    key = {"case": one.case, "test": one.test, "trial": one.trial}
    error = {"error": "broken"} if "error" in outcomes.values() else {}
    yield {"type": "trial", **key, "item": one.item, "labels": one.labels, "cluster": one.cluster, **error}
    for dimension, outcome in outcomes.items():
        yield {"type": "observation", **key, "dimension": dimension, "outcome": outcome}


def said_of(outcomes):
    return {
        "verdicts": {name: [outcome, None, None, ""] for name, outcome in outcomes.items()},
        "measures": {"seconds": 1.0},
        "error": "broken" if "error" in outcomes.values() else "",
    }


def run_of(plan, ran, stopped=(), *, anytime=False):
    """The run of a session in which `ran` ran and `stopped` did not."""
    order = {"anytime": {"seed": 0}} if anytime else {}
    rows = [{"type": "header", "schema": 1, "labels": {}, **order}, plan.to_json()]
    for one, outcomes in ran:
        rows += lines_of(one, outcomes)
    return Run.from_observations([*rows, {"type": "end", "exit": 0, "stopped": [one.item for one in stopped]}])


def both(plan, bars, stage, outcomes):
    """The full run's decision, the curtailed run's, and what the latter did not start."""
    anytime = any(bar.early_stop for bar in bars.bar)
    early, ran, stopped = EarlyStop(plan, bars, stage, {}, anytime=anytime), [], []
    for one in plan.planned:
        if early.holds(one):
            stopped.append(one)
        else:
            ran.append((one, outcomes[one.item]))
            early.ended(one, said_of(outcomes[one.item]))
    everything = run_of(plan, [(one, outcomes[one.item]) for one in plan.planned], anytime=anytime)
    full = decide(everything, bars, stage=stage)
    return full, decide(run_of(plan, ran, stopped, anytime=anytime), bars, stage=stage), stopped


def words(decision):
    return {(each.bar, each.dimension, each.group): each.verdict for each in decision.verdicts}


def random_suite(rng):
    """A plan, bars, a stage, and what every trial would say."""
    cases, categories = int(rng.integers(1, 70)), int(rng.integers(1, 4))
    trials, two_tests = int(rng.choice([1, 1, 1, 2, 3, 5])), rng.random() < 0.2
    sources = int(rng.integers(1, cases + 1)) if rng.random() < 0.35 else 0
    truth = {name: rng.choice([0.02, 0.3, 0.6, 0.8, 0.9, 0.97, 1.0]) for name in DIMENSIONS}
    likeness, rare = rng.random() < 0.5, rng.choice([0, 0, 0, 0.03, 0.3])
    planned, outcomes = [], {}
    for n in range(cases):
        status = rng.choice(["regression", "capability", "saturated"], p=[0.8, 0.1, 0.1])
        labels = {"category": f"k{rng.integers(categories)}", "status": str(status)}
        cluster = f"doc{rng.integers(sources)}" if sources and rng.random() < 0.9 else None
        dimensions = DIMENSIONS if rng.random() < 0.8 else DIMENSIONS[:1]
        shift = {name: rng.normal() for name in DIMENSIONS}
        for test in ("t.py::test_a", "t.py::test_b")[: 1 + (two_tests and rng.random() < 0.5)]:
            for trial in range(trials if rng.random() < 0.9 else int(rng.integers(1, trials + 1))):
                one = Planned(f"{test}[c{n}-t{trial}]", f"c{n}", test, trial, dimensions, labels, cluster)
                planned.append(one)
                said = {}
                for name in dimensions:
                    passed = shift[name] * 0.5 + rng.normal() * 0.5 if likeness else rng.normal()
                    passed = passed < (2.5 if truth[name] == 1 else np.log(truth[name] / (1 - truth[name])))
                    word = "pass" if passed else "miss"
                    said[name] = str(rng.choice(["error", "skipped"])) if rng.random() < rare else word
                if "error" in said.values() and rng.random() < 0.5:
                    said = dict.fromkeys(said, "error")
                outcomes[one.item] = said
    order = rng.permutation(len(planned)) if rng.random() < 0.5 else np.arange(len(planned))
    left_out = int(rng.integers(0, 3)) if rng.random() < 0.1 else 0
    chosen = [planned[n] for n in order]
    bars = random_bars(rng)
    if any(bar.early_stop for bar in bars.bar):  # their cases come one after the other
        places = {f"c{n}": place for place, n in enumerate(rng.permutation(cases))}
        chosen = sorted(chosen, key=lambda one: places[one.case])
    plan = Plan(planned=tuple(chosen[left_out:]), left_out=tuple(chosen[:left_out]))
    return plan, bars, str(rng.choice(["testing", "launch"])), outcomes


def random_bars(rng):
    bars = []
    for number in range(int(rng.integers(1, 4))):
        bar = {"name": f"b{number}"}
        bar[str(rng.choice(["at_least", "at_least", "at_most"]))] = float(
            rng.choice([0, 0.1, 0.3, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 1]),
        )
        if rng.random() < 0.6:
            bar["dimension"] = str(rng.choice(DIMENSIONS))
        if rng.random() < 0.4:
            bar["each"] = str(rng.choice(["category", "status"]))
        if rng.random() < 0.2:
            bar["status"] = str(rng.choice(["capability", "*"]))
        if rng.random() < 0.25:
            bar["rule"] = "estimate"
        if rng.random() < 0.2:
            bar["min_cases"] = int(rng.integers(1, 40))
        if rng.random() < 0.1:
            bar["stage"] = "launch"
        if rng.random() < 0.2 and "rule" not in bar and 0 < bar.get("at_least", bar.get("at_most")) < 1:
            bar["early_stop"] = "anytime"
        if rng.random() < 0.1:
            bar["metric"] = "mean_score"
        bars.append(bar)
    more = {"max_errors": 10_000} if rng.random() < 0.9 else {"max_errors": "5%"}
    return load_bars({"bar": bars, "confidence": float(rng.choice([0.8, 0.95, 0.95])), **more})


def one_by_one(passed, rule):
    """How many of the given cases run before the one verdict on them is certain, and the word."""
    plan = Plan(planned=tuple(Planned(f"t[c{n}]", f"c{n}", "t", 0, ("a",), {}) for n in range(len(passed))))
    bars = load_bars({"bar": [{"dimension": "a", "at_least": 0.9, "rule": rule}]})
    early = EarlyStop(plan, bars, "testing", {})
    for number, (one, good) in enumerate(zip(plan.planned, passed, strict=True)):
        if early.holds(one):
            return number
        early.ended(one, said_of({"a": {True: "pass", False: "miss", None: "skipped"}[good]}))
    return len(passed)
