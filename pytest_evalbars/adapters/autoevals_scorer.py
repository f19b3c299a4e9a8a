"""An autoevals scorer as a dimension (written against autoevals 0.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.adapters.calling import given, named, scoring, several
from pytest_evalbars.adapters.scale import ruling
from pytest_evalbars.errors import ScorerError
from pytest_evalbars.pending import to_be_awaited
from pytest_evalbars.run.plain import text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from pytest_evalbars.adapters.calling import Texts, Words
    from pytest_evalbars.adapters.scale import Scale
    from pytest_evalbars.checks.result import Result


@to_be_awaited
async def autoevals(
    scorer: Any,
    inputs: Mapping[str, Any] | None = None,
    *,
    answer: Any = None,
    question: str | None = None,
    reference: Any = None,
    context: Texts | None = None,
    passing: float | str | None = None,
    scale: Scale | None = None,
) -> Result:
    """Score with an autoevals scorer.

    One that asks a model awaits an `AsyncOpenAI` client here; with an `OpenAI` client call `autoevals_sync`.

    Args:
        scorer: it, as `Levenshtein()`.
        inputs: autoevals' own words, as {"output": ..., "expected": ..., "criteria": ...}; or these:
        answer: `output`; anything that the scorer reads.
        question: `input`.
        reference: `expected`; anything that the scorer reads.
        context: `context`.
        passing: the worst score that passes: needed, as autoevals has no thresholds.
        scale: (worst, best), where 0 is not the worst.

    Raises:
        ScorerError: the scorer raised, or gave no score: None means that it skipped.
    """
    who, words = _asked(scorer, inputs, answer=answer, question=question, reference=reference, context=context)
    with scoring(who, words):
        result = await scorer.eval_async(**words)
        return _said(who, result, passing=passing, scale=scale)


def autoevals_sync(
    scorer: Any,
    inputs: Mapping[str, Any] | None = None,
    *,
    passing: float | str | None = None,
    scale: Scale | None = None,
    **said: Unpack[Words],
) -> Result:
    """The same as `autoevals`, for a sync case, with the scorer's own sync form and an `OpenAI` client."""
    who, words = _asked(scorer, inputs, **said)
    with scoring(who, words):
        result = scorer.eval(**words)
        return _said(who, result, passing=passing, scale=scale)


def _asked(
    scorer: Any,
    inputs: Mapping[str, Any] | None,
    *,
    answer: Any = None,
    question: str | None = None,
    reference: Any = None,
    context: Texts | None = None,
) -> tuple[str, dict[str, Any]]:
    who = named("autoevals", scorer, getattr(scorer, "_name", None), "eval_async")
    words = {"output": answer, "expected": reference, "input": question, "context": several(context)}
    said = given(who, inputs, words)
    return who, said if inputs is None else dict(inputs)


def _said(who: str, result: Any, *, passing: float | str | None, scale: Scale | None) -> Result:
    if getattr(result, "error", None) is not None:
        raise ScorerError(f"{who} failed: {safe(text(result.error, 500))}") from (
            result.error if isinstance(result.error, Exception) else None
        )
    if not hasattr(result, "score"):
        raise ScorerError(f"{who} returned no Score, but a {type(result).__name__}")
    return ruling(who, result.score, scale=scale, passing=passing, why=(result.metadata or {}).get("rationale"))
