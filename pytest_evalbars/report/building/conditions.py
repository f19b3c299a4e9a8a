"""What limits what a run's numbers say: errors, missing data, parts that were not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import Condition
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.words import saving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run


def conditions(run: Run, decision: Decision) -> Iterator[Condition]:
    """Each of them in words, the gravest first."""
    if run.errors:
        yield Condition(kind="errors", text=f"{run.errors} of {count(run.trials, 'trial')} could not be judged")
    if run.stopped:
        yield Condition(kind="stopped early", text=saving(run))
    if run.replayed_trials:
        yield Condition(kind="replayed", text=f"{count(run.replayed_trials, 'trial')} replayed recorded answers")
    del decision
