"""litellm's responses as plain JSON and back, and what they say of tokens and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import CallsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_evalbars.calls.request import Request


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of an answered call."""

    #: The version that answered, as the provider names it.
    model: str
    seconds: float
    tokens_in: int | None = None
    tokens_out: int | None = None
    #: US dollars.
    cost_usd: float | None = None


def packed(answer: object) -> dict[str, Any]:
    """An answer, or one part of a streamed answer, as plain JSON with the name of its type.

    Raises:
        CallsError: it is of no type that litellm's answers have.
    """
    name = type(answer).__name__
    if _types().get(name) is not type(answer):
        raise CallsError(f"an answer of the type {name} cannot be recorded: it is none of litellm's answers")
    return {"type": name, "value": answer.model_dump(mode="json", exclude_none=True)}  # type: ignore[attr-defined]


def unpacked(value: dict[str, Any]) -> Any:
    """The reverse of `packed`.

    Raises:
        KeyError, TypeError, ValueError: it is none that this version of litellm knows.
    """
    return _types()[value["type"]](**value["value"])


def _types() -> dict[str, Any]:
    """The types of litellm's answers, by name."""
    from litellm.types import utils  # noqa: PLC0415 - the caller's code has imported it
    from litellm.types.llms import openai  # noqa: PLC0415
    from pydantic import BaseModel  # noqa: PLC0415

    return {
        name: kind
        for module in (openai, utils)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def is_stream(answer: object, request: Request) -> bool:
    """Whether the answer comes in parts."""
    return request.stream and (hasattr(answer, "__next__") or hasattr(answer, "__anext__"))


def numbers_of(answer: object, request: Request, seconds: float) -> Numbers:
    """What an answer says of itself; its cost by litellm's list of prices."""
    usage = getattr(answer, "usage", None)
    if not _whole(usage, "total_tokens"):  # litellm puts zeros where the provider does not say
        return Numbers(str(getattr(answer, "model", None) or request.model), seconds)
    cost = (getattr(answer, "_hidden_params", None) or {}).get("response_cost")
    return Numbers(
        model=str(getattr(answer, "model", None) or request.model),
        seconds=seconds,
        tokens_in=_whole(usage, "prompt_tokens", "input_tokens"),
        tokens_out=_whole(usage, "completion_tokens", "output_tokens"),
        cost_usd=_cost(answer, request) if cost is None else float(cost),
    )


def numbers_of_parts(parts: Sequence[object], request: Request, seconds: float) -> Numbers:
    """What the parts of a streamed answer add up to; tokens are counted where the provider did not say them."""
    import litellm  # noqa: PLC0415 - the caller's code has imported it

    whole: Any = getattr(parts[-1], "response", None) if parts else None  # of the responses API: its last event
    if whole is None and parts:
        try:
            whole = litellm.stream_chunk_builder([*map(_bare, parts)], messages=request.content.get("messages"))
        except Exception:  # noqa: BLE001 - whatever a provider sent
            whole = None
    return numbers_of(whole, request, seconds) if whole is not None else Numbers(request.model, seconds)


def _bare(part: Any) -> Any:
    """A part of a stream without the usage of no tokens that litellm gives the last one, where it knows of none."""
    usage = (getattr(part, "_hidden_params", None) or {}).get("usage")
    return part if usage is None or _whole(usage, "total_tokens") else unpacked(packed(part))


def _whole(usage: object, *names: str) -> int | None:
    found = (getattr(usage, name, None) for name in names)
    return next((number for number in found if type(number) is int), None)


def _cost(answer: object, request: Request) -> float | None:
    """What it cost; None where the model has no known price."""
    import litellm  # noqa: PLC0415 - the caller's code has imported it

    try:
        return float(litellm.completion_cost(completion_response=answer, model=request.model))
    except Exception:  # noqa: BLE001 - litellm raises what it likes for a model that it does not know
        return None


def provider_of(request: Mapping[str, Any]) -> str | None:
    """Who was asked, as litellm notes on an answer to find its price; None where it cannot tell.

    Args:
        request: its parameters.
    """
    import litellm  # noqa: PLC0415 - the caller's code has imported it

    try:
        given = request.get("custom_llm_provider"), request.get("api_base")
        return str(litellm.get_llm_provider(str(request.get("model")), *given)[1])
    except Exception:  # noqa: BLE001 - litellm raises what it likes for a model that it does not know
        return None


def words_of(value: dict[str, Any]) -> Any:
    """What a reader wants to see of a packed answer: its text, or what stands in for one."""
    response = value["value"]
    choices = response.get("choices") or [{}]
    message = choices[0].get("message") or choices[0].get("delta") or choices[0]
    if text := message.get("content") or message.get("text"):
        return text
    if "data" in response:
        return f"{len(response['data'])} embeddings"
    return message.get("tool_calls") or response.get("output") or response
