"""Bars under watch: a bar may be loosened, but not in silence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import load_bars
from pytest_evalbars.gate.loosening import effect_of
from pytest_evalbars.gate.watch import changed_bars

FAITHFUL = {"name": "faithful", "dimension": "faithfulness", "at_least": 0.70}


def header(*bars, **table):
    """A run file's, as a session under these bars writes it."""
    declared = load_bars({"bar": list(bars), **table})
    dumped = [bar.model_dump(exclude_defaults=True, by_alias=True) for bar in declared.bar]
    return json.loads(
        json.dumps({"bars": dumped, "confidence": declared.confidence, "max_errors": declared.max_errors})
    )


def changes(before, after, **table):
    return changed_bars(header(*before), load_bars({"bar": list(after), **table}))


def edited(old=None, **new):
    """What is said of one bar of which some keys changed; None takes a key out."""
    before, after = {**FAITHFUL, **(old or {})}, {**FAITHFUL, **(old or {}), **new}
    found = changes([before], [{key: value for key, value in after.items() if value is not None}])
    assert len(found) <= 1
    return found[0] if found else None


def test_a_loosened_bar_is_told_with_its_why():
    change = edited(at_least=0.60, why="the judge is stricter now")
    assert str(change) == "faithful: at_least 0.70 -> 0.60 (looser), why: the judge is stricter now"
    assert (change.bar, change.looser, change.explained) == ("faithful", True, True)


def test_a_bar_that_is_loosened_in_silence_is_not_explained():
    change = edited(at_least=0.60)
    assert str(change) == "faithful: at_least 0.70 -> 0.60 (looser), without a why"
    assert (change.looser, change.explained) == (True, False)


@pytest.mark.parametrize("why", ["compliance rests on it", "  compliance rests on it "])
def test_a_why_that_stood_there_before_explains_nothing(why):
    change = edited({"why": "compliance rests on it"}, at_least=0.60, why=why)
    assert str(change) == "faithful: at_least 0.70 -> 0.60 (looser), and its why is that of before"
    assert not change.explained


def test_nothing_changed_and_a_why_alone_are_no_changes():
    bars = [FAITHFUL, {"dimension": ["b", "a"], "at_most": 0.5, "each": ["x", "y"], "labels": {"k": "v"}}]
    assert changes(bars, bars) == ()
    assert (
        changes(
            bars, [bars[0], {**bars[1], "dimension": ["a", "b"], "each": ["y", "x"], "name": "pass_rate:b+a,k=v"}]
        )
        == ()
    )
    assert edited(why="because") is None


EFFECTS = [
    ({}, {"at_least": 0.8}, "at_least 0.70 -> 0.80 (stricter)"),
    ({}, {"at_least": 0.705}, "at_least 0.70 -> 0.705 (stricter)"),
    ({"at_least": None, "at_most": 0.1}, {"at_most": 0.2}, "at_most 0.10 -> 0.20 (looser)"),
    ({"at_least": None, "at_most": 0.1}, {"at_most": 0}, "at_most 0.10 -> 0.00 (stricter)"),
    ({}, {"at_least": None, "at_most": 0.1}, "at_least 0.70 -> none (looser), at_most none -> 0.10 (stricter)"),
    (
        {"at_least": None, "at_most": 2.5, "metric": "p95_latency"},
        {"at_most": 12},
        "at_most 2.5 -> 12 (looser)",
    ),
    ({}, {"stage": "launch"}, "stage testing -> launch (looser)"),
    ({"stage": "launch"}, {"stage": "testing"}, "stage launch -> testing (stricter)"),
    ({}, {"rule": "estimate"}, "rule evidence -> estimate (looser)"),
    ({"rule": "estimate"}, {"rule": "evidence"}, "rule estimate -> evidence (looser)"),
    ({"rule": "estimate", "stage": "launch"}, {"rule": "evidence"}, "rule estimate -> evidence (stricter)"),
    ({}, {"inconclusive": "pass"}, "inconclusive none -> pass (looser)"),
    ({}, {"inconclusive": "fail"}, "inconclusive none -> fail (stricter)"),
    ({"inconclusive": "fail"}, {"inconclusive": "pass"}, "inconclusive fail -> pass (looser)"),
    ({"inconclusive": "fail"}, {"inconclusive": None}, "inconclusive fail -> none (looser)"),
    ({"inconclusive": "fail", "stage": "launch"}, {"inconclusive": None}, "inconclusive fail -> none"),
    ({}, {"early_stop": "anytime"}, "early_stop none -> anytime (looser)"),
    ({"early_stop": "anytime"}, {"early_stop": None}, "early_stop anytime -> none (stricter)"),
    ({"min_cases": 30}, {"min_cases": 10}, "min_cases 30 -> 10 (looser)"),
    ({}, {"min_cases": 10}, "min_cases 1 -> 10 (stricter)"),
    ({}, {"smallest_effect": 0.2}, "smallest_effect none -> 0.20"),
    ({}, {"dimension": "tone"}, "dimension faithfulness -> tone (another question)"),
    ({}, {"metric": "mean_score"}, "metric pass_rate -> mean_score (another question)"),
    (
        {},
        {"metric": "mean_score", "at_least": 0.9},
        "at_least 0.70 -> 0.90, metric pass_rate -> mean_score (another question)",
    ),
    ({}, {"labels": {"language": ["es", "fr"]}}, "labels none -> language=es|fr (another question)"),
    ({"status": "capability"}, {"status": None}, "status capability -> none (another question)"),
    ({}, {"each": "category"}, "each none -> category (stricter)"),
    (
        {"each": ["category", "set"], "labels": {"set": "*"}},
        {"each": "category"},
        "each category, set -> category (looser)",
    ),
    ({"each": "category"}, {"each": "language"}, "each category -> language (looser)"),
]


@pytest.mark.parametrize(("old", "new", "words"), EFFECTS, ids=[words for *_, words in EFFECTS])
def test_what_a_change_does(old, new, words):
    before = {key: value for key, value in {**FAITHFUL, **old}.items() if value is not None}
    after = {key: value for key, value in {**before, **new, "why": "new"}.items() if value is not None}
    (change,) = changes([before], [after])
    assert str(change) == f"faithful: {words}, why: new"
    assert change.looser == ("(looser)" in words or "(another question)" in words)
    after.pop("why")
    (change,) = changes([before], [after])
    assert change.explained == (not change.looser)


def test_bars_come_and_go():
    tone = {"name": "polite", "dimension": "tone", "at_least": 0.5}
    new, gone = changes([FAITHFUL], [tone])
    assert [str(new), str(gone)] == [
        "polite: new, at_least 0.50",
        "faithful: removed, at_least 0.70 (looser), without a why",
    ]
    assert (new.looser, gone.looser, gone.explained) == (False, True, False)


def test_another_name_is_no_way_out():
    (change,) = changes([FAITHFUL], [{**FAITHFUL, "name": "grounded", "at_least": 0.6}])
    assert str(change) == "grounded: renamed from faithful, at_least 0.70 -> 0.60 (looser), without a why"
    (change,) = changes([FAITHFUL], [{**FAITHFUL, "name": "grounded"}])
    assert (str(change), change.explained) == ("grounded: renamed from faithful", True)
    unnamed = {"dimension": "faithfulness", "at_least": 0.7}
    (change,) = changes([unnamed], [{**unnamed, "stage": "launch"}])
    assert str(change) == (
        "pass_rate:faithfulness@launch: renamed from pass_rate:faithfulness, stage testing -> launch (looser), "
        "without a why"
    )


def test_the_table_as_a_whole():
    def said(before, **now):
        return [(str(each), each.explained) for each in changed_bars(before, load_bars(now))]

    before = header()
    assert said(before) == []
    assert said(before, confidence=0.9) == [
        ("confidence 0.95 -> 0.90: bars are met more easily (looser)", False),
    ]
    assert said(before, confidence=0.99) == [
        ("confidence 0.95 -> 0.99: bars are missed less easily (looser)", False),
    ]
    assert said(before, max_errors=5) == [("max_errors 0 -> 5 (looser)", False)]
    assert said(header(max_errors=5), max_errors=2) == [("max_errors 5 -> 2 (stricter)", True)]
    assert said(header(max_errors="2%"), max_errors="1%") == [("max_errors 2% -> 1% (stricter)", True)]
    assert said(header(max_errors="1%"), max_errors="10%") == [("max_errors 1% -> 10% (looser)", False)]
    assert said(header(max_errors="1%"), max_errors=3) == [("max_errors 1% -> 3 (looser)", False)]
    assert said(header(max_errors="1%")) == [("max_errors 1% -> 0 (stricter)", True)]
    assert said({"bars": []}, confidence=0.5, max_errors=9) == []


def test_max_drop_is_watched_where_bars_have_it():
    for before, after, effect in (
        (0.02, 0.05, "looser"),
        (0.02, 0, "stricter"),
        ("10%", "12.5%", "looser"),
        ("10%", "9%", "stricter"),
        (0.2, "9%", "looser"),
    ):
        plain = [{"max_drop": value, "metric": "mean_latency"} for value in (before, after)]
        assert effect_of("max_drop", *plain) == effect
    recorded = {"bars": [{"name": "faithful", "dimension": ["faithfulness"], "max_drop": 0.02}]}
    (change,) = changed_bars(recorded, load_bars({"bar": [FAITHFUL]}))
    assert str(change) == (
        "faithful: at_least none -> 0.70 (stricter), max_drop 0.02 -> none (looser), without a why"
    )


def test_advice_of_a_preset_comes_and_goes_with_the_cases():
    advised = load_bars({"preset": "rag"})
    bars = [bar.model_dump(exclude_defaults=True, by_alias=True) for bar in advised.bar]
    fewer = advised.model_copy(update={"bar": advised.bar[2:]})
    assert changed_bars({"bars": bars}, fewer) == ()
    assert changed_bars({"bars": bars[2:]}, advised) == ()
    gone = changed_bars({"bars": bars}, load_bars({}))
    assert len(gone) == len(bars)
    assert not any(each.explained for each in gone)


GARBAGE = [
    {},
    {"bars": None},
    {"bars": "many"},
    {"bars": [None, 3, "x", [], {}]},
    {"bars": [{"name": 5}, {"name": ""}, {"at_least": "high"}], "confidence": "high", "max_errors": None},
    {"bars": [{"name": "x", "each": 3, "labels": 7, "why": None, "min_cases": "3"}], "confidence": None},
]


@pytest.mark.parametrize("words", GARBAGE)
def test_what_other_versions_wrote_is_compared_as_far_as_it_can_be(words):
    for each in changed_bars(words, load_bars({"bar": [FAITHFUL]})):
        assert str(each)


def test_a_bar_of_another_version_is_still_watched():
    recorded = {"name": "faithful", "metric": "gone", "dimension": ["faithfulness"], "at_least": 0.7, "novel": [1]}
    (change,) = changed_bars({"bars": [recorded]}, load_bars({"bar": [FAITHFUL]}))
    assert str(change) == "faithful: metric gone -> pass_rate (another question), without a why"
    recorded = {"name": "faithful", "metric": "pass_rate", "dimension": ["faithfulness"], "at_least": "0.7x"}
    (change,) = changed_bars({"bars": [recorded]}, load_bars({"bar": [FAITHFUL]}))
    assert str(change) == "faithful: at_least 0.7x -> 0.7 (looser), without a why"


def test_words_of_a_file_cannot_move_the_terminal():
    recorded = {"name": "fa\x1b[2J\u202eithful", "dimension": ["x"], "at_least": 0.5}
    _, gone = changed_bars({"bars": [recorded]}, load_bars({"bar": [FAITHFUL]}))
    assert str(gone).startswith("fa\\x1b[2J\\u202eithful: removed")


BAR = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "c"]), "at_least": st.sampled_from([0.5, 0.6, 0.7])},
    optional={
        "dimension": st.sampled_from(["x", ["x", "y"], "z*"]),
        "stage": st.sampled_from(["testing", "launch"]),
        "each": st.sampled_from(["category", ["category", "language"]]),
        "inconclusive": st.sampled_from(["pass", "fail"]),
        "min_cases": st.integers(1, 3),
    },
)
TABLES = st.lists(BAR, max_size=3, unique_by=lambda bar: bar["name"])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(before=TABLES, after=TABLES)
def test_nobody_loosens_in_silence(before, after):
    """Whatever changes: bars that are the same say nothing, and what is looser is explained only by a new why."""
    assert changes(before, before) == ()
    assert not any(each.looser and each.explained for each in changes(before, after))
    told = changes(before, [{**bar, "why": "new"} for bar in after])
    gone = {bar["name"] for bar in before} - {bar["name"] for bar in after}
    assert {each.bar for each in told if not each.explained} <= gone
    assert bool(told) == (changes(after, before) != ())
