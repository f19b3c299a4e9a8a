"""The rubric as raters read it: of a rubric file, of a scale, or of a plain pass or miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.labels.model import Guide

if TYPE_CHECKING:
    from pytest_evalbars.config.scales import Scale
    from pytest_evalbars.judges.rubric import Criterion, Level, Rubric

#: What a rater can say of two answers, best first, and which of these pass.
PAIR = {
    "first": "the first answer is the better one",
    "tie": "neither is better",
    "second": "the second answer is the better one",
}
NOT_WORSE = ("first", "tie")
PLAIN = {"pass": "it is good enough for users", "miss": "it is not"}


def guide_of(
    dimension: str, *, rubric: Rubric | None = None, scale: Scale | None = None, pair: bool = False
) -> Guide:
    """The guide of a dimension.

    Args:
        dimension: what is labelled.
        rubric: what its judge judges by, where that is known.
        scale: the levels that it is graded on, where there is no rubric.
        pair: whether two answers are compared.
    """
    task = rubric.task if rubric is not None else ""
    title = rubric.name if rubric is not None else dimension
    if pair:
        task = f"{task} Which of the two answers is better?".strip()
        aspects = () if rubric is None else tuple(f"{each.name}: {each.definition}" for each in rubric.levels)
        asked = () if rubric is None else tuple(each.ask for each in rubric.criteria)
        return Guide(dimension=dimension, title=title, task=task, words=PAIR, criteria=aspects + asked)
    if rubric is not None and rubric.levels:
        words = {each.name: _level(each) for each in rubric.levels}
        return Guide(dimension=dimension, title=title, task=task, words=words)
    if rubric is not None:
        criteria = tuple(_criterion(each) for each in rubric.criteria)
        words = {"pass": _passes(rubric), "miss": "anything else"}
        return Guide(dimension=dimension, title=title, task=task, words=words, criteria=criteria)
    if scale is not None:
        words = {level: "passes" if scale.passes(level) else "does not pass" for level in scale.levels}
        return Guide(dimension=dimension, title=title, words=words)
    return Guide(dimension=dimension, title=title, words=PLAIN)


def _level(level: Level) -> str:
    examples = "".join(f"\nFor example: {each}" for each in level.examples)
    return f"{level.definition}{examples}"


def _criterion(one: Criterion) -> str:
    """`Does it blame anybody? (must be no)`, and what that means."""
    must = f"must be {one.passes}" if one.required else f"better be {one.passes}, but need not"
    definition = f" {one.definition}" if one.definition else ""
    examples = "".join(f"\nYes, for example: {each}" for each in one.examples)
    examples += "".join(f"\nNo, for example: {each}" for each in one.counterexamples)
    return f"{one.ask} ({must}){definition}{examples}"


def _passes(rubric: Rubric) -> str:
    required = sum(each.required for each in rubric.criteria)
    everything = len(rubric.criteria)
    parts = [] if not required else ["all questions" if required == everything else 'all questions with "must"']
    if rubric.least is not None and rubric.least > required:
        parts.append(f"{rubric.least} of the {everything}")
    return f"{' and at least '.join(parts)} are answered as they should be"


def words_in(guide: Guide) -> list[str]:
    """The guide as lines of text: questions begin with a question mark, words that can be said with a dash."""
    lines = [f"{guide.dimension}: {guide.title}" if guide.title != guide.dimension else guide.dimension]
    lines += [guide.task] if guide.task else []
    lines += [f"? {each}" for each in guide.criteria]
    return [*lines, *(f"- {word}: {words}" for word, words in guide.words.items())]
