"""Answers that come in parts: watched while they are read, or handed out again."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: Takes the parts of a stream once, when it was read to its end or given up.
    Take = Callable[[list[Any]], None]


class Replayed:
    """A stream of parts that are known, for sync and for async code."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.chunks = list(parts)
        self._next = iter(parts)
        #: litellm's Router notes on every answer what it did for it.
        self._hidden_params: dict[str, Any] = {}

    def __iter__(self) -> Replayed:
        return self

    def __next__(self) -> Any:
        return next(self._next)

    def __aiter__(self) -> Replayed:
        return self

    async def __anext__(self) -> Any:
        for part in self._next:
            return part
        raise StopAsyncIteration

    def close(self) -> None:
        """Hand out nothing more."""
        self._next = iter(())

    async def aclose(self) -> None:
        """Hand out nothing more."""
        self.close()


def watched(stream: Any, take: Take) -> Callable[[], None]:
    """Watch a stream as it is: its parts are taken once, when it was read to its end, closed or given up.

    One that breaks off tells nothing: it was no answer.

    Returns:
        What is to be called when nobody will read it any more.
    """
    notes = _Notes(take)
    try:
        kind: Any = type(stream)
        stream.__class__ = _watching(kind)
    except TypeError:  # of a kind that cannot be watched
        notes.end()
    else:
        stream._evalbars = notes  # noqa: SLF001 - ours
    return notes.end


class _Notes:
    def __init__(self, take: Take) -> None:
        self.parts: list[Any] = []
        self._take: Take | None = take

    def end(self, *, answered: bool = True) -> None:
        take, self._take = self._take, None
        if take is not None and answered:
            take(self.parts)


class _Watched:
    """Stands before the class of a stream; iterating, attributes and `isinstance` stay as they were."""

    _evalbars: _Notes

    def __next__(self) -> Any:
        notes = self._evalbars
        try:
            part = super().__next__()  # type: ignore[misc]
        except StopIteration:
            notes.end()
            raise
        except BaseException:
            notes.end(answered=False)
            raise
        notes.parts.append(part)
        return part

    async def __anext__(self) -> Any:
        notes = self._evalbars
        try:
            part = await super().__anext__()  # type: ignore[misc]
        except StopAsyncIteration:
            notes.end()
            raise
        except BaseException:
            notes.end(answered=False)
            raise
        notes.parts.append(part)
        return part


class _Closing(_Watched):
    async def aclose(self) -> None:
        self._evalbars.end()
        await super().aclose()  # type: ignore[misc]


@lru_cache(maxsize=64)
def _watching(kind: type) -> type:
    return type(kind.__name__, (_Closing if hasattr(kind, "aclose") else _Watched, kind), {})
