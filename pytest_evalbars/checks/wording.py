"""What checks share: inputs that must be texts, texts made comparable, short quotes for reasons."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from pytest_evalbars.checks.result import Result
from pytest_evalbars.safe import safe
from pytest_evalbars.slips import slip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A reason quotes at most so many characters of each text.
QUOTED = 80
#: Checks that look at every word or number read no longer texts.
MOST = 1_000_000
#: Texts below this length are normalised as they are: no order of marks can take long there.
_SHORT = 2_000
#: Longest run of combining marks that is kept in a longer text (Unicode's Stream-Safe Text Format, UAX 15).
_MARKS_KEPT = 30

#: Typographic quotes and dashes as typed ones; what is invisible (soft hyphens, joiners, direction) is left out.
_TYPED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ′`´", "'"),  # noqa: RUF001
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—−﹣－", "-"),  # noqa: RUF001
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c"),
        **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    }
)


def text_of(answer: object, name: str = "answer") -> str:
    """The text itself.

    Raises:
        TypeError: it is no text. That is a mistake of the test, so it must not look like a miss of the model.
    """
    if isinstance(answer, str):
        return answer
    if wrong := slip(answer):
        raise TypeError(f"a check reads text, and `{name}` is {safe(wrong)}")
    raise TypeError(f"a check reads text, and `{name}` is {type(answer).__name__}: {safe(repr(answer), QUOTED)}")


def texts_of(texts: str | Iterable[str], name: str) -> list[str]:
    """One or several texts as a list.

    Raises:
        TypeError: one of them is no text.
        ValueError: there is none, or one is blank, so that every answer would do.
    """
    found = [texts] if isinstance(texts, str) else [text_of(text, name) for text in texts]
    if not found or not all(text.strip() for text in found):
        raise ValueError(f"`{name}` holds {'a blank text' if found else 'no text'}: say what to look for")
    return found


def sources_of(sources: str | Iterable[str] | Mapping[str, str]) -> dict[str, str]:
    """Sources by their names: a mapping's keys; "1", "2" ... for a list or a single text."""
    if isinstance(sources, str):
        sources = [sources]
    pairs = sources.items() if hasattr(sources, "items") else enumerate(sources, 1)
    named = {str(name): text_of(text, f"sources[{name!r}]") for name, text in pairs}
    if not named:
        raise ValueError("`sources` is empty: nothing could be supported; give at least one text")
    return named


def fold(text: str) -> str:
    """A text as it is compared: compatibility forms, case, white space and typography folded."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", bounded(text)).translate(_TYPED)
        text = unicodedata.normalize("NFKC", bounded(text.casefold()))
    return " ".join(text.casefold().split())


def bounded(text: str) -> str:
    """The text without endless runs of combining marks, which take quadratic time to put in order."""
    return text if len(text) < _SHORT else _marks().sub(lambda run: run[0][:_MARKS_KEPT], text)


@cache
def _marks() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
    return re.compile(f"[{marks}]{{{_MARKS_KEPT + 1},}}")


def too_long(text: str, most: int = MOST) -> Result | None:
    """A miss, if the text is longer than any answer that somebody would read."""
    if len(text) <= most:
        return None
    return Result(False, None, f"is {len(text):,} characters long, too long to be checked (most {most:,})")


def quote(text: str, length: int = QUOTED) -> str:
    """A short quote, safe to print."""
    return f'"{safe(" ".join(text[: 4 * length].split()), length)}"'


def listed(words: Iterable[str], most: int = 4) -> str:
    """A short list; what is left out is counted."""
    found = list(words)
    rest = len(found) - most
    return "; ".join(found[:most]) + (f"; and {rest} more" if rest > 0 else "")


#: Possessive, so that no line of endless backticks takes quadratic time.
_FENCE = re.compile(
    r"^[ \t]*+(`{3,}+|~{3,}+)[ \t]*+([\w+#.-]*+)[^\n]*+\n(.*?)(?:^[ \t]*+\1[ \t]*+$|\Z)", re.DOTALL | re.MULTILINE
)


def fenced(text: str, *languages: str) -> list[str]:
    """The contents of Markdown's fenced blocks that name one of these languages, else of those that name none.

    A last block without an end runs to the end of the text, as of an answer that was cut off.
    """
    blocks = [(block[2].casefold(), block[3]) for block in _FENCE.finditer(text.replace("\r\n", "\n"))]
    return [body for name, body in blocks if name in languages] or [body for name, body in blocks if not name]
