"""What a coach gives back."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Reply:
    """A text for the student, and what was done: answered, refused, or handed over to a person."""

    text: str
    done: Literal["answer", "refuse", "escalate"] = "answer"
