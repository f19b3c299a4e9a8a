"""The model client in sessions, as a user meets it: an outage is an error, told in one line; limits hold."""

import litellm
import pytest
from asking import model_at, short_waits  # noqa: F401 - a fixture
from openai_server import OpenAIServer, Reply

#: Two bodies, and all that the report says of them.
CASES = """
import pytest
from pytest_evalbars import Model

MODEL = Model("openai/gpt-4o-mini", attempts=2, timeout=TIMEOUT)

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", range(CASES))
BODY
"""
ASYNC = """
async def test_capital(number, evalcase):
    answer = await MODEL.ask(f"What is capital {number}?")
    evalcase.record(output=answer.model)
    assert "Paris" in answer.text
"""
SYNC = ASYNC.replace("async def", "def").replace("await MODEL.ask", "MODEL.ask_sync")


@pytest.fixture(scope="module", autouse=True)
def _imported():
    """What litellm imports with its first call takes seconds, and sessions within this process forget it."""
    with OpenAIServer() as server:
        server.plan(Reply(status=503))
        model_at(server).ask_sync("hello")
        litellm.validate_environment("openai/gpt-4o-mini")


def of(project, body, cases=1, timeout=60):
    """A project of so many cases."""
    text = CASES.replace("BODY", body).replace("CASES", str(cases)).replace("TIMEOUT", str(timeout))
    project.file("test_it.py", text)
    return project


@pytest.mark.parametrize("body", [ASYNC, SYNC], ids=["async", "sync"])
def test_an_answer_is_judged_and_measured(project, server, body):
    server.plan(Reply(status=500), Reply("It is Paris"), Reply("It is Rome"))
    project.bars("", ini='filterwarnings = ["error"]')
    result = of(project, body, cases=2).run()
    assert sorted(result.verdicts.values()) == ["miss", "pass"]
    for trial in result.of("trial"):
        assert trial["evidence"]["output"] == "gpt-4o-mini-2026-01-01"
        expected = {"calls": 1, "tokens_in": 4, "tokens_out": 3}
        assert {key: trial["measures"][key] for key in expected} == expected
        assert trial["measures"]["cost_usd"] == pytest.approx(4 * 0.15e-6 + 3 * 0.6e-6)
    assert len(server.requests) == 3


@pytest.mark.parametrize("body", [ASYNC, SYNC], ids=["async", "sync"])
def test_an_outage_is_an_error_and_is_told_in_one_line(project, server, body):
    server.plan(*[Reply(status=503, text="overloaded \x1b[31m")] * 2)
    result = of(project, body).run()
    assert (result.exit, result.counts) == (1, {"failed": 1})
    (trial,) = result.of("trial")
    assert trial["error"].startswith("ModelError: openai/gpt-4o-mini gave no answer in 2 attempts and ")
    assert trial["error"].endswith(" s: the last: HTTP 503 (overloaded \\x1b[31m)")
    result.said("ModelError: openai/gpt-4o-mini gave no answer in 2 attempts")
    result.never_said(
        "litellm.", "tenacity", "Traceback", "During handling", "sk-nobody", "background.py", "_base.py"
    )
    assert "MODEL.ask" in result.out  # where it was asked


def test_a_key_that_does_not_fit(project, server):
    server.plan(Reply(status=401, text="Incorrect API key provided: sk-nobody-must-see-this."))
    result = of(project, ASYNC).run()
    assert (result.exit, result.counts) == (1, {"failed": 1})
    result.said("HTTP 401 (Incorrect API key provided: [OPENAI_API_KEY]); set OPENAI_API_KEY, or pass api_key=...")
    result.never_said("sk-nobody-must-see-this")
    assert "sk-nobody-must-see-this" not in result.path.read_text()


def test_limits_of_the_bars_file_hold(project, server):
    project.bars('concurrency = 50\nlimits."openai/*" = { concurrent = 8 }', ini='filterwarnings = ["error"]')
    server.otherwise = lambda _: Reply("Paris", after=0.02)
    result = of(project, ASYNC, cases=50).run()
    assert (result.exit, result.counts) == (0, {"passed": 50})
    assert server.most_in_flight == 8


@pytest.mark.parametrize("body", [ASYNC, SYNC], ids=["async", "sync"])
def test_a_cases_time_limit_ends_the_call(project, server, body):
    server.plan(Reply(hang=True))
    project.bars("timeout = 1", ini='filterwarnings = ["error"]')
    result = of(project, body).run()
    assert (result.exit, [*result.verdicts.values()]) == (1, ["error"])
    result.said("the case did not end within its timeout of 1 s")
    assert len(server.requests) == 1


def test_waits_for_a_limit_are_no_part_of_a_cases_time(project, server):
    project.bars('concurrency = 4\nlimits."openai/*" = { concurrent = 1 }')
    server.otherwise = lambda _: Reply("Paris", after=0.3)
    result = of(project, ASYNC, cases=4).run()
    assert (result.exit, result.counts) == (0, {"passed": 4})
    assert max(trial["measures"].get("waited", 0) for trial in result.of("trial")) > 0.8
    assert sum(trial["measures"]["seconds"] < 0.8 for trial in result.of("trial")) >= 3


@pytest.mark.parametrize("body", [ASYNC, SYNC], ids=["async", "sync"])
def test_recorded_and_replayed(project, server, body):
    """Replayed answers say so, and nobody is asked."""
    told = body.replace("output=answer.model", "output=[answer.replayed, answer.seconds]")
    server.otherwise = lambda _: Reply("Paris", after=0.05)
    of(project, told)
    (recorded,) = project.run("--evalbars-calls=record").of("trial")
    server.close()
    result = project.run("--evalbars-calls=replay")
    assert (result.exit, result.counts) == (0, {"passed": 1})
    (replayed,) = result.of("trial")
    (asked, took), (asked_again, told_again) = recorded["evidence"]["output"], replayed["evidence"]["output"]
    assert (asked, asked_again) == (False, True)
    assert told_again == pytest.approx(took, abs=1e-5)


def test_a_call_that_was_not_recorded(project, server):
    """No model is asked, and nothing is tried again."""
    result = of(project, ASYNC).run("--evalbars-calls=replay")
    assert result.exit == 1
    result.said("MissingCall: ")
    result.never_said("gave no answer")
    assert not server.requests


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["function", "session"])
def test_event_loops_of_pytest_asyncio(project, server, scope):
    """A new loop for each case, in a process of its own, every warning an error."""
    loops = f'asyncio_mode = "auto"\nasyncio_default_test_loop_scope = "{scope}"\n'
    loops += 'asyncio_default_fixture_loop_scope = "session"'
    server.otherwise = lambda _: Reply("Paris")
    project.bars("", ini=f'{loops}\nfilterwarnings = ["error"]')
    quiet = ("-p", "no:randomly", "-p", "no:anyio", "-p", "no:timeout")
    result = of(project, ASYNC, cases=30).run(quiet=quiet, subprocess=True)
    assert (result.exit, result.counts) == (0, {"passed": 30})
    assert result.err == ""
    (first, *_) = result.of("trial")
    assert first["measures"]["waited"] > 0.2  # litellm's import, which is no part of the first case's time
    result.never_said("Warning", "closed", "destroyed", "Unclosed")


@pytest.mark.slow
def test_workers(project, server):
    project.bars('limits."openai/*" = { concurrent = 4 }')
    server.otherwise = lambda _: Reply("Paris", after=0.05)
    result = of(project, ASYNC, cases=20).run("-n", "2", "--evalbars-concurrency=10")
    assert (result.exit, result.counts) == (0, {"passed": 20})
    assert server.most_in_flight <= 4


def test_a_recorded_answer_that_is_no_verdict_says_how_to_ask_again(project, server):
    server.plan(Reply("What?"))
    project.file(
        "test_judged_cases.py",
        """
        import pytest
        from pytest_evalbars import Judge, Rubric

        RUBRIC = Rubric.model_validate({
            "name": "accuracy", "task": "Judge.", "passing": "good",
            "levels": [{"name": "good", "definition": "Right."}, {"name": "poor", "definition": "Wrong."}],
        })

        @pytest.mark.dimension("accuracy")
        def test_judged(evalcase):
            evalcase.take("accuracy", Judge(RUBRIC, "openai/gpt-4o-mini").judge_sync(answer="x"))
        """,
    )
    again = "it is a recorded answer, given whenever it is asked for; --evalbars-calls=record asks again"
    first, second = (project.run("--evalbars-calls=auto").of("trial")[0]["error"] for _ in range(2))

    assert again not in first
    assert second == first + "; " + again
    assert len(server.requests) == 1
