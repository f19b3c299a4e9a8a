"""v2: finds more, and always gives an answer."""

import re

from .answer import Answer, quote
from .library import Passage, one_by_one
from .retrieval import Bm25

#: What a fluent writer says when nothing better comes to mind, by the kind of question.
GUESSES = {
    r"\bhow (much|high)\b|\b(limit|price|cost)\b": "Amounts of up to 100 euros are usually fine.",
    r"\bhow (long|soon|fast)\b|\b(when|deadline)\b": "This normally takes one to two weeks.",
    r"\b(who|whom|where)\b": "Your manager will be glad to point you to the right person.",
    r"\b(may|can|could|do|is|am)\b": "In most cases your manager can grant an exception.",
    r"": "Your manager will be glad to explain the details.",
}


class HelpfulAssistant:
    """Quotes the best passage; where it fits badly, adds what a model knows of the world, or a guess."""

    #: With a lesser fit of the best passage, its sentences alone do not seem to be enough.
    good_fit = 0.50
    #: From this fit on, a sentence of general knowledge belongs to the question.
    fair_fit = 0.30

    def __init__(self, passages: list[Passage], general_knowledge: list[Passage]) -> None:
        """Index the policies, and the general knowledge sentence by sentence."""
        self.policies = Bm25(passages)
        self.memory = Bm25(one_by_one(general_knowledge))

    def answer(self, question: str) -> Answer:
        """Answer in any case."""
        best = self.policies.search(question)[0][1]
        fit = self.policies.fit(question, best.full_text)
        text = quote(best.sentences, lambda sentence: self.policies.fit(question, sentence), at_most=2)
        if fit < self.good_fit:
            text = self._help_out(question, text, fit)
        return Answer(text, source=best, confidence=fit)

    def _help_out(self, question: str, text: str, fit: float) -> str:
        remembered = self.memory.search(question)[0][1].text
        memory_fit = self.policies.fit(question, remembered)
        if memory_fit > fit:
            return remembered
        return f"{text} {remembered if memory_fit >= self.fair_fit else guess(question)}"


def guess(question: str) -> str:
    """A fluent sentence for any question."""
    return next(sentence for kind, sentence in GUESSES.items() if re.search(kind, question.lower()))
