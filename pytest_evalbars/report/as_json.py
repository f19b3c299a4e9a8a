"""A decision, and what there is to know beside it, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.gate.audit import audit
from pytest_evalbars.report.apart import apart_json
from pytest_evalbars.report.patterns import ceilings
from pytest_evalbars.report.served import served_json
from pytest_evalbars.run.flaky import flaky_cases
from pytest_evalbars.run.patterns import patterns

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run


def as_json(run: Run, bars: Bars, decision: Decision) -> dict[str, Any]:
    """What `evalbars gate --json` prints."""
    flaky = flaky_cases(run)
    found = {
        **decision.to_json(),
        "flaky": [one.to_json() for one in flaky],
        "audit": [one.to_json() for one in audit(run, bars, decision)],
        "served": served_json(run, bars),
        "calls": None if run.calls is None else run.calls.to_json(),
        **apart_json(run),
        "patterns": patterns(run, without=ceilings(run, bars), flaky=flaky).to_json(),
    }
    if not (run.extras.predicted >= 0).any():
        return found
    from pytest_evalbars.report.predictions import predicted  # noqa: PLC0415 - few suites classify

    said = predicted(run, bars)
    return found if said is None else {**found, "predictions": said.to_json()}
