"""How much a text reads like examples: the small statistical model of the offline judge.

Sentences are compared as bags of word stems and of their pieces of three letters, weighted by TF-IDF (what is rare
among the examples counts more) and compared by the cosine. Numbers are all alike, and question marks and equals signs
are words: whether somebody asks or tells shows in them. What no example holds only adds to the length of a sentence,
and so takes likeness away.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.checks.sentences import stem
from pytest_evalbars.checks.wording import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What a piece of a word counts beside the word itself.
PIECE = 0.5
#: Sentences of more tokens are cut: an example has a few dozen.
LONGEST = 400

_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[?=]")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\n+")  # noqa: RUF001


class Alike(NamedTuple):
    """The example that a sentence reads most like, and how much, 0 to 1."""

    sentence: str
    #: The group of that example.
    group: int
    likeness: float
    #: By how much no other group's examples come as close.
    lead: float


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in _SENTENCE.split(text) if part and _TOKEN.search(part)]


class Examples:
    """Groups of examples, and what sentences have in common with them.

    Args:
        groups: for each its examples; each sentence of an example is compared by itself.
    """

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        cut = [(number, part) for number, group in enumerate(groups) for text in group for part in sentences(text)]
        self.group = np.array([number for number, _ in cut], int)
        bags = [Counter(feature for token in _tokens(part) for feature in _features(token)) for _, part in cut]
        holders = Counter(feature for bag in bags for feature in bag)
        self._bare = np.array([_is_bare(part) for _, part in cut], bool)
        self._column = {feature: column for column, feature in enumerate(holders)}
        self._idf = np.array([math.log(1 + len(bags) / count) for count in holders.values()])
        self._unknown = math.log(1 + 2 * len(bags))
        self._vectors: dict[str, tuple[NDArray[np.float64], float]] = {}
        rows = [sum((self._vector(token)[0] for token in _tokens(part)), np.zeros(len(holders))) for _, part in cut]
        examples = np.array(rows).reshape(len(cut), len(holders))
        self._examples = (examples / np.maximum(np.linalg.norm(examples, axis=1, keepdims=True), 1e-9)).T

    def alike(self, text: str) -> list[Alike]:
        """For each sentence of a text, the example that it reads most like.

        Of each sentence every end is looked at, from the whole to its last two tokens: what somebody wrote before it
        without a full stop does not hide it.
        """
        if not self.group.size:
            return []
        return [self._nearest(sentence) for sentence in sentences(text)]

    def _nearest(self, sentence: str) -> Alike:
        found = [self._vector(token) for token in _tokens(sentence)[-LONGEST:]][::-1]
        ends = np.cumsum([vector for vector, _ in found], axis=0)
        unknown = np.cumsum([foreign for _, foreign in found])
        norms = np.sqrt((ends**2).sum(axis=1) + unknown)
        cosines = (ends @ self._examples) / np.maximum(norms, 1e-9)[:, None]
        cosines = cosines[min(1, len(found) - 1) :]
        if _is_bare(sentence):  # numbers are all alike: one by itself reads like every example with some
            cosines = cosines * self._bare
        place = int(cosines.argmax() // cosines.shape[1])
        best = [cosines[place, self.group == number].max(initial=0) for number in range(self.group.max() + 1)]
        group = int(np.argmax(best))
        rest = max((value for number, value in enumerate(best) if number != group), default=0.0)
        return Alike(sentence, group, float(best[group]), float(best[group] - rest))

    def _vector(self, token: str) -> tuple[NDArray[np.float64], float]:
        """A token's weights for what the examples hold, and the squared weight of what they do not."""
        if token not in self._vectors:
            vector, foreign = np.zeros(len(self._column)), 0.0
            for feature, count in _features(token).items():
                column = self._column.get(feature)
                if column is None:
                    foreign += (count * self._unknown) ** 2
                else:
                    vector[column] += count * self._idf[column]
            if len(self._vectors) > 2_000:
                self._vectors.clear()
            self._vectors[token] = vector, foreign
        return self._vectors[token]


def _is_bare(sentence: str) -> bool:
    return set(_tokens(sentence)) == {"#"}


def _tokens(text: str) -> list[str]:
    return ["#" if token[0].isdigit() else token for token in _TOKEN.findall(fold(text))]


@lru_cache(maxsize=20_000)
def _features(token: str) -> dict[str, float]:
    """The stem of a token, and its pieces; together the pieces count `PIECE`."""
    word = stem(token)
    framed = f"<{word}>"
    pieces = Counter(framed[place : place + 3] for place in range(len(framed) - 2)) if len(word) > 2 else {}
    return {f"={word}": 1.0} | {piece: PIECE * count / math.sqrt(len(framed) - 2) for piece, count in pieces.items()}
