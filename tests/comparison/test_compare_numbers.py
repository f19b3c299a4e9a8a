"""The numbers of a comparison: as counted by hand, as the gate proves them, and how often they raise an alarm."""

from collections import defaultdict

import numpy as np
import pytest
from compared import rows
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.comparison.compare import compare
from pytest_evalbars.comparison.finding import Asked, Part
from pytest_evalbars.comparison.labels import without
from pytest_evalbars.errors import RunFileError


def compared(before, after, **asked):
    runs = [Part(name, Run.from_observations(said)) for name, said in (("a", before), ("b", after))]
    (found,) = compare(runs, Asked(**asked))
    return found


SAID = st.dictionaries(
    st.sampled_from([f"c{number}" for number in range(9)]),
    st.lists(st.sampled_from(["pass", "miss", "error", "skipped"]), min_size=1, max_size=3),
    min_size=1,
)


@settings(deadline=None, max_examples=60)
@given(SAID, SAID)
def test_what_is_counted_is_what_a_plain_loop_counts(before, after):
    rates = []
    for said in (before, after):
        judged = {
            case: [each == "pass" for each in all_of if each in ("pass", "miss")] for case, all_of in said.items()
        }
        rates.append({case: sum(each) / len(each) for case, each in judged.items() if each})
    if not all(rates):
        with pytest.raises(RunFileError, match="no case in it was judged"):
            compared(rows(before), rows(after))
        return
    common = sorted(rates[0].keys() & rates[1].keys())
    found = compared(rows(before), rows(after))
    (finding,) = found.findings
    assert found.cases == len(common)
    assert finding.paired == (bool(common) and len(common) >= 0.8 * max(map(len, rates)))
    there = [(rates[0][case], rates[1][case]) for case in common]
    if not finding.paired:
        assert finding.before == pytest.approx(np.mean(list(rates[0].values())))
        assert finding.after == pytest.approx(np.mean(list(rates[1].values())))
        return
    assert (finding.before, finding.after) == tuple(pytest.approx(each) for each in np.mean(there, axis=0))
    assert finding.worse == sum(was > now for was, now in there)
    assert finding.better == sum(was < now for was, now in there)
    worse, better = found.flips.of(finding.place)
    assert [each.case for each in worse] == sorted(
        (case for case in common if rates[0][case] > rates[1][case]),
        key=lambda case: (-round(rates[0][case] - rates[1][case], 9), case),
    )
    assert len(better) == finding.better
    assert finding.unjudged == tuple(sum(each.count("error") for each in said.values()) for said in (before, after))
    assert finding.interval[0] <= finding.change <= finding.interval[1]


def labelled(rng, drop, clusters=False):
    """A run of 120 cases on two dimensions in three categories, and another that drops in one of them."""
    sides = [[], []]
    for number in range(120):
        category = "xyz"[number % 3]
        for dimension in ("accuracy", "tone"):
            hard = rng.random()
            for side, bar in zip(sides, (0.2, 0.2 + drop * (category == "x")), strict=True):
                row = {"case": f"c{number}", "dimension": dimension, "labels": {"category": category}}
                row |= {"cluster": f"d{number // 4}"} if clusters else {}
                said = [0.7 * hard + 0.3 * rng.random() > bar for _ in range(3)]
                side += [{**row, "trial": at, "outcome": "pass" if each else "miss"} for at, each in enumerate(said)]
    return sides


@pytest.mark.parametrize("clusters", [False, True])
def test_compare_proves_what_a_bar_against_the_baseline_proves(clusters):
    before, after = labelled(np.random.default_rng(5), 0.4, clusters)
    bars = load_bars({"bar": [{"max_drop": 0, "each": "category"}]})
    verdicts = decide(Run.from_observations(after), bars, baseline=Run.from_observations(before)).verdicts
    held = {(each.dimension, each.group): each for each in verdicts}
    found = {(each.place.dimension, each.place.group): each for each in compared(before, after).findings}
    assert len(found) == 8
    assert found.keys() == held.keys()
    for place, each in found.items():
        assert each.p_worse == pytest.approx(held[place].p_missed)
        assert (each.verdict == "regressed") == (held[place].verdict == "missed")
        assert each.change == pytest.approx(-held[place].estimate)
    assert "regressed" in {each.verdict for each in found.values()}


def test_more_trials_than_before_are_no_regression():
    """Each of 10 misses now could have been the one trial before, which is one of 11."""
    before = [{"case": f"c{n}", "dimension": "a", "outcome": "pass"} for n in range(20)]
    after = [
        {"case": f"c{n}", "trial": trial, "dimension": "a", "outcome": "miss" if trial == n else "pass"}
        for n in range(20)
        for trial in range(10)
    ]
    (finding,) = compared(before, after).findings
    (verdict,) = decide(
        Run.from_observations(after), load_bars({"bar": [{"max_drop": 0}]}), baseline=Run.from_observations(before)
    ).verdicts

    assert finding.p_worse == verdict.p_missed == pytest.approx((10 / 11) ** 10)
    assert (finding.verdict, verdict.verdict) == ("cannot tell", "inconclusive")


def test_two_samples_are_held_apart_by_exact_bounds_and_shown_by_newcombes():
    before, after = (
        [{"case": f"{side}{n}", "dimension": "a", "outcome": "miss" if n < missed else "pass"} for n in range(cases)]
        for side, cases, missed in (("b", 500, 10), ("a", 30, 4))
    )
    (finding,) = compared(before, after).findings
    (verdict,) = decide(
        Run.from_observations(after), load_bars({"bar": [{"max_drop": 0}]}), baseline=Run.from_observations(before)
    ).verdicts
    newcombe = confint_proportions_2indep(490, 500, 26, 30, method="newcomb", compare="diff", alpha=0.05)

    assert finding.p_worse == pytest.approx(verdict.p_missed)
    assert finding.p_worse == pytest.approx(0.00428, abs=1e-5)  # by Newcombe's, .00014
    assert [-end for end in reversed(finding.interval)] == pytest.approx(newcombe)


def test_a_drop_mirrored_is_a_rise():
    before, after = labelled(np.random.default_rng(6), 0.3)
    there, back = compared(before, after), compared(after, before)
    for one, other in zip(there.findings, back.findings, strict=True):
        assert (one.p_worse, one.p_better) == (pytest.approx(other.p_better), pytest.approx(other.p_worse))
        assert one.change == pytest.approx(-other.change)
        assert list(one.interval) == pytest.approx([-other.interval[1], -other.interval[0]], abs=1e-6)


def test_many_labels_and_dimensions_do_not_make_many_cells_of_every_case():
    """Each case has a dimension and a category of its own: what is kept grows with the rows alone."""
    said = [
        {"case": f"c{n}", "dimension": f"d{n % 600}", "labels": {"category": f"k{n % 600}"}, "outcome": "pass"}
        for n in range(3000)
    ]
    found = compared(said, said)
    assert len(found.findings) == 600
    assert {each.cases for each in found.findings} == {5}


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("t.py::f[gpt-4-q1]", "gpt-4", "t.py::f[q1]"),
        ("t.py::f[q1-gpt-4]", "gpt-4", "t.py::f[q1]"),
        ("t.py::f[a-gpt-4-q1]", "gpt-4", "t.py::f[a-q1]"),
        ("t.py::f[gpt-4]", "gpt-4", "t.py::f"),
        ("t.py::f[gpt-4-mini-q1]", "gpt-4", "t.py::f[mini-q1]"),
        ("t.py::f[a-a]", "a", "t.py::f[a-a]"),
        ("t.py::f[gpt-45]", "gpt-4", "t.py::f[gpt-45]"),
        ("row-gpt-4", "gpt-4", "row-gpt-4"),
        ("t.py::f[x[gpt-4]-gpt-4]", "gpt-4", "t.py::f[x[gpt-4]]"),
        ("t.py::f[-q1]", "", "t.py::f[-q1]"),
    ],
)
def test_names_without_one_parameter(name, value, left):
    assert without(name, value) == left


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [False, True])
def test_the_same_product_twice_raises_no_alarm_more_often_than_promised(clusters):
    rng, sessions = np.random.default_rng(11 + clusters), 400
    said = defaultdict(int)
    for _ in range(sessions):
        words = {each.verdict for each in compared(*labelled(rng, 0.0, clusters)).findings}
        for word in words:
            said[word] += 1
    most = sessions * 0.05 + 3 * (sessions * 0.05 * 0.95) ** 0.5
    assert said["regressed"] <= most
    assert said["better"] <= most


@pytest.mark.slow
def test_a_real_drop_is_found():
    rng = np.random.default_rng(12)
    found = [
        {(each.place.dimension, each.place.group): each.verdict for each in compared(*labelled(rng, 0.5)).findings}
        for _ in range(60)
    ]
    assert sum(each["accuracy", "x"] == "regressed" for each in found) >= 57
    assert sum(each["accuracy", "y"] == "regressed" for each in found) <= 3
