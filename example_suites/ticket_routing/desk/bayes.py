"""A multinomial naive Bayes classifier: how often each category uses each term, and how often it comes at all.

All sums are exact (`math.fsum`), so that a score never depends on the order of the words.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence


class NaiveBayes:
    """Learns from texts, cut into terms, of which the category is known.

    Smoothing lets a category use terms that its texts never showed. It costs the others little, but a category with
    few texts much: what it has seen counts hardly more than what it has not. And such a category is held to be rare.
    So it needs stronger words than a large one to win a text that both could have written.
    """

    #: How often every term counts as seen before the first text (Laplace's rule).
    smoothing = 1

    def __init__(self, examples: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Learn from pairs of a category and the terms of a text."""
        texts: Counter[str] = Counter()
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        for category, terms in examples:
            texts[category] += 1
            self.counts[category].update(terms)
        self.vocabulary = {term for counts in self.counts.values() for term in counts}
        self.log_prior = {category: math.log(count / texts.total()) for category, count in texts.items()}

    def classify(self, terms: Sequence[str]) -> tuple[str, float]:
        """The most probable category of a text, and its probability as the model sees it."""
        known = [term for term in terms if term in self.vocabulary]
        scores = {category: self._score(category, known) for category in self.counts}
        best = max(scores, key=scores.__getitem__)
        return best, 1 / math.fsum(math.exp(score - scores[best]) for score in scores.values())

    def _score(self, category: str, terms: Sequence[str]) -> float:
        """The logarithm of the joint probability of a category and the terms."""
        counts = self.counts[category]
        total = counts.total() + self.smoothing * len(self.vocabulary)
        return math.fsum(
            [self.log_prior[category], *(math.log((counts[term] + self.smoothing) / total) for term in terms)]
        )
