"""Sees to it that what litellm is asked goes through the session's exchange, whoever asks.

litellm's public functions are wrapped when it is imported, so nothing is imported that the tested code does not
import. litellm's own callbacks would be the other way: they come late, from a background worker, and can be lost.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import os
import sys
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType

LITELLM = "litellm"
#: What is measured, recorded and replayed; each has a twin for async code, as `acompletion`.
FUNCTIONS = ("completion", "text_completion", "embedding", "responses")
#: What is left alone, and refused where answers are replayed, because it would reach the network.
OTHERS = (
    *("moderation", "rerank", "image_generation", "image_edit", "image_variation", "transcription", "speech"),
    *("ocr", "search", "anthropic_messages", "generate_content"),
)
#: Where litellm keeps them, beside its own namespace.
HOMES = ("main", "rerank_api.main", "images.main", "responses.main")
#: Keeps litellm from fetching its price list when it is imported.
LOCAL_PRICES = "LITELLM_LOCAL_MODEL_COST_MAP"


class Exchange(Protocol):
    """Takes a call in the place of litellm's function."""

    def ask(self, name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Answer a call of sync code."""

    async def ask_async(
        self, name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Answer a call of async code."""


class _Process:
    #: Who takes the calls now; None while no eval case runs.
    exchange: Exchange | None = None
    #: Of each session that watches: whether it must not reach the network.
    sessions: list[Callable[[], bool]] = []  # noqa: RUF012 - the process's own


#: Whether litellm works on a call: what it asks itself within is a part of that.
_INSIDE: ContextVar[bool] = ContextVar("evalbars_inside_litellm", default=False)
#: The attribute of a wrapper that holds what it wraps.
WRAPPED = "__evalbars_wrapped__"


@contextmanager
def inside() -> Iterator[None]:
    """While litellm itself works on a call."""
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)


def _refuse_offline(name: str) -> None:
    """Let nothing through to the network where that is not wanted, though no eval case runs."""
    if any(offline() for offline in _Process.sessions):
        from pytest_evalbars.errors import MissingCall  # noqa: PLC0415 - rare

        raise MissingCall(
            f"litellm.{name} was called while no eval case runs (as when test files are imported), and calls are "
            "replayed, which never reaches the network; call it in a fixture or a case, or use --evalbars-calls=live"
        )


def take_calls(exchange: Exchange) -> Callable[[], None]:
    """Let an exchange take the calls, until what is returned is called."""
    before, _Process.exchange = _Process.exchange, exchange

    def end() -> None:
        _Process.exchange = before

    return end


def watch(offline: Callable[[], bool]) -> Callable[[], None]:
    """Wrap litellm's functions, at once or when it is imported, until what is returned is called.

    Args:
        offline: asked when litellm is imported: whether it must not fetch its list of prices.
    """
    _Process.sessions.append(offline)
    if (litellm := sys.modules.get(LITELLM)) is not None:
        _wrap(litellm)
    finder = Finder()
    sys.meta_path.insert(0, finder)

    def end() -> None:
        with suppress(ValueError):
            sys.meta_path.remove(finder)
        _Process.sessions.remove(offline)
        if not _Process.sessions:
            _unwrap()

    return end


class Finder:
    """Stands before the finders of modules, and steps in where litellm is looked for."""

    looking = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """The specification of litellm, as the other finders have it, whose loader also wraps; else None."""
        if name != LITELLM or Finder.looking:
            return None
        Finder.looking = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            Finder.looking = False
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            with local_prices() if any(offline() for offline in _Process.sessions) else nullcontext():
                execute(module)
            _wrap(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign] # of this one loader
        return spec


@contextmanager
def local_prices() -> Iterator[None]:
    """While litellm is imported: its own list of prices will do, unless the environment says what it is to do."""
    if LOCAL_PRICES in os.environ:
        yield
        return
    os.environ[LOCAL_PRICES] = "True"
    try:
        yield
    finally:
        os.environ.pop(LOCAL_PRICES, None)


def _wrap(litellm: ModuleType) -> None:
    """Wrap litellm's functions wherever they are bound, those that other modules imported by name too."""
    homes = [litellm, *filter(None, (sys.modules.get(f"{LITELLM}.{home}") for home in HOMES))]
    wrappers: dict[int, Callable[..., Any]] = {}
    for name in (*FUNCTIONS, *OTHERS):
        for twin in (name, f"a{name}"):
            for function in (vars(home).get(twin) for home in homes):
                if inspect.isfunction(function) and not hasattr(function, WRAPPED):
                    wrappers.setdefault(id(function), _wrapper(name, function))
    _rebind(wrappers)


def _unwrap() -> None:
    """Bind litellm's own functions again."""
    litellm = sys.modules.get(LITELLM)
    homes = [litellm, *(sys.modules.get(f"{LITELLM}.{home}") for home in HOMES)]
    own = {
        id(value): getattr(value, WRAPPED)
        for home in homes
        if home is not None
        for value in list(vars(home).values())
        if inspect.isfunction(value) and hasattr(value, WRAPPED)
    }
    _rebind(own)


def _rebind(functions: Mapping[int, Callable[..., Any]]) -> None:
    """Replace functions, by their identity, in every module."""
    if not functions:
        return
    for module in list(sys.modules.values()):
        bound = getattr(module, "__dict__", None)
        if type(bound) is dict:
            for name, value in list(bound.items()):
                if id(value) in functions:
                    bound[name] = functions[id(value)]


def _quieten() -> None:
    """Ignore what litellm ignores, in the tested code's calls as in those of `Model`."""
    from pytest_evalbars.calls.litellm_import import quieten  # noqa: PLC0415 - litellm has been imported by now

    quieten()


def _wrapper(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that hands a call to the exchange, unless there is none or litellm itself asks."""
    wrapper: Callable[..., Any]
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            exchange = _Process.exchange
            if exchange is None and not _INSIDE.get():
                _refuse_offline(name)
            if exchange is None or _INSIDE.get():
                return await function(*args, **kwargs)
            _quieten()
            return await exchange.ask_async(name, function, args, kwargs)

    else:

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            exchange = _Process.exchange
            if exchange is None and not _INSIDE.get():
                _refuse_offline(name)
            if exchange is None or _INSIDE.get():
                return function(*args, **kwargs)
            _quieten()
            if kwargs.get(f"a{name}") is True:  # it would return a coroutine
                return exchange.ask_async(name, function, args, kwargs)
            return exchange.ask(name, function, args, kwargs)

    setattr(wrapper, WRAPPED, function)
    return wrapper
