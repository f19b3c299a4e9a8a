"""Flaky cases in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.run.flaky import flaky_cases
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from pytest_evalbars.run.columns import Run

#: How many are named before the rest is only counted.
NAMED = 5


def flaky_line(run: Run) -> str:
    """`flaky: 3 cases (some trials pass, some miss): refund-1 passes 2 of 5 on accuracy, ...`; empty without any."""
    found = flaky_cases(run)
    if not found:
        return ""
    cases = len({one.case for one in found})
    tests: dict[tuple[str, str], set[str]] = {}
    for one in found:
        tests.setdefault((one.case, one.dimension), set()).add(one.test)
    names = []
    for one in found[:NAMED]:
        where = f" in {one.test}" if len(tests[one.case, one.dimension]) > 1 else ""
        names.append(safe(f"{one.case} passes {one.passes} of {one.trials} on {one.dimension}{where}", 220))
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"flaky: {cases} case{'' if cases == 1 else 's'} (some trials pass, some miss): {', '.join(names)}{more}"
