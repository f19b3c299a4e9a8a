"""Changes cells of a CSV file: only the cells that must change, in the quotes that they have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_evalbars.lifecycle.spans import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A cell from its first character on: in quotes, which are doubled within, or without; and what ends it.
CELL = re.compile(r'("(?:[^"]++|"")*+"|[^,\r\n]*)(,|\r\n|\r|\n|\Z)')
MUST_BE_QUOTED = re.compile(r'[,"\r\n]|^\s|\s$')


def edits(text: str, wanted: Mapping[int, Mapping[str, Any]]) -> Iterator[Edit | tuple[int, str]]:
    """The edits that give rows other values; or a row's number, and why its change cannot be made.

    Args:
        text: the file's, known to be valid.
        wanted: new values of keys, by the number of the row; None takes a key away, which empties its cells.
    """
    table = _table(text)
    header = [_value(text[start:end]) for start, end in next(table, [])]
    for row, cells in enumerate(table):
        values = _flat(wanted.get(row, {}))
        missing = [column for column, value in values.items() if column not in header and value]
        if missing:
            columns = ", ".join(f'"{column}"' for column in missing)
            which = "columns" if len(missing) > 1 else "a column"
            yield row, f"the file has nowhere to write it; add {which} {columns}"
            continue
        for column, value in values.items():
            if column in header:
                start, end = cells[header.index(column)]
                yield Edit(start, end, _cell(value, quoted=text[start : start + 1] == '"'))


def _flat(values: Mapping[str, Any]) -> dict[str, str]:
    """What each column is to hold: a mapping has a column for every key."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if key == "quarantine":
            flat |= {f"{key}.{part}": (value or {}).get(part, "") for part in ("owner", "reason", "until")}
        else:
            flat[key] = value or ""
    return flat


def _table(text: str) -> Iterator[list[tuple[int, int]]]:
    """The cells of every row that is not empty, as spans of the text."""
    cells: list[tuple[int, int]] = []
    place = 0
    while place < len(text) or cells:
        match = CELL.match(text, place)
        if match is None:  # a text that the reader refuses
            return
        cells.append(match.span(1))
        place = match.end()
        if match[2] != ",":
            if any(_value(text[start:end]) for start, end in cells):
                yield cells
            cells = []


def _value(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _cell(value: str, *, quoted: bool) -> str:
    return '"{}"'.format(value.replace('"', '""')) if quoted or MUST_BE_QUOTED.search(value) else value
