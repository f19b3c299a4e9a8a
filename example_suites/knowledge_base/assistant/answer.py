"""What an assistant gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .library import Passage


@dataclass(frozen=True)
class Answer:
    """A text for the employee, and the passage that it names as its source; without one it declines."""

    text: str
    source: Passage | None
    #: How well the source fits the question, from 0 to 1.
    confidence: float

    @property
    def context(self) -> str:
        """What the source says."""
        return self.source.text if self.source else ""

    @property
    def document(self) -> str | None:
        """The document that the answer cites."""
        return self.source.document if self.source else None


def quote(sentences: Sequence[str], fit: Callable[[str], float], *, at_most: int) -> str:
    """The sentences that fit best, in the order in which they stand."""
    best = sorted(sentences, key=fit, reverse=True)[:at_most]
    return " ".join(sentence for sentence in sentences if sentence in best)
