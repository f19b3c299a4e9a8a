"""What could not be judged bounds every verdict: leaving trials unjudged never proves anything."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_rows import SCALES, only, row

from pytest_evalbars.metrics.registry import BUILT_IN

#: A bar for every metric, without its threshold.
BARS = {
    **{kind.name: {"metric": kind.name} for kind in BUILT_IN if not kind.pattern and not kind.takes},
    **{kind.name: {"metric": kind.name, "class": "a"} for kind in BUILT_IN if kind.takes == ("class",)},
    **{kind.name: {"metric": kind.name, "level": "fair"} for kind in BUILT_IN if kind.takes == ("level",)},
    **{name: {"metric": name} for name in ("pass@1", "pass@2", "pass^2", "pass^3", "p50_latency", "p90_latency")},
    **{name: {"metric": name} for name in ("mean_latency", "latency <= 2", "latency >= 2")},
}
AMOUNTS = ("p50_latency", "p90_latency", "mean_latency", "cost_per_useful")


def test_every_metric_is_here():
    families = [kind for kind in BUILT_IN if kind.pattern]
    assert {kind.name for kind in BUILT_IN} - set(BARS) == {kind.name for kind in families}
    assert all(any(re.fullmatch(kind.pattern, name) for name in BARS) for kind in families)


@st.composite
def runs(draw, trials):
    """Cases that say all there is to say, tried so often; some share a cluster; which trials are to err."""
    rng = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - nothing secret
    cases, size = draw(st.integers(1, 24)), draw(st.sampled_from([None, 2, 3]))
    rate, alike = draw(st.sampled_from([0.1, 0.5, 0.9, 1.0])), draw(st.booleans())
    classes = draw(st.sampled_from([["a", "a", "refuse"], ["a"] * 30 + ["refuse"], ["refuse", "d", "e"]]))
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
                        "predicted": expected if passed else rng.choice(["a", "a", "refuse", "c"]),
                        "confidence": rng.choice([0.5, 0.8, 1.0]),
                    },
                    guardrail={
                        "pre": rng.choice(["pass", "pass", "block"]),
                        "post": rng.choice(["pass", "rewrite", "block"]),
                    },
                    labels={"expect": "refuse" if expected == "refuse" else "answer"},
                    seconds=rng.choice([0.5, 1.0, 2.0, 4.0]),
                    cost_usd=rng.choice([0.0, 0.1, 0.2]),
                    **({"cluster": f"d{n // size}"} if size else {}),
                )
            )
    erred = set(rng.sample(range(len(rows)), min(len(rows), draw(st.integers(1, 6)))))
    return rows, erred, draw(st.booleans())


def broken(rows, erred, keeps):
    """The same run with some trials in error: with or without what they had said until then."""
    bare = (
        "case",
        "trial",
        "dimension",
        "labels",
        "cluster",
        *(("prediction", "guardrail", "measures") if keeps else ()),
    )
    return [
        {**{key: each[key] for key in bare if key in each}, "outcome": "error"} if n in erred else each
        for n, each in enumerate(rows)
    ]


@pytest.mark.parametrize("examples", [40, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", sorted(set(BARS) - {"error_rate"}))
@pytest.mark.parametrize("trials", [1, 3])
def test_leaving_trials_unjudged_never_proves_anything(name, trials, examples):
    if trials == 1 and name in ("pass@2", "pass^2", "pass^3", "consistency"):
        pytest.skip("needs more trials")
    threshold = st.sampled_from([0.5, 1.0, 2.0] if name in AMOUNTS else [0.05, 0.2, 0.5, 0.8, 0.95])

    @settings(max_examples=examples)
    @given(
        runs(trials), threshold, st.sampled_from(["at_least", "at_most"]), st.sampled_from(["evidence", "estimate"])
    )
    def holds(run, t, side, rule):
        rows, erred, keeps = run
        bar = {**BARS[name], side: t, "rule": rule}
        table = {"scales": SCALES, "max_errors": 1000}
        before = only(rows, table=table, **bar).verdict
        after = only(broken(rows, erred, keeps), table=table, **bar).verdict
        if after in ("met", "missed"):
            assert before in (after, "no data")

    holds()


@pytest.mark.parametrize("trials", [1, 3])
@given(data=st.data())
def test_errors_are_what_the_error_rate_counts(trials, data):
    """They are known: each raises it, whatever else a trial said."""
    rows, erred, keeps = data.draw(runs(trials))
    verdict = only(broken(rows, erred, keeps), "error_rate", at_most=0.5)
    assert verdict.unjudged == 0
    cases = {each["case"] for each in rows}
    assert verdict.estimate == pytest.approx(len(erred) / trials / len(cases))
