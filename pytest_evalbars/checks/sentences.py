"""How a text is cut into sentences, clauses and stems."""

from __future__ import annotations

import re
from functools import lru_cache

from pytest_evalbars.checks.phrases import words
from pytest_evalbars.checks.wording import fold

#: An end of a sentence: its mark with closing quotes, then white space before what may begin the next one; a line
#: that ends a paragraph, a list item or a heading.
_END = re.compile(
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]*_])|(?<=[.!?…][*_][*_]))[ \t]+(?=[\"'“‘(\[*_¿¡]*[^\W_a-z])"  # noqa: RUF001
    r"|(?<=[。！？])(?![」』”’）])"  # noqa: RUF001
    r"|\n[ \t]*(?:\n\s*|(?=(?:[-*•#>|]+|\d{1,3}[.)])[ \t]))"
)
#: What ends in a full stop and no sentence.
_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|jr|vs|e\.g|i\.e|cf|approx|inc|ltd|corp|dept|jan|feb|aug|sept?|oct|nov|dec|z\.b|bzw|ca|sra?)"
    r"|(?:^|[\s.(])[a-z]|^\s*\d{1,3})\.$",
    re.IGNORECASE | re.MULTILINE,
)
#: What ends in a full stop and no sentence where a number follows.
_NUMBERED = re.compile(r"\b(?:no|nr|art|sec|fig|vol|pp?|ch|est|mar|apr|jun|jul)\.$", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:(?:[-*•#>|]+|\d{1,3}[.)])[ \t]+)+")
_CLAUSE = re.compile(
    r"[;:()—]|\s[–-]\s|,|\b(?:but|however|although|though|while|whereas|unless|except|and|or|because|since|if)\b"  # noqa: RUF001
)
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_ENDINGS = (
    *("ations", "ation", "ments", "ment", "nesses", "ness", "ings", "ing", "ies", "ied", "ables", "able", "ally"),
    *("ions", "ion", "ers", "er", "ed", "es", "ly", "s", "e", "y"),
)
_NO_NEGATION = re.compile(
    r"\b(?:no (?:later|more|less|fewer|longer|earlier|sooner|higher|lower) than|"
    r"not (?:only|just|merely|later than|more than)|"
    r"no (?:doubt|problem|matter)|without (?:exception|doubt|fail|limit))\b"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends, white space around it left out."""
    spans, start = [], 0
    for end in _END.finditer(text):
        if end[0] and "\n" not in end[0] and _goes_on(text, max(start, end.start() - 9), end):
            continue
        spans.append((start, end.start()))
        start = end.end()
    spans.append((start, len(text)))
    return [(first, last) for first, last in spans if any(sign.isalnum() for sign in text[first:last])]


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    numbered = text[end.end() : end.end() + 1].isdigit() and _NUMBERED.search(text, start, end.start())
    return bool(numbered or _ABBREVIATED.search(text, start, end.start()))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text: by punctuation, list items and paragraphs, without the marks of lists."""
    return [_ITEM.sub("", text[first:last]).strip() for first, last in sentence_spans(text)]


def tokens(text: str) -> list[str]:
    """The folded words and numbers of a text; `1,500` becomes `1500`."""
    return [
        re.sub(r",(?=\d{3})", "", token) if token[0].isdigit() else token.removesuffix("'s")
        for token in _TOKEN.findall(fold(text))
    ]


def numbers_in(text: str) -> set[str]:
    """The numbers of a text as they are compared: `1,500.00` and `1500` are one."""
    found = (token for token in tokens(text) if token[0].isdigit())
    return {number.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", number) else number for number in found}


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning; numbers and what negates are left to others."""
    stop = words("stop")
    return [
        stem(token) for token in tokens(text)
        if not token[0].isdigit() and token not in stop and not _negates(token)
    ]  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """An English word without its ending, so that `invoices`, `invoiced` and `invoicing` meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            word = word.removesuffix(ending)
            return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeious" else word
    return word


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence, each of which affirms or denies for itself."""
    return [part for part in _CLAUSE.split(fold(sentence)) if stems(part)]


def negated(clause: str) -> bool:
    """Does the clause deny what it speaks of?"""
    return any(_negates(token) for token in tokens(_NO_NEGATION.sub(" ", fold(clause))))


def _negates(token: str) -> bool:
    return token in words("negating") or token.endswith("n't")
