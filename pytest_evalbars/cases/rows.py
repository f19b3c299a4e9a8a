"""One row of a case file: what a test sees of it, and the rules for what may stand in it."""

from __future__ import annotations

import difflib
import functools
import math
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

STATUSES = ("capability", "regression", "saturated")
#: The keys that mean something to the plugin, and what they hold. All other keys of a row are the test's own.
RESERVED = {
    "id": (str, int),
    "category": (str,),
    "status": (str,),
    "dimension": (str, list),
    "labels": (dict,),
    "cluster": (str, int),
}
MAX_ID_LENGTH = 200

#: Controls, line and paragraph breaks, overrides of the writing direction, halves of characters.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: What YAML means besides texts, read narrowly: dates, `no`, `1e5` and `007` stay texts.
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {form(word): value for word, value in _WORDS.items() for form in (str.upper, str.capitalize)}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BROKEN = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NO_LABELS: Mapping[str, str] = MappingProxyType({})


class CaseRow(Mapping[str, Any]):
    """One row of a case file: a read-only mapping of all its keys, `case["question"]`.

    Values are plain JSON values. Lists and dictionaries are copied on every access, so that no test can
    change what the next one reads. What the plugin reads stands in attributes, checked and in one form.
    Two rows are equal only if they are the same row; `dict(case)` is a copy to compare or to change.
    """

    __slots__ = ("_values", "category", "cluster", "dimensions", "id", "labels", "line", "path", "status")

    _values: dict[str, Any]
    id: str
    category: str | None
    status: str | None
    dimensions: tuple[str, ...]
    labels: Mapping[str, str]
    cluster: str | None
    #: Where the row stands; lines count from 1.
    path: Path
    line: int

    def __init__(self, values: dict[str, Any], reserved: Mapping[str, Any], path: Path, line: int) -> None:
        """Take over `values`; `reserved` holds the checked reserved fields, None where one is absent."""
        put = object.__setattr__
        put(self, "_values", values)
        for field in ("id", "category", "status", "cluster"):
            put(self, field, reserved[field])
        put(self, "dimensions", reserved["dimension"] or ())
        put(self, "labels", MappingProxyType(reserved["labels"]) if reserved["labels"] else _NO_LABELS)
        put(self, "path", path)
        put(self, "line", line)

    def __getitem__(self, key: str) -> Any:
        try:
            return _copied(self._values[key])
        except KeyError as error:
            error.add_note(f"{self!r} ({self.path.name}, line {self.line}) has {', '.join(map(shown, self))}")
            raise

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{self!r} is read-only; change a copy of it, dict(case)")

    def __repr__(self) -> str:
        return f"<case {self.id}>"


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


# -- rules for reserved fields; each raises a ValueError that says what is wrong and how to mend it -----


def name(text: str) -> str:
    """A name that reports can show, and that white space cannot tell from another."""
    if not text:
        raise ValueError("is empty; write a name, or leave it out")
    if text != text.strip():
        raise ValueError(f"{shown(text)} starts or ends with white space; remove it")
    if found := _UNFIT.search(text):
        raise ValueError(f"{shown(text)} holds a control character (U+{ord(found[0]):04X}); remove it")
    return text


def case_id(text: str) -> str:
    """An id that can be part of pytest's node id, and that a person can type again."""
    if not text:
        raise ValueError("is empty; give each row an id of its own, which stays when rows are moved")
    if len(text) > MAX_ID_LENGTH:
        raise ValueError(f"{shown(text)} has {len(text)} characters; {MAX_ID_LENGTH} are allowed")
    if "::" in name(text):
        raise ValueError(
            f'{shown(text)} holds "::", which separates the parts of a node id; write it otherwise'
        )
    if not text.isprintable():
        raise ValueError(f"{shown(text)} holds a character that does not print; remove it")
    return text


def status(word: str) -> str:
    """One of the three words."""
    if word in STATUSES:
        return word
    hint = f'; did you mean "{nearest}"?' if (nearest := _near_status(word)) else ""
    raise ValueError(f"{shown(word)} is not a status{hint} (capability, regression or saturated)")


def dimensions(names: list[str]) -> tuple[str, ...]:
    """At least one name, each once."""
    if not names:
        raise ValueError("is an empty list; name a dimension, or leave it out")
    return tuple(dict.fromkeys(names))


def label_key(key: str) -> str:
    """A key other than those that bars select by without `labels`."""
    if key != "id" and key in RESERVED:
        raise ValueError("is a field of the row itself, not a label; move it out of the labels")
    return name(key)


def label_value(value: object) -> str:
    """The text that bars and reports know a label's value by."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a text, a number, true or false")  # noqa: TRY004 - for pydantic
    return name(value)


def misspelt(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first key that is most likely meant to be a reserved one, and which.

    Keys are free, so much must speak for it: the reserved key is absent, the two differ by case, by a swap or
    by a letter, and the value would do for the reserved key. The `{"label": "spam"}` of a classifier is no
    mistake.
    """
    for key, value in row.items():
        meant = None if key in RESERVED else near_reserved(key)
        if not meant or meant in row or not isinstance(value, RESERVED[meant]):
            continue
        if meant != "status" or _near_status(str(value)):
            return key, meant
    return None


def near_reserved(key: str) -> str | None:
    """The reserved key that `key` is almost."""
    return _near(key.strip().casefold()) if len(key) <= 12 else None


@functools.lru_cache(maxsize=1000)
def _near(key: str) -> str | None:
    for meant in RESERVED:
        if abs(len(key) - len(meant)) > 1:
            continue
        likeness = difflib.SequenceMatcher(None, key, meant).ratio()
        if likeness >= 0.85 or (likeness >= 0.8 and sorted(key) == sorted(meant)):
            return meant
    return None


def _near_status(word: str) -> str | None:
    return next(iter(difflib.get_close_matches(word[:40].strip().casefold(), STATUSES, n=1)), None)


# -- rules for values, by format ------------------------------------------------------------------------


class UnfitError(ValueError):
    """A value that its format allows, but no row can hold."""


def unique(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """A JSON object or a YAML mapping; each key stands once, and is a text."""
    found = {key: value for key, value in pairs if isinstance(key, str)}
    if len(found) < len(pairs):
        seen = set()
        for key, _ in pairs:
            if not isinstance(key, str):
                raise UnfitError(f"{shown(key)} is a key but not a text; put it in quotes")
            if key in seen:
                raise UnfitError(f"the key {shown(key)} stands twice; keep one of them")
            seen.add(key)
    return found


def finite(text: str) -> float:
    """A number that JSON knows: neither infinite nor NaN."""
    number = math.nan if text[-1].isalpha() else float(text)
    if not math.isfinite(number):
        raise UnfitError(f"{text[:20]} is not a number that a test can use; write null, or put it in quotes")
    return number


def from_plain(text: str) -> Any:
    """What a YAML text without quotes means."""
    if _WHOLE.fullmatch(text) and len(text) <= 4000:
        return int(text)
    return finite(text) if _BROKEN.fullmatch(text) else _WORDS.get(text, text)


def wrong_header(header: list[str]) -> str | None:
    """What is wrong with the column names of a CSV file."""
    seen = set()
    for place, column in enumerate(header, 1):
        head, dot, key = column.partition(".")
        if not column.strip():
            return f"column {place} has no name; name it, or delete it"
        if column in seen:
            return f"the column {shown(column)} stands twice; rename or delete one"
        if column == "labels" or (dot and head != "labels" and near_reserved(head) == "labels"):
            return f'the column {shown(column)}: did you mean "labels.{printable(key, 60) or "language"}"?'
        seen.add(column)
    if not header or "id" in header:
        return None
    mend = "give each row an id of its own, which stays when rows are moved"
    if ";" in header[0] or "\t" in header[0]:
        mend = "save the file with commas between its cells"
    elif near := [column for column in header if near_reserved(column) == "id"]:
        mend = f"rename {shown(near[0])} if it is meant"
    return f'has no column "id"; {mend}'


def from_cells(header: list[str], cells: list[str]) -> dict[str, Any]:
    """A CSV row in the form that JSONL would give it."""
    row: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=True):
        label = column.removeprefix("labels.")
        if label == column and (column == "id" or column not in RESERVED):
            row[column] = cell
        elif cell.strip() and label != column:
            row.setdefault("labels", {})[label] = cell
        elif cell.strip():
            parts = [part.strip() for part in cell.split(";") if part.strip()]
            row[column] = parts if column == "dimension" and ";" in cell else cell
    return row


# -- words for messages ---------------------------------------------------------------------------------


def shown(value: object) -> str:
    """A value of a file in a message: short, and without anything that a terminal would obey."""
    if isinstance(value, str):
        return f'"{printable(value, 60)}"'
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "null" if value is None else printable(str(value), 60).lower()


def printable(text: str, length: int = 1000) -> str:
    """`text`, shortened, with escapes for what does not print."""
    short = text if len(text) <= length else f"{text[:length]}..."
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)
