"""Asks the models of a judge: each for a filled form, all at the same time, and all of them or none."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from pytest_evalbars.background import SYNC_CASES
from pytest_evalbars.errors import EvalbarsError, JudgeError
from pytest_evalbars.judges.form import Form, form_of
from pytest_evalbars.judges.parsing import filled
from pytest_evalbars.run.plain import text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from pytest_evalbars.judges.prompt import Kind
    from pytest_evalbars.judges.rubric import Rubric

T = TypeVar("T")

#: The model that needs no key and no network.
OFFLINE = "offline"


@runtime_checkable
class Asks(Protocol):
    """A model: `Model`, the offline one, or your own."""

    @property
    def name(self) -> str:
        """What the model is called."""

    async def ask(self, messages: Sequence[dict[str, str]], *, schema: type[Form] | None = None) -> Any:
        """Answer messages of the roles system and user; the answer has `text`, and may have more of `Answer`."""


class Plainly:
    """Lets errors that tell all by their text end the caller's line: no frame of ours stands in the traceback."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        __tracebackhide__ = True
        if isinstance(error, EvalbarsError):
            raise error.with_traceback(None) from error.__cause__


class Filled(NamedTuple):
    """A form, and the version of the model that filled it in."""

    form: Form
    model: str


def model_of(name: str, *, votes: int) -> Asks:
    """The model of that name.

    Args:
        name: `offline`, or a name that litellm knows.
        votes: how often it is asked. Asked once it takes its likeliest answer; votes that could only repeat that
            would have no spread, so they are drawn. A model that takes no temperature is asked without one.

    Raises:
        MissingExtra: the client is not installed.
    """
    if name == OFFLINE:
        return import_module("pytest_evalbars.judges.offline").OfflineModel()  # type: ignore[no-any-return]
    client = import_module("pytest_evalbars.calls.client")
    return client.Model(name, temperature=0 if votes == 1 else 1, drop_params=True)  # type: ignore[no-any-return]


async def ask(model: Asks, messages: list[dict[str, str]], rubric: Rubric, kind: Kind) -> Filled:
    """One verdict of one model.

    Raises:
        JudgeError: it gave no verdict.
        EvalbarsError: what the client says of an outage, of a call that is not recorded, or of itself not installed.
    """
    form, judge = form_of(rubric, kind), f"the judge {model.name} ({rubric.id})"
    try:
        said = await model.ask(messages, schema=form)
    except EvalbarsError:
        raise
    except Exception as error:  # an assertion too: a model that fails says nothing of what it was to judge
        words = safe(text(f"{type(error).__name__}: {error}", 1000), 500)
        raise JudgeError(f"{safe(judge, 200)} gave no answer: {words}") from error
    try:
        verdict = filled(said, form, judge)
    except JudgeError as error:
        if not getattr(said, "replayed", False):
            raise
        again = "it is a recorded answer, given whenever it is asked for; --evalbars-calls=record asks again"
        raise JudgeError(f"{error}; {again}") from None
    return Filled(verdict, text(getattr(said, "model", None) or model.name, 200))


async def all_of(asks: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results of all, asked at the same time where an event loop of asyncio runs.

    One that fails fails all, once all have ended: what they cost is then known. A median of those that are left would
    be another judge than the one that was asked for, and one that leaves out the answers which are hard to judge.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return [await each() for each in asks]
    results = await asyncio.gather(*(each() for each in asks), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # type: ignore[return-value]


def finished(work: Coroutine[Any, Any, T], models: Sequence[Asks]) -> T:
    """The result of a coroutine, for callers that cannot await it.

    Args:
        work: the coroutine.
        models: those that it asks. The offline one never waits, and needs no event loop; an `ask` of others must not
            block, since all that sync cases ask is awaited in one loop.
    """
    if any(getattr(model, "name", None) != OFFLINE for model in models):
        return SYNC_CASES.finished(work)
    try:
        work.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    work.close()
    raise JudgeError("the offline model waited, which it never does")
