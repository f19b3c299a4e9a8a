"""Calls that the user's own code makes through litellm are measured without a line of theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openai_server import Reply

import pytest_evalbars

HEAD = """
    import asyncio
    import litellm
    import pytest
    from litellm import completion
    from pytest_evalbars.cases.running import judging

    def ask(words, **more):
        return [{"role": "user", "content": words}]

    pytestmark = pytest.mark.dimension("accuracy")
"""


def measures(outcome):
    return {line["case"].rpartition("::")[2]: line.get("measures", {}) for line in outcome.of("trial")}


WAYS = (
    HEAD
    + """
    def test_sync():
        assert "hello" in litellm.completion("openai/gpt-4o-mini", ask("hello")).choices[0].message.content

    def test_by_name():
        completion(model="openai/gpt-4o-mini", messages=ask("hello"))

    def test_async():
        async def both():
            await asyncio.gather(*(litellm.acompletion("openai/gpt-4o-mini", ask("hello")) for _ in range(2)))
        asyncio.run(both())

    def test_router():
        router = litellm.Router([
            {"model_name": "any", "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "sk-of-the-router"}}
        ])
        router.completion("any", ask("hello"))
        asyncio.run(router.acompletion("any", ask("hello")))

    def test_stream():
        text = "".join(part.choices[0].delta.content or "" for part in
                       litellm.completion("openai/gpt-4o-mini", ask("hello"), stream=True))
        assert text.endswith("to: hello")

    def test_async_stream():
        async def read():
            stream = await litellm.acompletion("openai/gpt-4o-mini", ask("hello"), stream=True)
            assert isinstance(stream, litellm.CustomStreamWrapper)
            return [part async for part in stream]
        asyncio.run(read())

    def test_router_stream():
        router = litellm.Router([
            {"model_name": "any", "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "sk-of-the-router"}}
        ])
        async def read():
            return [part async for part in await router.acompletion("any", ask("hello"), stream=True)]
        assert len(list(router.completion("any", ask("hello"), stream=True))) == len(asyncio.run(read()))

    def test_embedding():
        assert litellm.embedding("openai/text-embedding-3-small", ["a", "b"]).data

    def test_text():
        litellm.text_completion(model="openai/gpt-3.5-turbo-instruct", prompt="hello")

    def test_no_price():
        litellm.completion("openai/nobody-knows-it", ask("hello"))

    def test_judge():
        with judging():
            litellm.completion("openai/gpt-4o-mini", ask("hello"))

    def test_nothing():
        pass
    """
)


def test_every_way_to_ask_is_measured(project, server):
    project.file("test_cases.py", WAYS)

    outcome = project.run()

    found = measures(outcome)
    assert (outcome.exit, outcome.counts) == (0, {"passed": 12})
    assert {name: each.get("calls") for name, each in found.items()} == {
        "test_sync": 1,
        "test_by_name": 1,
        "test_async": 2,
        "test_router": 2,
        "test_stream": 1,
        "test_async_stream": 1,
        "test_router_stream": 2,
        "test_embedding": 1,
        "test_text": 1,
        "test_no_price": 1,
        "test_judge": None,
        "test_nothing": None,
    }
    assert found["test_judge"]["judge_calls"] == 1
    # The server says: one word in, four out; gpt-4o-mini costs 0.15 and 0.60 dollars a million tokens.
    for name in ("test_sync", "test_by_name"):
        assert (found[name]["tokens_in"], found[name]["tokens_out"]) == (1, 4)
        assert found[name]["cost_usd"] == round((0.15 + 4 * 0.60) / 1e6, 12)
    assert found["test_async"]["tokens_out"] == 8
    assert found["test_stream"]["tokens_out"] > 0  # counted by a tokenizer, as the server did not say
    assert "cost_usd" not in found["test_no_price"]
    assert all(each["model_seconds"] > 0 for each in found.values() if "calls" in each)
    assert outcome.of("trial")[0]["calls"] == {"models": {"gpt-4o-mini-2026-01-01": 1}}
    assert len(server.requests) == 14


@pytest.mark.slow
def test_every_way_to_ask_is_recorded_and_replayed(project, server):
    project.file("test_cases.py", WAYS.replace("assert isinstance(stream, litellm.CustomStreamWrapper)", "pass"))
    first = project.run("--evalbars-calls=record")
    server.close()
    second = project.run("--evalbars-calls=replay")

    assert (first.exit, second.exit, second.counts) == (0, 0, {"passed": 12})
    for name, each in measures(second).items():
        before = {key: value for key, value in measures(first)[name].items() if key != "seconds"}
        assert {key: value for key, value in each.items() if key != "seconds"} == pytest.approx(before, abs=1e-5)


def test_time_of_replays_is_that_of_the_recording(project, server):
    server.otherwise = lambda _: Reply(after=0.2)
    project.file(
        "test_cases.py",
        """
        import asyncio, litellm, pytest

        @pytest.mark.dimension("accuracy")
        async def test_both():
            ask = [litellm.acompletion("openai/gpt-4o-mini", [{"role": "user", "content": word}]) for word in "ab"]
            await asyncio.gather(*ask)
        """,
    )
    project.run("--evalbars-calls=record")
    server.close()
    replayed = project.run("--evalbars-calls=replay").of("trial")[0]["measures"]
    assert 0.2 <= replayed["seconds"] < replayed["model_seconds"]  # both were asked at the same time
    assert replayed["model_seconds"] >= 0.4


LITELLM = """
import os

PRICES = os.environ.get("LITELLM_LOCAL_MODEL_COST_MAP")

def completion(model, messages=()):
    return "asked"

async def acompletion(model, messages=()):
    return "asked"
"""

SCRIPT = """
import inspect, os, sys
from pytest_evalbars.calls.watch import take_calls, watch
from pytest_evalbars.errors import MissingCall

before = list(sys.meta_path)
if {early}:
    from litellm import completion
end = watch(lambda: not {early})
import litellm
from litellm import acompletion
if not {early}:
    from litellm import completion
assert litellm.PRICES == (None if {early} else "True") and "LITELLM_LOCAL_MODEL_COST_MAP" not in os.environ
assert completion is litellm.completion and inspect.iscoroutinefunction(acompletion)
assert str(inspect.signature(completion)) == "(model, messages=())" and completion.__name__ == "completion"

class Exchange:
    def ask(self, name, call, args, kwargs):
        return name, call(*args, **kwargs)

    async def ask_async(self, name, call, args, kwargs):
        return name, await call(*args, **kwargs)

def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value

again = watch(lambda: False)  # as a session within a session
over = take_calls(Exchange())
assert completion("m") == ("completion", "asked")
assert run(acompletion("m")) == ("completion", "asked")
over()
again()
try:
    assert completion("m") == "asked" and {early}
except MissingCall as error:
    assert "while no eval case runs" in str(error) and not {early}
end()
assert litellm.completion("m") == completion("m") == "asked"
assert not hasattr(completion, "__evalbars_wrapped__") and not hasattr(litellm.acompletion, "__evalbars_wrapped__")
assert sys.meta_path == before
"""


@pytest.mark.parametrize("early", [True, False])
def test_functions_are_wrapped_when_they_come_and_given_back(tmp_path, early):
    (tmp_path / "litellm").mkdir()
    (tmp_path / "litellm" / "__init__.py").write_text(LITELLM)
    environment = {key: value for key, value in os.environ.items() if key != "LITELLM_LOCAL_MODEL_COST_MAP"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(Path(pytest_evalbars.__file__).parents[1])])
    script = SCRIPT.format(early=early)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_time_of_the_product_is_its_own_while_a_judge_works(project, server):
    server.otherwise = lambda _: Reply(after=0.3)
    project.file(
        "test_cases.py",
        """
        import asyncio
        import litellm, pytest
        from pytest_evalbars.cases.running import judging

        async def judge():
            with judging():
                await asyncio.sleep(1)

        @pytest.mark.dimension("accuracy")
        async def test_both():
            asked = [{"role": "user", "content": "hi"}]
            await asyncio.gather(judge(), litellm.acompletion("openai/gpt-4o-mini", asked))
        """,
    )
    outcome = project.run()
    measures = outcome.of("trial")[0]["measures"]

    assert outcome.exit == 0
    assert measures["model_seconds"] - 0.01 < measures["seconds"] < measures["model_seconds"] + 0.5


def test_an_answer_that_comes_after_its_trial_is_not_lost(project, server):
    server.otherwise = lambda _: Reply(after=0.3)
    project.file(
        "test_cases.py",
        """
        import threading
        import litellm, pytest

        asked = [{"role": "user", "content": "hi"}]
        late = threading.Thread(target=litellm.completion, args=("openai/gpt-4o-mini", asked))

        @pytest.mark.dimension("accuracy")
        def test_first():
            late.start()
            late.join(0.05)

        @pytest.mark.dimension("accuracy")
        def test_second():
            late.join()
        """,
    )
    outcome = project.run()

    assert outcome.exit == 0
    outcome.said("note: 1 call of models outside of every trial, $2.55e-06")
