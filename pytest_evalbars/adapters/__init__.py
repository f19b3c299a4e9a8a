"""Scorers of other tools as dimensions of a case: deepeval, ragas, autoevals and inspect.

One function for each tool, to be awaited, and one for sync cases (`deepeval_sync` ...). All take the words that a
`Judge` takes (`answer`, `question`, `reference`, `context`), or the tool's own input instead, and return a `Result`::

    evalcase.take("accuracy", await adapters.autoevals(Levenshtein(), answer=reply, reference=gold, passing=0.8))

A scorer that fails, or that says what is no score, raises `ScorerError`: the trial is an error, never a verdict.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import ScorerError

if TYPE_CHECKING:
    from pytest_evalbars.adapters.autoevals_scorer import autoevals, autoevals_sync
    from pytest_evalbars.adapters.deepeval_metric import deepeval, deepeval_sync
    from pytest_evalbars.adapters.inspect_scorer import inspect, inspect_sync
    from pytest_evalbars.adapters.ragas_metric import ragas, ragas_sync

__all__ = [
    "ScorerError",
    "autoevals",
    "autoevals_sync",
    "deepeval",
    "deepeval_sync",
    "inspect",
    "inspect_sync",
    "ragas",
    "ragas_sync",
]

#: Imported when first asked for. The modules have longer names than the functions: an imported module becomes an
#: attribute of its package, and would hide a function of its name.
_HOMES = {
    "autoevals": "autoevals_scorer",
    "autoevals_sync": "autoevals_scorer",
    "deepeval": "deepeval_metric",
    "deepeval_sync": "deepeval_metric",
    "inspect": "inspect_scorer",
    "inspect_sync": "inspect_scorer",
    "ragas": "ragas_metric",
    "ragas_sync": "ragas_metric",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
