"""How the body of one case runs among others: step by step in the event loop, or in a thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import types
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

#: Seconds between two awaits of a body above which it is named: nobody else could go on in that time.
BLOCKED = 0.5


class Timed(Protocol):
    """Remembers the longest step of a body."""

    blocked: float


@types.coroutine
def stepped(body: Coroutine[Any, Any, Any], timed: Timed) -> Generator[Any, Any, Any]:
    """Run a coroutine and note its longest step: the time in which it kept the event loop to itself."""
    __tracebackhide__ = True
    resume: Callable[[Any], Any] = body.send
    value: Any = None
    while True:
        began = perf_counter()
        try:
            step = resume(value)
        except StopIteration as end:
            return end.value
        finally:
            timed.blocked = max(timed.blocked, perf_counter() - began)
        try:
            value = yield step
            resume = body.send
        except GeneratorExit:
            body.close()
            raise
        except BaseException as error:  # noqa: BLE001 - a cancellation, on its way to the body
            value, resume = error, body.throw


def ended(call: Callable[[], Any]) -> Any:
    """Call a sync body, and see that it was one: what nobody awaits has judged nothing.

    Raises:
        TypeError: it returned something to be awaited.
    """
    result = call()
    if hasattr(result, "__await__") or hasattr(result, "__aiter__"):
        if hasattr(result, "close"):
            result.close()
        raise TypeError("the test function is sync, but returned something to be awaited: it never ran")
    return result


async def in_thread(call: Callable[[], Any], name: str) -> Any:
    """Run a sync body in a thread of its own.

    The thread is a daemon: a body past its time limit cannot be stopped, and must not keep the process from ending.
    """
    __tracebackhide__ = True
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if done.done():  # too late: nobody waits any more
            return
        if error is None:
            done.set_result(value)
        else:
            done.set_exception(error)

    def run() -> None:
        value: Any = None
        error: BaseException | None = None
        try:
            value = context.run(call)
        except StopIteration as stop:  # a future cannot hold it
            error = RuntimeError(f"the case raised {stop!r}")
        except BaseException as raised:  # noqa: BLE001 - the case's own, or pytest's way to skip
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name=f"evalbars {name}", daemon=True).start()
    return await done
