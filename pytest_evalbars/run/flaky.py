"""Cases that pass on some trials and miss on others: the same question, answered now well and now badly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.run.columns import MISS, PASS

if TYPE_CHECKING:
    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, slots=True)
class Flaky:
    """A case whose trials disagree on one dimension, in one test."""

    case: str
    test: str
    dimension: str
    passes: int
    #: Those that were judged.
    trials: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def flaky_cases(run: Run) -> list[Flaky]:
    """The flaky cases of a run, the most evenly split first."""
    rows = np.flatnonzero((run.outcome == PASS) | (run.outcome == MISS))
    key = (run.case[rows] * len(run.tests) + run.test[rows]) * len(run.dimensions) + run.dimension[rows]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    trials = np.bincount(group, minlength=len(first))
    passes = np.bincount(group, weights=run.outcome[rows] == PASS, minlength=len(first)).astype(np.int64)
    found = [
        Flaky(
            run.name(row),
            run.tests[int(run.test[row])],
            run.dimensions[int(run.dimension[row])],
            int(passes[each]),
            int(trials[each]),
        )
        for each in np.flatnonzero((passes > 0) & (passes < trials))
        for row in (int(rows[first[each]]),)
    ]
    # Of two even splits the one with more trials says more.
    return sorted(found, key=lambda one: (abs(one.passes / one.trials - 0.5), -one.trials, one.case, one.test))
