"""Reads case files, JSONL, CSV and YAML, into rows, or raises one message that says all there is to mend."""

from __future__ import annotations

import functools
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pytest_evalbars.cases import rows
from pytest_evalbars.cases.formats import FORMATS, Finds, Found, Problem
from pytest_evalbars.cases.quarantine import checked
from pytest_evalbars.cases.rows import CaseRow, printable, shown
from pytest_evalbars.errors import EvalbarsError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

#: So many bad rows are told in one message.
TOLD = 5
#: What some programs begin a UTF-8 file with.
BOM = b"\xef\xbb\xbf"


class CaseFileError(EvalbarsError):
    """A case file cannot be read, or rows of it cannot be used."""

    def __init__(self, message: str, path: Path, line: int | None = None) -> None:
        """Say `message` of `path`; `line` is the first bad one, None if the file as a whole is meant."""
        super().__init__(message)
        self.path = path
        self.line = line


_cache: dict[tuple[Path, str], tuple[tuple[int, int], tuple[CaseRow, ...]]] = {}


def read_cases(path: Path) -> tuple[CaseRow, ...]:
    """Read a case file; its suffix says the format. A file that has not changed since is not read again.

    Keys that are not reserved are the test's own. A reserved key that is null counts as absent.
    CSV rows take the form of JSONL rows: columns `labels.<key>` become the mapping `labels`, and `quarantine.<key>`
    the mapping `quarantine`; a `dimension` of `a; b` becomes a list, an empty cell of a reserved column no key at
    all; all other cells stay as they are.
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
        if stat.S_ISDIR(about.st_mode):
            raise _error(path, Problem("is a folder; name the case files in it"))
        if path.suffix.lower() not in FORMATS or not stat.S_ISREG(about.st_mode):
            raise _error(path, Problem(f"is not a case file; their names end in {', '.join(FORMATS)}"))
        data = path.read_bytes()
    except FileNotFoundError:
        words = "there is no such file; paths start at the folder of the test file"
        raise _error(path, Problem(words)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _error(path, Problem(f"cannot be read: {reason}")) from None
    _cache[key] = stamp, rows_of(path, data)
    return _cache[key][1]


def rows_of(path: Path, data: bytes) -> tuple[CaseRow, ...]:
    """The rows of a case file that holds these bytes.

    Raises:
        CaseFileError: as `read_cases`.
    """
    data = data.removeprefix(BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(path, Problem('is not UTF-8; save it as "UTF-8" or "CSV UTF-8"', line)) from None
    return _checked(path, FORMATS[path.suffix.lower()](text))


def _error(path: Path, *problems: Problem) -> CaseFileError:
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


def _checked(path: Path, finds: Finds) -> tuple[CaseRow, ...]:
    good: dict[str, CaseRow] = {}
    problems: list[Problem] = []
    for find in finds:
        row = find if isinstance(find, Problem) else _row(find, path)
        if isinstance(row, Problem):
            problems.append(row)
        elif row is not (first := good.setdefault(row.id, row)):
            words = f"{shown(row.id)} is the id of line {first.line} too; give each row an id of its own"
            problems.append(Problem(words, row.line, "id"))
    if not good and not problems:
        problems.append(Problem("holds no rows; add some, or do not name it in a cases marker"))
    if problems:
        raise _error(path, *problems)
    return tuple(good.values())


def _row(find: Found, path: Path) -> CaseRow | Problem:
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, and most sessions read no case file

    values, line = find
    if not isinstance(values, dict):
        return Problem(f'{shown(values)} is not a row; a row has keys, as in {{"id": "refund-1"}}', line)
    if typo := rows.misspelt(values):
        key, meant = typo
        return Problem(f'did you mean "{meant}"? Rename the key if it means something else', line, key)
    try:
        return CaseRow(values, vars(_model().model_validate(values)), path, line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = [part for part in first["loc"] if isinstance(part, str) and part != "[key]"]
        return Problem(_words(first), line, ".".join(field))


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
        quarantine: Annotated[Any, AfterValidator(checked)] = None

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
