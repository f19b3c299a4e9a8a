"""Keeps keys out of what is told of a call: providers quote them in their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.redaction import SECRET_LENGTH, SECRET_WORDS, redacted
from pytest_evalbars.redaction.shapes import EAGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HIDDEN = "[key]"


def without_keys(text: str, parameters: Mapping[str, Any]) -> str:
    """The text without the keys among a call's parameters, those of the environment, and what looks like one."""
    for secret in sorted(set(_secrets_of(parameters)), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return EAGER.sub(HIDDEN, redacted(text))


def _secrets_of(parameters: Mapping[str, Any]) -> Iterator[str]:
    """The values of secret parameters, also of those within others, as headers are."""
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from _secrets_of(value)
        elif isinstance(value, str) and _holds_secret(str(name)):
            yield from (part for part in (value, value.rpartition(" ")[2]) if len(part) >= SECRET_LENGTH)


def _holds_secret(name: str) -> bool:
    words = set(name.upper().replace("-", "_").split("_"))
    return not words.isdisjoint(SECRET_WORDS | {"AUTHORIZATION", "COOKIE"})
