"""What a run recorded, as text that is safe in a sheet: nothing in it runs, colours or turns the line around."""

from __future__ import annotations

import json
import math
import re
from typing import Any

#: What an answer is made of for a rater, in the order in which it is read.
FIELDS = ("input", "output", "context", "reference")
#: Controls other than tabs and line breaks, overrides of the writing direction, halves of characters. The marks that
#: right-to-left writing needs stay.
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
HALF = re.compile(r"[\ud800-\udfff]")
BREAK = re.compile(r"\r\n?")
#: What a rater reads where the model said nothing.
EMPTY = "(empty)"


def words_of(value: object) -> str:
    """Plain JSON as a rater reads it, in full: a text as it is, a pair one after the other, anything else as JSON."""
    if isinstance(value, dict) and set(value) == {"first", "second"}:
        return "\n\n".join(f"[{name}]\n{words_of(value[name])}" for name in ("first", "second"))
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return _escaped(BREAK.sub("\n", words)) or EMPTY


def _escaped(words: str) -> str:
    """Unsafe characters appear as their escapes."""
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), words)


def whole(value: Any) -> Any:
    """Plain JSON that any tool reads: halves of characters appear as their escapes, infinite numbers as words."""
    if isinstance(value, str):
        return HALF.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, dict):
        return {whole(str(key)): whole(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return [whole(each) for each in value] if isinstance(value, list) else value
