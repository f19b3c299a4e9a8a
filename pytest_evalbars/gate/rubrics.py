"""Scales that are a rubric's: `scales.scaffolding = { rubric = "rubrics/scaffolding.toml" }`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import BarsError, RubricError

if TYPE_CHECKING:
    from pytest_evalbars.config.table import Table
    from pytest_evalbars.judges.rubric import Rubric


def with_rubrics(table: Table) -> dict[str, Any]:
    """The raw table, in which each scale that names a rubric has the rubric's levels: they are declared once.

    Args:
        table: the file of a rubric is written relative to the file of the bars.

    Raises:
        BarsError: a rubric cannot be read, or is not one of levels.
    """
    scales = table.values.get("scales")
    if not isinstance(scales, dict) or not any(
        isinstance(each, dict) and "rubric" in each for each in scales.values()
    ):
        return dict(table.values)
    found = {
        name: _levels(table, name, each) if isinstance(each, dict) and "rubric" in each else each
        for name, each in scales.items()
    }
    return {**table.values, "scales": found}


def rubrics_of(table: Table) -> dict[str, Rubric]:
    """The rubrics that scales name, by the name of the scale; of a table that can be used.

    Raises:
        RubricError: one cannot be read.
    """
    scales = table.values.get("scales")
    named = scales.items() if isinstance(scales, dict) else ()
    return {name: _rubric(table, each) for name, each in named if isinstance(each, dict) and "rubric" in each}


def _rubric(table: Table, given: dict[str, Any]) -> Rubric:
    from pytest_evalbars.judges.load import load_rubric  # noqa: PLC0415 - few projects have rubrics

    folder = table.path.parent if table.path is not None else Path()
    return load_rubric((folder / given["rubric"]).absolute())


def _levels(table: Table, name: str, given: dict[str, Any]) -> dict[str, Any]:
    where = f'{table.where}, scale "{name}"'
    if more := [key for key in given if key not in ("rubric", "dimension")]:
        raise BarsError(
            f"{where}: `{more[0]}` stands beside `rubric`; levels and what passes are the rubric's: change them in "
            "its file, or leave `rubric` out"
        )
    if not isinstance(given["rubric"], str) or not given["rubric"].strip():
        raise BarsError(f"{where}, `rubric`: takes the file of a rubric; it is {given['rubric']!r}")
    try:
        rubric = _rubric(table, given)
    except RubricError as error:
        raise BarsError("\n".join(f"{where}: {line}" for line in str(error).splitlines())) from None
    if rubric.scale is None:
        raise BarsError(
            f"{where}: {given['rubric']} is a checklist, and has no levels; its dimension needs no scale, so leave "
            "this one out"
        )
    scale = rubric.scale.model_dump(exclude={"dimension"})
    return {**scale, "dimension": given.get("dimension", rubric.dimension)}
