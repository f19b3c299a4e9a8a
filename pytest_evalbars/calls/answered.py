"""What a model answered, read from litellm's response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def answer_of(response: Any, name: str, seconds: float) -> Answer:
    """Read a response.

    Args:
        response: litellm's.
        name: of the model that was asked, where the response does not name it.
        seconds: how long it took.
    """
    choice = next(iter(getattr(response, "choices", None) or ()), None)
    message = getattr(choice, "message", None)
    refusal, reason = _refusal(message), getattr(choice, "finish_reason", None)
    content = getattr(message, "content", None) or refusal or ""
    usage = getattr(response, "usage", None)
    tokens_in, tokens_out = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    hidden = getattr(response, "_hidden_params", None) or {}
    cost = hidden.get("response_cost")
    if not tokens_in:  # no prompt is empty: litellm fills in what a provider leaves out
        tokens_in = tokens_out = cost = None
    return Answer(
        text=content if isinstance(content, str) else str(content),
        model=str(getattr(response, "model", None) or name),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_usd=cost,
        seconds=seconds,
        refused=bool(refusal) or reason in FILTERED,
        cut_off=reason in CUT_OFF,
    )


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
