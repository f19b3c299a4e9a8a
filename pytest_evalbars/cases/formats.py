"""The formats of case files: what stands in a text, as plain values with their lines, in its order."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pytest_evalbars.cases.rows import RESERVED, near_reserved, printable, shown

#: Reserved keys that are mappings, in CSV one column for each of their keys, and such a key.
MAPPINGS = {"labels": "language", "quarantine": "owner"}
#: What YAML means besides texts, read narrowly: dates, `no`, `1e5` and `007` stay texts.
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {form(word): value for word, value in _WORDS.items() for form in (str.upper, str.capitalize)}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BROKEN = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class Problem(NamedTuple):
    words: str
    line: int | None = None
    field: str | None = None


class Found(NamedTuple):
    values: Any
    line: int


Finds = Iterator[Found | Problem]


def _jsonl(text: str) -> Finds:
    number = finite
    decoder = json.JSONDecoder(object_pairs_hook=unique, parse_float=number, parse_constant=number)
    for line, content in enumerate(text.split("\n"), 1):
        if not content or content.isspace():
            continue
        try:
            yield Found(decoder.decode(content), line)
        except json.JSONDecodeError as error:
            words = f"not valid JSON: {error.msg} (column {error.colno}); a row is one object on one line"
            yield Problem(words, line)
        except UnfitError as error:
            yield Problem(str(error), line)
        except ValueError:
            yield Problem("holds a number of too many digits; put it in quotes", line)
        except RecursionError:
            yield Problem("is nested too deeply to be read", line)


def _csv(text: str) -> Finds:
    finds: list[Found | Problem] = []
    line = 1
    # The default refuses the long documents that evals like to hold.
    limit = csv.field_size_limit(len(text) + 1)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next((cells for cells in reader if any(cells)), [])
        if wrong := wrong_header(header):
            return iter([Problem(wrong, reader.line_num)])
        line = reader.line_num + 1
        for cells in reader:
            if any(cells) and len(cells) != len(header):
                words = f'has {len(cells)} cells, the header {len(header)}; quote texts with commas: "a, b"'
                finds.append(Problem(words, line))
            elif any(cells):
                finds.append(Found(from_cells(header, cells), line))
            line = reader.line_num + 1
    except csv.Error as error:
        words = f'not valid CSV: {error}; a text with a quote is quoted, and its quotes doubled: "a ""b"""'
        finds.append(Problem(words, line))
    finally:
        csv.field_size_limit(limit)
    return iter(finds)


def yaml_table(text: str) -> Found | Problem:
    """The one mapping that a YAML text holds, read as narrowly as a file of rows."""
    return next(_yaml(text, _yaml_mapping), Problem("is empty"))


def _yaml(text: str, read: Callable[[Iterator[Any]], Finds] | None = None) -> Finds:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError:
        yield Problem("reading YAML needs PyYAML; pip install 'pytest-evalbars[yaml]'")
        return
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        yield from (read or _yaml_rows)(event for event in events if _kind(event) not in _FRAME)
    except yaml.MarkedYAMLError as error:
        words = f"not valid YAML: {printable(str(error.problem))}; put texts with signs in quotes"
        yield Problem(words, error.problem_mark.line + 1 if error.problem_mark else None)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        words = f"not valid YAML: holds a control character (U+{error.character:04X}); remove it"
        yield Problem(words, line)
    except RecursionError:
        yield Problem("is nested too deeply to be read")


def _yaml_rows(events: Iterator[Any]) -> Finds:
    root = next(events, None)
    if root and _kind(root) != "SequenceStart":
        yield Problem('is not a list of rows; start each row with "- id:"', _line(root))
        return
    for event in _inside(events):
        wrong: list[Problem] = []
        values = _yaml_value(event, events, wrong)
        yield wrong[0] if wrong else Found(values, _line(event))
    if more := next(events, None):
        yield Problem("starts a second document; keep all rows in one list", _line(more))


def _yaml_mapping(events: Iterator[Any]) -> Finds:
    for event in events:
        if _kind(event) != "MappingStart":
            yield Problem("is not a table of keys; write each as `name: value`", _line(event))
            return
        wrong: list[Problem] = []
        values = _yaml_value(event, events, wrong)
        if not wrong and (more := next(events, None)):
            wrong.append(Problem("starts a second document; keep one in a file", _line(more)))
        yield wrong[0] if wrong else Found(values, _line(event))
        return


def _yaml_value(event: Any, events: Iterator[Any], wrong: list[Problem]) -> Any:
    """The value that `event` starts, from events alone: nothing is constructed, and no alias can grow."""
    if event.anchor:
        words = "anchors and aliases (&a, *a) are not followed; write it out, or put it in quotes"
        wrong.append(Problem(words, _line(event)))
    elif getattr(event, "tag", None):
        words = "tags (!a) are not obeyed; remove it, or put the text in quotes"
        wrong.append(Problem(words, _line(event)))
    try:
        if _kind(event) == "SequenceStart":
            return [_yaml_value(item, events, wrong) for item in _inside(events)]
        if _kind(event) == "MappingStart":
            flat = [_yaml_value(item, events, wrong) for item in _inside(events)]
            return unique(list(zip(flat[::2], flat[1::2], strict=True)))
        if _kind(event) == "Scalar":
            return from_plain(event.value) if event.implicit[0] else event.value
    except UnfitError as error:
        wrong.append(Problem(str(error), _line(event)))
    return None


def _inside(events: Iterator[Any]) -> Iterator[Any]:
    return itertools.takewhile(lambda event: _kind(event) not in ("SequenceEnd", "MappingEnd"), events)


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


# -- values ---------------------------------------------------------------------------------------------


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
        for mapping, example in MAPPINGS.items():
            if column == mapping or (dot and head != mapping and near_reserved(head) == mapping):
                return f'the column {shown(column)}: did you mean "{mapping}.{printable(key, 60) or example}"?'
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
        mapping, dot, key = column.partition(".")
        if dot and mapping in MAPPINGS:
            if cell.strip():
                row.setdefault(mapping, {})[key] = cell
        elif column == "id" or column not in RESERVED:
            row[column] = cell
        elif cell.strip():
            parts = [part.strip() for part in cell.split(";") if part.strip()]
            row[column] = parts if column == "dimension" and ";" in cell else cell
    return row


#: The YAML events around the
_FRAME = ("StreamStart", "DocumentStart", "DocumentEnd", "StreamEnd")
FORMATS = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".yaml": _yaml, ".yml": _yaml}
