"""What could not be judged bounds every verdict: leaving trials unjudged never proves anything."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_rows import AMOUNTS, BARS, OF_RUNS, SCALES, only, runs

from pytest_evalbars import Run

#: How far the bar of the full run may be off where cases are tried several times: how much their trials are worth is
#: estimated, and those that err may have said that it is little. Amounts, and means over classes of which one may be
#: rare: as much as the bar itself.
SLACK = 0.03


def test_every_metric_is_here():
    families = [kind for kind in OF_RUNS if kind.pattern]
    assert {kind.name for kind in OF_RUNS} - set(BARS) == {kind.name for kind in families}
    assert all(any(re.fullmatch(kind.pattern, name) for name in BARS) for kind in families)


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


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("trials", [1, 3])
def test_leaving_trials_unjudged_never_proves_anything(trials, examples):
    """Of every metric: each run is read once for all of them."""
    once = () if trials > 1 else ("pass@2", "pass^2", "pass^3", "consistency")  # these need more trials
    names = sorted(set(BARS) - {"error_rate", *once})
    places = st.sampled_from([(0.05, 0.5), (0.2, 1.0), (0.5, 1.0), (0.8, 1.0), (0.95, 2.0)])

    @settings(max_examples=examples)
    @given(runs(trials), places, st.sampled_from(["at_least", "at_most"]), st.sampled_from(["evidence", "estimate"]))
    def holds(run, place, side, rule):
        rows, erred, keeps = run
        full, part = (Run.from_observations(each) for each in (rows, broken(rows, erred, keeps)))
        table = {"scales": SCALES, "max_errors": 1000}
        for name in names:
            bar, t = {**BARS[name], "rule": rule}, place[name in AMOUNTS]
            after = only(part, table=table, **bar, **{side: t}).verdict
            if after in ("met", "missed"):
                easier = (side == "at_least") == (after == "missed")
                slack = t if name in AMOUNTS or name.startswith("macro_") else SLACK
                slack = 0.0 if trials == 1 or rule == "estimate" else slack
                near = t + slack if easier else max(t - slack, 0.0)
                if name not in AMOUNTS:
                    near = min(near, 1.0)
                before = only(full, table=table, **bar, **{side: near}).verdict
                assert before in (after, "no data"), (name, near)

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
