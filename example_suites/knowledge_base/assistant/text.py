"""Words: how a text is cut into sentences, tokens and stems."""

import re
from pathlib import Path

#: Words that tell nothing about the subject of a text.
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split())

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_TOKEN = re.compile(r"[a-z0-9]+(?:[.,:][0-9]+)*(?:['-][a-z0-9]+)*")
_ENDINGS = (
    *("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied"),
    *("ers", "er", "ed", "es", "ly", "s", "e", "y"),
)


def sentences(text: str) -> list[str]:
    """The sentences of a running text."""
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


def tokens(text: str) -> list[str]:
    """The words and numbers of a text in lower case; `1,500` becomes `1500`."""
    return [token.replace(",", "") for token in _TOKEN.findall(text.lower())]


def numbers(text: str) -> set[str]:
    """The tokens that hold a digit: amounts, dates, times, product numbers."""
    return {token for token in tokens(text) if any(sign.isdigit() for sign in token)}


def stems(text: str) -> list[str]:
    """The stems of all tokens that carry meaning."""
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its ending, so that `invoices`, `invoiced` and `invoicing` meet."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            return word.removesuffix(ending)
    return word
