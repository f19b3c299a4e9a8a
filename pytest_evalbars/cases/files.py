"""Reads case files, JSONL, CSV and YAML, into rows, or raises one message that says all there is to mend."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pytest_evalbars.cases import rows
from pytest_evalbars.cases.rows import CaseRow, printable, shown
from pytest_evalbars.errors import EvalbarsError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

#: So many bad rows are told in one message.
TOLD = 5


class CaseFileError(EvalbarsError):
    """A case file cannot be read, or rows of it cannot be used."""

    def __init__(self, message: str, path: Path, line: int | None = None) -> None:
        """Say `message` of `path`; `line` is the first bad one, None if the file as a whole is meant."""
        super().__init__(message)
        self.path = path
        self.line = line


class _Problem(NamedTuple):
    words: str
    line: int | None = None
    field: str | None = None


class _Found(NamedTuple):
    values: Any
    line: int


_Finds = Iterator[_Found | _Problem]

_cache: dict[tuple[Path, str], tuple[tuple[int, int], tuple[CaseRow, ...]]] = {}


def read_cases(path: Path) -> tuple[CaseRow, ...]:
    """Read a case file; its suffix says the format. A file that has not changed since is not read again.

    Keys that are not reserved are the test's own. A reserved key that is null counts as absent.
    CSV rows take the form of JSONL rows: columns `labels.<key>` become the mapping `labels`, a `dimension` of
    `a; b` a list, an empty cell of a reserved column no key at all; all other cells stay as they are.
    YAML knows what JSON knows: dates, `yes` and `007` are texts; anchors, aliases and tags are refused.

    Raises:
        CaseFileError: the file cannot be read, or rows of it cannot be used; the text names the first five.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - pathlib has nothing that drops ".." and keeps links
    try:
        about, real = path.stat(), path.resolve()
        key, stamp = (real, path.suffix), (about.st_mtime_ns, about.st_size)
        if key in _cache and _cache[key][0] == stamp:
            return _cache[key][1]
        reader = _FORMATS.get(path.suffix.lower())
        if stat.S_ISDIR(about.st_mode):
            raise _error(path, _Problem("is a folder; name the case files in it"))
        if reader is None or not stat.S_ISREG(about.st_mode):
            raise _error(path, _Problem(f"is not a case file; their names end in {', '.join(_FORMATS)}"))
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        text = data.decode()
    except FileNotFoundError:
        words = "there is no such file; paths start at the folder of the test file"
        raise _error(path, _Problem(words)) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(path, _Problem('is not UTF-8; save it as "UTF-8" or "CSV UTF-8"', line)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _error(path, _Problem(f"cannot be read: {reason}")) from None
    _cache[key] = stamp, _checked(path, reader(text))
    return _cache[key][1]


def _error(path: Path, *problems: _Problem) -> CaseFileError:
    here = Path.cwd()
    place = printable(str(path.relative_to(here) if path.is_relative_to(here) else path))
    lines = []
    for words, line, field in problems[:TOLD]:
        where = f"{place}, line {line}" if line else place
        lines.append(f"{where}, field {shown(field)}: {words}" if field else f"{where}: {words}")
    if more := len(problems) - len(lines):
        lines.append(f"and {more} more bad row{'s' if more > 1 else ''}")
    return CaseFileError("\n".join(lines), path, problems[0].line)


# -- from values to rows --------------------------------------------------------------------------------


def _checked(path: Path, finds: _Finds) -> tuple[CaseRow, ...]:
    good: dict[str, CaseRow] = {}
    problems: list[_Problem] = []
    for find in finds:
        row = find if isinstance(find, _Problem) else _row(find, path)
        if isinstance(row, _Problem):
            problems.append(row)
        elif row is not (first := good.setdefault(row.id, row)):
            words = f"{shown(row.id)} is the id of line {first.line} too; give each row an id of its own"
            problems.append(_Problem(words, row.line, "id"))
    if not good and not problems:
        problems.append(_Problem("holds no rows; add some, or do not name it in a cases marker"))
    if problems:
        raise _error(path, *problems)
    return tuple(good.values())


def _row(find: _Found, path: Path) -> CaseRow | _Problem:
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, and most sessions read no case file

    values, line = find
    if not isinstance(values, dict):
        return _Problem(f'{shown(values)} is not a row; a row has keys, as in {{"id": "refund-1"}}', line)
    if typo := rows.misspelt(values):
        key, meant = typo
        return _Problem(f'did you mean "{meant}"? Rename the key if it means something else', line, key)
    try:
        return CaseRow(values, vars(_model().model_validate(values)), path, line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = [part for part in first["loc"] if isinstance(part, str) and part != "[key]"]
        return _Problem(_words(first), line, ".".join(field))


@functools.cache
def _model() -> type[BaseModel]:
    from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict  # noqa: PLC0415 - as above

    text = BeforeValidator(lambda value: str(value) if type(value) is int else value)
    several = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
    name, names = AfterValidator(rows.name), AfterValidator(rows.dimensions)
    key, value = AfterValidator(rows.label_key), BeforeValidator(rows.label_value)

    class Reserved(BaseModel):
        model_config = ConfigDict(strict=True)

        id: Annotated[str, text, AfterValidator(rows.case_id)]
        category: Annotated[str, name] | None = None
        status: Annotated[str, AfterValidator(rows.status)] | None = None
        dimension: Annotated[list[Annotated[str, name]], several, names] | None = None
        labels: dict[Annotated[str, key], Annotated[str, value]] | None = None
        cluster: Annotated[str, text, name] | None = None

    return Reserved


def _words(error: ErrorDetails) -> str:
    """Our own words for what pydantic found."""
    if error["type"] == "missing" or (error["loc"] == ("id",) and error["input"] is None):
        return "is missing; give each row an id of its own, which stays when rows are moved"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    wrong = shown(error["input"])
    if error["type"] == "list_type":
        return f"{wrong} is not a name; write one, or a list of names"
    if error["type"] == "dict_type":
        return f'{wrong} is not a mapping; write one, as in {{"language": "es"}}'
    return f"{wrong} is not a text; {'write one' if wrong.startswith('a ') else 'put it in quotes'}"


# -- the formats: what stands in a file, in its order ---------------------------------------------------


def _jsonl(text: str) -> _Finds:
    number = rows.finite
    decoder = json.JSONDecoder(object_pairs_hook=rows.unique, parse_float=number, parse_constant=number)
    for line, content in enumerate(text.split("\n"), 1):
        if not content or content.isspace():
            continue
        try:
            yield _Found(decoder.decode(content), line)
        except json.JSONDecodeError as error:
            words = f"not valid JSON: {error.msg} (column {error.colno}); a row is one object on one line"
            yield _Problem(words, line)
        except rows.UnfitError as error:
            yield _Problem(str(error), line)
        except ValueError:
            yield _Problem("holds a number of too many digits; put it in quotes", line)
        except RecursionError:
            yield _Problem("is nested too deeply to be read", line)


def _csv(text: str) -> _Finds:
    finds: list[_Found | _Problem] = []
    line = 1
    # The default refuses the long documents that evals like to hold.
    limit = csv.field_size_limit(len(text) + 1)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next((cells for cells in reader if any(cells)), [])
        if wrong := rows.wrong_header(header):
            return iter([_Problem(wrong, reader.line_num)])
        line = reader.line_num + 1
        for cells in reader:
            if any(cells) and len(cells) != len(header):
                words = f'has {len(cells)} cells, the header {len(header)}; quote texts with commas: "a, b"'
                finds.append(_Problem(words, line))
            elif any(cells):
                finds.append(_Found(rows.from_cells(header, cells), line))
            line = reader.line_num + 1
    except csv.Error as error:
        words = f'not valid CSV: {error}; a text with a quote is quoted, and its quotes doubled: "a ""b"""'
        finds.append(_Problem(words, line))
    finally:
        csv.field_size_limit(limit)
    return iter(finds)


def _yaml(text: str) -> _Finds:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError:
        yield _Problem("reading YAML needs PyYAML; pip install 'pytest-evalbars[yaml]'")
        return
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        yield from _yaml_rows(event for event in events if _kind(event) not in _FRAME)
    except yaml.MarkedYAMLError as error:
        words = f"not valid YAML: {printable(str(error.problem))}; put texts with signs in quotes"
        yield _Problem(words, error.problem_mark.line + 1 if error.problem_mark else None)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        words = f"not valid YAML: holds a control character (U+{error.character:04X}); remove it"
        yield _Problem(words, line)
    except RecursionError:
        yield _Problem("is nested too deeply to be read")


def _yaml_rows(events: Iterator[Any]) -> _Finds:
    root = next(events, None)
    if root and _kind(root) != "SequenceStart":
        yield _Problem('is not a list of rows; start each row with "- id:"', _line(root))
        return
    for event in _inside(events):
        wrong: list[_Problem] = []
        values = _yaml_value(event, events, wrong)
        yield wrong[0] if wrong else _Found(values, _line(event))
    if more := next(events, None):
        yield _Problem("starts a second document; keep all rows in one list", _line(more))


def _yaml_value(event: Any, events: Iterator[Any], wrong: list[_Problem]) -> Any:
    """The value that `event` starts, from events alone: nothing is constructed, and no alias can grow."""
    if event.anchor:
        words = "anchors and aliases (&a, *a) are not followed; write it out, or put it in quotes"
        wrong.append(_Problem(words, _line(event)))
    elif getattr(event, "tag", None):
        words = "tags (!a) are not obeyed; remove it, or put the text in quotes"
        wrong.append(_Problem(words, _line(event)))
    try:
        if _kind(event) == "SequenceStart":
            return [_yaml_value(item, events, wrong) for item in _inside(events)]
        if _kind(event) == "MappingStart":
            flat = [_yaml_value(item, events, wrong) for item in _inside(events)]
            return rows.unique(list(zip(flat[::2], flat[1::2], strict=True)))
        if _kind(event) == "Scalar":
            return rows.from_plain(event.value) if event.implicit[0] else event.value
    except rows.UnfitError as error:
        wrong.append(_Problem(str(error), _line(event)))
    return None


def _inside(events: Iterator[Any]) -> Iterator[Any]:
    return itertools.takewhile(lambda event: _kind(event) not in ("SequenceEnd", "MappingEnd"), events)


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


#: The YAML events around the rows.
_FRAME = ("StreamStart", "DocumentStart", "DocumentEnd", "StreamEnd")
_FORMATS = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".yaml": _yaml, ".yml": _yaml}
