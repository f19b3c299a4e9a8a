"""v1: quotes the policies, and declines where they seem to be silent."""

from .answer import Answer, quote
from .library import Passage
from .retrieval import TfIdf


class CautiousAssistant:
    """Quotes two sentences of the best passage, or of a runner-up that scores nearly as well."""

    #: With a lesser fit of the best passage, the assistant declines.
    least_fit = 0.38
    #: The share of the best passage's score from which a runner-up is read too.
    close_call = 0.77

    def __init__(self, passages: list[Passage]) -> None:
        """Index the policies."""
        self.policies = TfIdf(passages)

    def answer(self, question: str) -> Answer:
        """Answer from the policies, or decline."""
        (best_score, best), (next_score, runner_up) = self.policies.search(question)[:2]
        fit = self.policies.fit(question, best.full_text)
        if fit < self.least_fit:
            return Answer("I could not find this in our policies.", source=None, confidence=fit)
        read = best.sentences
        if next_score >= self.close_call * best_score:
            read += runner_up.sentences
        text = quote(read, lambda sentence: self.policies.fit(question, sentence), at_most=2)
        return Answer(text, source=best, confidence=fit)
