"""Whoever asks: threads, event loops that come and go, bodies that are interrupted; what a process leaves behind."""

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import litellm
import pytest
from asking import KEY, NAME, model_at, model_of_the_test, short_waits  # noqa: F401 - fixtures
from openai_server import Reply

from pytest_evalbars.calls import background, client
from pytest_evalbars.cases.running import JUDGING, Running, judging, running, while_runs
from pytest_evalbars.config.settings import Limit
from pytest_evalbars.errors import ModelError
from pytest_evalbars.execution.limits import hold, limit

HERE = Path(__file__).parent


def until(true, seconds=10.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.005)


@pytest.fixture
def limits():
    """Let limits hold for this test."""
    ends = []
    yield lambda **by_name: ends.append(hold({name: Limit(**allowed) for name, allowed in by_name.items()}))
    for end in ends:
        end()


def test_limits_hold_for_fifty_at_once(server, model, limits):
    server.otherwise = lambda _: Reply(after=0.02)
    limits(**{"openai/*": {"concurrent": 8}})

    async def all_of_them():
        return await asyncio.gather(*(model.ask(f"question {number}") for number in range(50)))

    answers = asyncio.run(all_of_them())
    assert server.most_in_flight == 8
    assert sorted(answer.text.partition(" to: ")[2] for answer in answers) == sorted(
        f"question {number}" for number in range(50)
    )


def test_limits_hold_through_faults(server, limits):
    """An attempt that fails gives its place back, and waits outside."""
    faults = [Reply(status=500), Reply(status=429, retry_after="0.02"), Reply(hang=True), Reply(cut_after=9)]
    server.plan(*faults * 5)
    limits(**{"openai/*": {"concurrent": 4}})
    model = model_at(server, attempts=20, timeout=0.5)

    async def all_of_them():
        await asyncio.gather(*(model.ask(f"question {number}") for number in range(20)))

    asyncio.run(all_of_them())
    assert server.most_in_flight <= 4
    assert len(server.requests) == 40


def test_calls_a_minute(model, limits):
    """Within one second no more than a sixtieth of what a minute allows."""
    limits(**{"openai/*": {"per_minute": 600}})

    async def all_of_them():
        await asyncio.gather(*(model.ask("hello") for _ in range(14)))

    began = time.monotonic()
    asyncio.run(all_of_them())
    assert time.monotonic() - began > 0.3


def test_the_limits_have_the_provider_in_their_names(server, limits):
    server.otherwise = lambda _: Reply(after=0.05)
    limits(**{"openai/gpt-4o-mini": {"concurrent": 1}})

    async def both():
        await asyncio.gather(model_at(server, "gpt-4o-mini").ask("a"), model_at(server).ask("b"))

    asyncio.run(both())
    assert server.most_in_flight == 1


def test_one_that_is_sent_away_keeps_all_away(server, model):
    """After a 429 nobody asks until its Retry-After is over."""
    server.plan(Reply(status=429, retry_after="0.4"))
    times = []
    server.otherwise = lambda _: times.append(time.monotonic()) or Reply()

    async def one_after_the_other():
        first = asyncio.create_task(model.ask("first"))
        await asyncio.to_thread(until, lambda: len(server.requests) == 1)
        refused = time.monotonic()
        await asyncio.sleep(0.1)
        await asyncio.gather(first, model.ask("second"))
        return refused

    refused = asyncio.run(one_after_the_other())
    assert len(times) == 2
    assert min(times) - refused > 0.3


def test_within_a_limit_that_the_caller_holds(model, limits):
    """Whoever writes `limit(...)` around a call shares its place with it, in async and in sync code."""
    limits(**{"openai/*": {"concurrent": 1}})

    async def ask():
        async with limit(NAME):
            return await model.ask("hello")

    assert asyncio.run(ask()).text
    with limit(NAME):
        assert model.ask_sync("hello").text


def test_one_that_gave_up_still_counts_until_it_has_left(server, limits, monkeypatch):
    server.plan(*[Reply(hang=True)] * 6)
    limits(**{"openai/*": {"concurrent": 1}})
    model, ask, inside, most = model_at(server, timeout=10), litellm.acompletion, [], []

    async def acompletion(**asking):
        inside.append(1)
        most.append(len(inside))
        try:
            return await ask(**asking)
        finally:
            await asyncio.sleep(0.02)
            inside.pop()

    async def impatient():
        for _ in range(6):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(model.ask("hello"), 0.05)
        return await model.ask("hello")

    monkeypatch.setattr(litellm, "acompletion", acompletion)
    assert asyncio.run(impatient()).text
    assert max(most) == 1


def test_loops_that_come_and_go(model, caplog):
    for number in range(20):
        assert asyncio.run(model.ask(f"{number}")).text.endswith(f"to: {number}")
    gc.collect()
    assert model.ask_sync("x").text
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_in_sync_code_within_a_running_loop(model):
    async def body():
        return model.ask_sync("hello")

    assert asyncio.run(body()).text == "answer 1 to: hello"


def test_in_threads(model):
    found = []
    threads = [threading.Thread(target=lambda: found.append(model.ask_sync("hello").text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 8


@pytest.mark.parametrize("way", ["ask", "ask_sync"])
def test_the_call_is_made_for_the_trial_that_asks(model, monkeypatch, way):
    seen = []

    async def acompletion(**_):
        seen.append((running(), JUDGING.get()))
        raise litellm.BadRequestError("no", NAME, "openai")

    monkeypatch.setattr(litellm, "acompletion", acompletion)

    def ask():
        with while_runs(trial), judging(), pytest.raises(ModelError):
            asyncio.run(model.ask("x")) if way == "ask" else model.ask_sync("x")

    trial = Running("a case", 1)
    contextvars.copy_context().run(ask)
    assert seen == [(trial, True)]


def test_a_cancelled_call_ends_at_once_and_is_not_made_again(server, model, caplog):
    server.plan(Reply(hang=True))

    async def body():
        asking = asyncio.create_task(model.ask("hello"))
        await asyncio.to_thread(until, lambda: server.in_flight == 1)
        began = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return time.monotonic() - began

    assert asyncio.run(body()) < 0.5
    until(lambda: server.in_flight == 0)  # the server saw the connection go
    time.sleep(0.1)
    assert len(server.requests) == 1
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_cancelled_between_two_attempts(server, model, monkeypatch):
    monkeypatch.setattr(client, "FIRST_WAIT", 30)
    server.plan(Reply(status=500))

    async def body():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(model.ask("hello"), 0.3)

    asyncio.run(body())
    assert len(server.requests) == 1


class RingError(Exception):
    pass


def test_an_alarm_interrupts_a_thread_that_waits(server, model):
    server.plan(Reply(hang=True))

    def ring(*_):
        raise RingError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(RingError):
            model.ask_sync("hello")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    until(lambda: server.in_flight == 0)
    assert len(server.requests) == 1


def test_a_callback_that_asks_in_the_clients_own_thread_is_told(model):
    async def within():
        model.ask_sync("hello")

    with pytest.raises(RuntimeError, match="from within the call of a model"):
        background.submit(within()).result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.slow
def test_in_a_fork(model):
    assert model.ask_sync("before").text
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if model.ask_sync("in the child").text.endswith("in the child") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert model.ask_sync("after").text


SCRIPT = """
import asyncio, gc, sys
sys.path.insert(0, {here!r})
from openai_server import OpenAIServer, Reply
from pytest_evalbars import Model
server = OpenAIServer()
model = Model("openai/gpt-4o-mini", api_base=server.url, api_key="sk-none")
for _ in range(3):
    asyncio.run(model.ask("hello"))
    gc.collect()
model.ask_sync("hello")
server.plan(Reply(hang=True))
{end}
"""


#: A call is under way when the process ends.
LEFT = """
loop = asyncio.new_event_loop()
task = loop.create_task(model.ask("x"))
loop.run_until_complete(asyncio.sleep(0.2))
task.cancel()
with __import__("contextlib").suppress(asyncio.CancelledError):
    loop.run_until_complete(task)
loop.close()
"""


#: The product asks through litellm itself in its own loop, and the judge through the client.
TURNS = """
import litellm
async def case():
    for _ in range(5):
        own = await litellm.acompletion(
            "openai/gpt-4o-mini", [{"role": "user", "content": "x"}], api_base=server.url, api_key="sk-none"
        )
        await asyncio.gather(model.ask("first"), model.ask("second"))
    await litellm.close_litellm_async_clients()
server._planned.clear()
asyncio.run(case())
assert model.ask_sync("and now in sync code").text
gc.collect()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        (LEFT + "sys.exit(3)", 3),
    ],
)
def test_a_process_ends_quietly(end, code):
    """Every warning an error, in asyncio's debug mode: nothing is left open, and nothing is said."""
    ended = ran(end, "-X", "dev", "-W", "error")
    said = [line for line in ended.stderr.splitlines() if "Executing <" not in line]  # how long litellm's import took
    assert (ended.returncode, ended.stdout, said) == (code, "", [])


@pytest.mark.slow
def test_loops_that_take_turns_with_others_who_use_litellm():
    ended = ran(TURNS)
    assert (ended.returncode, ended.stderr) == (0, "")


def ran(end, *switches):
    script = SCRIPT.format(here=str(HERE), end=end)
    command = [sys.executable, *switches, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_ctrl_c_ends_a_process_that_waits(server):
    script = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from pytest_evalbars import Model
Model("openai/gpt-4o-mini", api_base={server.url!r}, api_key="sk-none").ask_sync("hello")
"""
    server.plan(Reply(hang=True))
    process = subprocess.Popen([sys.executable, "-W", "error", "-c", script], stderr=subprocess.PIPE, text=True)
    until(lambda: server.in_flight == 1, 60)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode != 0
    assert said.rstrip().endswith("KeyboardInterrupt")
    until(lambda: server.in_flight == 0)
