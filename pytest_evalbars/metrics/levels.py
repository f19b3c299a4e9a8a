"""Metrics of grades: the share of trials at or above a level of a declared scale, or at or below one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.means import Share
from pytest_evalbars.metrics.slice import Counted, NoData

if TYPE_CHECKING:
    from pytest_evalbars.config.scales import Scale
    from pytest_evalbars.metrics.slice import Slice


def graded(part: Slice) -> Counted:
    """Which rows have a level."""
    levels = part.of(part.run.level) >= 0
    return Counted(levels, np.ones(len(levels), bool), np.zeros(len(levels), bool))


@dataclass(frozen=True)
class _Graded:
    """Counts trials that were graded with one of some levels."""

    levels: tuple[str, ...]
    scale: Scale

    def __call__(self, part: Slice) -> Counted:
        names = part.run.levels
        level = part.of(part.run.level)
        graded = level >= 0
        for code in np.flatnonzero(np.bincount(level[graded & part.judged()])):
            if names[code] not in self.scale.levels:
                raise NoData(f'"{names[code]}" is no level of the scale {self.scale}')
        wanted = np.array([*(name in self.levels for name in names), False])  # -1, no level, is the last
        return part.counted(wanted[level], graded)


LACKING = "no trial is graded; grade it with evalcase.grade"


def at_or_above(level: str, scale: Scale) -> Share:
    """The share of trials at this level or a better one."""
    return Share(_Graded(scale.levels[: scale.levels.index(level) + 1], scale), LACKING)


def at_or_below(level: str, scale: Scale) -> Share:
    """The share of trials at this level or a worse one."""
    return Share(_Graded(scale.levels[scale.levels.index(level) :], scale), LACKING)


def weak(scale: Scale) -> Share:
    """The share of trials that pass only just."""
    return Share(_Graded(scale.weak, scale), LACKING)
