"""Prints what a command says as JSON; imports nothing, as the models are for those who check."""

from __future__ import annotations

import json
import math
from typing import Any


def document_text(name: str, document: dict[str, Any]) -> str:
    """A document as it is printed.

    Args:
        name: which, as in `schema.documents`.
        document: plain values. A number that JSON does not have is told as null.
    """
    del name  # for those who check what is printed: the tests do
    try:
        return json.dumps(document, indent=2, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(document), indent=2, allow_nan=False)


def print_document(name: str, document: dict[str, Any]) -> None:
    """Print a document; see `document_text`."""
    print(document_text(name, document))  # noqa: T201 - a command prints


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
