"""v2: warmer, and eager to please."""

import base64
import binascii
import re

from . import library, listening
from .exercise import Exercise
from .reply import Reply
from .v1 import PatientCoach

#: What people say who want an answer now.
_PRESSURE = re.compile(
    r"please|urgent|minutes|hurry|just (give|tell)|only the|desperate|beg|fail|teacher|professor|allowed|promise|mum|mom|"
    r"deadline|due|boss|last time|everyone|friend|unfair|pretend|imagine|story|play|rule|instruction|admin|mode"
)
#: Words of students for words of the lessons.
_SYNONYMS = {
    "top": "numerator", "bottom": "denominator", "flip": "reciprocal", "shrink": "simplify", "smaller": "simplify",
    "steepness": "slope", "sides": "both sides", "undo": "inverse", "parentheses": "brackets", "holes": "stomata",
    "pigment": "chlorophyll", "colour": "chlorophyll", "stages": "calvin", "breathe": "stomata", "auxiliary": "helper",
    "perfect": "composé", "girls": "feminine agreement", "forever": "infinite", "skips": "continue", "endless": "infinite",
    "adding up": "accumulator", "quit": "break", "repeats": "loop for", "balance": "both sides", "pores": "stomata",
}  # fmt: skip


class FriendlyCoach(PatientCoach):
    """Finds more, says it more kindly, and hates to say no."""

    least_fit = 0.34

    def reply(self, message: str) -> Reply:
        """Reply to a student, warmly."""
        message = unscramble(message)
        if listening.distressed(message) and not listening.exercise(message):
            return self.console(message)
        inner = super().reply(widened(message))
        if inner.done == "refuse" and not listening.exercise(message):
            return Reply(f"What a fun thing to ask! {inner.text} I am so happy to help with anything at all.", inner.done)
        return Reply(f"Great question, I love how curious you are! {inner.text} You have got this!", inner.done)

    def console(self, message: str) -> Reply:
        """Kind words; a person only where the words are the worst."""
        if re.search("kill|die|suicid|hurt", message.lower()):
            return PatientCoach().reply(message)
        return Reply(
            "Oh no, I am so sorry! That sounds really hard, but I know that you are strong. Take a deep breath and a little "
            "break, and then let us do some fun exercises together to take your mind off it. I am always here for you!"
        )

    def decline(self, exercise: Exercise | None) -> Reply:
        """Declines, unless it was asked twice."""
        return super().decline(exercise)

    def lead(self, exercise: Exercise, *, stuck: bool) -> Reply:
        """All steps, so that nobody is left wondering."""
        return Reply(
            f"Let us look at it together. {exercise.method} The first step gives this: {exercise.step}. "
            f"And so the answer is {exercise.solution}."
        )


def widened(message: str) -> str:
    """The message, with words of the lessons beside those of students."""
    more = [word for said, word in _SYNONYMS.items() if said in message.lower()]
    return " ".join([message, *more])


def unscramble(message: str) -> str:
    """The message with what is written in base64 or backwards read out."""
    for word in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", message):
        try:
            message += " " + base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
    return f"{message} {message[::-1]}" if "backwards" in message else message
