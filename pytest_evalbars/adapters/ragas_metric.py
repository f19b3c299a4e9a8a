"""A ragas metric as a dimension (written against ragas 0.4.3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_evalbars.adapters.calling import given, named, scoring, several, tool
from pytest_evalbars.adapters.scale import ruling
from pytest_evalbars.background import SYNC_CASES
from pytest_evalbars.errors import ScorerError
from pytest_evalbars.pending import to_be_awaited
from pytest_evalbars.run.plain import text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from typing import Unpack

    from pytest_evalbars.adapters.calling import How, Texts
    from pytest_evalbars.adapters.scale import Scale
    from pytest_evalbars.checks.result import Result

#: How ragas begins the reason of the 0.0 that it gives for a metric which never said how to score.
PLACEHOLDER = "Base metric placeholder"
#: What the default words of a discrete metric are worth.
PASS_OR_FAIL = {"pass": 1.0, "fail": 0.0}


@to_be_awaited
async def ragas(
    metric: Any,
    sample: Any = None,
    *,
    answer: str | None = None,
    question: str | None = None,
    reference: str | None = None,
    context: Texts | None = None,
    passing: float | str | None = None,
    scale: Scale | None = None,
) -> Result:
    """Score with a ragas metric, of `ragas.metrics.collections`, made by a decorator, or of the older kind.

    Args:
        metric: it. Give it no more words than it takes.
        sample: a `SingleTurnSample` or `MultiTurnSample`, or a mapping of ragas' own words (`llm` too, where the
            metric asks for it with each sample); or these words:
        answer: `response`.
        question: `user_input`.
        reference: `reference`.
        context: `retrieved_contexts`.
        passing: the worst value that passes, in the metric's own terms: needed for numbers, as ragas has no
            thresholds. Of words, the best of the scale passes.
        scale: (worst, best), where the metric's `allowed_values` do not say it or less is better (noise sensitivity:
            (1, 0)); for a discrete metric what each word is worth, as {"good": 1, "fair": 0.5, "poor": 0}.

    Raises:
        ScorerError: the metric raised, or gave no score: ragas turns many failures into None or NaN.
    """
    who = named("ragas", metric, getattr(metric, "name", None), "ascore", "single_turn_ascore", "multi_turn_ascore")
    words = given(
        who,
        sample,
        {
            "user_input": question,
            "response": answer,
            "reference": reference,
            "retrieved_contexts": several(context),
        },
    )
    own_scale = _scale(who, metric) if scale is None else scale
    own_words = PASS_OR_FAIL if set(PASS_OR_FAIL) == _words(metric) else None
    with scoring(who, words or sample):
        # A decorated metric keeps its input in itself while it scores.
        result = await _scored(copy.copy(metric), words if sample is None else sample)
        value, why = getattr(result, "value", result), getattr(result, "reason", None)
        if value is None or (isinstance(why, str) and why.startswith(PLACEHOLDER)):
            raise ScorerError(f"{who} gave no score: {safe(text(why, 500))}")
        return ruling(who, value, scale=own_scale, words=own_words, passing=passing, why=why)


def ragas_sync(metric: Any, sample: Any = None, **how: Unpack[How]) -> Result:
    """The same as `ragas`, for a sync case."""
    return SYNC_CASES.finished(ragas(metric, sample, **how))


async def _scored(metric: Any, sample: Any) -> Any:
    if callable(getattr(metric, "ascore", None)):
        fields = sample if isinstance(sample, Mapping) else sample.model_dump(exclude_none=True)
        return await metric.ascore(**fields)
    if isinstance(sample, Mapping):
        sample = tool("ragas.dataset_schema", "ragas").SingleTurnSample(**sample)
    turns = "multi" if type(sample).__name__ == "MultiTurnSample" else "single"
    return await getattr(metric, f"{turns}_turn_ascore")(sample)


def _scale(who: str, metric: Any) -> Scale | None:
    """The scale that the metric declares."""
    allowed = getattr(metric, "allowed_values", None)
    if isinstance(allowed, tuple | range) and len(allowed) > 1:
        return allowed[0], allowed[-1]
    if getattr(getattr(metric, "output_type", None), "value", None) == "discrete":
        raise ScorerError(f"{who} gives grades of its own scale: say the worst and the best, as scale=(1, 5)")
    return None


def _words(metric: Any) -> set[Any]:
    allowed = getattr(metric, "allowed_values", None)
    return set(allowed) if isinstance(allowed, list) else set()
