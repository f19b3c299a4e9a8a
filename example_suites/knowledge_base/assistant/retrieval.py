"""Two retrievers over passages: plain TF-IDF for v1, BM25 with query expansion for v2.

All sums are exact (`math.fsum`), so that a score never depends on the order of the words.
"""

import math
from collections import Counter
from collections.abc import Iterable

from .library import Passage
from .text import stems
from .thesaurus import RELATED, expand


class TfIdf:
    """Cosine similarity of TF-IDF vectors over the words that the question itself uses."""

    def __init__(self, passages: list[Passage]) -> None:
        """Index the passages."""
        self.passages = passages
        texts = [stems(passage.full_text) for passage in passages]
        self.weight = rarity(texts)
        self.vectors = [self._vector(terms) for terms in texts]

    def search(self, question: str) -> list[tuple[float, Passage]]:
        """All passages with their scores, the most similar first."""
        wanted = self._vector(stems(question))
        return best_first((_dot(wanted, vector) for vector in self.vectors), self.passages)

    def fit(self, question: str, text: str) -> float:
        """The share of the question's words, by weight, that a text holds."""
        wanted, found = set(stems(question)), set(stems(text))
        return covered({term: float(term in found) for term in wanted}, self.weight)

    def _vector(self, terms: list[str]) -> dict[str, float]:
        counts = Counter(terms)
        vector = {term: (1 + math.log(counts[term])) * self.weight.get(term, 0) for term in counts}
        length = math.sqrt(_dot(vector, vector)) or 1
        return {term: value / length for term, value in vector.items()}


class Bm25:
    """BM25, with synonyms for the question's words; headings count twice."""

    saturation = 1.2
    length_norm = 0.5

    def __init__(self, passages: list[Passage]) -> None:
        """Index the passages."""
        self.passages = passages
        texts = [stems(f"{passage.full_text} {passage.heading}") for passage in passages]
        self.weight = rarity(texts)
        self.counts = [Counter(terms) for terms in texts]
        self.lengths = [len(terms) / (sum(map(len, texts)) / len(texts)) for terms in texts]

    def search(self, question: str) -> list[tuple[float, Passage]]:
        """All passages with their scores, the best match first."""
        wanted = expand(stems(question))
        scores = [self._score(wanted, *text) for text in zip(self.counts, self.lengths, strict=True)]
        return best_first(scores, self.passages)

    def fit(self, question: str, text: str) -> float:
        """The share of the question's words, by weight, that a text holds; a synonym counts half."""
        wanted, found = set(stems(question)), set(stems(text))
        related = {term for term in wanted if found & expand([term]).keys()}
        held = {term: (term in found) or RELATED * (term in related) for term in wanted}
        return covered(held, self.weight)

    def _score(self, wanted: dict[str, float], counts: Counter[str], length: float) -> float:
        norm = self.saturation * (1 - self.length_norm + self.length_norm * length)
        return math.fsum(
            strength * self.weight[term] * counts[term] * (self.saturation + 1) / (counts[term] + norm)
            for term, strength in wanted.items()
            if term in counts
        )


def rarity(texts: list[list[str]]) -> dict[str, float]:
    """The weight of every term: high for those that few texts hold."""
    holders = Counter(term for terms in texts for term in set(terms))
    return {term: math.log(1 + len(texts) / count) for term, count in holders.items()}


def covered(held: dict[str, float], weight: dict[str, float]) -> float:
    """The weighted mean of what is held of every term; a term that no text knows weighs most."""
    unknown = max(weight.values())
    total = math.fsum(weight.get(term, unknown) for term in held)
    return math.fsum(share * weight.get(term, unknown) for term, share in held.items()) / (total or 1)


def best_first(scores: Iterable[float], passages: list[Passage]) -> list[tuple[float, Passage]]:
    """Pairs in falling order of score; equals stay in the order of the library."""
    return sorted(zip(scores, passages, strict=True), key=lambda found: -found[0])


def _dot(one: dict[str, float], other: dict[str, float]) -> float:
    return math.fsum(value * other.get(term, 0) for term, value in one.items())
