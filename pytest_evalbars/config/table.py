"""Finds and reads the bars table: `[tool.evalbars]` in pyproject.toml, or an evalbars.toml beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import BarsError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Table:
    """The raw bars table and how errors should name the place where it stands."""

    values: dict[str, Any]
    path: Path | None
    #: What to call the file in messages.
    where: str
    #: How a bar's table is spelled in that file.
    bar_heading: str


#: What a project without a bars file has.
EMPTY = Table({}, None, "no bars file", "[[tool.evalbars.bar]]")


def read_table(path: Path) -> Table | None:
    """Read one file; None if it is a pyproject.toml without `[tool.evalbars]`.

    Raises:
        BarsError: the file cannot be read, is not TOML, or holds something else where the table should be.
    """
    where = shown(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise BarsError(f"{where}: not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BarsError(f"{where}: cannot be read: {error}") from None
    tool = content.get("tool")
    nested = tool.get("evalbars") if isinstance(tool, dict) else None
    if nested is None and path.name == "pyproject.toml":
        return None
    values = content if nested is None else nested
    if not isinstance(values, dict):
        raise BarsError(f"{where}: tool.evalbars must be a table, [tool.evalbars]; it is {values!r}")
    return Table(values, path, where, "[[bar]]" if nested is None else "[[tool.evalbars.bar]]")


def find_table(folders: Iterable[Path]) -> Table:
    """The first table found in `folders`, or an empty one.

    Raises:
        BarsError: also when one folder declares bars in both places.
    """
    for folder in dict.fromkeys(folders):
        found = [
            table
            for name in ("evalbars.toml", "pyproject.toml")
            if (folder / name).is_file() and (table := read_table(folder / name)) is not None
        ]
        if len(found) == 2:
            raise BarsError(
                f"bars are declared twice: in {found[0].where} and in [tool.evalbars] of {found[1].where}; "
                "keep one of them",
            )
        if found:
            return found[0]
    return EMPTY


def shown(path: Path) -> str:
    """The path as a person would write it: relative where it lies below the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
