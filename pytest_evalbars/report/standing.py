"""Misses that fail a session by themselves: of which no bar speaks, or whose quarantine is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from pytest_evalbars.report.model import DecisionTold


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
