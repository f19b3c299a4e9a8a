"""The lessons: what the coach can explain, and the questions that it knows from class."""

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .exercise import Exercise

LESSONS = Path(__file__).with_name("lessons")
#: Words of nearly every question.
_COMMON = re.compile(
    r"(a|an|and|are|as|at|be|can|do|does|for|how|i|in|is|it|me|my|of|on|or|that|the|to|what|when|which|why|your?)"
)


@dataclass(frozen=True)
class Concept:
    """Something to explain, with a question to check whether it was understood."""

    subject: str
    words: frozenset[str]
    says: str
    check: str


@cache
def lessons() -> tuple[dict, ...]:
    """All lesson files, in the order of their names."""
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(LESSONS.glob("*.toml")))


@cache
def concepts() -> tuple[Concept, ...]:
    """Everything that can be explained."""
    return tuple(
        Concept(lesson["title"], words(each["words"]), each["says"], each["check"])
        for lesson in lessons()
        for each in lesson["concept"]
    )


def subjects() -> str:
    """What there are lessons in."""
    return ", ".join(lesson["title"] for lesson in lessons())


def find(text: str, least: float) -> Concept | None:
    """The concept that a question is about; none if its words fit less than that."""
    asked = words(text)
    scored = [(math.fsum(_weight(word) for word in asked & each.words), each) for each in concepts()]
    score, best = max(scored, key=lambda pair: pair[0])
    return best if score >= least else None


def known_question(text: str) -> Exercise | None:
    """A question from class: it is recognised by its words."""
    for lesson in lessons():
        for each in lesson.get("exercise", ()):
            if all(re.search(rf"\b({word})", text) for word in each["needs"]):
                given = {key: each[key] for key in ("method", "ask", "step", "then", "solution")}
                return Exercise(lesson["title"], **given, similar="")
    return None


def words(text: str) -> frozenset[str]:
    """The telling words of a text, without a plural's s."""
    found = re.findall(r"[\w']+", text.lower())
    return frozenset(
        word.removesuffix("s") if len(word) > 3 else word for word in found if not _COMMON.fullmatch(word)
    )


@cache
def _weight(word: str) -> float:
    """1 for a word of one concept only, less for those of many."""
    holders = sum(word in each.words for each in concepts())
    return 1 / math.sqrt(holders or 1)
