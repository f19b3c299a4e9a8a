"""Asks any model that litellm can reach: within its limits, and again where no answer came.

    model = Model("openai/gpt-4o-mini", temperature=0)
    answer = await model.ask("What is the capital of France?")

Every call runs in the one event loop of `background`, whoever asks: all that is true of one way to ask is of others.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_evalbars.calls import background
from pytest_evalbars.calls.answer import Answer, answer_of, declined, is_filtered, measured
from pytest_evalbars.calls.faults import Fault, fault_of, too_slow
from pytest_evalbars.calls.litellm_import import (
    closed_over,
    is_loaded,
    keep_callbacks_out,
    litellm,
    load,
    quieten,
    require,
)
from pytest_evalbars.calls.schema import shaped
from pytest_evalbars.cases.asked import HEARD, Call
from pytest_evalbars.cases.running import waiting
from pytest_evalbars.errors import EvalbarsError, ModelError
from pytest_evalbars.execution.limits import BEHALF, holder, limit, seconds_of
from pytest_evalbars.pending import to_be_awaited
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from pydantic import BaseModel

    from pytest_evalbars.execution.limits import Limiter

__all__ = ["Answer", "Model", "ModelError"]

#: Seconds before the second attempt; each further wait is twice as long, and a random part of JITTER longer.
FIRST_WAIT, LONGEST_WAIT, JITTER = 0.5, 30.0, 1.0
#: Seconds for which a server may tell its callers to stay away; where it says more, that is the answer.
LONGEST_PAUSE = 120.0
#: Parameters of litellm's that are set here.
OURS = ("model", "messages", "timeout", "attempts", "num_retries", "max_retries", "stream")


class Model:
    """A model behind litellm, as "openai/gpt-4o-mini", or at any OpenAI-compatible address through `api_base`.

    Every attempt waits for the limits of the bars file that fit its name. Another attempt is made where no answer
    came: a connection that failed, no answer in time, HTTP 429 or 5xx, a body that is no JSON. What was answered
    is returned as it is, however bad.

    Args:
        name: as litellm has it: the provider, a slash and the model.
        timeout: seconds for one attempt, waits for limits not included.
        attempts: how often to ask at most.
        parameters: for every call, as litellm takes them: `temperature`, `api_base`, `api_key`, `max_tokens` ...

    Raises:
        MissingExtra: litellm is not installed.
        ValueError: a parameter that is set here, or a number that makes no sense.
    """

    def __init__(self, name: str, *, timeout: float = 60, attempts: int = 4, **parameters: Any) -> None:
        require()
        if not name or timeout <= 0 or attempts < 1:
            raise ValueError(f"Model({name!r}, {timeout=}, {attempts=}): needs a name, a time and an attempt")
        self.name, self.timeout, self.attempts = name, timeout, attempts
        self.parameters = _free(parameters)

    def __repr__(self) -> str:
        return f"Model({self.name!r})"  # parameters may hold keys

    @to_be_awaited
    async def ask(
        self,
        messages: str | Sequence[Mapping[str, Any]],
        *,
        schema: type[BaseModel] | None = None,
        **parameters: Any,
    ) -> Answer:
        """Ask, in asyncio's event loops.

        Args:
            messages: what to say: one message of the user, or messages as OpenAI has them.
            schema: a pydantic model that the answer should fit. The model is told; to read its answer is the
                caller's business.
            parameters: for this call, beside those of the model.

        Raises:
            ModelError: no answer came.
        """
        __tracebackhide__ = True
        if not is_loaded():
            with waiting():
                await asyncio.wrap_future(background.submit(load()))
        asked = background.submit(self._ask(messages, schema, self.parameters | _free(parameters), holder()))
        try:
            return await asyncio.wrap_future(asked)
        except EvalbarsError as error:
            raise error.with_traceback(None) from None
        finally:
            asked.cancel()

    def ask_sync(
        self,
        messages: str | Sequence[Mapping[str, Any]],
        *,
        schema: type[BaseModel] | None = None,
        **parameters: Any,
    ) -> Answer:
        """Ask, in sync code: the same as `ask`, and the calling thread waits."""
        __tracebackhide__ = True
        if not is_loaded():
            with waiting():
                background.submit(load()).result()
        asked = background.submit(self._ask(messages, schema, self.parameters | _free(parameters), holder()))
        try:
            return asked.result()
        except EvalbarsError as error:
            raise error.with_traceback(None) from None
        finally:
            asked.cancel()  # a case's time limit or Ctrl-C has ended the wait

    async def _ask(
        self,
        messages: str | Sequence[Mapping[str, Any]],
        schema: type[BaseModel] | None,
        parameters: dict[str, Any],
        behalf: Hashable | None,
    ) -> Answer:
        module = litellm()
        keep_callbacks_out(module)
        BEHALF.set(behalf)
        said = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
        asking = {**parameters, "model": self.name, "messages": said, "num_retries": 0, "max_retries": 0}
        if schema is not None:
            asking = shaped(asking, schema, module)
        return await _Attempts(self, asking, module).answer()


class _Attempts:
    """The attempts at one answer."""

    def __init__(self, model: Model, asking: dict[str, Any], module: Any) -> None:
        self.model, self.asking, self.module = model, asking, module
        self.name = _full_name(model.name, module)
        self.made = 0

    async def answer(self) -> Answer:
        """The first answer that comes.

        Raises:
            ModelError: none did.
        """
        import tenacity  # noqa: PLC0415 - of the extra

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self.model.attempts),
            wait=tenacity.wait_exponential(FIRST_WAIT, LONGEST_WAIT) + tenacity.wait_random(0, JITTER),
            retry=tenacity.retry_if_exception(_passes),
            reraise=True,
        )
        began = time.perf_counter()
        try:
            answer: Answer = await attempts(self._attempt)
        except _NoAnswerError as last:
            raise ModelError(self._told(last.fault, time.perf_counter() - began)) from None
        return answer

    async def _attempt(self) -> Answer:
        async with (limiter := limit(self.name)):
            self.made += 1
            heard: list[Call] = []
            HEARD.set(heard)
            quieten()
            began = time.perf_counter()
            try:
                async with asyncio.timeout(self.model.timeout) as time_limit:
                    response = await self._response()
            except EvalbarsError:  # of record and replay
                raise
            except Exception as error:
                if time_limit.expired():
                    raise _NoAnswerError(too_slow(self.model.timeout)) from error
                if is_filtered(error, self.module):
                    return declined(self.name, time.perf_counter() - began)
                fault = fault_of(error, self.name, self.asking, self.module)
                if fault is None:
                    raise
                raise _NoAnswerError(_kept_away(fault, limiter)) from error
            seconds = time.perf_counter() - began
            return answer_of(response, heard[-1] if heard else measured(response, self.name, seconds))

    async def _response(self) -> Any:
        """The response; that of a second call where the client was closed over the first, which sent nothing."""
        try:
            return await self.module.acompletion(**self.asking, timeout=self.model.timeout)
        except Exception as error:
            if not closed_over(error, self.module):
                raise
            return await self.module.acompletion(**self.asking, timeout=self.model.timeout)

    def _told(self, fault: Fault, seconds: float) -> str:
        attempts = "" if self.made == 1 else f" in {self.made} attempts and {seconds:.1f} s"
        last = fault.words if self.made == 1 else f"the last: {fault.words}"
        return f"{safe(self.name)} gave no answer{attempts}: {last}{'; ' if fault.mend else ''}{fault.mend}"


class _NoAnswerError(Exception):
    """One attempt brought no answer."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.words)
        self.fault = fault


def _passes(error: BaseException) -> bool:
    return isinstance(error, _NoAnswerError) and error.fault.passing


def _kept_away(fault: Fault, limiter: Limiter) -> Fault:
    """Keep all callers away for as long as the server wants; a fault that lasts, where that is too long to wait."""
    if not fault.passing or fault.retry_after is None:
        return fault
    try:
        seconds = seconds_of(fault.retry_after)
    except ValueError:  # it said nothing that means a time
        return fault
    if seconds > LONGEST_PAUSE:
        return replace(fault, words=f"{fault.words}, and it wants no call for {seconds:.0f} s", passing=False)
    limiter.pause(seconds)
    return fault


def _full_name(name: str, module: Any) -> str:
    """The name with its provider, as limits have it."""
    if "/" in name:
        return name
    try:
        model, provider, *_ = module.get_llm_provider(name)
    except Exception:  # noqa: BLE001 - asking will say so
        return name
    return f"{provider}/{model}"


def _free(parameters: dict[str, Any]) -> dict[str, Any]:
    if taken := [name for name in OURS if name in parameters]:
        raise ValueError(f"{', '.join(taken)}: set by Model itself, and no parameter of a call")
    return parameters
