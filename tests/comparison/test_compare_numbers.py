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
    assert finding.paired == (bool(common) and len(common) >= 0.8 * min(map(len, rates)))
    there = [(rates[0][case], rates[1][case]) for case in common]
    if not finding.paired:
        assert finding.before == pytest.approx(np.mean(list(rates[0].values())))
        assert finding.after == pytest.approx(np.mean(list(rates[1].values())))
        return
    assert (finding.before, finding.after) == tuple(pytest.approx(each) for each in np.mean(there, axis=0))
    assert finding.worse == sum(was > now for was, now in there)
    assert finding.better == sum(was < now for was, now in there)
    worse, better = found.flips.of(finding.place, finding.measure)
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


def test_a_suite_that_grew_is_compared_on_its_old_cases():
    """Hard cases that are new make nobody worse."""
    rng = np.random.default_rng(3)
    old = {f"c{number}": bool(rng.random() < 0.9) for number in range(60)}
    new = old | {f"hard{number}": bool(rng.random() < 0.3) for number in range(60)}
    for sides in ((old, new), (new, old)):
        (finding,) = compared(*map(rows, sides)).findings
        assert (finding.paired, finding.cases, finding.change, finding.verdict) == (True, 60, 0, "cannot tell")
    # Of the smaller side, only what is judged counts.
    some = {case: passed if number < 40 else "error" for number, (case, passed) in enumerate(old.items())}
    (finding,) = compared(rows(some), rows(new)).findings
    assert (finding.paired, finding.cases) == (True, 40)
    other = {f"{case}{'' if number < 47 else 'x'}": passed for number, (case, passed) in enumerate(old.items())}
    (finding,) = compared(rows(other), rows(new)).findings
    assert not finding.paired


def scored(rng, shift, missed, cases=40):
    """Cases whose scores move a little, and of which some miss."""
    return [
        row | {"score": float(np.clip(0.9 - shift + 0.05 * rng.standard_normal(), 0, 1))}
        for row in rows({f"c{number}": number >= missed for number in range(cases)})
    ]


@pytest.mark.parametrize("missed", [(0, 0), (1, 0), (0, 1), (1, 1), (5, 5)])
def test_no_miss_silences_a_drop_of_scores(missed):
    rng = np.random.default_rng(9)
    found = compared(scored(rng, 0.0, missed[0]), scored(rng, 0.3, missed[1]))
    said = {each.measure: each for each in found.findings}
    assert said.keys() == ({"pass_rate", "mean_score"} if any(missed) else {"mean_score"})
    assert (said["mean_score"].verdict, found.fails) == ("regressed", True)
    assert [each.verdict for each in found.findings if each.measure == "pass_rate"] == ["cannot tell"] * any(missed)
    worse, _ = found.flips.of(said["mean_score"].place, "mean_score")
    assert len(worse) == 40


def test_scores_are_another_row_of_the_family_of_each_place():
    rng = np.random.default_rng(10)
    sides = []
    for shift in (0.0, 0.3):
        side = scored(rng, 0.0, 4) + [row | {"case": f"x{row['case']}"} for row in scored(rng, shift, 4)]
        sides.append([row | {"labels": {"category": row["case"][0]}} for row in side])
    found = compared(*sides).findings
    assert [(each.place.group, each.measure) for each in found] == [
        (group, measure) for group in (None, "c", "x") for measure in ("pass_rate", "mean_score")
    ]
    verdicts = {(each.place.group, each.measure): each.verdict for each in found}
    assert verdicts["x", "mean_score"] == "regressed"
    assert verdicts["c", "mean_score"] != "regressed"
    assert {each.verdict for each in found if each.measure == "pass_rate"} == {"cannot tell"}


def test_scores_that_only_repeat_pass_and_fail_are_no_row():
    def repeated(passed):
        return [row | {"score": float(row["outcome"] == "pass")} for row in rows(passed)]

    before, after = {f"c{number}": True for number in range(40)}, {f"c{number}": number > 9 for number in range(40)}
    (finding,) = compared(repeated(before), repeated(after)).findings
    (plain,) = compared(rows(before), rows(after)).findings
    assert (finding.measure, finding.p_worse) == ("pass_rate", plain.p_worse)


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
def test_scores_beside_pass_rates_raise_no_alarm_more_often_than_promised():
    rng, sessions = np.random.default_rng(14), 400
    said = defaultdict(int)
    for _ in range(sessions):
        hard = rng.random(60)
        sides = [
            [
                {"case": f"c{number}", "dimension": "d", "score": float(score)}
                | {"outcome": "pass" if score > 0.3 else "miss"}
                for number, score in enumerate(np.clip(0.7 * hard + 0.3 * rng.random(60), 0, 1))
            ]
            for _ in range(2)
        ]
        for word in {each.verdict for each in compared(*sides).findings}:
            said[word] += 1
    assert said["regressed"] <= sessions * 0.05 + 3 * (sessions * 0.05 * 0.95) ** 0.5


@pytest.mark.slow
def test_a_real_drop_is_found():
    rng = np.random.default_rng(12)
    found = [
        {(each.place.dimension, each.place.group): each.verdict for each in compared(*labelled(rng, 0.5)).findings}
        for _ in range(60)
    ]
    assert sum(each["accuracy", "x"] == "regressed" for each in found) >= 57
    assert sum(each["accuracy", "y"] == "regressed" for each in found) <= 3
