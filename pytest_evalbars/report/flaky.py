"""Flaky cases in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.flaky import flaky_cases
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.flaky import Flaky

#: How many are named before the rest is only counted.
NAMED = 5


def flaky_line(run: Run) -> str:
    """`flaky: 3 cases (some trials pass, some miss): refund-1 passes 2 of 5 on accuracy, ...`; empty without any."""
    found = flaky_cases(run)
    if not found:
        return ""
    by_case: dict[str, list[Flaky]] = {}
    for one in found:
        by_case.setdefault(one.case, []).append(one)
    cases = list(by_case.values())
    more = f" and {len(cases) - NAMED} more" if len(cases) > NAMED else ""
    names = ", ".join(map(_told, cases[:NAMED]))
    return f"flaky: {count(len(cases), 'case')} (some trials pass, some miss): {names}{more}"


def _told(found: list[Flaky]) -> str:
    tests = {one.test for one in found}
    parts = (
        f"{one.passes} of {one.trials} on {one.dimension}{f' in {one.test}' if len(tests) > 1 else ''}"
        for one in found
    )
    return safe(f"{found[0].case} passes {' and '.join(parts)}", 220)
