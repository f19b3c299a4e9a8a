"""Calls at the same time: paid once where they are the same, and each worker and session sees the same answers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from openai_server import Reply

from pytest_evalbars.calls.flights import Flights

SAME = """
    import asyncio, litellm, pytest

    ASK = ("openai/gpt-4o-mini", [{"role": "user", "content": "the same for all"}])

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(6))
    async def test_async(number, evalcase):
        answer = await litellm.acompletion(*ASK, max_retries=0)
        evalcase.record(output=answer.choices[0].message.content)

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(3))
    def test_sync(number, evalcase):
        evalcase.record(output=litellm.completion(*ASK, max_retries=0).choices[0].message.content)
"""


def outputs(outcome):
    return {line["evidence"]["output"] for line in outcome.of("trial") if "output" in line["evidence"]}


def test_the_same_call_in_flight_is_paid_once(project, server):
    server.otherwise = lambda _: Reply(after=0.3)
    project.file("test_cases.py", SAME)

    outcome = project.run("--evalbars-calls=record", "--evalbars-concurrency=6", "-k", "test_async")

    assert (outcome.exit, len(server.requests), len(outputs(outcome))) == (0, 1, 1)
    measures = [line["measures"] for line in outcome.of("trial")]
    assert {each["calls"] for each in measures} == {1}
    assert sorted(line["calls"].get("replayed", 0) for line in outcome.of("trial")) == [0, 1, 1, 1, 1, 1]


@pytest.mark.slow
def test_sync_calls_within_an_event_loop_wait_for_no_task_of_it(project, server):
    server.otherwise = lambda _: Reply(after=0.3)
    project.file(
        "test_cases.py",
        SAME.replace("await litellm.acompletion", "await ask(number)")
        .replace(
            "    @pytest.mark.dimension",
            """
    async def ask(number):
        async def call(*args, **more):
            await asyncio.sleep(0.05 * number)
            return litellm.completion(*args, **more) if number % 2 else await litellm.acompletion(*args, **more)
        return call

    @pytest.mark.dimension""",
            1,
        )
        .replace("await ask(number)(", "await (await ask(number))("),
    )
    project.bars("timeout = 20", ini='filterwarnings = ["ignore"]')
    outcome = project.run("--evalbars-calls=record", "--evalbars-concurrency=6", "-k", "test_async")
    assert outcome.exit == 0
    assert len(outputs(outcome)) == 1
    assert len(server.requests) <= 6


@pytest.mark.slow
def test_live_asks_for_each(project, server):
    project.file("test_cases.py", SAME)
    outcome = project.run("--evalbars-concurrency=6")
    assert (outcome.exit, len(server.requests), len(outputs(outcome))) == (0, 9, 9)


@pytest.mark.slow
def test_a_failure_is_nobody_elses(project, server):
    server.plan(Reply(status=500, after=0.3))
    project.file("test_cases.py", SAME)
    outcome = project.run("--evalbars-calls=record", "--evalbars-concurrency=6", "-k", "test_async")
    assert (outcome.exit, outcome.counts["passed"], outcome.counts["failed"]) == (1, 5, 1)
    assert len(outputs(outcome)) == 1  # who asks at the same time takes the answer that was first


@pytest.mark.slow
def test_workers_take_the_answer_that_was_first(project, server):
    server.otherwise = lambda _: Reply(after=0.2)
    project.file("test_cases.py", SAME)
    first = project.run("-n2", "--evalbars-calls=record", "--evalbars-concurrency=3")
    server.close()
    second = project.run("--evalbars-calls=replay")
    third = project.run("-n1", "--evalbars-calls=replay")
    assert [first.exit, second.exit, third.exit] == [0, 0, 0]
    assert outputs(first) == outputs(second) == outputs(third)
    assert len(outputs(first)) == 1


@pytest.mark.slow
def test_workers_tell_of_calls_of_no_trial(project):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.fixture(scope="session", autouse=True)
        def facts():
            litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "facts"}])

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("number", range(4))
        def test_facts(number):
            pass
        """,
    )
    outcome = project.run("-n2")
    outcome.said("note: 2 calls of models outside of every trial, $5.1e-06")


SLEEPY = """
    import litellm, pytest

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(12))
    def test_number(number, evalcase):
        answer = litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": f"number {number}"}])
        evalcase.record(output=answer.choices[0].message.content)
"""


def started(project, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:asyncio", *arguments],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_killed_while_recording(project, server):
    server.otherwise = lambda _: Reply(after=0.05)
    project.file("test_cases.py", SLEEPY)
    for enough in (3, 7):
        session = started(project, "--evalbars-calls=auto")
        deadline = time.monotonic() + 60
        while len(list(project.path.glob("recordings/*/*.json"))) < enough and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(session.pid, signal.SIGKILL)
        session.wait()
    before = len(server.requests)
    kept = [json.loads(path.read_bytes()) for path in project.path.glob("recordings/*/*.json")]  # all are whole

    outcome = project.run("--evalbars-calls=auto")

    assert outcome.exit == 0
    assert len(kept) >= 7
    assert len(server.requests) - before == 12 - len(kept)
    server.close()
    assert outputs(project.run("--evalbars-calls=replay")) == outputs(outcome)


@pytest.mark.slow
def test_two_sessions_record_at_the_same_time(project, server):
    server.otherwise = lambda _: Reply(after=0.05)
    project.file("test_cases.py", SLEEPY)
    sessions = [started(project, "--evalbars-calls=record") for _ in range(2)]
    assert [session.wait(100) for session in sessions] == [0, 0]
    server.close()
    replayed = project.run("--evalbars-calls=replay")
    assert (replayed.exit, len(outputs(replayed))) == (0, 12)


@pytest.mark.slow
def test_litellm_that_is_imported_late_and_by_name(project, server):
    project.file("product.py", "from litellm import acompletion, completion\n")
    project.file(
        "test_cases.py",
        """
        import asyncio, pytest

        @pytest.mark.dimension("accuracy")
        def test_late():
            import sys
            assert "litellm" not in sys.modules
            import inspect, litellm, product
            product.completion("openai/gpt-4o-mini", [{"role": "user", "content": "one"}])
            asyncio.run(product.acompletion("openai/gpt-4o-mini", [{"role": "user", "content": "two"}]))
            assert inspect.iscoroutinefunction(litellm.acompletion)
            assert list(inspect.signature(litellm.completion).parameters)[:2] == ["model", "messages"]
        """,
    )
    outcome = project.run(subprocess=True)
    assert (outcome.exit, len(server.requests)) == (0, 2)
    assert outcome.of("trial")[0]["measures"]["calls"] == 2


# -- one flight ------------------------------------------------------------------------------------------------


def test_a_task_waits_for_tasks_of_its_own_loop_only():
    flights = Flights()
    mine, leads = flights.join("question", "a loop")
    assert leads
    assert flights.join("question", "a loop") == (mine, False)
    assert flights.join("question", "another loop")[1]
    assert flights.join("question", None)[1]  # a thread that a loop may be waiting for
    lone, leads = flights.join("question of sync code", None)
    assert leads
    assert flights.join("question of sync code", "a loop") == (lone, False)


def test_one_who_gives_up_hands_over():
    async def ask(flights, said, seconds):
        flight, leads = flights.join("question", asyncio.get_running_loop())
        if not leads:
            said.append(await flight.wait_async())
            return
        with flight:
            await asyncio.sleep(seconds)
            flight.entry = "the answer"

    async def main():
        flights, said = Flights(), []
        leader = asyncio.create_task(ask(flights, said, 10))
        await asyncio.sleep(0)
        follower, impatient = (asyncio.create_task(ask(flights, said, 0)) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()  # ends nothing for the others
        await asyncio.sleep(0)
        leader.cancel()
        await asyncio.gather(leader, follower, impatient, return_exceptions=True)
        assert said == ["given up"]
        assert flights.join("question", asyncio.get_running_loop())[1]

    asyncio.run(main())


def test_threads_wait_for_the_answer():
    flights, said, ready = Flights(), [], threading.Event()

    def wait():
        flight, leads = flights.join("question")
        assert not leads
        ready.set()
        said.append(flight.wait())

    flight, _ = flights.join("question")
    with flight:
        thread = threading.Thread(target=wait)
        thread.start()
        ready.wait(5)
        flight.entry = "the answer"
    thread.join(5)
    assert said == ["the answer"]
