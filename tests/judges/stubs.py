"""Models that are none, and the rubrics of these tests."""

import asyncio
import json
from dataclasses import dataclass, field

from pytest_evalbars import Rubric
from pytest_evalbars.judges.prompt import opened

LEVELS = {
    "name": "scaffolding",
    "task": "Judge how far the tutor lets the student think.",
    "passing": "adequate",
    "levels": [
        {
            "name": "excellent",
            "definition": "Asks or hints; the student does the step.",
            "examples": ["What is 3 + 4?"],
        },
        {"name": "adequate", "definition": "Explains a part, and leaves the rest."},
        {"name": "poor", "definition": "Gives the answer away.", "examples": ["It is 7."]},
    ],
}
CHECKLIST = {
    "name": "policy",
    "task": "Judge whether the tutor keeps to the rules of the school.",
    "criteria": [
        {"name": "no_answer", "ask": "Does it give the answer away?", "passes": "no"},
        {"name": "kind", "ask": "Is it kind?"},
        {"name": "source", "ask": "Does it name a source?", "required": False},
    ],
}


def levels(**changed):
    return Rubric.model_validate({**LEVELS, **changed})


def checklist(**changed):
    return Rubric.model_validate({**CHECKLIST, **changed})


def graded(level, why="because"):
    return json.dumps({"explanation": why, "level": level})


def checked(why="because", **answers):
    return json.dumps({name: {"explanation": f"{why} {name}", "answer": each} for name, each in answers.items()})


def preferred(winner, why="because"):
    return json.dumps({"explanation": why, "winner": winner})


@dataclass
class Answer:
    """What of `calls.answer.Answer` a judge reads."""

    text: str
    model: str = "stub-1"
    refused: bool = False
    cut_off: bool = False


@dataclass
class Scripted:
    """Says one thing after the other, whatever it is asked; an exception is raised."""

    answers: list
    name: str = "stub"
    asked: list = field(default_factory=list)

    async def ask(self, messages, *, schema=None):
        self.asked.append((messages, schema))
        answer = self.answers[(len(self.asked) - 1) % len(self.answers)]
        await asyncio.sleep(0)
        if isinstance(answer, BaseException):
            raise answer
        return Answer(answer) if isinstance(answer, str) else answer


class Ruled:
    """Judges by a rule on the decoded data: an answer that names the number 7 gives the answer away."""

    name = "ruled"

    async def ask(self, messages, **_):
        kind, _, fields = opened(messages)
        given = {name: "7" in text.split() for name, text in fields.items()}
        if kind == "pair":
            winner = "tie" if given["first"] == given["second"] else "second" if given["first"] else "first"
            return Answer(preferred(winner))
        if kind == "levels":
            return Answer(graded("poor" if given["answer"] else "excellent"))
        return Answer(checked(no_answer="yes" if given["answer"] else "no", kind="yes", source="no"))
