"""Misses that fail a session by themselves: of which no bar speaks, or whose quarantine is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.plan import DEFAULT_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_evalbars.report.model import DecisionTold, Report

    #: Whether a miss does, by case, dimension and labels.
    Alone = Callable[[str, str, Mapping[str, str]], bool]


def standing_parts(decision: DecisionTold) -> tuple[int, int]:
    """How many no bar speaks of, and how many fail the session because their quarantine is over."""
    free = max(len(decision.standing), decision.standing_count) - decision.standing_expired
    return max(free, 0), decision.standing_expired


def standing_words(decision: DecisionTold) -> str:
    """`2 misses that no bar speaks of, 1 miss after quarantine`; empty where there are none."""
    free, over = standing_parts(decision)
    return ", ".join(
        [
            *([f"{count(free, 'miss', 'es')} that no bar speaks of"] if free else []),
            *([f"{count(over, 'miss', 'es')} after quarantine"] if over else []),
        ]
    )


def standing_why(*, free: bool, over: bool) -> str:
    """Why such misses fail the session: `no bar holds them`."""
    return " or ".join([*(["no bar holds them"] if free else []), *(["their quarantine is over"] if over else [])])


def alone_in(report: Report) -> Alone:
    """What tells of a miss whether it fails the session by itself."""
    standing = report.decision.standing
    named = {(each.case, each.dimension) for each in standing}
    # Where there are more than are named, each of a dimension that has some is taken for one.
    rest = {dimension for _, dimension in named} if len(standing) < report.decision.standing_count else set()

    def alone(case: str, dimension: str, labels: Mapping[str, str]) -> bool:
        unnamed = dimension in rest and labels.get("status", DEFAULT_STATUS) == DEFAULT_STATUS
        return unnamed or (case, dimension) in named

    return alone
