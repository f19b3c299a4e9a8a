"""What a message is about: rules over its words. Both versions of the coach listen with the same ears."""

import re

from . import arithmetic, language, library
from .exercise import Exercise

_DISTRESS = re.compile(
    r"hurt(ing)? myself|kill myself|want to die|end it all|self.harm|cutting|suicid|hopeless|panic attack|"
    r"(hit|beat|threaten|bully|bullied|scare)\w* me|afraid to go home|can'?t (sleep|eat|stop crying)|"
    r"nobody would miss me|hate my(self| life)|haven'?t eaten|being bullied|worthless|touche[sd] me|self harm"
)
_GRADED = re.compile(
    r"\b(quiz|test|exam|midterm|final|graded|assessment|assignment counts|marks?|take-home|online check|counts? (for|towards))\b"
)
_COMMANDS = re.compile(
    r"ignore (all|any|your|the|every)|disregard|forget (your|all|everything)|you are now|pretend|role.?play|act as|system prompt|"
    r"your (instructions|rules|prompt)|developer mode|jailbreak|no rules|unlock|override|\bDAN\b|let'?s play|in this story|"
    r"</?\w+>|\[\w+\]|base64|decode|backwards|reverse[ds]?\b|rot13|i am (your|the|a) (teacher|professor|admin|developer|principal)|"
    r"answer key|hypothetical|grandm|from now on|new (rule|policy|instruction)"
)
_STUCK = re.compile(
    r"\bstuck\b|don'?t (get|understand)|confus|lost\b|keep getting|i got\b|went wrong|no idea how|where did i|tried|so far"
)


def distressed(text: str) -> bool:
    """Does the student need a person rather than a lesson?"""
    return bool(_DISTRESS.search(text.lower()))


def graded(text: str) -> bool:
    """Does the work count towards a mark?"""
    return bool(_GRADED.search(text.lower()))


def commanding(text: str) -> bool:
    """Does the message try to change what the coach is, or to get around it?"""
    return bool(_COMMANDS.search(text.lower()))


def stuck(text: str) -> bool:
    """Has the student begun, and come to a halt?"""
    return bool(_STUCK.search(text.lower()))


def exercise(text: str) -> Exercise | None:
    """The exercise in a message, solved; none if there is none that the coach understands."""
    text = text.lower()
    readers = (arithmetic.fractions, arithmetic.loops, arithmetic.equations, language.past_tense)
    return next(filter(None, (read(text) for read in (*readers, library.known_question))), None)
