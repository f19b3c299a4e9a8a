"""Rows of runs for metrics, and what the gate says of them."""

from pytest_evalbars import Run, decide, load_bars

SCALES = {"accuracy": {"levels": ["good", "fair", "bad"], "passing": "fair"}}


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
    return decide(Run.from_observations(rows), load_bars({"bar": list(bars), **table}), stage=stage)


def only(rows, metric="pass_rate", stage="testing", table=None, **bar):
    """The sole verdict of one bar."""
    (verdict,) = gate(rows, {"metric": metric, **bar}, stage=stage, **(table or {})).verdicts
    return verdict
