"""Many cases in flight in one process, each an ordinary pytest item with its own setup, call and teardown.

When a case's turn comes, the cases behind it are set up early and parked: what pytest keeps of a set-up item is taken
off its shared state. Their bodies run as tasks in the case's own event loop. Each turn waits for its own body, so
reports come out in the order of collection, and pytest's and xdist's own loops, `-x` and Ctrl-C stay what they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import itertools
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.running import while_runs
from pytest_evalbars.execution import private
from pytest_evalbars.execution.alone import alike
from pytest_evalbars.execution.bodies import BLOCKED, ended, in_thread, stepped
from pytest_evalbars.execution.loops import ANYIO, OWN, loop_of
from pytest_evalbars.execution.outlook import AHEAD, READY, READY_ELSEWHERE, most_ahead
from pytest_evalbars.execution.slot import Slot
from pytest_evalbars.execution.streams import CURRENT, keep, split
from pytest_evalbars.execution.timeouts import within

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from pytest_evalbars.execution.alone import Sharing
    from pytest_evalbars.execution.loops import OwnLoop
    from pytest_evalbars.execution.timeouts import Timeouts
    from pytest_evalbars.hooks import TrialHooks

#: Rounds of the event loop after a case's own end, in which other bodies take their next step.
SETTLE = 3
#: How often a body is asked to end, a second each, where the session ends before it.
STUBBORN = 5
#: Seconds between two looks at the progress while a turn waits.
TICK = 0.2


class Window:
    """Runs the cases that may share it; registered only where more than one may be in flight."""

    def __init__(
        self,
        session: pytest.Session,
        sharing: Sharing,
        trials: TrialHooks,
        timeouts: Timeouts,
        own_loop: OwnLoop,
        size: int,
    ) -> None:
        self.concurrency = size
        self.sharing = sharing.sharing
        self.trials = trials
        self.timeouts = timeouts
        #: Called now and then while bodies run, with how many do.
        self.tick: Callable[[int], None] = lambda _in_flight: None
        self._own_loop = own_loop
        self._most = min(AHEAD * size, most_ahead())
        timeouts.shared = self.sharing
        self._positions = {item: number for number, item in enumerate(session.items)}
        self._given = private.given(session.config)
        self._handler = private.log_handler(session.config)
        if self._handler is not None:
            self._handler.addFilter(keep)
        #: Items set up ahead of their turn, in order; of those, the ones whose bodies are yet to be started.
        self._slots: dict[pytest.Item, Slot] = {}
        self._fresh: list[Slot] = []
        #: Where in the session's items the window has come to, and whether there was nothing more to set up.
        self._frontier = 0
        self._exhausted = False
        #: How many bodies run; how many are set up and have not ended; who waits to hear that more should be set up.
        self._in_flight = self._open = 0
        self._hungry: asyncio.Future[None] | None = None
        self._turn: Slot | None = None
        self._permits: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._permits = weakref.WeakKeyDictionary()
        self._abandoned = False

    # -- a turn ------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if item not in self.sharing or not isinstance(item, pytest.Function):
            return None
        self._look_ahead(item)
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        hook.pytest_runtest_logreport(report=self._slots[item].setup_report)
        if loop_of(item) == OWN:
            self._run_until_done(item)
        slot = self._turn = self._slots.pop(item)
        slot.parked.unpark()
        if slot.setup_report.passed:
            private.phase(item, "call")
            if slot.blocked > BLOCKED:
                self._warn_of(slot)
        stopping = item.session.shouldfail or item.session.shouldstop
        after = next(iter(self._slots), None) if stopping else nextitem
        private.phase(item, "teardown", nextitem=after)
        self._turn = None
        slot.let_go()
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if stopping:
            self.abandon()
        return True

    def _look_ahead(self, item: pytest.Function) -> None:
        """Set up as many of the items to come as can stand beside this one."""
        self._exhausted = False
        ready = READY if loop_of(item) == OWN else READY_ELSEWHERE
        for ahead in self._upcoming(item):
            if ahead in self._slots:
                continue
            if ahead is not item:
                if self._open >= ready * self.concurrency or len(self._slots) >= self._most:
                    return
                if not (ahead in self.sharing and isinstance(ahead, pytest.Function) and alike(ahead, item)):
                    break
            slot = self._slots[ahead] = Slot(ahead)
            self._frontier = self._positions[ahead] + 1
            if slot.setup_report.passed:
                self._fresh.append(slot)
                self._open += 1
        self._exhausted = True

    def _upcoming(self, item: pytest.Item) -> Iterable[pytest.Item]:
        """This item and those that are sure to come after it, in order."""
        items = item.session.items
        if not hasattr(item.config, "workerinput"):
            start = max(self._positions[item], self._frontier if item in self._slots else 0)
            return (items[number] for number in range(start, len(items)))
        if self._given is None or item.config.getoption("dist", "no") == "worksteal":
            return [item]  # what is queued may be taken away again
        return [item, *(items[index] for index in self._given())]

    def _run_until_done(self, item: pytest.Function) -> None:
        """Run the bodies until that of the case whose turn it is has ended, and set up more as others end.

        In a phase of this case nothing else could be set up, and one slow case would stop all the others.
        """
        slot = self._slots[item]
        while not slot.done:
            with private.between_phases(item.config, self._handler) as unclaimed, split():
                self._run(self._until_hungry(slot))
            for name, text in zip(slot.output.texts, unclaimed, strict=False):
                slot.output.texts[name].write(text)
            if not slot.done:
                self._look_ahead(item)

    def _run(self, step: Any) -> None:
        try:
            self._own_loop.runner.run(step)
        except SystemExit:
            return  # a child task's, which has ended: whoever awaits it hears of it
        except RuntimeError as error:
            if "Event loop stopped" not in str(error):  # as a body may have told it to; the others go on
                raise

    async def _until_hungry(self, slot: Slot) -> None:
        """Run the bodies until this one has ended, or so many that others should be set up."""
        self._start()
        if slot.task is None:
            return
        self._hungry = asyncio.get_running_loop().create_future()
        # In a worker more may be had at any time, and nobody tells.
        await asyncio.wait({slot.task, self._hungry}, return_when=asyncio.FIRST_COMPLETED, timeout=TICK)
        self._hungry = None
        self.tick(self._in_flight)

    def _warn_of(self, slot: Slot) -> None:
        words = (
            f"{slot.item.nodeid} blocked the event loop for {slot.blocked:.1f} s, and no other case could go on; "
            "await what takes long, or call it through asyncio.to_thread"
        )
        with contextlib.suppress(pytest.PytestWarning):  # it is no reason to fail, whatever the filters say
            slot.item.warn(pytest.PytestWarning(words))

    # -- the bodies --------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        slot = self._turn
        if slot is None or slot.item is not item:
            return (yield)

        @functools.wraps(slot.function)  # so that tracebacks and verdicts know the body by its own code
        async def stand_in(**_arguments: Any) -> None:
            await self._await_turn(slot)

        slot.item.obj = stand_in
        try:
            return (yield)
        finally:
            slot.item.obj = slot.function

    # Async fixtures run the loop too, and with it the bodies of other cases.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        with split() if item in self.sharing else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        with split() if item in self.sharing else contextlib.nullcontext():
            return (yield)

    # Around the event loop rather than in it, which an interrupt leaves without another step.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        slot = self._turn
        if slot is None or slot.item is not pyfuncitem:
            return (yield)
        try:
            with split():
                result = yield
        finally:
            slot.output.release(self._handler)
        if slot.error is not None:
            raise slot.error
        return result

    async def _await_turn(self, slot: Slot) -> None:
        """What runs in place of the body of the case whose turn it is, inside that case's own event loop."""
        self._start()
        await self._wait_for({slot.task})
        if loop_of(slot.item) == ANYIO:  # it may close its loop after each test
            await self._wait_for({each.task for each in self._slots.values()})
        for _ in range(SETTLE):
            await asyncio.sleep(0)

    def _start(self) -> None:
        """Start every body that is set up and not yet under way."""
        loop = asyncio.get_running_loop()
        permits = self._permits.setdefault(loop, asyncio.Semaphore(self.concurrency))
        for each in self._fresh:
            each.task = each.context.run(loop.create_task, self._body(each, permits))
        self._fresh.clear()

    async def _wait_for(self, tasks: set[asyncio.Task[None] | None]) -> None:
        pending = {task for task in tasks if task is not None and not task.done()}
        while pending:
            _, pending = await asyncio.wait(pending, timeout=TICK)
            self.tick(self._in_flight)

    async def _body(self, slot: Slot, permits: asyncio.Semaphore) -> None:
        async with permits:
            CURRENT.set(slot.output)
            private.guard_request(slot.item, functools.partial(self._guarded, slot))
            self._in_flight += 1
            began, slot.start = time.perf_counter(), time.time()
            try:
                self.trials.brakes.ask(slot.item)
                with while_runs(slot.trial):
                    await within(self.timeouts.of(slot.item), self._call(slot), slot.trial.waits)
            except asyncio.CancelledError as cancelled:
                if self._abandoned:
                    raise
                slot.error = RuntimeError("the case's task was cancelled, by itself or by another")
                slot.error.__cause__ = cancelled
            except KeyboardInterrupt:
                raise
            except BaseException as raised:  # noqa: BLE001 - raised again in the case's turn
                slot.error = raised
            finally:
                self._in_flight -= 1
                slot.stop = slot.start + time.perf_counter() - began
                self._ended()
            if not isinstance(slot.error, pytest.exit.Exception):
                self.trials.body_ended(slot.item, self._call_info(slot))

    def _ended(self) -> None:
        """A body has ended: have more set up, if so many have that it is worth it."""
        self._open -= 1
        few = self._open <= READY * self.concurrency - max(1, self.concurrency // 8)
        if few and not self._exhausted and self._hungry is not None and not self._hungry.done():
            self._hungry.set_result(None)

    def _call(self, slot: Slot) -> Any:
        call = functools.partial(slot.function, **private.arguments(slot.item))
        if inspect.iscoroutinefunction(slot.function):
            return stepped(call(), slot)
        return in_thread(functools.partial(ended, call), slot.item.nodeid)

    @staticmethod
    def _call_info(slot: Slot) -> pytest.CallInfo[Any]:
        def outcome() -> None:
            if slot.error is not None:
                raise slot.error

        call = pytest.CallInfo.from_call(outcome, "call")
        slot.time(call)
        return call

    def _guarded(self, slot: Slot, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let a parked case's body use its request: it is the set-up item for the time of one call."""

        def call(*args: Any) -> Any:
            ending = self._turn.parked if self._turn is not None else None
            with slot.parked.standing(ending):
                return function(*args)

        return call

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[Any],
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.when == "call" and self._turn is not None and self._turn.item is item:
            self._turn.time(call)
        return (yield)

    # -- an early end ------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.abandon()
        if self._handler is not None:
            self._handler.removeFilter(keep)

    def abandon(self) -> None:
        """Cancel what is in flight and tear down what was set up ahead (`-x`, Ctrl-C)."""
        self._abandoned = True
        pending, self._slots, self._fresh = list(self._slots.values()), {}, []
        started = [self._turn, *pending] if self._turn is not None else pending
        tasks = [each.task for each in started if each.task and not each.task.get_loop().is_closed()]
        for _ in range(STUBBORN):
            if not sum(task.cancel() for task in tasks):  # not `any`, which stops at the first: all must be asked
                break
            with contextlib.suppress(KeyboardInterrupt):  # a loop delivers one a second time
                tasks[0].get_loop().run_until_complete(asyncio.wait(tasks, timeout=1))
        else:
            self._own_loop.stuck = True  # a body takes every cancellation for itself; nobody waits for it
        for slot, after in itertools.zip_longest(pending, pending[1:]):
            private.tear_down_to(slot.item)
            slot.parked.unpark()
            private.phase(slot.item, "teardown", log=False, nextitem=after and after.item)
            slot.let_go()
