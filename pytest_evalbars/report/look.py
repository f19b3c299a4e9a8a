"""What a second look at cases that missed or erred has found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.columns import MISSING, PASS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.run.columns import Run

#: Cases named before the others are only counted.
NAMED = 10


def second_look(run: Run) -> Iterator[str]:
    """Which cases pass this time. One pass after a miss mends nothing: the case is flaky."""
    erred = {str(name) for header in run.headers for name in header.get("erred") or ()}
    looked_at = np.unique(run.case[run.outcome < MISSING])
    still = set(run.case[(run.outcome < MISSING) & (run.outcome != PASS)].tolist())
    cases = {run.cases[int(code)]: int(code) not in still for code in looked_at}
    missed = {name: passes for name, passes in cases.items() if name not in erred}
    if missed:
        yield _sentence(missed, "missed", "flaky, not mended")
    if len(cases) > len(missed):
        yield _sentence({name: cases[name] for name in cases if name in erred}, "erred", "they had not been judged")


def _sentence(cases: dict[str, bool], what: str, meaning: str) -> str:
    passing = sorted(name for name, passes in cases.items() if passes)
    verb = "passes" if len(passing) == 1 else "pass"
    if not passing:
        does = "does" if len(cases) == 1 else "do"
        return f"{count(len(cases), 'case')} that {what} {does} not pass this time either"
    names = ", ".join(passing[:NAMED]) + (f" and {len(passing) - NAMED} more" if len(passing) > NAMED else "")
    return safe(f"{len(passing)} of {count(len(cases), 'case')} that {what} {verb} this time: {meaning}: {names}")
