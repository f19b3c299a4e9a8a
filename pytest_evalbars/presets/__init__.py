"""Presets: what others judge in such a product, as data. One file each; `evalbars init --list` shows them.

A file says `title` and `description`; `[dimensions]`, each with a sentence on what it judges and how; advised
`[scales]` and `[[bar]]`, as a bars file writes them. For `evalbars init` it also has `[[case]]`, rows of a case file
with a `sample` answer; `[judges]`, for each dimension lines of Python that judge an `answer` to a `case`; and may
have `also`, lines that every case runs, and `trials`, how often. A bar names at most one dimension, so that it can be
left out where no case judges that.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """One file, as read."""

    name: str
    title: str
    description: str
    #: By name, a sentence on what it judges and how.
    dimensions: dict[str, str]
    scales: dict[str, Any] = field(default_factory=dict)
    bar: list[dict[str, Any]] = field(default_factory=list)
    case: list[dict[str, Any]] = field(default_factory=list)
    judges: dict[str, str] = field(default_factory=dict)
    also: str = ""
    trials: int = 1


@cache
def names() -> tuple[str, ...]:
    """The presets there are, sorted."""
    found = (each.name for each in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def read(name: str) -> Preset:
    """The preset of this name."""
    return Preset(name, **tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")))
