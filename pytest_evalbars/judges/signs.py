"""Signs: phrases by which a rubric says what shows a level, or what makes a criterion yes.

A sign is found where its words stand one after the other, whatever their case and punctuation. `*` stands for one to
four words, `{reference}` for the reference of the case; what stands between slashes is a regular expression.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_evalbars.checks.wording import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def first(signs: Iterable[str], text: str, reference: str | None) -> str | None:
    """What the first sign that is found reads like in a text; None if none is.

    Args:
        signs: as the rubric has them.
        text: the answer.
        reference: what `{reference}` stands for; without one such a sign is never found.
    """
    folded = fold(text)
    return next(filter(None, (_found(sign, text, folded, reference) for sign in signs)), None)


def _found(sign: str, text: str, folded: str, reference: str | None) -> str | None:
    if _is_pattern(sign):
        match = re.search(sign[1:-1], text)
    elif REFERENCE in sign and not (reference or "").strip():
        return None
    else:
        match = _pattern(sign.replace(REFERENCE, reference or "")).search(folded)
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
