"""Why a move is proposed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.lifecycle.proposal import FAST_ERROR
from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.lifecycle.proposal import Flip, Numbers, Rules


def counted(said: Numbers) -> str:
    """`accuracy: 46 of 46 trials of the last 16 runs pass, at least 93.7%`."""
    states = f" ({said.variants} states of the product)" if said.variants is not None else ""
    return (
        f"{said.dimension}: {said.passes} of {said.trials} trials of {_last(said.runs)}{states} pass, "
        f"at least {said.low:.1%} of the time{_unjudged(said)}"
    )


def climbed(said: Numbers) -> str:
    """What promotes a case, and how much less a streak proves."""
    if not said.fast:
        return counted(said)
    return (
        f"{counted(said)}, by the fast rule: within ten runs it promotes {FAST_ERROR:.0%} of all cases that pass "
        "only 80% of the time"
    )


def unsteady(said: Numbers, rules: Rules) -> str:
    """What calls a case flaky; a bound is told over a full window alone, for which it was made."""
    bounded = said.trials >= rules.window and said.high < rules.steady_at
    bet = f", e = {said.e_value:.3g}" if said.e_value is not None else ""
    bound = f", at most {said.high:.1%} of the time" if bounded else ""
    return (
        f"{said.dimension}: passes and misses by turns, {said.trials - said.passes} of the last {said.trials} "
        f"trials ({count(said.runs, 'run')}) missed{bound}{bet} against a steady {rules.steady_at:.0%}"
        f"{_unjudged(said)}"
    )


def flaky(found: Sequence[Numbers]) -> str:
    """What a quarantine says for itself: `flaky: 22 of the last 48 trials missed`."""
    missed = [f"{said.trials - said.passes} of the last {said.trials} trials missed" for said in found]
    if len(found) > 1:
        missed = [f"{words} on {said.dimension}" for words, said in zip(missed, found, strict=True)]
    return f"flaky: {', '.join(missed)}"


def flipped(said: Numbers, flip: Flip | None) -> str:
    """Since when a case misses."""
    all_missed = f"{said.dimension}: all {said.trials} trials of the last {said.runs} runs missed{_unjudged(said)}"
    if flip is None:
        return f"{all_missed}; it has never passed"
    commit = f"at commit {flip.commit[:12]}" if flip.commit else "at an unknown commit"
    return f"{all_missed}; it passed before, and misses since {flip.started[:10]} {commit} (run {flip.run})"


def no_room(said: Numbers, smallest_effect: float) -> str:
    """What calls a dimension saturated."""
    return (
        f"{said.dimension}: {_pooled(said)}, at least {said.low:.1%} of the time, which leaves less room than the "
        f"{smallest_effect:g} of interest; none of {said.variants} states of the product is proven better or worse "
        f"than the one before it{_unjudged(said)}. Write harder cases, and keep these as regression cases"
    )


def hill_climbed(said: Numbers) -> str:
    """What calls a hill climbed."""
    return (
        f"{said.dimension}: {_pooled(said)}, {said.rate:.1%} by the estimate and between {said.low:.1%} and "
        f"{said.high:.1%} by its bounds{_unjudged(said)}. Little is left to climb"
    )


def _pooled(said: Numbers) -> str:
    return f"{said.passes} of {said.trials} trials of {count(said.cases, 'case')} pass in {_last(said.runs)}"


def _last(runs: int) -> str:
    return "the last run" if runs == 1 else f"the last {runs} runs"


def _unjudged(said: Numbers) -> str:
    return f"; {count(said.errors, 'trial')} could not be judged and do not count" if said.errors else ""
