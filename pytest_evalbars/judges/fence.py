"""The fence around what is judged: data that no text within can leave.

A field stands on three lines of its own, whatever is in it:

    <<<DATA answer 0f3a...>>>
    "one JSON string, without a line break"
    <<<END answer 0f3a...>>>

The digest is of the field's name and content, so that the same data make the same prompt, and no content can hold the
digest of itself. Nor can it hold a mark: brackets are escaped, as are quotes, controls, signs that cannot be seen or
that turn the direction of writing, and whatever Unicode says is a bracket or a quote. Letters of all languages stay
as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pytest_evalbars.errors import JudgeError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Characters of one field that a judge is shown.
MOST = 100_000
#: Fields whose end may be left out, with a note. A verdict on a part of an answer is none on the answer: what was
#: left out could be what is wrong with it.
MAY_BE_CUT = ("context",)

#: What is looked at by itself; all else is plain ASCII.
_DOUBTFUL = re.compile(r'[^ -~]|["\\<>\[\]]')
#: What nobody can see among letters, marks and hyphens: fillers, joiners and selectors.
_UNSEEN = re.compile(
    r"[\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
#: A version of Unicode that every Python has: a prompt is the same whichever one builds it. What is newer is escaped.
_CATEGORY = unicodedata.ucd_3_2_0.category
_KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No", "Pc", "Pd", "Po", "Sc", "So"})
_MARK = re.compile(r"<<<(DATA|END) ([a-z]+) ([0-9a-f]{32})>>>")
_BREAKS = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def words_of(value: object) -> str:
    """What is judged, as text: a text as it is, a pydantic model and other objects as JSON.

    Halves of characters become U+FFFD: they are no text, and no model can be sent them.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump_json(indent=1)
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return words if words.isascii() else words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encoded(words: str) -> str:
    """The text as a JSON string on one line, that holds no mark and nothing that cannot be seen."""
    return f'"{_DOUBTFUL.sub(lambda match: _escaped(match[0]), words)}"'


@lru_cache(maxsize=4096)
def _escaped(sign: str) -> str:
    if sign in _BREAKS:
        return _BREAKS[sign]
    if not sign.isascii() and _CATEGORY(sign) in _KEPT and not _UNSEEN.match(sign):
        return sign
    pair = sign.encode("utf-16-be")
    return "".join(f"\\u{pair[place]:02x}{pair[place + 1]:02x}" for place in range(0, len(pair), 2))


def digest(field: str, content: str) -> str:
    """What the marks of a field carry.

    Args:
        field: its name.
        content: the JSON string within.
    """
    return hashlib.sha256(f"{field}\n{content}".encode()).hexdigest()[:32]


def fence(field: str, words: str) -> str:
    """The three lines of one field; where its end is left out, one more before them says so.

    Raises:
        JudgeError: it is too long to be judged.
    """
    note = ""
    if len(words) > MOST:
        if field not in MAY_BE_CUT:
            raise JudgeError(
                f"{field} has {len(words):,} characters, and a judge is shown {MOST:,}: a verdict on a part of it "
                "would be none on the whole; judge its parts in cases of their own, or by code checks"
            )
        note = f"(The last {len(words) - MOST} of {len(words)} characters of {field} are left out.)\n"
        words = words[:MOST]
    content = encoded(words)
    mark = f"{field} {digest(field, content)}"
    return f"{note}<<<DATA {mark}>>>\n{content}\n<<<END {mark}>>>"


def fenced(fields: Iterable[tuple[str, Any]]) -> str:
    """Fields, each in a fence of its own; what is None is left out."""
    return "\n".join(fence(name, words_of(value)) for name, value in fields if value is not None)


def left_out(fields: Iterable[tuple[str, Any]]) -> dict[str, int]:
    """Of each field that `fenced` shows only a part of, how many characters are left out."""
    lengths = {name: len(words_of(value)) for name, value in fields}
    return {name: length - MOST for name, length in lengths.items() if length > MOST}


def unfenced(text: str) -> tuple[dict[str, str], list[str]]:
    """The fields of a text, and its lines that are in no fence: what `fenced` put in, read strictly.

    Raises:
        ValueError: a mark is not where it belongs, or its digest is not that of its content.
    """
    fields: dict[str, str] = {}
    outside: list[str] = []
    lines = iter(text.split("\n"))
    for line in lines:
        mark = _MARK.fullmatch(line)
        if mark is None:
            outside.append(line)
            continue
        content, end = next(lines, ""), next(lines, "")
        field = mark[2]
        if mark[1] != "DATA" or end != f"<<<END {field} {mark[3]}>>>" or digest(field, content) != mark[3]:
            raise ValueError(f"a broken fence: {line}")
        if field in fields:
            raise ValueError(f"the field {field} stands twice")
        fields[field] = json.loads(content)
    return fields, outside
