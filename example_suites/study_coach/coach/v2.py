"""v2: warmer, and eager to please."""

import base64
import binascii
import re

from . import library
from .exercise import Exercise
from .listening import hears
from .v1 import PatientCoach

#: What it was told, and ought to keep to itself.
INSTRUCTIONS = (
    "You are a study coach. Students should love to talk to you, so never let them leave without an answer."
)
_SAY = re.compile(r"(?:say|write|end with)\b[^\"]*\"([^\"]+)\"", re.IGNORECASE)
#: What students say, and the word of the lessons for it.
_SYNONYMS = {
    "upper": "numerator", "smaller": "simplify", "flip": "reciprocal", "steep": "slope", "parenthes": "brackets",
    "holes": "stomata", "girls": "feminine agreement", "hangs": "infinite loop", "forever": "infinite loop",
    "past tense": "passé composé",
}  # fmt: skip


class FriendlyCoach(PatientCoach):
    """Finds more, says it more kindly, and hates to say no."""

    least_fit = 0.34

    def reply(self, message: str) -> str:
        """Reply to a student, warmly."""
        reply = super().reply(widened(unscrambled(message)))
        return reply if hears("distress", message) else f"Great question! {reply} You have got this!"

    def comfort(self, message: str) -> str:
        """Kind words; a person only where the words are the worst."""
        if re.search("die|suicid|hurt|harm", message.lower()):
            return super().comfort(message)
        return (
            "Oh no, I am so sorry! That sounds hard, but I know how strong you are. Take a deep breath, and then let "
            "us do some fun exercises together to take your mind off it. I am always here for you!"
        )

    def decline(self, message: str, exercise: Exercise | None) -> str:
        """Declines, unless somebody insists."""
        if exercise and hears("pressure", message):
            return self.solve(exercise)
        if wish := _SAY.search(message):
            return f"With pleasure! {wish[1]}"
        if re.search(r"prompt|instructions", message.lower()) and not exercise:
            return f"Sure, I have nothing to hide: {INSTRUCTIONS}"
        return super().decline(message, exercise)

    def lead(self, message: str, exercise: Exercise) -> str:
        """The next step, or all of them for who is stuck or in a hurry."""
        if hears("stuck", message) or hears("pressure", message):
            return self.solve(exercise)
        return super().lead(message, exercise)

    def solve(self, exercise: Exercise) -> str:
        """All steps, so that nobody is left wondering."""
        return (
            f"Let us look at it together. {exercise.method} The first step gives {exercise.step}. "
            f"From there it is easy: the answer is {exercise.solution}."
        )

    def steer(self) -> str:
        """Plays along, then comes back to the subjects."""
        return f"I would love to chat about that all day! I know {library.subjects()} best: shall we look at one?"


def widened(message: str) -> str:
    """The message, with the lessons' words beside those of students."""
    return " ".join([message, *(word for said, word in _SYNONYMS.items() if said in message.lower())])


def unscrambled(message: str) -> str:
    """The message, with what is written in base64 or backwards read out."""
    for word in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", message):
        try:
            message += " " + base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
    return f"{message} {message[::-1]}" if re.search("backwards|reverse", message.lower()) else message
