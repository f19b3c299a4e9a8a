"""Every private name of pytest and xdist that the window leans on, behind one check.

A window needs two things that pytest offers nobody: to take a set-up item off the shared stack, so that another one
can be set up beside it, and to put it back. `unfit` says before the first case whether that is to be had; where it is
not, cases run one at a time. A new pytest may cost speed, never a verdict.
"""

# ruff: noqa: SLF001
from __future__ import annotations

import inspect
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

try:
    from _pytest import runner
    from _pytest.logging import catching_logs
except ImportError:  # told by `unfit`
    runner = catching_logs = None  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from logging import Handler

    from _pytest.scope import Scope

#: What is done with global capturing.
CAPTURING = ("resume_global_capture", "suspend_global_capture", "read_global_capture")
#: How a phase is run and reported.
REPORTING = ["item", "when", "log"]
#: What a body may ask of its request.
GUARDED = ("getfixturevalue", "addfinalizer")
#: Scopes in which a fixture dies with the item, by the names that users write.
FUNCTION, CLASS = "function", "class"


def unfit(session: pytest.Session, item: pytest.Function) -> str:
    """What of pytest's insides is not as the window needs it; empty if all is.

    Args:
        session: pytest's.
        item: any of the session's items that would run in the window.
    """
    checks = {
        "its runner and its logging": lambda: bool(runner and catching_logs),
        "its SetupState": lambda: isinstance(session._setupstate.stack, dict) and session._setupstate.teardown_exact,
        "its call_and_report": lambda: list(inspect.signature(runner.call_and_report).parameters)[:3] == REPORTING,
        "its capturing": lambda: _has_all(session.config.pluginmanager.get_plugin("capturemanager"), CAPTURING),
        "its Function items": lambda: _has_all(item, ("_initrequest", "_request", "_fixtureinfo", "fixturenames")),
        "its fixture definitions": lambda: all(
            _has_all(one, ("cached_result", "_finalizers"))
            for each in item._fixtureinfo.name2fixturedefs.values()
            for one in each
        ),
        "its parameters": lambda: _has_all(getattr(item, "callspec", None), ("_arg2scope", "indices")),
    }
    return next((what for what, fits in checks.items() if not _holds(fits)), "")


def _has_all(thing: object, names: Iterable[str]) -> bool:
    return thing is None or all(hasattr(thing, name) for name in names)


def _holds(check: Callable[[], object]) -> bool:
    try:
        return bool(check())
    except (AttributeError, TypeError, ValueError):
        return False


class Parked:
    """An item that is set up, taken off pytest's shared state."""

    def __init__(self, item: pytest.Function) -> None:
        self.item = item
        self._entry: Any = None
        self._fixtures: list[tuple[Any, Any, list[Any]]] = []
        self.park()

    def park(self) -> None:
        """Take the item off, so that another one can be set up.

        A fixture definition holds one value for all items. Those that die with this item are the ones whose `finish`
        stands among its own finalizers; going by the declared scope would be wrong in three ways.
        """
        self._entry = self.item.session._setupstate.stack.pop(self.item, None)
        finalizers = self._entry[0] if self._entry else ()
        owners = [getattr(getattr(each, "func", None), "__self__", None) for each in finalizers]
        known = {id(each): each for each in owners if isinstance(each, pytest.FixtureDef)}
        mine = [each for each in known.values() if each.cached_result]
        self._fixtures = [(each, each.cached_result, each._finalizers[:]) for each in mine]
        for each in mine:
            each.cached_result = None
            each._finalizers.clear()

    def unpark(self) -> None:
        """Put the item back, as if it had just been set up."""
        for definition, cached, finalizers in self._fixtures:
            definition.cached_result, definition._finalizers[:] = cached, finalizers
        if self._entry is not None:
            self.item.session._setupstate.stack[self.item] = self._entry

    @contextmanager
    def standing(self, ending: Parked | None) -> Iterator[None]:
        """Let the item be the one that is set up, for as long as its body needs that.

        Bodies also go on while an async fixture of another item is set up or torn down.

        Args:
            ending: the item whose turn it is: while it is torn down it is off the stack already, its values are not.
        """
        stack = self.item.session._setupstate.stack
        top = next(reversed(stack), None)
        if top is self.item:
            yield
            return
        other = Parked(top) if isinstance(top, pytest.Function) else None
        hidden = [] if ending is None or other is not None else ending._hide()
        self.unpark()
        try:
            yield
        finally:
            self.park()
            for definition, cached, finalizers in hidden:
                definition.cached_result, definition._finalizers[:] = cached, finalizers
            if other is not None:
                other.unpark()

    def let_go(self) -> None:
        """Drop what was kept of the item, which has been torn down."""
        self._entry, self._fixtures = None, []

    def _hide(self) -> list[tuple[Any, Any, list[Any]]]:
        """Take away the values of an item that is being torn down, and return them."""
        left = [(each, each.cached_result, each._finalizers[:]) for each, *_ in self._fixtures if each.cached_result]
        for each, *_ in left:
            each.cached_result = None
            each._finalizers.clear()
        return left


def phase(item: pytest.Item, when: Any, *, log: bool = True, **more: Any) -> pytest.TestReport:
    """Run one phase of an item and report it, as pytest's own protocol does."""
    return runner.call_and_report(item, when, log, **more)


def begin(item: pytest.Function) -> None:
    """Give the item a fresh request, if a rerun or an earlier turn took it."""
    if getattr(item, "_request", False) is False:
        item._initrequest()


def finish(item: pytest.Function) -> None:
    """Let go of what the item held while it ran, as pytest's own protocol does."""
    for name in GUARDED:
        vars(item._request).pop(name, None)
    item._request, item.funcargs = False, None  # type: ignore[assignment]


def tear_down_to(item: pytest.Item) -> None:
    """Tear down all that the item does not stand on."""
    item.session._setupstate.teardown_exact(item)


def guard_request(item: pytest.Function, guard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Wrap what a body may ask of its request while other items are set up."""
    request = item._request
    for name in GUARDED:
        setattr(request, name, guard(getattr(request, name)))


def arguments(item: pytest.Function) -> dict[str, Any]:
    """The arguments of the test function, as its fixtures gave them."""
    return {name: item.funcargs[name] for name in item._fixtureinfo.argnames}


def wide_parameters(item: pytest.Function) -> dict[str, tuple[int, int]]:
    """The parameters that outlive the item: items that differ in them cannot be set up side by side."""
    spec = getattr(item, "callspec", None)
    if spec is None:
        return {}
    wide = {}
    for name, scope in spec._arg2scope.items():
        if not _dies_with(item, scope):
            # Two functions may give one index different values.
            wide[name] = (spec.indices[name], id(spec.params[name]))
    return wide


def _dies_with(item: pytest.Function, scope: Scope) -> bool:
    """Whether a fixture of this scope is torn down with the item; outside a class, a class-scoped one is."""
    return scope.value == FUNCTION or (scope.value == CLASS and item.cls is None)


@contextmanager
def between_phases(config: pytest.Config, handler: Handler | None) -> Iterator[list[str]]:
    """Capture output and logs as in a phase of a test, although none is open.

    Returns:
        Filled at the end: what was written to stdout and stderr by nobody who can be told.
    """
    found: list[str] = []
    capture = config.pluginmanager.get_plugin("capturemanager")
    level = getattr(config.pluginmanager.get_plugin("logging-plugin"), "log_level", None)
    with catching_logs(handler, level=level) if handler is not None else nullcontext():
        if capture is None:
            yield found
            return
        capture.resume_global_capture()
        try:
            yield found
        finally:
            capture.suspend_global_capture(in_=False)
            found += capture.read_global_capture()


def log_handler(config: pytest.Config) -> Handler | None:
    """The handler that puts log records into a test's report; without it, records stay with the item at turn."""
    return getattr(config.pluginmanager.get_plugin("logging-plugin"), "report_handler", None)


def given(config: pytest.Config) -> Callable[[], list[int]] | None:
    """In an xdist worker, how to ask for the items it has been told to run; None where it cannot be known."""
    plugins = config.pluginmanager.get_plugins()
    worker = next((each for each in plugins if type(each).__name__ == "WorkerInteractor"), None)
    if worker is None or not (hasattr(worker, "torun") and hasattr(worker, "nextitem_index")):
        return None

    def ask() -> list[int]:
        with worker.torun.lock() as queue:
            return [index for index in (worker.nextitem_index, *queue) if isinstance(index, int)]

    return ask
