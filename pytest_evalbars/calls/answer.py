"""What a model answered, read from litellm's response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_evalbars.calls.request import Request
from pytest_evalbars.calls.responses import numbers_of
from pytest_evalbars.cases.asked import Call

#: Reasons for the end of an answer: the provider's filter, the most tokens.
FILTERED = frozenset({"content_filter", "refusal"})
CUT_OFF = frozenset({"length", "max_tokens"})
#: The codes with which providers turn a whole request away for what it says.
FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, and what that took."""

    #: Empty where it answered nothing; of a refusal its own words.
    text: str
    #: The version that answered, as the provider names it.
    model: str
    #: None where the provider does not say.
    tokens_in: int | None
    tokens_out: int | None
    #: US dollars; None where the price is not known.
    cost_usd: float | None
    #: How long the attempt took that was answered; of a replayed answer, when it was recorded.
    seconds: float
    #: Whether the provider's content filter stepped in, or the model declined in the field made for it.
    refused: bool = False
    #: Whether the answer ends where the most tokens were reached.
    cut_off: bool = False
    #: Whether a recorded answer stood in for the model.
    replayed: bool = False


def answer_of(response: Any, call: Call) -> Answer:
    """Read a response.

    Args:
        response: litellm's.
        call: what was measured of it.
    """
    choice = next(iter(getattr(response, "choices", None) or ()), None)
    message = getattr(choice, "message", None)
    refusal, reason = _refusal(message), getattr(choice, "finish_reason", None)
    content = getattr(message, "content", None) or refusal or ""
    return Answer(
        text=content if isinstance(content, str) else str(content),
        model=call.model,
        tokens_in=call.tokens_in,
        tokens_out=call.tokens_out,
        cost_usd=call.cost_usd,
        seconds=call.seconds,
        refused=bool(refusal) or reason in FILTERED,
        cut_off=reason in CUT_OFF,
        replayed=call.replayed,
    )


def measured(response: Any, name: str, seconds: float) -> Call:
    """What is known of a call that no session took.

    Args:
        response: litellm's.
        name: of the model that was asked, where the response does not name the one that answered.
        seconds: how long it took.
    """
    numbers = numbers_of(response, Request("completion", {"model": name}), seconds)
    return Call(numbers.model, seconds, numbers.tokens_in, numbers.tokens_out, numbers.cost_usd)


def _refusal(message: Any) -> str:
    """The model's words in the field for refusals; litellm has moved it about."""
    further = getattr(message, "provider_specific_fields", None) or {}
    return str(getattr(message, "refusal", None) or further.get("refusal") or "")


def is_filtered(error: Exception, module: Any) -> bool:
    """Whether the provider's content filter turned the whole request away."""
    body = getattr(error, "body", None)
    codes = {str(getattr(error, "code", None)), str(body.get("code")) if isinstance(body, dict) else ""}
    return isinstance(error, module.ContentPolicyViolationError) or not codes.isdisjoint(FILTER_CODES)


def declined(name: str, seconds: float) -> Answer:
    """What stands for the answer where the content filter turned the request away: nothing was said."""
    return Answer("", name, None, None, None, seconds, refused=True)
