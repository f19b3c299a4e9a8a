"""Rubrics as files: TOML or YAML, with the keys of `Rubric`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from pytest_evalbars.cases.formats import Problem, yaml_table
from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RubricError
from pytest_evalbars.judges.rubric import Criterion, Level, Rubric
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: The parts of a rubric that are lists of tables.
PARTS: dict[str, type[BaseModel]] = {"levels": Level, "criteria": Criterion}


def load_rubric(path: str | Path) -> Rubric:
    """The rubric that a file holds; without a name it has the file's.

    Args:
        path: a .toml, .yaml or .yml file; a relative one is sought in the working directory.

    Raises:
        RubricError: naming the file, the place, what is wrong there and the nearest valid word.
    """
    path = Path(path)
    where = safe(shown(path))
    values = {"name": path.stem, **_values(path, where)}
    try:
        return Rubric.model_validate(values)
    except ValidationError as error:
        lines = dict.fromkeys(_finding(values, where, one) for one in error.errors(include_url=False))
        raise RubricError("\n".join(lines)) from None


def _values(path: Path, where: str) -> dict[str, Any]:
    if path.suffix.lower() not in (".toml", ".yaml", ".yml"):
        raise RubricError(f"{where}: a rubric is a .toml, .yaml or .yml file")
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RubricError(f"{where}: cannot be read: there is no such file{_seen_from(path)}") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RubricError(f"{where}: cannot be read: {safe(error, 300)}") from None
    if path.suffix.lower() != ".toml":
        found = yaml_table(content)
        if isinstance(found, Problem):
            line = f":{found.line}" if found.line else ""
            raise RubricError(f"{where}{line}: {safe(found.words, 500)}")
        return dict(found.values)
    try:
        return tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RubricError(f"{where}: not valid TOML: {safe(error, 300)}") from None


def _seen_from(path: Path) -> str:
    """Of a relative path, where it was looked for, and how a test names a file beside it wherever pytest starts."""
    if path.is_absolute():
        return ""
    return f" in {safe(Path.cwd())}; beside a test it is Path(__file__).parent / {safe(path.as_posix())!r}"


def _finding(values: dict[str, Any], where: str, error: ErrorDetails) -> str:
    """One of pydantic's findings as: file, level or criterion, key, what is wrong, the mend."""
    location = list(error["loc"])
    known = list(Rubric.model_fields)
    match location:
        case [("levels" | "criteria") as part, int(index), *rest]:
            where, location, known = f"{where}, {_place(values, part, index)}", rest, list(PARTS[part].model_fields)
    key = ".".join(str(each) for each in location)
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key `{safe(key, 80)}`{nearest(str(location[-1]), known)}"
    if error["type"] == "missing":
        return f"{where}: `{key}` is missing"
    given = safe(repr(error["input"]), 80)
    if error["type"] == "value_error":
        problem = safe(error["ctx"]["error"], 500)
    elif error["type"] == "literal_error":
        words = [word.strip("'") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        mend = "; put it in quotes" if isinstance(error["input"], bool) else nearest(str(error["input"]), words)
        problem = f"{given} is none of {', '.join(words)}{mend}"
    elif error["type"] == "string_pattern_mismatch":
        problem = f"{given} is no name of a criterion; it has letters, digits, and _ . - between them"
    elif error["type"] in ("model_type", "tuple_type") and key in ("", *PARTS):
        problem = f"write each as a table of its own, [[{error['loc'][0]}]]; it is {given}"
    else:
        problem = f"{error['msg'][0].lower()}{error['msg'][1:]}; it is {given}"
    return f"{where}, `{safe(key, 80)}`: {problem}" if key else f"{where}: {problem}"


def _place(values: dict[str, Any], part: str, index: int) -> str:
    """`level "good" (number 1 of levels)`."""
    word = {"levels": "level", "criteria": "criterion"}[part]
    given = values[part]
    raw = given[index] if isinstance(given, list) else None
    name = raw.get("name") if isinstance(raw, dict) else None
    number = f"number {index + 1} of {part}"
    return f'{word} "{safe(name, 80)}" ({number})' if isinstance(name, str) else f"{word} {number}"
