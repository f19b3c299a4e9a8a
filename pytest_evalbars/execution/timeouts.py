"""A case's own time limit: past it, its body ends as an error, and so does what sets it up."""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.collect import PLANNED, TIMEOUT
from pytest_evalbars.cases.judging import TRIAL, OutOfTime
from pytest_evalbars.cases.running import Waits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Generator, Iterator

    from pytest_evalbars.config.settings import Settings


def too_long(seconds: float) -> OutOfTime:
    """What ends a body past its limit."""
    return OutOfTime(f"the case did not end within its timeout of {seconds:g} s", pytrace=False)


async def within(seconds: float | None, body: Awaitable[Any], waits: Waits) -> Any:
    """Await a body for at most so long, not counting its waits for limits.

    Raises:
        OutOfTime: the time is over, also where the body took the cancellation for itself.
    """
    __tracebackhide__ = True
    if seconds is None:
        return await body
    import asyncio  # noqa: PLC0415 - whoever awaits has it

    try:
        loop, limit = asyncio.get_running_loop(), asyncio.timeout(None)
        began, waited = loop.time(), waits.total()

        def look() -> None:
            left = seconds - (loop.time() - began) + waits.total() - waited
            if left <= 0:
                limit.reschedule(loop.time())
            else:
                timer[0] = loop.call_later(left, look)

        async with limit:
            timer = [loop.call_later(seconds, look)]
            try:
                result = await body
            finally:
                timer[0].cancel()
    except Exception:
        if limit.expired():
            raise too_long(seconds) from None
        raise
    if limit.expired():
        raise too_long(seconds)
    return result


class Timeouts:
    """Limits the bodies of eval cases and what sets them up, each by itself.

    pytest-timeout, where it is installed, is kept from limiting them a second time.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._default = settings.timeout
        #: In a window an alarm may go off while another case's body runs: pytest-timeout's own limit is ours, too.
        self.backstop = _pytest_timeout(config)
        #: The items that run in the window, which limits their bodies when it starts them.
        self.shared: Container[pytest.Item] = ()

    def of(self, item: pytest.Item) -> float | None:
        """The seconds that the item's body may take."""
        limit = item.stash.get(TIMEOUT, self._default)
        return limit if limit is not None or item not in self.shared else self.backstop

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        seconds = self.of(item) if PLANNED in item.stash else None
        if seconds is None:
            return (yield)
        with _alarm(seconds, Waits()):
            return (yield)

    # Inside everything else: only the body is limited.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        seconds = self.of(pyfuncitem) if PLANNED in pyfuncitem.stash else None
        if seconds is None or inspect.iscoroutinefunction(pyfuncitem.obj):
            return (yield)
        with _alarm(seconds, pyfuncitem.stash[TRIAL].waits):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        __tracebackhide__ = True
        seconds = self.of(item) if PLANNED in item.stash and item not in self.shared else None
        function: Any = getattr(item, "obj", None)
        if seconds is None or not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(function):
            return (yield)
        item.obj = _limited(function, seconds, item)
        try:
            return (yield)
        finally:
            item.obj = function

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_timeout_set_timer(self, item: pytest.Item) -> bool | None:
        return True if PLANNED in item.stash and self.of(item) is not None else None


def _limited(function: Callable[..., Any], seconds: float, item: pytest.Item) -> Callable[..., Any]:
    @functools.wraps(function)
    async def body(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return await within(seconds, function(*args, **kwargs), item.stash[TRIAL].waits)

    return body


@contextmanager
def _alarm(seconds: float, waits: Waits) -> Iterator[None]:
    """Interrupt what runs in the main thread; elsewhere, and without alarms, be late but truthful."""
    began = monotonic()

    def left() -> float:
        return seconds - (monotonic() - began) + waits.total()

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        if left() < 0:
            raise too_long(seconds)
        return

    def ring(_number: int, _frame: object) -> None:
        __tracebackhide__ = True
        more = left()
        if more <= 0 and not _in_event_loop():
            raise too_long(seconds)
        signal.setitimer(signal.ITIMER_REAL, max(more, 0.05))

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_event_loop() -> bool:
    """Whether an alarm would hit whatever the event loop is at, which may be another case's body."""
    asyncio: Any = sys.modules.get("asyncio")
    try:
        asyncio.get_running_loop()
    except (AttributeError, RuntimeError):
        return False
    return True


def loaded(config: pytest.Config, module: str) -> bool:
    """Whether a plugin is in use, under whatever name it was loaded."""
    return module in sys.modules and config.pluginmanager.is_registered(sys.modules[module])


def _pytest_timeout(config: pytest.Config) -> float | None:
    """The limit for every test that pytest-timeout was given, if it is there and was given one."""
    if not loaded(config, "pytest_timeout"):
        return None
    given = config.getoption("timeout", None) or os.environ.get("PYTEST_TIMEOUT") or config.getini("timeout")
    return float(given) if given and float(given) > 0 else None
