"""Metrics of what was judged: passes, misses, scores, and what could not be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.means import Score, Share
from pytest_evalbars.metrics.slice import Counted

if TYPE_CHECKING:
    from pytest_evalbars.metrics.slice import Slice


def _passed(part: Slice) -> Counted:
    return Counted(part.passed(), part.judged(), part.unknown())


def _missed(part: Slice) -> Counted:
    return Counted(~part.passed(), part.judged(), part.unknown())


def _scored(part: Slice) -> Counted:
    scores = part.scores()
    return part.counted(scores, ~np.isnan(scores))


def _erred(part: Slice) -> Counted:
    """Errors and lost trials are what is counted, and so are known."""
    erred = part.unjudged()
    return Counted(erred, erred | part.judged(), part.stopped())


pass_rate = Share(_passed)
miss_rate = Share(_missed)
mean_score = Score(_scored, "no trial has a score; give one with evalcase.score")
error_rate = Share(_erred)
