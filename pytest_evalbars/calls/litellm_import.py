"""The one place that imports litellm: when first asked for, since it takes seconds, and quietly."""

from __future__ import annotations

import asyncio
import importlib
import sys
import warnings
from importlib.util import find_spec
from typing import Any

from pytest_evalbars.calls.background import at_exit
from pytest_evalbars.calls.watch import local_prices
from pytest_evalbars.errors import MissingExtra

#: What asking a model needs.
NEEDED = ("litellm", "tenacity")
#: What it ignores, and what pydantic says of answers that are a little different from what litellm expects.
WARNINGS = (
    ".*`ReadOnly` qualifier",
    ".*conflict with protected namespace",
    ".*attribute on the instance is deprecated",
    "Pydantic serializer warnings",
)
#: Where users of litellm have it call them back.
CALLBACKS = (
    "callbacks",
    "input_callback",
    "success_callback",
    "failure_callback",
    "service_callback",
    "_async_input_callback",
    "_async_success_callback",
    "_async_failure_callback",
)


def require() -> None:
    """See that litellm can be imported, without importing it.

    Raises:
        MissingExtra: it is not installed.
    """
    for name in NEEDED:
        if sys.modules.get(name) is None and find_spec(name) is None:  # None: somebody forbade its import
            raise MissingExtra(
                f"asking a model needs {name}, which is not installed: pip install 'pytest-evalbars[llm]'"
            )


def litellm() -> Any:
    """The module litellm.

    Prices are those of the installed version, unless LITELLM_LOCAL_MODEL_COST_MAP says otherwise: litellm would
    fetch today's while it is imported, and wait for them where there is no network.
    """
    if "litellm" not in sys.modules:
        require()
    with local_prices():
        module: Any = importlib.import_module("litellm")
    if not getattr(module, "evalbars_knows", False):
        module.evalbars_knows = True
        module.suppress_debug_info = True  # else it prints where to get help, next to each error
        module.telemetry = False  # of older versions
        at_exit(module.close_litellm_async_clients)
    return module


def is_loaded() -> bool:
    """Whether it need not be imported any more."""
    return getattr(sys.modules.get("litellm"), "evalbars_knows", False)


async def load() -> None:
    """Import it, in the loop of the calls: seconds that are no case's, and in which other loops go on."""
    litellm()


def quieten() -> None:
    """Ignore the warnings that litellm ignores when it is imported.

    pytest forgets such filters with the test that they came in, and where it takes warnings for errors, litellm then
    raises them out of the midst of its work.
    """
    for message in WARNINGS:
        warnings.filterwarnings("ignore", message=message)


def keep_callbacks_out(module: Any) -> None:
    """Keep litellm from working for callbacks in this context, where there are none.

    It works for them in a task of the event loop that asked last. Where two loops take turns, it drops that task each
    time, and asyncio logs an error for it.
    """
    if any(getattr(module, name, None) for name in CALLBACKS):
        return
    try:
        from litellm._internal_context import is_internal_call  # noqa: PLC0415
    except ImportError:  # an older litellm
        return
    is_internal_call.set(True)


def closed_over(error: BaseException, module: Any) -> bool:
    """Whether litellm used a client that somebody had closed; it makes new ones then.

    The tested code closes all clients when it calls litellm's `close_litellm_async_clients`, those of this loop too.
    """
    each: BaseException | None = error
    for _ in range(10):
        if isinstance(each, RuntimeError) and "client has been closed" in str(each):
            break
        each = each and (each.__cause__ or each.__context__)
    else:
        return False
    cache, ours = module.in_memory_llm_clients_cache, str(id(asyncio.get_running_loop()))
    for key in [key for key in cache.cache_dict if str(key).endswith(ours)]:
        cache.delete_cache(key)
    return True
