"""Event loops of async cases: whose loop a case runs in, and a loop of our own where no plugin has one."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.running import Waits, running, while_runs
from pytest_evalbars.execution import private
from pytest_evalbars.execution.timeouts import loaded, within

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Generator

    from pytest_evalbars.execution.timeouts import Timeouts

#: Whose loop it is.
LOOP = pytest.StashKey[str | None]()
OWN, ASYNCIO, ANYIO = "own", "pytest-asyncio", "anyio"


def loop_of(item: pytest.Function) -> str | None:
    """Who runs the case's coroutine; None if its event loop is not shared with its neighbours."""
    if LOOP not in item.stash:
        item.stash[LOOP] = _loop_of(item)
    return item.stash[LOOP]


def _loop_of(item: pytest.Function) -> str | None:
    if (mark := item.get_closest_marker("asyncio")) is not None and loaded(item.config, "pytest_asyncio.plugin"):
        scope = mark.kwargs.get("loop_scope") or mark.kwargs.get("scope") or _default_scope(item.config)
        return f"{ASYNCIO} {scope}" if scope != "function" else None
    if "anyio_backend" in item.fixturenames:
        spec = getattr(item, "callspec", None)
        return ANYIO if spec is None or "trio" not in str(spec.params.get("anyio_backend", "")) else None
    return OWN


def _default_scope(config: pytest.Config) -> str:
    try:
        return str(config.getini("asyncio_default_test_loop_scope") or "function")
    except (KeyError, ValueError):  # an older pytest-asyncio
        return "function"


class OwnLoop:
    """Runs the async cases and fixtures that no plugin claims, all in one loop that lives as long as the session."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        #: Whether a body cannot be ended: the loop is then left as it is.
        self.stuck = False
        self._runner: asyncio.Runner | None = None
        #: The item that is being set up.
        self._setting_up: pytest.Function | None = None

    @property
    def runner(self) -> asyncio.Runner:
        """The runner, made when first needed: asyncio takes its time to import."""
        if self._runner is None:
            import asyncio  # noqa: PLC0415

            self._runner = asyncio.Runner()
        return self._runner

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        __tracebackhide__ = True
        if not self._claims(pyfuncitem) or not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        self._run(pyfuncitem.obj(**private.arguments(pyfuncitem)))
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._setting_up = item if isinstance(item, pytest.Function) and self._claims(item) else None
        try:
            return (yield)
        finally:
            self._setting_up = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self,
        fixturedef: pytest.FixtureDef[Any],
        request: pytest.FixtureRequest,
    ) -> Generator[None, Any, Any]:
        function: Any = fixturedef.func
        item, is_generator = self._setting_up, inspect.isasyncgenfunction(function)
        if item is None or not (is_generator or inspect.iscoroutinefunction(function)):
            return (yield)
        if inspect.iscoroutinefunction(item.obj):
            fixturedef.func = self._synchronous(item, _bound(function, request.instance), is_generator)  # type: ignore[misc]
        try:
            return (yield)
        finally:
            fixturedef.func = function  # type: ignore[misc]

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine for the trial that runs now: the loop itself has the context in which it was first used."""
        trial = running()

        async def for_trial() -> Any:
            with while_runs(trial):
                return await coroutine

        return self.runner.run(for_trial())

    def _synchronous(
        self,
        item: pytest.Function,
        function: Callable[..., Any],
        is_generator: bool,
    ) -> Callable[..., Any]:
        seconds = self._timeouts.of(item)

        def value(**arguments: Any) -> Any:
            return self._run(within(seconds, function(**arguments), Waits()))

        def value_with_teardown(**arguments: Any) -> Generator[Any, None, None]:
            generator = function(**arguments)
            yield self._run(within(seconds, anext(generator), Waits()))
            try:
                self._run(within(seconds, anext(generator), Waits()))
            except StopAsyncIteration:
                return
            raise RuntimeError(f"the async fixture {function.__name__} yields more than once")

        return value_with_teardown if is_generator else value

    @staticmethod
    def _claims(item: pytest.Function) -> bool:
        return PLANNED in item.stash and loop_of(item) == OWN

    def pytest_unconfigure(self) -> None:
        if self._runner is not None and not self.stuck:
            self._runner.close()
        self._runner = None


def _bound(function: Any, instance: Any) -> Any:
    """A fixture's method, bound to the instance that the test runs on."""
    holder = getattr(function, "__self__", None)
    if instance is not None and type(holder) is type(instance):
        return function.__func__.__get__(instance)
    return function
