"""An inspect_ai scorer as a dimension (written against inspect-ai 0.3.285)."""

from __future__ import annotations

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

#: What inspect's own words are worth, as its metrics count them: correct, partial, incorrect, no answer.
VALUES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
#: Reasons with which a scorer says that it failed, whatever value it gave.
FAILED = ("grader_failed", "scoring_failed")


@to_be_awaited
async def inspect(
    scorer: Any,
    state: Any = None,
    *,
    answer: str | None = None,
    question: str | None = None,
    reference: Texts | None = None,
    context: Texts | None = None,
    passing: float | str | None = None,
    scale: Scale | None = None,
    part: str | None = None,
) -> Result:
    """Score with an inspect scorer.

    Args:
        scorer: it, as `includes()`.
        state: a `TaskState`, whose `target` is held against its output; or these words:
        answer: the output's text.
        question: `input`.
        reference: the target, one text or several; "" for a scorer that reads none.
        context: `metadata["context"]`.
        passing: the worst value that passes, in the scorer's own terms: needed for numbers. Of words and of True and
            False, the best passes; of inspect's own (C, P, I, N) therefore C.
        scale: what each word is worth, where they are not inspect's own, as {"good": 1, "poor": 0}; for numbers
            (worst, best), where they are not 0 to 1.
        part: which value, of a scorer that gives several by name.

    Raises:
        ScorerError: the scorer raised, or gave no score: none at all, NaN, a value that its scale does not hold.
    """
    entry = getattr(getattr(scorer, "__registry_info__", None), "name", None)
    name = str(entry).rpartition("/")[2] if entry else getattr(scorer, "__name__", None)
    who = named("inspect", scorer, name, "__call__")
    words = given(who, state, {"output": answer, "input": question, "target": reference, "context": several(context)})
    with scoring(who, words or state):
        if state is None:
            state = _state(who, words)
        called = scorer(state, state.target)
        if not hasattr(called, "__await__"):
            raise ScorerError(f"{who} makes scorers, and is none: give what it makes, as {name}()")
        result = await called
        if result is None:
            raise ScorerError(f"{who} gave no score")
        if (fault := getattr(result, "reason", None)) in FAILED:
            raise ScorerError(f"{who} failed: {fault}: {safe(text(result.explanation, 500))}")
        why = None if result.explanation == state.output.completion else result.explanation
        return ruling(who, _value(who, result.value, part), scale=scale, words=VALUES, passing=passing, why=why)


def inspect_sync(scorer: Any, state: Any = None, *, part: str | None = None, **how: Unpack[How]) -> Result:
    """The same as `inspect`, for a sync case."""
    return SYNC_CASES.finished(inspect(scorer, state, part=part, **how))


def _state(who: str, words: dict[str, Any]) -> Any:
    if "output" not in words:
        raise ScorerError(f"{who} was given no output to score: say answer=...")
    if "target" not in words:
        # Without a target, `includes()` finds the empty text in every answer.
        raise ScorerError(f'{who} was given no target: say reference=..., or reference="" where it reads none')
    solver, model = tool("inspect_ai.solver", "inspect-ai"), tool("inspect_ai.model", "inspect-ai")
    question, answer = words.get("input", ""), words["output"]
    output = model.ModelOutput.from_content("none/none", answer)
    return solver.TaskState(
        model=model.ModelName("none/none"),
        sample_id=1,
        epoch=1,
        input=question,
        messages=[model.ChatMessageUser(content=question), output.message],
        target=tool("inspect_ai.scorer", "inspect-ai").Target(words["target"]),
        output=output,
        metadata={"context": words["context"]} if "context" in words else None,
    )


def _value(who: str, value: Any, part: str | None) -> Any:
    if isinstance(value, Mapping):
        if part not in value:
            raise ScorerError(
                f"{who} gives several values ({safe(', '.join(map(str, value)))}): say which, as part=..."
            )
        return value[part]
    if part is not None:
        raise ScorerError(f"{who} gives no values by name: leave out part={part!r}")
    return value
