"""Bars that hold how much worse a number is than in the baseline, from a session's and from a command's side."""

import json

import pytest

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.cli import main
from pytest_evalbars.errors import BarsError

BARS = """
baseline = "evals/baseline.jsonl"
[[bar]]
dimension = "accuracy"
max_drop = 0
"""


@pytest.fixture
def product(suite):
    """A suite of 40 cases in two categories, whose verdicts stand in a file of their own: the tests never change."""
    suite.bars(BARS)
    suite.file(
        "test_product.py",
        """
        import json
        from pathlib import Path
        import pytest

        ANSWERS = Path(__file__).with_name("answers.json")

        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("cases.jsonl")
        def test_answer(case, evalcase):
            said = json.loads(ANSWERS.read_text())
            evalcase.measure(cost_usd=said["cost"] * (1 + len(case["q"]) / 10))
            assert case["q"] not in said["missing"], "wrong answer"
        """,
    )
    rows(suite)
    answers(suite)
    return suite


def rows(suite, questions=range(40), **names):
    """The case file: case k asks question k, and is called `c<k>` unless a name is given."""
    lines = [{"id": names.get(f"c{k}", f"c{k}"), "q": str(k), "category": "es" if k % 2 else "de"} for k in questions]
    suite.file("cases.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def answers(suite, missing=(), cost=0.01):
    """What the product gets wrong from now on."""
    suite.file("answers.json", json.dumps({"missing": [str(k) for k in missing], "cost": cost}))


def based(suite, **said):
    """Write the baseline of a product as it is."""
    answers(suite, **said)
    result = suite.run("--evalbars-update-baseline")
    assert result.exit == 0, result.out
    result.said("baseline written: evals/baseline.jsonl")


def test_a_regression_is_proven_on_the_same_cases_and_names_those_that_flipped(product):
    based(product, missing=[0, 1])
    answers(product, missing=[0, *range(2, 9)])
    result = product.run("-rA")
    assert result.exit == 1
    assert result.counts["failed"] == 1
    result.said("MISSED accuracy: pass rate 95.0% -> 80.0% over 40 cases, -15.0 points", "proven worse")
    result.said("7 cases worse, 1 better; worse: c2 (wrong answer), c3 (wrong answer)", "and 2 more")
    result.said("against baseline", "drop <= 0 points", "MISSED")
    result.said("FAILED evalbars::pass_rate:accuracy,max_drop")


def test_the_same_product_again_is_inconclusive_at_no_drop_and_met_at_a_margin(product):
    product.bars(BARS + '[[bar]]\nname = "margin"\ndimension = "accuracy"\nmax_drop = 0.2')
    based(product, missing=[0, 1])
    result = product.run()
    assert result.exit == 0
    result.said("gate passed: 1 of 2 verdicts met, 1 inconclusive")


def test_a_gain_is_met(product):
    based(product, missing=range(20))
    answers(product)
    result = product.run()
    assert result.exit == 0
    result.said("gate passed: 1 of 1 verdict met")


def test_groups_are_held_by_category(product):
    product.bars(BARS + 'each = "category"\n')
    based(product)
    answers(product, missing=range(1, 40, 2))
    result = product.run()
    assert result.exit == 1
    result.said("MISSED accuracy in category es: pass rate 100.0% -> 0.0% over 20 cases")
    result.never_said("MISSED accuracy in category de")


@pytest.mark.parametrize(
    ("table", "words"),
    [(BARS, "evals/baseline.jsonl: there is no such baseline"), (BARS.partition("\n[[")[2], "no baseline is named")],
    ids=["absent", "unnamed"],
)
def test_without_a_baseline_nothing_runs(product, table, words):
    product.bars(table if table.startswith("\nbaseline") else f"[[{table}")
    result = product.run()
    assert (result.exit, product.run_files()) == (4, [])
    result.said(words, "--evalbars-update-baseline")


@pytest.mark.parametrize("text", ["{", "[]\n", '{"type": "baseline", "schema": 99}\n', "\x00\xff"])
def test_a_baseline_that_cannot_be_read_is_a_usage_error(product, text):
    product.file("evals/baseline.jsonl", text)
    result = product.run()
    assert (result.exit, product.run_files()) == (4, [])
    result.said("evals/baseline.jsonl", "pass_rate:accuracy,max_drop compares with it")


def test_a_bar_of_the_launch_needs_no_baseline_before(product):
    product.bars(BARS + 'stage = "launch"\n')
    assert product.run().exit == 0
    assert product.run("--evalbars-stage=launch").exit == 4


def test_an_update_says_what_the_run_would_have_missed_and_holds_nothing_against_the_old_one(product):
    based(product)
    answers(product, missing=range(10))
    result = product.run("--evalbars-update-baseline")
    assert result.exit == 0
    result.said("gate passed: no bar was enforced", "baseline written")
    result.said("missed accuracy", "not enforced: this run is to become the baseline")
    result.said("baseline written: evals/baseline.jsonl; this run misses pass_rate:accuracy,max_drop")
    assert product.run().exit == 0  # compared with itself


@pytest.mark.parametrize("part", [("-k", "c1"), ("test_product.py::test_answer[c1]",), ("--evalbars-shard=1/2",)])
def test_a_part_of_the_cases_is_no_baseline(product, part):
    result = product.run("--evalbars-update-baseline", *part)
    assert (result.exit, (product.path / "evals").exists()) == (4, False)
    result.said("--evalbars-update-baseline: ", "part of the cases")


def test_a_run_with_errors_is_no_baseline(product):
    based(product)
    before = (product.path / "evals/baseline.jsonl").read_text()
    product.file("answers.json", "no json")
    result = product.run("--evalbars-update-baseline")
    assert result.exit == 1
    result.said("the baseline was not updated")
    assert (product.path / "evals/baseline.jsonl").read_text() == before


def test_each_change_is_called_what_it_is(product):
    based(product)
    rows(product, [*range(1, 40), 50], c3="called-otherwise")  # 0 is gone, 50 is new, 3 has another name
    path = product.path / "cases.jsonl"
    path.write_text(path.read_text().replace('"q": "7"', '"q": "7 edited"'))
    result = product.run()
    assert result.exit == 0
    result.said("compared with the baseline", "38 cases")
    result.said("renamed: c3 -> called-otherwise", "changed: c7", "new: c50", "removed: c0")


def test_a_renamed_case_can_be_mapped(product):
    based(product)
    lines = (product.path / "evals/baseline.jsonl").read_text()
    product.file("evals/baseline.jsonl", lines.replace('"content"', '"digest"'))  # as another tool may write it
    rows(product, c3="called-otherwise")
    product.run().said("39 cases", "new: called-otherwise", "removed: c3")
    product.bars(BARS.replace("[[bar]]", 'renamed = { c3 = "called-otherwise" }\n[[bar]]'))
    product.run().said("40 cases", "renamed: c3 -> called-otherwise")


def test_too_few_common_cases_are_two_independent_samples(product):
    based(product)
    rows(product, range(20, 60))
    answers(product, missing=range(20, 45))
    result = product.run()
    assert result.exit == 1
    result.said("MISSED accuracy: pass rate 100.0% -> 37.5%", "20 cases", "independent samples")


def test_cost_is_held_in_its_own_unit_or_as_a_share(product):
    money = """
    baseline = "evals/baseline.jsonl"
    [[bar]]
    name = "share"
    metric = "mean_cost"
    max_drop = "10%"
    [[bar]]
    name = "dollars"
    metric = "mean_cost"
    max_drop = 0.05
    """
    product.bars(money)
    based(product, cost=0.01)
    answers(product, cost=0.015)
    result = product.run()
    assert result.exit == 1
    result.said("rise <= 10%", "MISSED")
    result.said("rise <= $0.05", "met")
    result.said("MISSED mean cost (bar share)", "+50.0%")


def test_the_command_compares_as_the_session_does(product, monkeypatch, capsys):
    based(product)
    answers(product, missing=range(8))
    run = product.run().path
    monkeypatch.chdir(product.path)
    capsys.readouterr()
    capsys.readouterr()
    assert main(["gate", str(run), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (verdict,) = said["verdicts"]
    assert (verdict["verdict"], verdict["max_drop"], verdict["before"], verdict["after"]) == ("missed", 0, 1.0, 0.8)
    assert verdict["flips"]["worse"] == 8
    assert said["baseline"]["cases"] == 40
    assert main(["gate", str(run), "--baseline", str(run)]) == 0
    assert main(["gate", str(run), "--baseline", "none.jsonl"]) == 4
    assert "none.jsonl: there is no such baseline" in capsys.readouterr().err
    assert main(["gate", str(run), "--update-baseline"]) == 0
    assert main(["gate", str(run)]) == 0


def said(**outcomes):
    """A run of 40 cases on accuracy: so many of each outcome, passes last."""
    words = [word for word, count in outcomes.items() for _ in range(count)]
    words += ["pass"] * (40 - len(words))
    rows = [{"case": f"c{k}", "dimension": "accuracy", "outcome": word} for k, word in enumerate(words)]
    return Run.from_observations(rows)


@pytest.mark.parametrize(
    ("max_drop", "outcomes", "word"),
    [
        (0, {"miss": 5}, "missed"),
        (0, {"miss": 5, "error": 3}, "missed"),  # even if all of them passed
        (0, {"miss": 3, "error": 3}, "inconclusive"),
        (0.3, {"miss": 5}, "met"),
        (0.3, {"miss": 5, "error": 1}, "met"),  # even if it missed
        (0.3, {"miss": 5, "error": 6}, "inconclusive"),
    ],
)
def test_trials_that_could_not_be_judged_bound_the_drop(max_drop, outcomes, word):
    bars = load_bars({"max_errors": 40, "bar": [{"dimension": "accuracy", "max_drop": max_drop}]})
    (verdict,) = decide(said(**outcomes), bars, baseline=said()).verdicts
    assert (verdict.verdict, verdict.cases, verdict.unjudged) == (
        word,
        40 - outcomes.get("error", 0),
        outcomes.get("error", 0),
    )


def in_order(*words):
    """A run of cases on accuracy, by what each said."""
    return Run.from_observations(
        {"case": f"c{k}", "dimension": "accuracy", "outcome": word} for k, word in enumerate(words)
    )


@pytest.mark.parametrize(
    ("max_drop", "dropped", "unjudged_before", "unjudged_now", "word"),
    [
        (0.2, 0, 0, 0, "met"),
        (0.2, 0, 8, 0, "met"),
        (0.2, 0, 0, 8, "met"),
        (0.2, 0, 8, 8, "inconclusive"),  # those may have passed before, and these miss now
        (0, 30, 0, 0, "missed"),
        (0, 30, 12, 0, "missed"),
        (0, 30, 0, 12, "missed"),
        (0, 30, 12, 12, "inconclusive"),  # those may have missed before, and these pass now
    ],
)
def test_unjudged_trials_of_both_runs_bound_the_drop_together(max_drop, dropped, unjudged_before, unjudged_now, word):
    bars = load_bars({"max_errors": 40, "bar": [{"dimension": "accuracy", "max_drop": max_drop}]})
    # What the other run says of those: what is worst for a drop that is to be met, and best for one to be missed.
    then_said, now_said = ("miss", "pass") if dropped else ("pass", "miss")
    then = ["pass"] * (80 + dropped) + ["error"] * unjudged_before + [then_said] * unjudged_now
    now = ["pass"] * 80 + ["miss"] * dropped + [now_said] * unjudged_before + ["error"] * unjudged_now
    (verdict,) = decide(in_order(*now), bars, baseline=in_order(*then)).verdicts
    assert verdict.verdict == word


def test_without_a_baseline_a_comparison_is_no_data():
    decision = decide(said(), load_bars({"bar": [{"dimension": "accuracy", "max_drop": 0}]}))
    assert (decision.exit_code, decision.verdicts[0].verdict) == (10, "no data")


def test_a_new_group_has_nothing_to_compare_with_and_blocks_nothing():
    before = [{"case": "a", "dimension": "x", "outcome": "pass", "labels": {"category": "old"}}]
    after = [*before, {"case": "b", "dimension": "x", "outcome": "miss", "labels": {"category": "new"}}]
    bars = load_bars({"bar": [{"dimension": "x", "max_drop": 0, "each": "category"}]})
    decision = decide(Run.from_observations(after), bars, baseline=Run.from_observations(before))
    words = {verdict.group: (verdict.verdict, verdict.enforced) for verdict in decision.verdicts}
    assert words == {None: ("inconclusive", True), "old": ("inconclusive", True), "new": ("no data", False)}
    assert decision.exit_code == 0


def test_a_baseline_of_another_suite_is_never_green():
    other = Run.from_observations([{"case": "z", "dimension": "other", "outcome": "pass"}])
    decision = decide(said(), load_bars({"bar": [{"max_drop": 0}]}), baseline=other)
    assert decision.exit_code == 10


MISTAKES = {
    "a percentage of a rate": ('max_drop = "2%"', "write a difference, as 0.02 for 2 points"),
    "more than everything": ("max_drop = 2", "not a rate between 0 and 1; did you mean 0.02?"),
    "a quantile": ('metric = "p95_latency"\nmax_drop = 1', "compares case by case"),
    "betting": ('max_drop = 0\nearly_stop = "anytime"', "compares all cases with the baseline"),
    "two": ("max_drop = 0\nat_least = 0.5", "at_least and max_drop are given"),
}


@pytest.mark.parametrize("which", MISTAKES)
def test_a_bar_that_cannot_compare_is_a_mistake(product, which):
    text, words = MISTAKES[which]
    product.bars(f'baseline = "b.jsonl"\n[[bar]]\ndimension = "accuracy"\n{text}')
    result = product.run()
    assert result.exit == 4
    result.said("pyproject.toml", words)


def test_early_stop_runs_every_case_that_a_comparison_needs(product):
    product.bars(BARS + '[[bar]]\nname = "floor"\ndimension = "accuracy"\nat_least = 0.2\n')
    based(product)
    result = product.run("--evalbars-stop-early")
    assert len(result.of("trial")) == 40


# --- What is compared with what --------------------------------------------------------------------------------


def rows_of(words, dimension="accuracy", **more):
    """A run whose case k says the k-th word, of `p`, `m` and `e`, a letter for each trial."""
    names = {"p": "pass", "m": "miss", "e": "error"}
    return [
        {"case": f"c{k}", "trial": trial, "dimension": dimension, "outcome": names[letter], **more}
        for k, letters in enumerate(words)
        for trial, letter in enumerate(letters)
    ]


def verdict_of(after, before, **bar):
    bars = load_bars({"max_errors": 100, "bar": [{"dimension": "accuracy", "max_drop": 0, **bar}]})
    return decide(Run.from_observations(after), bars, baseline=Run.from_observations(before))


def test_new_hard_cases_are_no_drop_of_the_old_ones():
    before = rows_of(["m"] * 3 + ["p"] * 97)
    (verdict,) = verdict_of(rows_of(["m"] * 3 + ["p"] * 97 + ["m"] * 30), before).verdicts
    assert (verdict.verdict, verdict.cases, verdict.estimate) == ("inconclusive", 100, 0)


def test_cases_that_erred_then_are_no_reason_to_compare_others():
    (verdict,) = verdict_of(rows_of(["m"] * 30 + ["p"] * 70), rows_of(["e"] * 30 + ["p"] * 70)).verdicts
    assert (verdict.verdict, verdict.cases, verdict.estimate) == ("inconclusive", 70, 0)


def test_another_test_of_the_same_cases_is_no_drop():
    before = rows_of(["p"] * 40, test="t.py::one")
    after = [*rows_of(["p"] * 40, test="t.py::one"), *rows_of(["m", "p"] * 20, test="t.py::other")]
    (verdict,) = verdict_of(after, before).verdicts
    assert (verdict.verdict, verdict.estimate) == ("inconclusive", 0)


def test_a_test_in_another_file_is_compared_with_the_one_it_was():
    (verdict,) = verdict_of(
        rows_of(["m"] * 8 + ["p"] * 32, test="new.py::one"), rows_of(["p"] * 40, test="old.py::one")
    ).verdicts
    assert verdict.verdict == "missed"


def test_trials_that_were_not_judged_then_bound_the_drop():
    before = rows_of(["pee"] * 10 + ["ppp"] * 30)
    (verdict,) = verdict_of(rows_of(["pmm"] * 10 + ["ppp"] * 30), before).verdicts
    assert verdict.verdict == "inconclusive"
    (verdict,) = verdict_of(rows_of(["mmm"] * 20 + ["ppp"] * 20), before).verdicts
    assert verdict.verdict == "missed"


def test_a_case_of_another_status_is_told_and_compared_only_where_it_was_held_both_times():
    hill, ground = {"labels": {"status": "capability"}}, {"labels": {"status": "regression"}}
    before = [*rows_of(["m"] * 10, **hill), *rows_of(["p"] * 40, **ground)[10:]]
    after = rows_of(["p"] * 30 + ["m"] * 10, **ground)  # ten were promoted, ten are lost
    decision = verdict_of(after, before)
    (verdict,) = decision.verdicts
    assert (verdict.verdict, verdict.cases) == ("missed", 30)
    assert decision.common.restated[0] == ("c0", "capability", "regression")
    demoted = [*rows_of(["m"] * 10, **hill), *rows_of(["p"] * 40, **ground)[10:]]
    decision = verdict_of(demoted, rows_of(["p"] * 40, **ground))
    assert (decision.verdicts[0].verdict, len(decision.common.restated)) == ("inconclusive", 10)


def test_clusters_that_only_the_baseline_knows_count():
    before = [{**row, "cluster": "x" if k < 10 else "y"} for k, row in enumerate(rows_of(["p"] * 100))]
    (verdict,) = verdict_of(rows_of(["m"] * 10 + ["p"] * 90), before).verdicts
    assert verdict.verdict == "inconclusive"  # two documents prove nothing


def test_two_cases_cannot_be_called_the_same():
    with pytest.raises(BarsError, match='"n" cannot be what a and b are called now'):
        load_bars({"renamed": {"a": "n", "b": "n"}})
