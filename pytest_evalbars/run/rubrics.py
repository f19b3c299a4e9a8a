"""The rubrics of a run: a line of the run file for each that a judge held an answer against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def rubric_lines(said: Mapping[str, Any], known: set[str]) -> Iterator[dict[str, Any]]:
    """The lines of rubrics that a trial is the first to use.

    Args:
        said: what the trial said.
        known: those that have a line; takes the new ones.
    """
    for name, document in (said.get("rubrics") or {}).items():
        if name not in known:
            known.add(name)
            yield {"type": "rubric", "rubric": name, "document": plain(document)}


def rubric_of(row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """What such a line says; None where it says nothing that can be told."""
    name, document = row.get("rubric"), row.get("document")
    return (name, document) if isinstance(name, str) and isinstance(document, dict) else None
