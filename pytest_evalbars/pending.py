"""What must be awaited, and says so where it is not: a coroutine is true, so `assert judge.judge(...)` would pass."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

P = ParamSpec("P")
T = TypeVar("T")


class Pending(Coroutine[Any, Any, T]):
    """A coroutine that is neither true nor false.

    Args:
        work: the coroutine itself.
        name: of the function that made it.
    """

    def __init__(self, work: Coroutine[Any, Any, T], name: str) -> None:
        self._work, self._name = work, name

    def __bool__(self) -> bool:
        """Raise.

        Raises:
            TypeError: always; whoever asks has forgotten to await it.
        """
        self._work.close()
        raise TypeError(f"{self._name}(...) was not awaited: write `await`, or call {self._name}_sync in a sync test")

    def __await__(self) -> Generator[Any, Any, T]:
        """As any coroutine."""
        return self._work.__await__()

    def send(self, value: Any) -> Any:
        """As any coroutine."""
        return self._work.send(value)

    def throw(self, kind: Any, value: BaseException | object = None, trace: TracebackType | None = None) -> Any:
        """As any coroutine."""
        if value is None and trace is None:
            return self._work.throw(kind)
        return self._work.throw(kind, value, trace)

    def close(self) -> None:
        """As any coroutine."""
        self._work.close()


def to_be_awaited(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let a coroutine function's results raise where they are asked whether they are true."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return Pending(function(*args, **kwargs), function.__name__)

    return wrapper
