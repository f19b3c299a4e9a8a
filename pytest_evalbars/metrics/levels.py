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


@dataclass(frozen=True)
class _Graded:
    """Counts trials that were graded with one of some levels."""

    levels: tuple[str, ...]
    scale: Scale

    def __call__(self, part: Slice) -> Counted:
        names = part.run.levels
        level = part.run.level[part.rows]
        for code in np.unique(level[level >= 0]):
            if names[code] not in self.scale.levels:
                raise NoData(f'"{names[code]}" is no level of the scale {self.scale}')
        wanted = [code for code, name in enumerate(names) if name in self.levels]
        return part.counted(np.isin(level, wanted).astype(np.float64), level >= 0)


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
