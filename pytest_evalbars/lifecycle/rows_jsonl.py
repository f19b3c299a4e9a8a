"""Changes keys of rows in JSONL: of a line only the value that must change, or the key that must come or go."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_evalbars.lifecycle.spans import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPACE = re.compile(r"[ \t\r\n]*")


class Pair(NamedTuple):
    """Where a key of the row and its value stand, as offsets into the text."""

    start: int
    colon: int
    value: int
    end: int


def edits(text: str, wanted: Mapping[int, Mapping[str, Any]]) -> Iterator[Edit | tuple[int, str]]:
    """The edits that give rows other values.

    Args:
        text: the file's, known to be valid.
        wanted: new values of keys, by the number of the row; None takes a key away.
    """
    start, row = 0, 0
    for line in text.split("\n"):
        if line and not line.isspace():
            if row in wanted:
                yield from _row(text, start, wanted[row], ascii_only=line.isascii())
            row += 1
        start += len(line) + 1


def _row(text: str, start: int, wanted: Mapping[str, Any], *, ascii_only: bool) -> Iterator[Edit]:
    pairs = _pairs(text, start)
    names = list(pairs)
    place = pairs["id"]
    colon = text[place.colon : place.value]
    after = [pairs[name].start for name in names if pairs[name].start > place.end][:1]
    before = [pairs[name].end for name in names if pairs[name].end < place.start][-1:]
    comma = ", " if colon.endswith(" ") else ","
    if after:
        comma = text[place.end : after[0]]
    elif before:
        comma = text[before[0] : place.start]
    for key, value in wanted.items():
        words = _words(value, colon, comma, ascii_only=ascii_only)
        if key in pairs and value is None:
            yield _without(pairs, names, key)
        elif key in pairs:
            yield Edit(pairs[key].value, pairs[key].end, words)
        elif value is not None:
            at = pairs["status"].end if "status" in pairs else place.end
            yield Edit(at, at, f"{comma}{json.dumps(key)}{colon}{words}")


def _pairs(text: str, start: int) -> dict[str, Pair]:
    """Where the keys of the object that begins at `start` stand; what stands within their values is passed over."""
    decoder, pairs = json.JSONDecoder(), {}
    place = _past(text, start) + 1
    while text[place := _past(text, place)] != "}":
        if text[place] == ",":
            place = _past(text, place + 1)
        key, colon = decoder.raw_decode(text, place)
        value = _past(text, _past(text, colon) + 1)
        _, end = decoder.raw_decode(text, value)
        pairs[key] = Pair(place, colon, value, end)
        place = end
    return pairs


def _past(text: str, place: int) -> int:
    match = SPACE.match(text, place)
    return match.end() if match else place


def _without(pairs: Mapping[str, Pair], names: list[str], key: str) -> Edit:
    place = names.index(key)
    if place:
        return Edit(pairs[names[place - 1]].end, pairs[key].end, "")
    return Edit(pairs[key].start, pairs[names[1]].start, "")


def _words(value: Any, colon: str, comma: str, *, ascii_only: bool) -> str:
    """A value as the row writes its own: with its spaces, and escaped if all of it is."""
    tight = (comma if not comma.strip(" ,") else ", ", colon if not colon.strip(" :") else ": ")
    return json.dumps(value, ensure_ascii=ascii_only, separators=tight)
