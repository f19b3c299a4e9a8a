"""What a trial carries as properties: short texts that JUnit XML and other readers of pytest's reports show.

A dimension or a category may hold anything: what would colour a terminal or break XML stands there as its escape.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of one value.
LENGTH = 200
#: Of several dimensions, the outcome of the whole trial is the first of these that any of them has.
WORST = ("missing", "error", "miss", "pass", "stopped", "skipped")


def of_case(labels: Mapping[str, str], trial: int, outcomes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """One trial of a case.

    Args:
        labels: the case's.
        trial: its number, from 0.
        outcomes: what it said, by dimension.

    Returns:
        `dimension` (several with commas between), `category` where it has one, `status`, `trial`, `outcome`; and
        where it judges several dimensions, `outcome.<dimension>` of each.
    """
    return _pairs(labels.get("category", ""), labels.get("status", DEFAULT_STATUS), trial, tuple(outcomes.items()))


@lru_cache(4096)  # of thousands of trials, few differ in any of it
def _pairs(
    category: str, status: str, trial: int, outcomes: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    said = {outcome for _, outcome in outcomes}
    return (
        ("dimension", safe(", ".join(dimension for dimension, _ in outcomes), LENGTH)),
        *([("category", safe(category, LENGTH))] if category else []),
        ("status", safe(status, LENGTH)),
        ("trial", str(trial)),
        ("outcome", next((word for word in WORST if word in said), "")),
        *([(f"outcome.{safe(name, LENGTH)}", outcome) for name, outcome in outcomes] if len(outcomes) > 1 else []),
    )
