"""Which misses fail the session by themselves, as far as a report names those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.run.plan import DEFAULT_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_evalbars.report.model import Report

    #: Whether a miss does, by case, dimension and labels.
    Alone = Callable[[str, str, Mapping[str, str]], bool]


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
