"""What an answer says, word for word: texts that it must or must not hold, patterns, length."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, TypeAlias

from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.sentences import sentences_of
from pytest_evalbars.checks.wording import bounded, fold, listed, quote, text_of, texts_of, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Least and most; None leaves that side open.
Range: TypeAlias = tuple[int | None, int | None]

#: A written word; each sign of a script without spaces counts as one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+(?:['\u2019-]\w+)*"
)


def contains(
    answer: str,
    texts: str | Iterable[str],
    *,
    need: Literal["all", "any"] = "all",
    words: bool = False,
    exact: bool = False,
) -> Result:
    """Does the answer hold this text, or all (or any) of these?

    Case, white space, compatibility forms, typographic quotes and dashes make no difference. A number matches whole:
    "30 days" is not in "130 days", nor "5" in "5.5".

    Args:
        answer: what the model wrote.
        texts: one text or several.
        need: whether all must be there or any one.
        words: match whole words only, so that "art" is not in "start".
        exact: compare character by character, nothing folded.

    Returns:
        The score is the share of texts found.
    """
    text, wanted = text_of(answer), texts_of(texts, "texts")
    if (endless := too_long(text)) is not None:
        return endless
    absent = [
        each for each, found in zip(wanted, _found(text, wanted, words=words, exact=exact), strict=True) if not found
    ]
    passed = not absent if _need(need) == "all" else len(absent) < len(wanted)
    said = "does not say" if need == "all" else "says none of"
    return Result(passed, 1 - len(absent) / len(wanted), "" if passed else f"{said}: {listed(map(quote, absent))}")


def excludes(answer: str, texts: str | Iterable[str], *, words: bool = False, exact: bool = False) -> Result:
    """Does the answer hold none of these texts? As `contains` compares; the score is the share that is absent."""
    text, banned = text_of(answer), texts_of(texts, "texts")
    if (endless := too_long(text)) is not None:
        return endless
    said = [each for each, found in zip(banned, _found(text, banned, words=words, exact=exact), strict=True) if found]
    return Result(not said, 1 - len(said) / len(banned), f"says: {listed(map(quote, said))}" if said else "")


def matches(answer: str, pattern: str | re.Pattern[str], *, flags: int = 0, whole: bool = False) -> Result:
    """Does a regular expression match somewhere in the answer?

    The text is taken as it is: nothing is folded. A pattern that backtracks without end on a hostile answer
    (nested repeats such as `(a+)+`) is its author's to avoid: Python's `re` cannot be stopped.

    Args:
        answer: what the model wrote.
        pattern: a regular expression of Python's `re`, as text or compiled.
        flags: of `re`, where the pattern is a text.
        whole: the answer, without white space around it, must match from its first to its last character.

    Raises:
        re.error: the pattern is none.
    """
    text, compiled = text_of(answer), re.compile(pattern, flags)
    found = compiled.fullmatch(text.strip()) if whole else compiled.search(text)
    if found:
        return Result(True, None)
    return Result(False, None, f"does not match {quote(compiled.pattern)}: {quote(text)}")


def length(
    answer: str,
    *,
    words: Range | int | None = None,
    characters: Range | int | None = None,
    sentences: Range | int | None = None,
) -> Result:
    """Is the answer neither too short nor too long? A range is (least, most), either None; a number is the most.

    Each Chinese or Japanese sign counts as a word. Characters are those of the composed form (NFC), without what
    is blank around the answer.
    """
    text = text_of(answer).strip()
    asked = {"words": words, "characters": characters, "sentences": sentences}
    limits = {unit: _range(limit, unit) for unit, limit in asked.items() if limit is not None}
    if not limits:
        raise ValueError("`length` was given no limit: say words=, characters= or sentences=")
    if (endless := too_long(text)) is not None:
        return endless
    problems = []
    for unit, (least, most) in limits.items():
        count = _count(text, unit)
        if least is not None and count < least:
            problems.append(f"{count:,} {unit}, fewer than {least:,}")
        if most is not None and count > most:
            problems.append(f"{count:,} {unit}, more than {most:,}")
    return Result(not problems, None, "; ".join(problems))


def _found(text: str, wanted: list[str], *, words: bool, exact: bool) -> list[bool]:
    folded = text if exact else fold(text)
    return [bool(_searcher(each if exact else fold(each), words=words).search(folded)) for each in wanted]


def _searcher(text: str, *, words: bool) -> re.Pattern[str]:
    before = r"(?<!\d)(?<!\d[.,])" if text[:1].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if text[-1:].isdigit() else ""
    if words:
        before, after = before + r"(?<!\w)", after + r"(?!\w)"
    return re.compile(before + re.escape(text) + after)


def _need(need: str) -> str:
    if need not in {"all", "any"}:
        raise ValueError(f'`need` is "all" or "any", not {need!r}')
    return need


def _range(limit: Range | int, unit: str) -> Range:
    least, most = (None, limit) if isinstance(limit, int) else limit
    if least is not None and most is not None and least > most:
        raise ValueError(f"`{unit}` can never fit: at least {least} and at most {most}")
    return least, most


def _count(text: str, unit: str) -> int:
    if unit == "characters":
        return len(unicodedata.normalize("NFC", bounded(text)))
    return sum(1 for _ in _WORD.finditer(text)) if unit == "words" else len(sentences_of(text))
