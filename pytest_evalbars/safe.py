"""Escapes what models and case files wrote before a person's terminal or a tool's markup sees it."""

from __future__ import annotations

import re

#: Controls, line breaks that are not ours, overrides of the writing direction, halves of characters.
UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def safe(words: object, length: int = 10_000) -> str:
    """One line that can neither colour nor move anything: unsafe characters appear as their escapes."""
    line = " ".join(str(words).split("\n")) if "\n" in str(words) else str(words)
    line = UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), line)
    return line if len(line) <= length else f"{line[: length - 3]}..."
