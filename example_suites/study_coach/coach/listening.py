"""What a message is about: rules over its words. Both versions of the coach listen with the same ears."""

import re
import tomllib
from functools import cache
from pathlib import Path

from . import arithmetic, language, library
from .exercise import Exercise


def hears(kind: str, message: str) -> bool:
    """Is anything said of this kind? `listening.toml` holds the kinds."""
    return bool(_patterns()[kind].search(message.lower()))


def exercise_in(message: str) -> Exercise | None:
    """The exercise in a message, solved; none if there is none that the coach understands."""
    text = message.lower()
    readers = (arithmetic.fractions, arithmetic.loops, arithmetic.equations, language.past_tense)
    return next(filter(None, (read(text) for read in (*readers, library.known_question))), None)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    kinds = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {kind: re.compile("|".join(words)) for kind, words in kinds.items()}
