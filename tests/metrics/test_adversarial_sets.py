"""Adversarial cases: a stricter bar of their own, and never pooled into the friendly rate unless a bar says so."""

import pytest
from metric_rows import gate, row

from pytest_evalbars import load_bars
from pytest_evalbars.errors import BarsError


def cases(friendly=(), adversarial=(), named=()):
    """One-shot cases: (passes, total) of those that say no set, of adversarial ones, and of `set=friendly`."""
    found = []
    for labels, counts in (({}, friendly), ({"set": "adversarial"}, adversarial), ({"set": "friendly"}, named)):
        passes, total = counts or (0, 0)
        prefix = labels.get("set", "plain")
        found += [row(f"{prefix}-{n}", "pass" if n < passes else "miss", labels=labels) for n in range(total)]
    return found


def numbers(decision):
    return [(each.group, each.estimate, each.cases, each.verdict) for each in decision.verdicts]


ALL = {"dimension": "accuracy", "at_least": 0.8}
BOTH = cases((58, 60), (10, 30))


def test_a_bar_that_says_nothing_leaves_them_out():
    decision = gate(BOTH, ALL)
    assert numbers(decision) == [(None, pytest.approx(58 / 60), 60, "met")]
    # No bar speaks of the adversarial cases, so their misses stand for themselves.
    assert decision.exit_code == 1
    assert {each.case.partition("-")[0] for each in decision.standing} == {"adversarial"}
    assert len(decision.standing) == 20


def test_a_bar_of_their_own_holds_them():
    decision = gate(BOTH, ALL, {**ALL, "labels": {"set": "adversarial"}, "at_least": 0.99})
    assert numbers(decision)[1] == (None, pytest.approx(10 / 30), 30, "missed")
    assert (decision.standing, decision.exit_code) == ((), 1)
    assert decision.verdicts[1].name == "pass_rate:accuracy,set=adversarial"


def test_a_star_pools_them():
    decision = gate(BOTH, {**ALL, "labels": {"set": "*"}})
    assert numbers(decision) == [(None, pytest.approx(68 / 90), 90, "inconclusive")]
    assert decision.standing == ()


@pytest.mark.parametrize("word", ["friendly", ["friendly"], "f*"])
def test_friendly_is_what_says_nothing(word):
    decision = gate(cases((50, 60), (0, 30), (10, 10)), {**ALL, "labels": {"set": word}, "at_least": 0.1})
    assert numbers(decision) == [(None, pytest.approx(60 / 70), 70, "met")]


def test_both_sets_by_name_are_pooled_and_each_is_a_group():
    bar = {**ALL, "labels": {"set": ["friendly", "adversarial"]}, "each": "set", "at_least": 0.6}
    assert numbers(gate(BOTH, bar)) == [
        (None, pytest.approx(68 / 90), 90, "met"),
        ("adversarial", pytest.approx(10 / 30), 30, "missed"),
        ("friendly", pytest.approx(58 / 60), 60, "met"),
    ]


def test_each_set_needs_to_say_that_it_pools():
    with pytest.raises(BarsError) as caught:
        load_bars({"bar": [{**ALL, "each": "set"}]})
    assert 'each = "set" needs the selector labels.set' in str(caught.value)
    assert '"*" pools' in str(caught.value)


def test_other_sets_are_part_of_the_whole():
    """Only adversarial cases are set apart."""
    rows = [row(f"c{n}", labels={"set": "smoke" if n % 2 else "nightly"}) for n in range(40)]
    assert numbers(gate(rows, ALL)) == [(None, 1, 40, "met")]
    assert numbers(gate(rows, {**ALL, "labels": {"set": "smoke"}})) == [(None, 1, 20, "met")]


@pytest.mark.parametrize(
    ("metric", "value"), [("error_rate", 0), ("mean_latency", 1), ("latency <= 2", 1), ("mean_score", 0.9)]
)
def test_other_metrics_leave_them_out_too(metric, value):
    rows = [row(f"f{n}", seconds=1.0, score=0.9) for n in range(30)]
    rows += [row(f"a{n}", "error", seconds=9.0, score=0.1, labels={"set": "adversarial"}) for n in range(30)]
    (verdict,) = gate(rows, {"metric": metric, "at_least": 0.0}, max_errors=100).verdicts
    assert (verdict.estimate, verdict.cases) == (pytest.approx(value), 30)


def test_a_group_of_another_label_leaves_them_out():
    rows = [{**each, "labels": {**each["labels"], "language": "es"}} for each in BOTH]
    assert numbers(gate(rows, {**ALL, "each": "language"})) == [
        (None, pytest.approx(58 / 60), 60, "met"),
        ("es", pytest.approx(58 / 60), 60, "met"),
    ]


SUITE = """
import pytest
pytestmark = pytest.mark.dimension("accuracy")

@pytest.mark.parametrize("n", range(30), ids="c{:02}".format)
def test_plain(n): pass

@pytest.mark.labels(set="adversarial")
@pytest.mark.parametrize("n", range(20), ids="c{:02}".format)
def test_attack(n): assert n >= 6, "fell for it"
"""
BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'
STRICT = '[[bar]]\ndimension = "accuracy"\nlabels.set = "adversarial"\nat_least = 0.4\n'


def lines(result):
    return [line.split() for line in result.out.splitlines() if line.startswith("accuracy")]


def test_the_table_shows_both_and_each_miss_stands_alone_where_no_bar_holds_it(suite):
    suite.bars(BAR).file("test_it.py", SUITE)
    result = suite.run()
    assert result.exit == 1
    assert result.counts["failed"] == 6
    plain, attack = lines(result)
    assert plain[:5] == ["accuracy", "all", "30", "30", "100.0%"]
    assert attack[:8] == ["accuracy", "status", "regression,", "set", "adversarial", "20", "20", "70.0%"]
    assert attack[-2:] == ["no", "bar"]


def test_the_table_shows_both_bars(suite):
    suite.bars(BAR + STRICT).file("test_it.py", SUITE)
    result = suite.run()
    assert (result.exit, result.counts["missed"]) == (0, 6)
    plain, attack = lines(result)
    assert plain[:5] == ["accuracy", "all", "30", "30", "100.0%"]
    assert attack[:6] == ["accuracy", "set", "adversarial", "20", "20", "70.0%"]


def test_a_pooled_bar_shows_what_it_pools(suite):
    """The one rate hides the other: the table still tells the sets apart."""
    suite.bars(BAR.replace("at_least = 0.5", 'labels.set = "*"\nat_least = 0.5')).file("test_it.py", SUITE)
    result = suite.run()
    assert result.exit == 0
    found = lines(result)
    assert found[0][:6] == ["accuracy", "set", "*", "50", "50", "88.0%"]
    told = " ".join(word for line in result.out.splitlines() for word in line.split())
    assert "adversarial" in told
    assert "70.0%" in told
    assert "100.0%" in told


def test_the_forecast_counts_only_what_a_bar_holds(suite):
    """Thirty friendly cases can prove 90%, twenty adversarial ones cannot; together they are fifty."""
    suite.bars(BAR.replace("0.5", "0.9") + STRICT.replace("0.4", "0.9")).file("test_it.py", SUITE)
    result = suite.run("--collect-only", "-q")
    result.never_said("30 cases")
    result.said("pass_rate:accuracy,set=adversarial cannot be met with the cases at hand", "20 cases")
    suite.bars(BAR.replace("0.5", "0.92"))
    suite.run("--collect-only", "-q").said("pass_rate:accuracy cannot be met", "30 cases")


def test_a_bar_of_adversarial_cases_only_says_what_to_add(suite):
    suite.bars(BAR).file(
        "test_it.py", SUITE.partition("@pytest.mark.parametrize")[0] + SUITE[SUITE.index("@pytest.mark.labels") :]
    )
    result = suite.run()
    assert result.exit == 4
    result.said("every case it selects is adversarial", 'add labels.set = "adversarial"')


def test_a_misspelt_set_is_a_usage_error(suite):
    suite.bars(BAR + STRICT.replace("adversarial", "adverserial")).file("test_it.py", SUITE)
    result = suite.run()
    assert result.exit == 4
    result.said('no collected case has set "adverserial"', 'did you mean "adversarial"?')


def test_the_command_says_the_same(suite):
    suite.bars(BAR + STRICT).file("test_it.py", SUITE)
    result = suite.run()
    told = suite.command("gate", result.path).out
    assert [line.split() for line in told.splitlines() if line.startswith("accuracy")] == lines(result)
