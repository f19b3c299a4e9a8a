"""Metrics of what guardrails let through, and of the quality that is left: one never without the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.means import Conditional, Share
from pytest_evalbars.metrics.slice import Counted
from pytest_evalbars.run.extras import BLOCK, STAGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice

LACKING = "no trial says what its guardrails did; say evalcase.guardrail(stage, action)"


def _actions(part: Slice, stage: str) -> NDArray[np.int8]:
    """What the guardrail of a stage did, by row; -1 where the trial says nothing of it."""
    return np.asarray(part.of_trials(part.run.extras.guardrail[stage], -1))


def blocked(part: Slice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are of trials that some guardrail blocked, and which say anything of guardrails."""
    stages = [_actions(part, stage) for stage in STAGES]
    return np.any([each == BLOCK for each in stages], axis=0), np.any([each >= 0 for each in stages], axis=0)


def _through(part: Slice) -> Counted:
    stopped, said = blocked(part)
    return part.counted(~stopped, said)


def _through_pre(part: Slice) -> Counted:
    action = _actions(part, "pre")
    return part.counted(action != BLOCK, action >= 0)


def _through_post(part: Slice) -> Counted:
    """Of the answers that were generated: what was blocked before is not asked."""
    generated = _actions(part, "pre") != BLOCK
    action = _actions(part, "post")
    counted = part.counted(action != BLOCK, action >= 0)
    return Counted(counted.values, counted.said & generated, counted.open & generated)


def _answered(part: Slice) -> Counted:
    """Blocked trials are none of it: nobody was given an answer."""
    stopped, _ = blocked(part)
    return Counted(part.passed(), part.judged() & ~stopped, part.unknown() & ~stopped)


def _served(part: Slice) -> Counted:
    """A blocked trial did not serve its user, whatever it would have answered; that is known even of an error."""
    stopped, _ = blocked(part)
    return Counted(
        part.passed() & ~stopped,
        part.judged() | (stopped & part.unjudged()),
        part.unknown() & ~stopped,
    )


coverage = Share(_through, LACKING)
coverage_pre = Share(_through_pre, LACKING)
coverage_post = Conditional(_through_post, "no answer was generated and then shown to a guardrail")
answered_pass_rate = Conditional(_answered, "every judged trial was blocked")
effective_pass_rate = Share(_served)
