"""What is wrong with a file of labels, of a review or of a calibration, in words."""

from __future__ import annotations

import json

from pydantic import ValidationError

from pytest_evalbars.safe import safe


def fault(error: Exception) -> str:
    """Why JSON is not what it should be, in a sentence without an end."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        words = safe(first["msg"], 200)
        return f"`{safe('.'.join(map(str, first['loc'])), 120)}`: {words[0].lower()}{words[1:]}"
    if isinstance(error, json.JSONDecodeError):
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        return f"not valid JSON: {error.msg} ({place})"
    if isinstance(error, RecursionError):
        return "nested too deeply to be read"
    return safe(error, 300)


def check_schema(given: object, known: int) -> None:
    """See that no newer version wrote it.

    Raises:
        ValueError: one did.
    """
    if type(given) is int and given > known:
        raise ValueError(f"its schema is {given}, this pytest-evalbars reads up to {known}; upgrade it")
