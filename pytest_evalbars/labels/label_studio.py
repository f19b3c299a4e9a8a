"""A review for Label Studio: tasks to import, and the labelling interface that shows them.

See https://labelstud.io/guide/tasks and https://labelstud.io/tags/choices. Raters are told apart by their accounts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from pytest_evalbars.labels.guide import words_in
from pytest_evalbars.labels.model import UNCLEAR
from pytest_evalbars.labels.texts import FIELDS, words_of

if TYPE_CHECKING:
    from pytest_evalbars.labels.model import ReviewPlan

TASKS, CONFIG = "label-studio.json", "label-studio.xml"
#: What stands where a case recorded nothing: each task has all fields, or the import fails.
NOTHING = "-"
#: Headings over what a rater reads, beside the name under which a task holds it.
HEADINGS = {
    "guide": "Rubric",
    "input": "Question",
    "context": "Context",
    "reference": "Reference",
    "output": "Answer",
}


def tasks(plan: ReviewPlan) -> str:
    """The tasks as JSON: one an item, without anything that a judge said."""
    guides = {guide.dimension: words_of("\n".join(words_in(guide))) for guide in plan.guides}
    found = []
    for number, one in enumerate(plan.items, 1):
        item = one.item
        data: dict[str, Any] = {"review": item.review, "of": item.of, "dimension": item.dimension, "number": number}
        data |= {"guide": guides[item.dimension]}
        data |= {name: words_of(one.evidence[name]) if name in one.evidence else NOTHING for name in FIELDS}
        data |= {"choices": [{"value": word} for word in _choices(plan, item.dimension)]}
        found.append({"data": data, "meta": {"raters": list(one.raters)}})
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def config(plan: ReviewPlan) -> str:
    """The labelling interface as XML. Several dimensions share it: what can be said comes with each task."""
    lines = ["<View>", "  <Style>.htx-text { white-space: pre-wrap; }</Style>", '  <Header value="$dimension"/>']
    for field, heading in HEADINGS.items():
        name = "answer" if field == "output" else field
        lines.append(f'  <Header value={quoteattr(heading)} size="5"/>')
        lines.append(f'  <Text name="{name}" value="${field}" valueType="text" saveTextResult="no"/>')
    several = {tuple(_choices(plan, each.dimension)) for each in plan.review.populations}
    choices = '  <Choices name="label" toName="answer" choice="single-radio" showInline="true" required="true"'
    if len(several) == 1:
        lines.append(f"{choices}>")
        (words,) = several
        for key, word in enumerate(words, 1):
            hotkey = f' hotkey="{key}"' if key < 10 else ""
            lines.append(f"    <Choice value={quoteattr(words_of(word))}{hotkey}/>")
        lines.append("  </Choices>")
    else:
        lines.append(f'{choices} value="$choices"/>')
    note = '  <TextArea name="note" toName="answer" placeholder="A note" maxSubmissions="1" editable="true"/>'
    return "\n".join([*lines, note, "</View>", ""])


def _choices(plan: ReviewPlan, dimension: str) -> list[str]:
    population = plan.review.population(dimension)
    return [] if population is None else [*population.words, UNCLEAR]
