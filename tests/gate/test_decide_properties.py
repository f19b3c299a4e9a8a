"""What holds of every decision: order, mirror images, names, one pass more, verdicts that are lost."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import Run, decide, load_bars

RANK = {"missed": 0, "no data": 1, "inconclusive": 1, "met": 2}
THRESHOLDS = st.sampled_from([0.3, 0.5, 0.7, 0.8, 0.9])


@st.composite
def suites(draw, *, trials=3, clusters=True):
    """Observations of one or two dimensions, in two categories."""
    rng = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - nothing secret
    rows = []
    for case in range(draw(st.integers(1, 25))):
        category, cluster = rng.choice("ab"), rng.choice([None, None, "x", "y", "z"])
        more = {"cluster": cluster} if cluster and clusters else {}
        tried = rng.randint(1, trials)
        for dimension in rng.choice([("d0",), ("d1",), ("d0", "d1")]):
            for trial in range(tried):
                outcome = rng.choice(["pass", "pass", "miss", "error", "skipped"])
                score = {"score": rng.choice([0.0, 0.25, 0.5, 1.0])} if outcome in {"pass", "miss"} else {}
                rows.append(
                    {
                        "case": f"c{case:02}",
                        "dimension": dimension,
                        "trial": trial,
                        "outcome": outcome,
                        "labels": {"category": category},
                        **more,
                        **score,
                    }
                )
    return rows


def bars_at(threshold, *, upper=False, metrics=("pass_rate", "mean_score")):
    way = {"at_most": 1 - threshold} if upper else {"at_least": threshold}
    return load_bars(
        {
            "bar": [
                {
                    "name": f"{metric} {rule}",
                    "dimension": "d*",
                    "metric": metric,
                    "rule": rule,
                    "each": "category",
                    **way,
                }
                for metric in metrics
                for rule in ("evidence", "estimate")
            ]
        }
    )


def said(rows, bars, rename=str):
    """Verdicts by bar, dimension and group, groups under another name."""
    verdicts = decide(Run.from_observations(rows), bars).verdicts
    return {(each.bar, each.dimension, each.group and rename(each.group)): each for each in verdicts}


def numbers(each):
    return [each.estimate, each.low, each.high, each.p_missed, *(each.interval or ())]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(rows=suites(), t=THRESHOLDS)
def test_the_estimate_lies_between_its_bounds(rows, t):
    for upper in (False, True):
        for each in said(rows, bars_at(t, upper=upper)).values():
            if each.estimate is not None:
                assert 0 <= each.low <= each.estimate + 1e-12
                assert each.estimate - 1e-12 <= each.high <= 1
                assert each.interval[0] - 1e-12 <= each.estimate <= each.interval[1] + 1e-12


@settings(max_examples=80, deadline=None, derandomize=True)
@given(rows=suites(), t=THRESHOLDS, order=st.randoms(use_true_random=False))
def test_neither_names_nor_order_matter(rows, t, order):
    """The names sort the other way round, and the rows come in any order."""
    groups = {"a": "zulu", "b": "alpha"}
    other = [
        {
            **row,
            "case": f"case {99 - int(row['case'][1:])}",
            "labels": {"category": groups[row["labels"]["category"]]},
            **({"cluster": {"x": "3", "y": "2", "z": "1"}[row["cluster"]]} if "cluster" in row else {}),
        }
        for row in rows
    ]
    order.shuffle(other)

    first, second = said(rows, bars_at(t), groups.get), said(other, bars_at(t))
    assert first.keys() == second.keys()
    for key, each in first.items():
        assert (each.verdict, each.cases, each.trials, each.unjudged) == (
            second[key].verdict,
            second[key].cases,
            second[key].trials,
            second[key].unjudged,
        )
        assert numbers(second[key]) == pytest.approx(numbers(each), abs=1e-9)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(rows=suites(), t=THRESHOLDS)
def test_a_ceiling_on_misses_is_a_floor_under_passes(rows, t):
    swap = {"pass": "miss", "miss": "pass"}
    mirrored = [
        {
            **row,
            "outcome": swap.get(row["outcome"], row["outcome"]),
            **({"score": 1 - row["score"]} if "score" in row else {}),
        }
        for row in rows
    ]

    floor, ceiling = said(rows, bars_at(t)), said(mirrored, bars_at(t, upper=True))
    assert floor.keys() == ceiling.keys()
    for key, each in floor.items():
        other = ceiling[key]
        assert (each.verdict, each.cases, each.trials) == (other.verdict, other.cases, other.trials)
        if each.estimate is not None:
            assert (other.estimate, other.low, other.high) == pytest.approx(
                (1 - each.estimate, 1 - each.high, 1 - each.low), abs=1e-9
            )
            assert other.p_missed == pytest.approx(each.p_missed, abs=1e-9)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=suites(trials=1, clusters=False), t=THRESHOLDS, data=st.data())
def test_of_cases_tried_once_a_pass_more_never_hurts(rows, t, data):
    """A miss that turns into a pass leaves met what was met, and does not make missed what was not."""
    misses = [number for number, row in enumerate(rows) if row["outcome"] == "miss"]
    if not misses:
        return
    better = list(rows)
    for number in data.draw(st.lists(st.sampled_from(misses), min_size=1, unique=True)):
        better[number] = {**rows[number], "outcome": "pass"}

    bars = bars_at(t, metrics=("pass_rate",))
    first, second = said(rows, bars), said(better, bars)
    for key, each in first.items():
        assert RANK[each.verdict] <= RANK[second[key].verdict]


def unjudged(rows, numbers):
    """The same run, in which these trials ended in an error."""
    lost = [{key: value for key, value in row.items() if key != "score"} | {"outcome": "error"} for row in rows]
    return [lost[number] if number in numbers else row for number, row in enumerate(rows)]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=suites(trials=1, clusters=False), t=THRESHOLDS, data=st.data())
def test_of_cases_tried_once_no_verdict_lost_makes_a_bar_met(rows, t, data):
    """Passes and misses alike; also of bars that are ceilings."""
    lost = unjudged(rows, set(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, unique=True))))
    for upper in (False, True):
        bars = bars_at(t, upper=upper, metrics=("pass_rate",))
        first, second = said(rows, bars), said(lost, bars)
        for key, each in second.items():
            assert each.verdict != "met" or first[key].verdict == "met"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=suites(), t=THRESHOLDS, data=st.data())
def test_no_miss_lost_makes_a_bar_met(rows, t, data):
    """Of cases tried several times, and with clusters."""
    misses = [number for number, row in enumerate(rows) if row["outcome"] == "miss"]
    if not misses:
        return
    lost = unjudged(rows, set(data.draw(st.lists(st.sampled_from(misses), min_size=1, unique=True))))
    bars = bars_at(t, metrics=("pass_rate",))
    first, second = said(rows, bars), said(lost, bars)
    for key, each in second.items():
        assert each.verdict != "met" or first[key].verdict == "met"


@pytest.mark.xfail(
    strict=True,
    reason="the worst case takes a lost trial for a miss, and a miss more can show that trials of a case differ",
)
def test_no_verdict_lost_makes_a_bar_met_of_cases_tried_several_times():
    """Ten cases of ten trials, one with 4 misses: 3 of these and 2 passes elsewhere are lost, and 73% is met."""

    def word(lost):
        rows = [
            {
                "case": f"c{case}",
                "dimension": "d0",
                "trial": trial,
                "outcome": "miss" if case == 0 and trial < 4 else "pass",
            }
            for case in range(10)
            for trial in range(10)
        ]
        return said(unjudged(rows, lost), load_bars({"bar": [{"dimension": "d0", "at_least": 0.73}]}))

    full, lost = (next(iter(word(lost).values())).verdict for lost in (set(), {0, 1, 2, 10, 20}))
    assert full == "inconclusive"
    assert lost != "met"
