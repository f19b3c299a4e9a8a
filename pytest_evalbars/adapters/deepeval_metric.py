"""A deepeval metric as a dimension (written against deepeval 4.3.1)."""

from __future__ import annotations

import asyncio
import copy
import inspect
from typing import TYPE_CHECKING, Any

from pytest_evalbars.adapters.calling import given, named, scoring, several, tool
from pytest_evalbars.adapters.scale import ruling
from pytest_evalbars.background import SYNC_CASES
from pytest_evalbars.errors import ScorerError
from pytest_evalbars.pending import to_be_awaited
from pytest_evalbars.run.plain import number, text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from typing import Unpack

    from pytest_evalbars.adapters.calling import How, Texts
    from pytest_evalbars.adapters.scale import Scale
    from pytest_evalbars.checks.result import Result

#: What a metric keeps of the last thing it measured.
OUTCOME = ("score", "reason", "success", "error", "skipped")


@to_be_awaited
async def deepeval(
    metric: Any,
    test_case: Any = None,
    *,
    answer: str | None = None,
    question: str | None = None,
    reference: str | None = None,
    context: Texts | None = None,
    passing: float | str | None = None,
    scale: Scale | None = None,
) -> Result:
    """Score with a deepeval metric.

    A metric keeps its outcome in itself. Here a copy measures, so that cases which run at the same time may share a
    metric; the metric itself stays as it was.

    Args:
        metric: a `BaseMetric` or `BaseConversationalMetric`, with a threshold or with `passing`.
        test_case: its test case; or these words:
        answer: `actual_output`.
        question: `input`, which deepeval requires.
        reference: `expected_output`.
        context: both `context` and `retrieval_context`.
        passing: the worst score that passes; without it the metric's own `is_successful()` decides.
        scale: where its scores are not 0 (worst) to 1: (worst, best). Before deepeval 4 some (bias, toxicity) scored
            the other way round: (1, 0).

    Raises:
        ScorerError: the metric raised, was skipped, or gave no score.
    """
    who = named("deepeval", metric, getattr(metric, "__name__", None), "a_measure", "measure")
    several_texts = several(context)
    words = given(
        who,
        test_case,
        {
            "input": question,
            "actual_output": answer,
            "expected_output": reference,
            "context": several_texts,
            "retrieval_context": several_texts,
        },
    )
    with scoring(who, words or test_case):
        if test_case is None:
            test_case = _test_case(who, words)
        measured = _copy(metric)
        if getattr(metric, "async_mode", True) and callable(getattr(metric, "a_measure", None)):
            returned = await measured.a_measure(test_case, **_quiet(measured.a_measure))
        else:
            returned = await asyncio.to_thread(measured.measure, test_case, **_quiet(measured.measure))
        own = _own_verdict(who, measured, scale) if passing is None else None
        error = getattr(measured, "error", None)
        if error or getattr(measured, "skipped", False):
            raise ScorerError(f"{who} failed: {safe(text(error, 500)) if error else 'it was skipped'}")
        score = getattr(measured, "score", None)
        return ruling(
            who,
            returned if score is None else score,
            scale=scale,
            passing=passing,
            own=own,
            why=getattr(measured, "reason", None),
        )


def deepeval_sync(metric: Any, test_case: Any = None, **how: Unpack[How]) -> Result:
    """The same as `deepeval`, for a sync case."""
    return SYNC_CASES.finished(deepeval(metric, test_case, **how))


def _test_case(who: str, words: dict[str, Any]) -> Any:
    if "input" not in words:
        raise ScorerError(f"{who}: a deepeval test case needs an input: say question=...")
    return tool("deepeval.test_case", "deepeval").LLMTestCase(**words)


def _copy(metric: Any) -> Any:
    """The metric without an outcome. Its parts are shared, but for a graph, whose nodes keep outcomes too."""
    fresh = copy.copy(metric)
    for name in OUTCOME:
        if name in getattr(fresh, "__dict__", {}):
            setattr(fresh, name, None)
    if hasattr(metric, "dag"):
        fresh.dag = tool("deepeval.metrics.dag.utils", "deepeval").copy_graph(metric.dag)
    return fresh


def _quiet(measure: Any) -> dict[str, bool]:
    """No progress bar between pytest's own lines, where the metric can be told so."""
    parameters = inspect.signature(measure).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    known = "_show_indicator" in parameters or inspect.Parameter.VAR_KEYWORD in kinds
    return {"_show_indicator": False} if known else {}


def _own_verdict(who: str, measured: Any, scale: Scale | None) -> bool | None:
    threshold = number(getattr(measured, "threshold", None))
    if scale is None and threshold is not None and not 0 <= threshold <= 1:
        raise ScorerError(f"{who}: its threshold {threshold:g} lies outside of 0 to 1: say scale=(worst, best)")
    verdict = measured.is_successful()
    return None if verdict is None else bool(verdict)
