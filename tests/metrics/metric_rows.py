"""Rows of runs for metrics, and what the gate says of them."""

from random import Random

from hypothesis import strategies as st

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.metrics.registry import BUILT_IN

SCALES = {"accuracy": {"levels": ["good", "fair", "bad"], "passing": "fair"}}
#: Every metric but those of people's labels, which read no run.
OF_RUNS = [kind for kind in BUILT_IN if kind.of != "labels"]
#: A bar for every one of them, without its threshold.
BARS = {
    **{kind.name: {"metric": kind.name} for kind in OF_RUNS if not kind.pattern and not kind.takes},
    **{kind.name: {"metric": kind.name, "class": "a"} for kind in BUILT_IN if kind.takes == ("class",)},
    **{kind.name: {"metric": kind.name, "level": "fair"} for kind in BUILT_IN if kind.takes == ("level",)},
    **{name: {"metric": name} for name in ("pass@1", "pass@2", "pass^2", "pass^3", "p50_latency", "p90_latency")},
    **{name: {"metric": name} for name in ("mean_latency", "latency <= 2", "latency >= 2")},
}
AMOUNTS = ("p50_latency", "p90_latency", "mean_latency", "cost_per_useful")


def row(case, outcome="pass", trial=0, dimension="accuracy", **more):
    """One observation; `seconds`, `cost_usd` and the like are measured, the rest stands in the line as it is."""
    keys = ("score", "level", "labels", "cluster", "prediction", "guardrail", "reason", "test")
    kept = {key: more.pop(key) for key in keys if key in more}
    measures = {"measures": more} if more else {}
    return {"case": case, "trial": trial, "dimension": dimension, "outcome": outcome, **measures, **kept}


def tried(counts, trials, **more):
    """Cases with `counts[n]` passes, all in the first of so many trials each."""
    return [
        row(f"c{n:03}", "pass" if trial < count else "miss", trial, **more)
        for n, count in enumerate(counts)
        for trial in range(trials)
    ]


def predicted(*pairs, confidence=None, **more):
    """One-shot cases, each an (expected, predicted) pair, repeated where a number follows."""
    found = [pair[:2] for pair in pairs for _ in range(pair[2] if len(pair) > 2 else 1)]
    return [
        row(
            f"c{n:03}",
            "pass" if one == other else "miss",
            prediction={"expected": one, "predicted": other, "confidence": confidence},
            **more,
        )
        for n, (one, other) in enumerate(found)
    ]


def gate(rows, *bars, stage="testing", **table):
    """The decision on rows, or on the run of them."""
    run = rows if isinstance(rows, Run) else Run.from_observations(rows)
    return decide(run, load_bars({"bar": list(bars), **table}), stage=stage)


def only(rows, metric="pass_rate", stage="testing", table=None, **bar):
    """The sole verdict of one bar."""
    (verdict,) = gate(rows, {"metric": metric, **bar}, stage=stage, **(table or {})).verdicts
    return verdict


@st.composite
def runs(draw, trials):
    """Cases that say all there is to say, tried so often; some share a cluster; which trials are to err."""
    rng = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - nothing secret
    cases, size = draw(st.integers(1, 24)), draw(st.sampled_from([None, 2, 3]))
    rate, alike = draw(st.sampled_from([0.1, 0.5, 0.9, 1.0])), draw(st.booleans())
    classes = draw(st.sampled_from([["a", "a", "refuse"], ["a"] * 30 + ["refuse"], ["refuse", "escalate", "e"]]))
    rows = []
    for n in range(cases):
        expected, often = rng.choice(classes), rng.random()
        for trial in range(trials):
            passed = (often if alike else rng.random()) <= rate
            rows.append(
                row(
                    f"c{n}",
                    "pass" if passed else "miss",
                    trial,
                    score=rng.choice([0.0, 0.3, 0.5, 0.8, 1.0]),
                    level=rng.choice(["good", "fair"]) if passed else "bad",
                    prediction={
                        "expected": expected,
                        "predicted": expected if passed else rng.choice(["a", "escalate", "refuse", "c"]),
                        "confidence": rng.choice([0.5, 0.8, 1.0]),
                    },
                    guardrail={
                        "pre": rng.choice(["pass", "pass", "block"]),
                        "post": rng.choice(["pass", "rewrite", "block"]),
                    },
                    labels={"expect": expected if expected in ("refuse", "escalate") else "answer"},
                    seconds=rng.choice([0.5, 1.0, 2.0, 4.0]),
                    cost_usd=rng.choice([0.0, 0.1, 0.2]),
                    **({"cluster": f"d{n // size}"} if size else {}),
                )
            )
    erred = set(rng.sample(range(len(rows)), min(len(rows), draw(st.integers(1, 6)))))
    return rows, erred, draw(st.booleans())
