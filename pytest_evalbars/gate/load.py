"""From TOML to bars, and from pydantic's findings to words a user can act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.config.scales import Scale
from pytest_evalbars.config.settings import Limit
from pytest_evalbars.config.table import Table, find_table, read_table, shown
from pytest_evalbars.errors import BarsError
from pytest_evalbars.gate.bar import Bar, Bars
from pytest_evalbars.gate.presets import with_advice, with_scales
from pytest_evalbars.gate.rubrics import with_rubrics

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def load_bars(source: str | Path | Mapping[str, Any]) -> Bars:
    """The bars declared in `source`.

    Args:
        source: a pyproject.toml, an evalbars.toml (or any TOML file with the same keys), a folder that holds
            one of them, or the table itself as a mapping.

    Raises:
        BarsError: naming the file, the bar, the key, what is wrong with it and the nearest valid word.
    """
    if isinstance(source, Mapping):
        return bars_of(Table(dict(source), None, "bars", "[[bar]]"))
    path = Path(source)
    if path.is_dir():
        table: Table | None = find_table([path])
    elif path.is_file():
        table = read_table(path)
    else:
        raise BarsError(f"{shown(path)}: there is no such file")
    if table is None or (table.path is None and not table.values):
        raise BarsError(
            f"{shown(path)}: declares no bars; add a [tool.evalbars] table to a pyproject.toml, "
            "or its keys to an evalbars.toml",
        )
    return bars_of(table)


def bars_of(table: Table) -> Bars:
    """Validate a raw table, and put beside its bars what its presets advise.

    Raises:
        BarsError: one line for each finding.
    """
    try:
        bars = Bars.model_validate(with_scales(with_rubrics(table)))
    except ValidationError as error:
        raise BarsError("\n".join(dict.fromkeys(_finding(table, one) for one in error.errors()))) from None
    counts = Counter(bar.name for bar in bars.bar)
    for name, count in counts.items():
        if count > 1:
            numbers = " and ".join(str(i) for i, bar in enumerate(bars.bar, 1) if bar.name == name)
            raise BarsError(
                f'{table.where}: bars {numbers} of {table.bar_heading} have one name, "{name}"; '
                "give each a `name` of its own",
            )
    if table.path is not None:
        keys = ("baseline", "recordings", "human_labels", "calibration")
        named = {key: getattr(bars, key) for key in keys}
        paths = {key: str(table.path.parent / path) for key, path in named.items() if path is not None}
        bars = bars.model_copy(update=paths)
    return with_advice(bars)


def _finding(table: Table, error: ErrorDetails) -> str:
    """One of pydantic's findings as: file, bar, key, what is wrong, the mend."""
    location = [part for part in error["loc"] if not (isinstance(part, str) and part.startswith("function-"))]
    where, known, location = _place(table, location)
    key = ".".join(str(part) for part in location)
    if error["type"] == "extra_forbidden":
        word = str(location[-1])
        hint = nearest(word, known)
        if "did you mean" not in hint and "labels" in known:
            hint = f"; to select by a label, write labels.{word}"
        return f"{where}: unknown key `{word}`{hint}"
    if key == "bar":
        problem = f"declare each bar as a table of its own, {table.bar_heading}"
    elif error["type"] == "model_type":
        problem = f"takes keys, as in {{ concurrent = 20, per_minute = 600 }}; it is {error['input']!r}"
    elif error["type"] == "value_error":
        problem = str(error["ctx"]["error"])
    elif error["type"] == "literal_error":
        words = [word.strip("'") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        problem = f"{error['input']!r} is none of {', '.join(words)}"
        if isinstance(error["input"], str):
            problem = f'"{error["input"]}" is not a {key}{nearest(error["input"], words)}'
    elif error["type"] == "string_pattern_mismatch":
        problem = f"{error['input']!r} has a bracket or a control character; a node id has no room for those"
    else:
        problem = f"{error['msg'][0].lower()}{error['msg'][1:]}; it is {error['input']!r}"
    return f"{where}, `{key}`: {problem}" if key else f"{where}: {problem}"


def _place(table: Table, location: list[int | str]) -> tuple[str, list[str], list[int | str]]:
    """Where a finding belongs, the keys that are valid there, and what is left of its location."""
    match location:
        case ["bar", int(index), *rest]:
            return (
                f"{table.where}, {_bar_heading(table, index)}",
                [field.alias or name for name, field in Bar.model_fields.items()],
                rest,
            )
        case ["scales", str(name), *rest]:
            return f'{table.where}, scale "{name}"', [*Scale.model_fields, "rubric"], rest
        case ["limits", str(name), *rest]:
            return f'{table.where}, limit "{name}"', list(Limit.model_fields), rest
    return table.where, list(Bars.model_fields), location


def _bar_heading(table: Table, index: int) -> str:
    raw = table.values["bar"][index]
    name = raw.get("name") or raw.get("dimension") if isinstance(raw, dict) else None
    number = f"number {index + 1} of {table.bar_heading}"
    return f'bar "{name}" ({number})' if isinstance(name, str) else f"bar {number}"
