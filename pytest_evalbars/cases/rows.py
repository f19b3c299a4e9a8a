"""One row of a case file: what a test sees of it, and the rules for what may stand in it."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_evalbars.run.plan import QUARANTINED, STATUSES

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_evalbars.cases.quarantine import Quarantine

#: The keys that mean something to the plugin, and what they hold. All other keys of a row are the test's own.
RESERVED = {
    "id": (str, int),
    "category": (str,),
    "status": (str,),
    "dimension": (str, list),
    "labels": (dict,),
    "cluster": (str, int),
    "quarantine": (dict,),
}
MAX_ID_LENGTH = 200

#: Controls, line and paragraph breaks, overrides of the writing direction, halves of characters.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NO_LABELS: Mapping[str, str] = MappingProxyType({})


class CaseRow(Mapping[str, Any]):
    """One row of a case file: a read-only mapping of all its keys, `case["question"]`.

    Values are plain JSON values. Lists and dictionaries are copied on every access, so that no test can
    change what the next one reads. What the plugin reads stands in attributes, checked and in one form.
    Two rows are equal only if they are the same row; `dict(case)` is a copy to compare or to change.
    """

    __slots__ = (
        "_values",
        "category",
        "cluster",
        "dimensions",
        "id",
        "labels",
        "line",
        "path",
        "quarantine",
        "status",
    )

    _values: dict[str, Any]
    id: str
    category: str | None
    status: str | None
    dimensions: tuple[str, ...]
    labels: Mapping[str, str]
    cluster: str | None
    quarantine: Quarantine | None
    #: Where the row stands; lines count from 1.
    path: Path
    line: int

    def __init__(self, values: dict[str, Any], reserved: Mapping[str, Any], path: Path, line: int) -> None:
        """Take over `values`; `reserved` holds the checked reserved fields, None where one is absent."""
        put = object.__setattr__
        put(self, "_values", values)
        for field in ("id", "category", "status", "cluster", "quarantine"):
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
        raise ValueError(f'{shown(text)} holds "::", which separates the parts of a node id; write it otherwise')
    if not text.isprintable():
        raise ValueError(f"{shown(text)} holds a character that does not print; remove it")
    return text


def status(word: str) -> str:
    """One of the three words."""
    if word in STATUSES:
        return word
    if word == QUARANTINED:
        raise ValueError(
            '"quarantined" is not written as a status; give the row a `quarantine` of owner, reason, until'
        )
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
