"""What could not be judged bounds every verdict: leaving trials unjudged never proves anything."""

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
    families = {kind.name for kind in BUILT_IN if kind.pattern}
    assert {kind.name for kind in BUILT_IN} - set(BARS) == families
    assert all(
        any(kind.pattern and __import__("re").fullmatch(kind.pattern, name) for name in BARS)
        for kind in BUILT_IN
        if kind.pattern
    )


@st.composite
def runs(draw, trials):
    """Cases that say all there is to say, tried so often; clusters of some size; which trials are to err."""
    cases = draw(st.integers(1, 24))
    size = draw(st.sampled_from([None, 2, 3]))
    good = draw(st.floats(0, 1))
    rows = []
    for n in range(cases):
        expected = draw(st.sampled_from("aab"))
        for trial in range(trials):
            passed = draw(st.floats(0, 1)) <= good
            rows.append(
                row(
                    f"c{n}",
                    "pass" if passed else "miss",
                    trial,
                    score=draw(st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0])),
                    level=draw(st.sampled_from(["good", "fair", "bad"])),
                    prediction={
                        "expected": expected,
                        "predicted": draw(st.sampled_from("aabc")) if not passed else expected,
                        "confidence": draw(st.sampled_from([0.5, 0.8, 1.0])),
                    },
                    guardrail={
                        "pre": draw(st.sampled_from(["pass", "pass", "block"])),
                        "post": draw(st.sampled_from(["pass", "rewrite", "block"])),
                    },
                    labels={"expect": "refuse" if expected == "b" else "answer"},
                    seconds=draw(st.sampled_from([0.5, 1.0, 2.0, 4.0])),
                    cost_usd=draw(st.sampled_from([0.0, 0.1, 0.2])),
                    **({"cluster": f"d{n // size}"} if size else {}),
                )
            )
    erred = draw(st.sets(st.integers(0, len(rows) - 1), min_size=1, max_size=6))
    keeps = draw(st.booleans())
    return rows, erred, keeps


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


@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("trials", [1, 3])
def test_leaving_trials_unjudged_never_proves_anything(name, trials):
    if trials == 1 and name in ("pass@2", "pass^2", "pass^3", "consistency"):
        pytest.skip("needs more trials")
    threshold = st.sampled_from([0.5, 1.0, 2.0] if name in AMOUNTS else [0.05, 0.2, 0.5, 0.8, 0.95])

    @settings(max_examples=300)
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
            assert before in (after, "no data"), bar

    holds()
