"""What models a trial asked is the trial's own, wherever in it they were asked; a judge's part is measured apart."""

import pytest

HEAD = """
    import time

    import pytest

    from pytest_evalbars.cases.asked import Call
    from pytest_evalbars.cases.running import judging, running

    def ask(**more):
        running().asked.add(Call("model-1", 0.5, tokens_in=10, tokens_out=2, cost_usd=0.25, **more))
"""


def trials(outcome):
    return {line["item"].rpartition("::")[2]: line for line in outcome.of("trial")}


@pytest.mark.parametrize("arguments", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
def test_calls_of_set_up_and_body_are_the_trials_measures(suite, arguments):
    suite.bars("threads = true")
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.fixture
    def answer():
        ask()
        return "yes"

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("times", [0, 1, 2], ids=["none", "one", "two"])
    def test_answer(answer, times):
        for _ in range(times):
            ask()
    """,
    )

    ran = suite.run(*arguments)

    assert ran.exit == 0
    found = trials(ran)
    for calls, name in enumerate(("none", "one", "two"), 1):
        line = found[f"test_answer[{name}]"]
        measures = {key: value for key, value in line["measures"].items() if key not in ("seconds", "waited")}
        assert measures == {
            "calls": calls,
            "tokens_in": 10 * calls,
            "tokens_out": 2 * calls,
            "cost_usd": 0.25 * calls,
            "model_seconds": 0.5 * calls,
        }
        assert line["calls"] == {"models": {"model-1": calls}}


def test_what_a_fixture_of_several_trials_asks_is_no_trials(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.fixture(scope="module")
    def shared():
        assert running() is None

    @pytest.mark.dimension("accuracy")
    def test_answer(shared):
        assert running().case == "test_cases.py::test_answer"
    """,
    )

    ran = suite.run()

    assert (ran.exit, ran.counts) == (0, {"passed": 1})
    assert "calls" not in ran.of("trial")[0]


def test_a_judge_is_measured_apart_and_its_time_is_not_the_products(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.dimension("accuracy")
    def test_answer():
        ask()
        with judging():
            ask(judging=True)
            time.sleep(0.3)
    """,
    )

    ran = suite.run()

    (line,) = ran.of("trial")
    assert line["measures"]["seconds"] < 0.2
    assert (line["measures"]["calls"], line["measures"]["judge_calls"]) == (1, 1)
    assert (line["measures"]["cost_usd"], line["measures"]["judge_cost_usd"]) == (0.25, 0.25)
    assert line["measures"]["judge_seconds"] == 0.5
    assert line["calls"] == {"models": {"model-1": 1}, "judges": {"model-1": 1}}


def test_a_judge_that_hangs_does_not_outlive_the_cases_time_limit(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.timeout(0.3)
    @pytest.mark.dimension("accuracy")
    def test_answer():
        with judging():
            time.sleep(30)
    """,
    )

    ran = suite.run()

    assert ran.exit == 1
    ran.said("timeout of 0.3 s")
    assert set(ran.verdicts.values()) == {"error"}


def test_what_the_test_measures_itself_wins(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.dimension("accuracy")
    def test_answer(evalcase):
        ask()
        evalcase.measure(cost_usd=1.5)
    """,
    )

    (line,) = suite.run().of("trial")

    assert (line["measures"]["cost_usd"], line["measures"]["tokens_in"]) == (1.5, 10)


def test_a_sum_of_which_one_part_is_unknown_is_unknown(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.dimension("accuracy")
    def test_answer():
        ask()
        running().asked.add(Call("model-2", 0.5, tokens_in=1, tokens_out=1))
    """,
    )

    (line,) = suite.run().of("trial")

    assert "cost_usd" not in line["measures"]
    calls = {"models": {"model-1": 1, "model-2": 1}, "unpriced": 1}
    assert (line["measures"]["tokens_in"], line["calls"]) == (11, calls)


def test_replayed_answers_take_the_time_they_took_and_those_asked_at_once_one_time(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.dimension("accuracy")
    def test_answer():
        asked = running().asked
        asked.replay_begins(), asked.replay_begins()  # two at once
        asked.replay_ends(2.0), asked.replay_ends(3.0)
        asked.replay_begins()
        asked.replay_ends(1.0)
    """,
    )

    (line,) = suite.run().of("trial")

    assert 4.0 <= line["measures"]["seconds"] < 4.3


def test_a_budget_counts_judges_and_takes_recorded_answers_for_free(suite):
    suite.file(
        "test_cases.py",
        f"""{HEAD}
    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(6), ids="abcdef")
    def test_answer(number):
        ask(replayed=number < 3)
        ask(judging=True, replayed=number < 3)
    """,
    )

    ran = suite.run("--evalbars-budget=0.8")

    assert ran.exit == 10
    assert len(ran.of("trial")) == 5  # three for nothing, then two of 50 cents
    ran.said("the budget of $0.80 is spent")


CHECKED = """
    import asyncio
    import pytest
    from pytest_evalbars.checks.result import Result

    class Judgement:
        passed, score, reason, level = True, 0.7, "mostly right", "fair"
        provenance = {"rubric": "depth@0123456789ab", "model": "model-1"}
"""


def test_a_case_takes_results_and_judgements(suite):
    suite.bars('scales.depth = { levels = ["good", "fair", "poor"], passing = "fair" }')
    suite.file(
        "test_cases.py",
        f"""{CHECKED}
    @pytest.mark.dimension("accuracy", "tone", "depth", "grounded")
    def test_answer(evalcase):
        evalcase.take("accuracy", Result(passed=False, score=0.25, reason="says 30, not 31"))
        evalcase.take("tone", Result(passed=True, score=None))
        evalcase.take("depth", Judgement)
        evalcase.take("grounded", Judgement)  # on no scale of the bars file
    """,
    )

    ran = suite.run()

    said = {line["dimension"]: line for line in ran.of("observation")}
    kept = {name: (line["outcome"], line["score"], line["level"], line["reason"]) for name, line in said.items()}
    assert kept == {
        "accuracy": ("miss", 0.25, None, "says 30, not 31"),
        "tone": ("pass", None, None, ""),
        "depth": ("pass", 0.7, "fair", "mostly right"),
        "grounded": ("pass", 0.7, None, "mostly right"),
    }
    judge = {"rubric": "depth@0123456789ab", "model": "model-1"}
    assert {name: line.get("judge") for name, line in said.items()} == {
        "accuracy": None,
        "tone": None,
        "depth": judge,
        "grounded": judge,
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('evalcase.take("accuracy", True)', "that is no result of a check or a judge"),
        ('evalcase.take("accuracy", asyncio.sleep(0))', "was given a coroutine: write `await` before the call"),
        ('evalcase.take("speed", Result(True, None))', "which the case does not declare"),
        ('evalcase.take("accuracy", Result(True, 7))', "a score lies from 0 to 1"),
    ],
)
def test_what_is_no_result_is_an_error_that_names_the_line(suite, line, words):
    suite.file(
        "test_cases.py",
        f"""{CHECKED}
    @pytest.mark.dimension("accuracy")
    def test_answer(evalcase):
        {line}
    """,
    )

    ran = suite.run()

    assert ran.exit == 1
    ran.said(words, "test_cases.py:12")
    assert set(ran.verdicts.values()) == {"error"}
