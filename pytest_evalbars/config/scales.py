"""Rubric scales: ordered levels, and from which one on an answer passes."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def words(value: object) -> object:
    """A string or a list of strings, as a tuple."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple) or not value or not all(isinstance(v, str) and v for v in value):
        raise ValueError("takes a string or a list of strings, none of them empty")
    return tuple(value)


Words = Annotated[tuple[str, ...], BeforeValidator(words)]


class Scale(BaseModel):
    """Levels from best to worst, as `[tool.evalbars.scales.<name>]` declares them."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    levels: Annotated[Words, Field(min_length=2)]
    #: The lowest level that passes.
    passing: str
    #: Levels that pass, but only just: counted and shown apart. The default is the lowest passing one, where
    #: several levels pass.
    weak: tuple[str, ...] = ()
    #: The dimensions that are graded on it, as names or globs. The default is the scale's own name.
    dimension: Words | None = None

    @model_validator(mode="before")
    @classmethod
    def _weak_by_default(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        levels, passing = given.get("levels"), given.get("passing")
        weak = given.get("weak")
        if isinstance(weak, str):
            return {**given, "weak": (weak,)}
        if weak is None and isinstance(levels, list | tuple) and passing in list(levels)[1:]:
            return {**given, "weak": (passing,)}
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Scale:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"each level is named once; it has {', '.join(self.levels)}")
        for level in (self.passing, *self.weak):
            if level not in self.levels:
                close = difflib.get_close_matches(level, self.levels, n=1)
                hint = f'; did you mean "{close[0]}"?' if close else ""
                raise ValueError(f'"{level}" is none of its levels, {self}{hint}')
        for level in self.weak:
            if not self.passes(level):
                raise ValueError(
                    f'"{level}" is weak, but does not pass: the lowest passing level is "{self.passing}"'
                )
        return self

    def __str__(self) -> str:
        """`excellent > adequate > poor`."""
        return " > ".join(self.levels)

    def passes(self, level: str) -> bool:
        """Whether the level is the lowest passing one, or a better one."""
        return self.levels.index(level) <= self.levels.index(self.passing)

    def worse(self, one: str | None, other: str) -> str:
        """The worse of two levels."""
        return other if one is None else max(one, other, key=self.levels.index)

    def holds(self, name: str, dimension: str) -> bool:
        """Whether the dimension is graded on this scale.

        Args:
            name: the scale's own.
            dimension: as the cases declare it.
        """
        return any(dimension == word or fnmatchcase(dimension, word) for word in self.dimension or (name,))
