"""What a trial carries as properties: short texts that JUnit XML and other readers of pytest's reports show.

A dimension or a category may hold anything: what would colour a terminal or break XML stands there as its escape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Characters of one value.
LENGTH = 200
#: Of several dimensions, the outcome of the whole trial is the first of these that any of them has.
WORST = ("missing", "error", "miss", "pass", "stopped", "skipped")


def of_case(labels: Mapping[str, str], trial: int, outcomes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One trial of a case.

    Args:
        labels: the case's.
        trial: its number, from 0.
        outcomes: what it said, by dimension.

    Yields:
        `dimension` (several with commas between), `category` where it has one, `status`, `trial`, `outcome`; and
        where it judges several dimensions, `outcome.<dimension>` of each.
    """
    yield "dimension", safe(", ".join(outcomes), LENGTH)
    if category := labels.get("category"):
        yield "category", safe(category, LENGTH)
    yield "status", safe(labels.get("status", DEFAULT_STATUS), LENGTH)
    yield "trial", str(trial)
    said = set(outcomes.values())
    yield "outcome", next((word for word in WORST if word in said), "")
    if len(outcomes) > 1:
        for dimension, outcome in outcomes.items():
            yield f"outcome.{safe(dimension, LENGTH)}", outcome
