"""Signs: phrases by which a rubric says what shows a level, or makes the answer to a criterion yes.

A sign is found where its words stand one after the other; case and punctuation aside. `*`
stands for one to four words, `{reference}` for the reference of the case, and what stands between slashes is a regular
expression.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pytest_evalbars.checks.wording import fold

REFERENCE = "{reference}"
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:'[^\W_]+)?|[=+*/<>-]")


def fault(sign: str) -> str | None:
    """What is wrong with a sign, if anything."""
    if _is_pattern(sign):
        try:
            re.compile(sign[1:-1])
        except re.error as error:
            return f"the sign {sign} is no regular expression: {error}"
    elif not re.search(r"\w", sign):
        return f"the sign {sign!r} has no word"
    return None


def found(sign: str, text: str, reference: str | None) -> str | None:
    """The place in a text where a sign is found, as it stands there.

    Args:
        sign: as the rubric has it.
        text: the answer, as it was given.
        reference: what `{reference}` stands for; without one such a sign is never found.
    """
    if _is_pattern(sign):
        match = re.search(sign[1:-1], text)
    elif REFERENCE in sign and not (reference or "").strip():
        return None
    else:
        match = _pattern(sign.replace(REFERENCE, reference or "")).search(fold(text))
    return match[0] if match else None


def _is_pattern(sign: str) -> bool:
    return len(sign) > 2 and sign[0] == sign[-1] == "/"


@lru_cache(maxsize=2048)
def _pattern(phrase: str) -> re.Pattern[str]:
    words = [_part(word) for word in _WORD.findall(fold(phrase))]
    return re.compile(r"(?<![\w/])" + r"[^\w!?]{0,3}".join(words) + r"(?![\w/])")


def _part(word: str) -> str:
    if word == "*":
        return r"(?<!\w)(?:\w+\W+){0,3}?\w+"
    return rf"(?<!\w){re.escape(word)}(?!\w)" if word[0].isalnum() else re.escape(word)
