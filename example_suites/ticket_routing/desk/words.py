"""Words: how a ticket is cut into the terms that the classifier counts."""

import re
from pathlib import Path

#: Words that tell nothing about the subject of a ticket.
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split())

_WORD = re.compile(r"[a-z]+")
_ENDINGS = (
    *("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied"),
    *("ers", "er", "ed", "es", "ly", "s", "e", "y"),
)


def terms(text: str) -> list[str]:
    """The stems of all words that carry meaning; numbers and names of orders fall away."""
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its ending, so that `invoices`, `invoiced` and `invoicing` meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            return word.removesuffix(ending)
    return word
