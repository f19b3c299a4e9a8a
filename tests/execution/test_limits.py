"""`limit(...)` around calls in threads, in tasks, in several event loops, and in all of them at once."""

import asyncio
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import perf_counter, sleep

import anyio
import pytest

from pytest_evalbars import limit
from pytest_evalbars.config.settings import Limit
from pytest_evalbars.execution.limits import _Process, hold, seconds_of

#: How long a test waits for what must happen; nothing takes as long unless the test fails.
PATIENCE = 20


@pytest.fixture
def limits():
    """Let limits hold for the length of a test."""
    ends = []

    def begin(**given):
        ends.append(hold({name: Limit(**each) for name, each in given.items()}))

    yield begin
    for end in ends:
        end()


class Gauge:
    """Counts who is inside, and lets them out once as many as expected were there together."""

    def __init__(self, expected):
        self.inside = self.most = 0
        self.expected = expected
        self.lock = threading.Lock()
        self.seen = threading.Event()

    def arrive(self):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside >= self.expected:
                self.seen.set()

    def depart(self):
        with self.lock:
            self.inside -= 1

    def call(self):
        self.arrive()
        assert self.seen.wait(PATIENCE), "the limit let fewer in than it allows"
        self.depart()

    async def acall(self):
        self.arrive()
        assert await asyncio.to_thread(self.seen.wait, PATIENCE), "the limit let fewer in than it allows"
        self.depart()


def in_threads(function, times):
    with ThreadPoolExecutor(times) as pool:
        for future in [pool.submit(function) for _ in range(times)]:
            future.result(PATIENCE)


def test_threads_share_a_limit(limits):
    limits(model={"concurrent": 3})
    gauge, model = Gauge(3), limit("model")

    def ask():
        with model as entered:
            assert entered is model
            gauge.call()

    in_threads(ask, 12)
    assert gauge.most == 3


def test_tasks_share_a_limit(limits):
    limits(model={"concurrent": 3})
    gauge, model = Gauge(3), limit("model")

    async def ask():
        async with model:
            await gauge.acall()

    async def main():
        await asyncio.gather(*(ask() for _ in range(12)))

    asyncio.run(main())
    assert gauge.most == 3
    asyncio.run(main())  # another loop, after the first is closed
    assert gauge.most == 3


def test_threads_and_two_event_loops_share_a_limit(limits):
    limits(**{"open*": {"concurrent": 4}, "*": {"concurrent": 5}})
    gauge = Gauge(4)

    async def ask():
        async with limit("openai/a"):
            await gauge.acall()

    async def main():
        await asyncio.gather(*(ask() for _ in range(8)))

    def ask_sync():
        with limit("openai/b"):
            gauge.call()

    with ThreadPoolExecutor(8) as pool:
        loops = [pool.submit(asyncio.run, main()) for _ in range(2)]
        for future in [*loops, *(pool.submit(ask_sync) for _ in range(6))]:
            future.result(PATIENCE)
    assert gauge.most == 4


def test_names_that_overlap_in_every_order_do_not_deadlock(limits):
    limits(**{"a*": {"concurrent": 1}, "*b": {"concurrent": 1}, "*": {"concurrent": 2}})

    async def ask(name):
        async with limit(name):
            await asyncio.sleep(0)

    async def main():
        names = ["ab", "a", "b", "c"] * 50
        await asyncio.wait_for(asyncio.gather(*map(ask, names)), PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(asyncio.run, main()) for _ in range(2)]:
            future.result(PATIENCE)


def test_a_cancelled_wait_leaks_nothing(limits):
    limits(model={"concurrent": 1})

    async def ask():
        async with limit("model"):
            pass

    async def main():
        problems = []
        asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))
        async with limit("model"):
            waiting = [asyncio.create_task(ask()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.sleep(0)
        # The place is given to the second, which is cancelled before it can take it.
        waiting[1].cancel()
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE)
        assert [type(each).__name__ for each in results] == ["CancelledError", "CancelledError", "NoneType"]
        await asyncio.wait_for(ask(), PATIENCE)
        assert problems == []

    asyncio.run(main())


def test_a_cancel_scope_of_anyio_leaks_nothing(limits):
    limits(model={"concurrent": 1})

    async def main():
        async with limit("model"), anyio.create_task_group() as group:

            async def impatient():
                with anyio.move_on_after(0.01) as scope:
                    async with limit("model"):
                        pytest.fail("it was let in beside another")
                assert scope.cancelled_caught

            group.start_soon(impatient)
        with anyio.fail_after(PATIENCE):
            async with limit("model"):
                pass

    anyio.run(main)


def test_an_exception_in_the_block_gives_the_place_back(limits):
    limits(model={"concurrent": 1})
    for _ in range(2):
        with pytest.raises(ConnectionError), limit("model"):
            raise ConnectionError

    async def main():
        for _ in range(2):
            with pytest.raises(ConnectionError):
                async with limit("model"):
                    raise ConnectionError

    asyncio.run(main())


def test_an_interrupted_thread_leaks_nothing(limits, monkeypatch):
    limits(model={"concurrent": 1})
    holding, done = threading.Event(), threading.Event()

    def hold_it():
        with limit("model"):
            holding.set()
            assert done.wait(PATIENCE)

    class Interrupted(threading.Event):
        def wait(self):
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(hold_it)
        assert holding.wait(PATIENCE)
        with monkeypatch.context() as patch:
            patch.setattr("pytest_evalbars.execution.limits.threading.Event", Interrupted)
            with pytest.raises(KeyboardInterrupt), limit("model"):
                pass
        done.set()
        future.result(PATIENCE)
    with limit("model"):
        pass


def test_tasks_of_a_loop_that_was_closed_hold_nobody_up(limits):
    limits(model={"concurrent": 1})

    async def ask():
        async with limit("model"):
            await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(ask()) for _ in range(3)]
    loop.run_until_complete(asyncio.sleep(0.001))
    loop.close()
    for task in tasks:
        task._log_destroy_pending = False  # noqa: SLF001 - that they are dropped is the point
    del task, tasks
    gc.collect()
    in_threads(limit("model").__enter__, 1)


def test_sync_code_that_would_stop_its_own_event_loop_for_ever_is_told_so(limits):
    limits(model={"concurrent": 2})

    async def ask():
        with limit("model"):
            await asyncio.sleep(0.001)

    async def main():
        results = await asyncio.gather(*(ask() for _ in range(3)), return_exceptions=True)
        assert [type(each).__name__ for each in results] == ["NoneType", "NoneType", "RuntimeError"]
        assert "write `async with limit(...)`" in str(results[2])
        async with limit("model"):
            pass

    asyncio.run(main())


def test_a_thread_waits_for_a_task_of_another_thread(limits):
    limits(model={"concurrent": 1})
    inside, order = threading.Event(), []

    async def ask():
        async with limit("model"):
            inside.set()
            await asyncio.sleep(0.01)
            order.append("task")

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(asyncio.run, ask())
        assert inside.wait(PATIENCE)
        with limit("model"):
            order.append("thread")
        future.result(PATIENCE)
    assert order == ["task", "thread"]


def test_blocks_within_each_other_take_one_place(limits):
    limits(**{"*": {"concurrent": 1}})
    with limit("a"), limit("a"), limit("b"):
        pass

    async def main():
        async with limit("a"), limit("b"), AsyncExitStack() as stack:
            await stack.enter_async_context(limit("a"))

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    in_threads(limit("a").__enter__, 1)  # and it was given back


def test_a_fixture_may_be_torn_down_by_another_task(limits):
    limits(model={"concurrent": 1})
    model = limit("model")

    async def main():
        await asyncio.create_task(model.__aenter__())
        await asyncio.create_task(model.__aexit__(None, None, None))
        await asyncio.wait_for(model.__aenter__(), PATIENCE)

    asyncio.run(main())


def test_a_rate_is_kept_by_threads_and_tasks_together(limits):
    limits(model={"per_minute": 3_000})  # fifty at once, then one each 60/2951 s

    async def ask():
        async with limit("model"):
            pass

    async def main():
        await asyncio.gather(*(ask() for _ in range(40)))

    def ask_sync():
        with limit("model"):
            pass

    start = perf_counter()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(asyncio.run, main())
        in_threads(ask_sync, 20)
        future.result(PATIENCE)
    assert perf_counter() - start > 10 * 60 / 2951 - 0.001


def test_a_pause_holds_with_and_without_limits(limits):
    def seconds():
        start = perf_counter()
        with limit("told to wait"):
            return perf_counter() - start

    limit("told to wait").pause(0.05)
    assert seconds() > 0.049
    limits(**{"*": {"concurrent": 1}})
    limit("told to wait").pause("0.05")
    assert seconds() > 0.049


def test_a_short_pause_is_over_while_a_long_one_goes_on(limits):
    limits(**{"*": {"concurrent": 9}})
    turnstile = _Process.turnstile
    limit("long").pause(PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(limit("long").__enter__)
        while not turnstile._blocking:  # noqa: SLF001 - nobody else knows that it waits
            sleep(0.001)
        start = perf_counter()
        limit("short").pause(0.05)
        with limit("short"):
            assert 0.049 < perf_counter() - start < PATIENCE / 2
        turnstile.close("enough")
        with pytest.raises(RuntimeError, match="enough"):
            future.result(PATIENCE)


def test_what_a_server_may_say_in_retry_after():
    assert seconds_of(2) == 2
    assert seconds_of(" 2.5 ") == 2.5
    assert seconds_of(-3) == 0
    soon = datetime.now(UTC) + timedelta(seconds=90)
    assert 80 < seconds_of(format_datetime(soon, usegmt=True)) <= 90
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for nonsense in ("soon", "", "nan", float("inf")):
        with pytest.raises(ValueError, match="pause"):
            seconds_of(nonsense)


def test_when_the_session_ends_nobody_is_left_waiting_and_the_limits_of_before_hold(limits):
    limits(model={"concurrent": 2})
    before = _Process.turnstile
    end = hold({"model": Limit(concurrent=1)})
    turnstile = _Process.turnstile

    def ask():
        with limit("model"):
            pytest.fail("let in when all was over")

    with ThreadPoolExecutor(1) as pool, limit("model"):
        future = pool.submit(ask)
        while not turnstile._blocking:  # noqa: SLF001 - nobody else knows that it waits
            sleep(0.001)
        end()
        with pytest.raises(RuntimeError, match="is over"):
            future.result(PATIENCE)
    assert _Process.turnstile is before


def test_outside_of_a_session_nothing_is_limited():
    with limit("a"), limit("a"):
        in_threads(limit("a").__enter__, 3)

    async def main():
        async with limit("a"):
            await asyncio.wait_for(limit("a").__aenter__(), PATIENCE)

    asyncio.run(main())


def test_it_is_imported_without_anything_heavy():
    heavy = ("asyncio", "pytest", "pydantic", "numpy", "scipy")
    code = f"import sys; from pytest_evalbars import limit; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [None, "soon", ""])
def test_a_pause_that_no_server_asked_for_says_what_it_takes(words):
    with pytest.raises(ValueError, match="neither a number of seconds nor a date"):
        limit("told nothing").pause(words)
