"""Bars on metrics: their thresholds, their names as tests, and the words of the reports."""

import json
import xml.etree.ElementTree as ET

import pytest
from metric_rows import gate, only, row

from pytest_evalbars import load_bars
from pytest_evalbars.errors import BarsError
from pytest_evalbars.metrics.registry import BUILT_IN, kind_of, names


def refused(**bar):
    with pytest.raises(BarsError) as caught:
        load_bars({"bar": [bar]})
    return str(caught.value)


# -- thresholds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["p95_latency", "mean_tokens", "cost_per_useful", "mean_hops", "p50_cost"])
@pytest.mark.parametrize("value", [0, 0.002, 1, 90, 100_000.5])
def test_amounts_accept_any_number_from_0_up(metric, value):
    (bar,) = load_bars({"bar": [{"metric": metric, "at_most": value}]}).bar
    assert bar.threshold == value


@pytest.mark.parametrize("value", [-1, "2 s", True, float("nan"), float("inf")])
def test_amounts_refuse_what_is_no_such_number(value):
    assert "is not a number from 0 up" in refused(metric="p95_latency", at_most=value)


@pytest.mark.parametrize(
    "metric", ["recall", "latency <= 2", "pass@3", "brier", "coverage", "miss_rate", "mean_score", "at_or_below"]
)
def test_shares_and_scores_lie_from_0_to_1(metric):
    extra = {"recall": {"class": "a"}, "at_or_below": {"level": "x"}}.get(metric, {})
    assert "90 is not a rate between 0 and 1; did you mean 0.9?" in refused(metric=metric, at_least=90, **extra)
    assert "1.5 is not a rate" in refused(metric=metric, at_most=1.5, **extra)


def test_the_threshold_may_stand_before_the_metric():
    (bar,) = load_bars({"bar": [{"at_most": 90, "metric": "p95_latency"}]}).bar
    assert bar.threshold == 90


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("p95_latency", "seconds"),
        ("p99.9_seconds", "seconds"),
        ("mean_cost", "usd"),
        ("mean_cost_usd", "usd"),
        ("mean_tokens", "tokens"),
        ("p50_tokens_in", "tokens"),
        ("mean_hops", "number"),
        ("latency <= 2", "share"),
        ("latency<=0.5", "share"),
        ("cost >= 1e-3", "share"),
        ("my_own_2 <= 10", "share"),
    ],
)
def test_families_know_their_units(name, unit):
    assert kind_of(name).unit == unit


@pytest.mark.parametrize(
    "name",
    ["p0_latency", "p100_latency", "p_latency", "p95", "p95latency", "latency < 2", "latency <= -1", "latency <= x",
     "<= 2", "mean_", "latency  <=  2", "2fast <= 3", "MEASURE <= X", "pNN_MEASURE", "pass@K",
     "latency <= 1e999", "latency <= nan"],
)  # fmt: skip
def test_names_that_are_none(name):
    assert (
        '"is not a metric' in refused(metric=name, at_most=0.5).replace(f'"{name.strip()}" ', '"')
        or name != name.strip()
    )


def test_the_names_that_a_hint_draws_from_are_all_there():
    assert set(names()) >= {kind.name for kind in BUILT_IN}


@pytest.mark.parametrize(
    ("bar", "words"),
    [
        ({"metric": "recal", "class": "a"}, ['"recal" is not a metric', 'did you mean "recall"?']),
        ({"metric": "recall"}, ['metric = "recall" is of one class', 'each = "class"']),
        ({"metric": "recall", "class": "a", "each": "class"}, ["is one class", "keep one"]),
        ({"metric": "pass_rate", "class": "a"}, ['metric = "pass_rate" takes no class']),
        ({"metric": "pass_rate", "each": "class"}, ['metric = "pass_rate" takes no class']),
        ({"metric": "macro_f1", "class": "a"}, ['metric = "macro_f1" takes no class']),
        ({"metric": "recall", "class": ""}, ["class"]),
        ({"metric": "recall", "class": "  "}, ["class"]),
        ({"metric": "recall", "class": ["a", "b"]}, ["`class`"]),
        ({"metric": "recall", "clas": "a"}, ["unknown key `clas`", 'did you mean "class"?']),
        ({"metric": "recall", "class_": "a"}, ["unknown key `class_`", 'did you mean "class"?']),
        ({"metric": "at_or_above", "level": ""}, ["level"]),
        ({"metric": "at_or_above", "level": "x", "class": "a"}, ["takes no class"]),
        ({"metric": ""}, ["is not a metric"]),
        ({"metric": 3}, ["`metric`", "3"]),
        ({"metric": "pass_rate", "labels": {"class": "a"}}, []),
    ],
)
def test_what_a_metric_takes(bar, words):
    if not words:
        load_bars({"bar": [{**bar, "at_least": 0.5}]})
        return
    message = refused(**bar, at_least=0.5)
    assert all(word in message for word in words), message


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "name"),
    [
        ({"metric": "latency <= 2"}, "latency <= 2"),
        ({"metric": "latency <= 2", "dimension": "accuracy"}, "latency <= 2:accuracy"),
        ({"metric": "p95_latency", "category": "es"}, "p95_latency,category=es"),
        ({"metric": "recall", "class": "refunds"}, "recall,class=refunds"),
        ({"metric": "recall", "class": "a[b]\n"}, "recall,class=a_b_"),
        ({"metric": "recall", "each": "class"}, "recall"),
        ({"metric": "pass^3"}, "pass^3:*"),
        ({"metric": "at_or_above", "level": "wrong, can harm"}, "at_or_above:*,level=wrong, can harm"),
        ({"metric": "mean_tokens", "stage": "launch"}, "mean_tokens@launch"),
        ({"metric": "coverage", "labels": {"set": "*"}}, "coverage,set=*"),
    ],
)
def test_default_names_say_the_metric(bar, name):
    table = {"bar": [{**bar, "at_most": 1}], "scales": {"s": {"levels": ["x", "wrong, can harm"], "passing": "x"}}}
    assert load_bars(table).bar[0].name == name


def test_two_bars_of_one_metric_with_two_thresholds_need_names():
    with pytest.raises(BarsError) as caught:
        load_bars({"bar": [{"metric": "p95_latency", "at_most": 2}, {"metric": "p95_latency", "at_most": 3}]})
    assert 'have one name, "p95_latency"' in str(caught.value)


SUITE = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(60), ids="c{:02}".format)
def test_it(evalcase, n):
    evalcase.measure(seconds=0.5 + n / 100, cost_usd=0.01, tokens_in=100)
    evalcase.predict("refunds" if n % 4 else "billing", "refunds")
"""
BARS = """
[[bar]]
metric = "latency <= 2"
at_least = 0.9
[[bar]]
metric = "p95_latency"
at_most = 2
[[bar]]
metric = "recall"
each = "class"
at_least = 0.5
[[bar]]
metric = "cost_per_useful"
at_most = 0.5
[[bar]]
dimension = "accuracy"
at_least = 0.9
"""
NODES = [
    ("evalbars::latency <= 2", "PASSED"),
    ("evalbars::p95_latency", "PASSED"),
    ("evalbars::recall[billing]", "FAILED"),
    ("evalbars::recall[refunds]", "PASSED"),
    ("evalbars::cost_per_useful", "PASSED"),
    ("evalbars::pass_rate:accuracy", "PASSED"),
]


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["serial", "-n 2"])
def test_bars_on_metrics_are_tests_with_names(suite, arguments):
    suite.bars(BARS).file("test_it.py", SUITE)
    result = suite.run("-v", "--junit-xml=r.xml", *arguments)
    assert result.exit == 1
    for node, word in NODES:
        line = next(line for line in result.out.splitlines() if line.startswith((f"{node} ", f"{node} {word}")))
        assert word in line
    cases = [
        each
        for each in ET.parse(suite.path / "r.xml").iter("testcase")  # noqa: S314 - our own
        if "evalbars" in each.get("classname")
    ]
    assert [each.get("name") for each in cases] == [node.partition("::")[2] for node, _ in NODES]
    assert [len(each.findall("failure")) for each in cases] == [int(word == "FAILED") for _, word in NODES]


def test_the_table_and_the_sentences_use_the_metrics_words_and_units(suite):
    suite.bars(BARS).file("test_it.py", SUITE)
    result = suite.run()
    result.said("all trials", "share with latency <= 2", "60", "100.0%", ">= 90%", "met")
    result.said("all trials", "p95 latency", "1.06 s", "<= 2 s", "met")
    result.said("all trials", "recall: billing", "0.0%", ">= 50%", "MISSED")
    result.said("cost per useful response", "$0.01", "<= $0.5", "met")
    result.said("MISSED recall in class billing: recall 0.0% over 15 cases")
    result.said("billing, predicted refunds")


def test_the_command_says_the_same_in_json(suite):
    suite.bars(BARS).file("test_it.py", SUITE)
    result = suite.run()
    told = json.loads(suite.command("gate", result.path, "--json").out)
    assert told["exit_code"] == result.exit == 1
    assert [(each["metric"], each["group"], each["verdict"]) for each in told["verdicts"]] == [
        ("latency <= 2", None, "met"),
        ("p95_latency", None, "met"),
        ("recall", "billing", "missed"),
        ("recall", "refunds", "met"),
        ("cost_per_useful", None, "met"),
        ("pass_rate", None, "met"),
    ]


def test_a_bar_without_dimension_on_all_trials_and_one_with_it():
    rows = [row(f"c{n}", dimension=name, seconds=1.0) for n in range(30) for name in ("accuracy", "tone")]
    assert [each.dimension for each in gate(rows, {"metric": "p50_latency", "at_most": 2}).verdicts] == [None]
    both = gate(rows, {"metric": "p50_latency", "dimension": "*", "at_most": 2})
    assert [each.dimension for each in both.verdicts] == ["accuracy", "tone"]
    assert [each.name for each in both.verdicts] == ["p50_latency:*:accuracy", "p50_latency:*:tone"]
    assert [(each.cases, each.trials) for each in both.verdicts] == [(30, 30), (30, 30)]


def test_two_tests_of_one_case_are_two_trials_of_all_trials():
    rows = [row(f"c{n}", test=f"t{m}", seconds=float(m)) for n in range(30) for m in range(2)]
    verdict = only(rows, "mean_latency", at_most=2)
    assert (verdict.cases, verdict.trials, verdict.estimate) == (30, 60, pytest.approx(0.5))


def test_groups_of_a_measure():
    rows = [row(f"c{n}", seconds=1.0 + n % 2, labels={"language": "es" if n % 2 else "de"}) for n in range(120)]
    decision = gate(rows, {"metric": "p50_latency", "each": "language", "at_most": 1.5})
    assert [(each.group, each.estimate, each.verdict) for each in decision.verdicts] == [
        (None, 1.0, "inconclusive"),
        ("de", 1.0, "met"),
        ("es", 2.0, "missed"),
    ]


# -- what is announced -----------------------------------------------------------------------------------------------


def test_zero_tolerance_is_announced_and_says_what_never_seen_is_worth(suite):
    suite.bars('[[bar]]\nmetric = "miss_rate"\ndimension = "accuracy"\nat_most = 0\nname = "harm"\n').cases(60, 60)
    result = suite.run()
    assert result.exit == 0
    result.said("harm cannot be met with the cases at hand", "no number of cases proves it", 'rule = "estimate"')
    result.said("0 of 60: at most 4.9% at 95%")
    suite.bars(
        '[[bar]]\nmetric = "miss_rate"\ndimension = "accuracy"\nat_most = 0\nrule = "estimate"\nname = "harm"\n'
    )
    result = suite.run()
    assert result.exit == 0
    result.said("(bar harm): 0 of 60: at most 4.9% at 95%")
    result.never_said("cannot be met")
    assert next(line for line in result.out.splitlines() if line.startswith("accuracy")).split()[-1] == "met"


def test_a_quantile_that_can_have_no_bound_is_announced(suite):
    suite.bars('[[bar]]\nmetric = "p99_latency"\nat_most = 2\n').cases(120, 120)
    result = suite.run()
    result.said("p99_latency cannot be met with the cases at hand: 120 cases give no upper bound, 299 are needed")
    result.said("p99: no upper bound at n = 120; 299 needed")
    assert result.exit == 0


def test_a_bar_on_many_dimensions_of_a_metric_is_announced_once_each(suite):
    suite.bars('[[bar]]\nmetric = "latency <= 2"\nat_least = 0.99\n').cases(20, 20)
    result = suite.run("--collect-only", "-q")
    result.said("latency <= 2 cannot be met with the cases at hand even if all are such")


# -- beside other parts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "stops"),
    [
        ("", True),
        ('[[bar]]\nmetric = "p50_latency"\nat_most = 9\n', False),
        ('[[bar]]\nmetric = "miss_rate"\ndimension = "accuracy"\nat_most = 0.9\n', False),
        ('[[bar]]\nmetric = "recall"\neach = "class"\nat_least = 0.5\n', False),
    ],
)
def test_a_bar_that_needs_all_trials_keeps_a_session_from_stopping_early(suite, bar, stops):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n' + bar).cases(60, 60)
    result = suite.run("--evalbars-stop-early")
    assert (len(result.of("trial")) < 60) == stops


def test_metrics_of_a_stage_are_held_at_it(suite):
    suite.bars('[[bar]]\nmetric = "p50_latency"\nat_most = 0\nstage = "launch"\n').cases(60, 60)
    assert suite.run().exit == 0
    assert suite.run("--evalbars-stage=launch").exit == 1


def test_part_of_the_cases_is_reported_and_not_enforced(suite):
    suite.bars(BARS).file("test_it.py", SUITE)
    result = suite.run("-k", "c00 or c01 or c02 or c04")
    assert result.exit == 0
    result.said("(not enforced)")
    result.never_said("Traceback")


def test_errors_beside_metrics(suite):
    """A trial without an answer bounds what was measured of the others."""
    suite.bars("max_errors = 5\n" + BARS).file(
        "test_it.py", SUITE.replace("evalcase.measure", "if n in (3, 8): raise ConnectionError\n    evalcase.measure")
    )
    result = suite.run()
    found = {each["bar"]: each for each in gate_json(suite, result) if each["group"] is None}
    assert {name: each["unjudged"] for name, each in found.items()} == {
        "latency <= 2": 2,
        "p95_latency": 2,
        "cost_per_useful": 2,
        "pass_rate:accuracy": 2,
    }
    assert {each["verdict"] for each in found.values()} == {"inconclusive"}  # 58 of 60 do not prove 90%
    result.said("2 trials could not be judged")


def gate_json(suite, result):
    return json.loads(suite.command("gate", result.path, "--json").out)["verdicts"]
