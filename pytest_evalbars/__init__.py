"""Launch bars for evals, in plain pytest.

The plugin is `pytest_evalbars.plugin`. Cases find here what they judge by: `checks` and `adapters` (modules), `Judge`
with `Rubric` and `load_rubric`, and `Model`, which asks models; `limit` and `metric` are for the tested code and the
bars. From Python, the gate can be asked without pytest::

    from pytest_evalbars import decide, load_bars, load_run

    decision = decide(load_run("run.jsonl"), load_bars("pyproject.toml"), stage="launch")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_evalbars import adapters, checks
    from pytest_evalbars.calibration.files import load_calibration
    from pytest_evalbars.calls.answer import Answer
    from pytest_evalbars.calls.client import Model
    from pytest_evalbars.errors import JudgeError
    from pytest_evalbars.execution.limits import limit
    from pytest_evalbars.gate.decide import decide
    from pytest_evalbars.gate.load import load_bars
    from pytest_evalbars.judges.judge import Judge
    from pytest_evalbars.judges.load import load_rubric
    from pytest_evalbars.judges.rubric import Rubric
    from pytest_evalbars.metrics.registry import metric
    from pytest_evalbars.metrics.slice import Estimate, NoData, Slice
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.reading import load_run

__all__ = [
    "Answer",
    "Estimate",
    "Judge",
    "JudgeError",
    "Model",
    "NoData",
    "Rubric",
    "Run",
    "Slice",
    "adapters",
    "checks",
    "decide",
    "limit",
    "load_bars",
    "load_calibration",
    "load_rubric",
    "load_run",
    "metric",
]

#: Imported when first asked for: pytest loads this package in every session, and most of these need numpy.
_HOMES = {
    "Answer": "pytest_evalbars.calls.answer",
    "Model": "pytest_evalbars.calls.client",
    "Estimate": "pytest_evalbars.metrics.slice",
    "Judge": "pytest_evalbars.judges.judge",
    "JudgeError": "pytest_evalbars.errors",
    "NoData": "pytest_evalbars.metrics.slice",
    "Rubric": "pytest_evalbars.judges.rubric",
    "Slice": "pytest_evalbars.metrics.slice",
    "metric": "pytest_evalbars.metrics.registry",
    "Run": "pytest_evalbars.run.columns",
    "decide": "pytest_evalbars.gate.decide",
    "limit": "pytest_evalbars.execution.limits",
    "load_bars": "pytest_evalbars.gate.load",
    "load_calibration": "pytest_evalbars.calibration.files",
    "load_rubric": "pytest_evalbars.judges.load",
    "load_run": "pytest_evalbars.run.reading",
}
#: Modules that are public as a whole.
_MODULES = ("adapters", "checks")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
