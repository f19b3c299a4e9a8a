"""Is what an answer says in its sources? Judged by words, numbers and denials, not by meaning.

A sentence is supported when one place of one source, of up to three sentences in a row, holds nearly all its words
that carry meaning (compared by English stems), every number of it, and says so or denies it as the sentence does.
That finds what was made up or changed; it cannot see that words were put together to say something else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.checks.refusal import declines
from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.sentences import clauses, negated, numbers_in, sentences_of, stems
from pytest_evalbars.checks.wording import listed, quote, sources_of, text_of, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

#: The share of a sentence's words that its source must hold.
SUPPORT = 0.75
#: Answers longer than this are not read sentence by sentence.
MOST_ANSWER = 100_000
#: How many of the sentences that share most words with a claim are looked at.
_CANDIDATES = 5
#: A word of more sentences than this is looked for in the first of them only.
_MOST_PLACES = 1_000


def grounded(
    answer: str, sources: str | Iterable[str] | Mapping[str, str], *, support: float = SUPPORT, at_least: float = 1.0
) -> Result:
    """Does every sentence of the answer stand in a source?

    Questions, courtesies and sentences that decline ("I could not find that") claim nothing. An answer that claims
    nothing is grounded, without a score; an empty one is not.

    Args:
        answer: what the model wrote.
        sources: the texts that it had to keep to.
        support: the share of a sentence's words, from 0 to 1, that a source must hold.
        at_least: the share of sentences that must be supported.

    Returns:
        The score is the share of claiming sentences that a source supports.
    """
    text, known = text_of(answer), [Source(source) for source in sources_of(sources).values()]
    _share(support, "support")
    _share(at_least, "at_least")
    if (endless := too_long(text, MOST_ANSWER)) is not None:
        return endless
    if not text.strip():
        return Result(False, None, "is empty")
    found = [(claim, objection(claim, known, support)) for claim in sentences_of(text) if claims(claim)]
    if not found:
        return Result(True, None, "claims nothing")
    foreign = [f"{quote(claim)} ({why})" for claim, why in found if why]
    score = 1 - len(foreign) / len(found)
    passed = score >= at_least
    return Result(passed, score, f"not in the sources: {listed(foreign, 2)}" if foreign else "")


def claims(sentence: str) -> bool:
    """Does a sentence say something that could be true or false of its subject?"""
    if sentence.rstrip("\"'”’)*_ ").endswith(("?", "？")) or declines(sentence):  # noqa: RUF001
        return False
    return len(stems(sentence)) >= 2 or bool(numbers_in(sentence))


def objection(claim: str, sources: Iterable[Source | Together], support: float = SUPPORT) -> str:
    """Why no source supports the claim, in the words of the nearest one; nothing where one does."""
    best: tuple[float, str] = (-1.0, "no source shares a word with it")
    words, numbers = set(stems(claim)), numbers_in(claim)
    for source in sources:
        for place in source.near(words | numbers):
            held = len(words & place.words) / len(words) if words else 1.0
            if held < support:
                why = f"of its words the nearest source lacks {listed(sorted(words - place.words), 3)}"
            elif absent := numbers - place.numbers:
                held, why = held + 1, f"the source does not say {listed(sorted(absent), 3)}"
            elif _contradicts(claim, place.text):
                held, why = held + 2, "the source says the opposite"
            else:
                return ""
            best = max(best, (held, why), key=lambda each: each[0])
    return best[1]


def _contradicts(claim: str, text: str) -> bool:
    """Is a clause of the claim denied where the clause of the source that is nearest to it is not, or the reverse?"""
    known = [(set(stems(each)), negated(each)) for sentence in sentences_of(text) for each in clauses(sentence)]
    for clause in clauses(claim):
        words, denied = set(stems(clause)), negated(clause)
        nearest = max((len(words & others) for others, _ in known), default=0)
        if nearest and denied not in {other for others, other in known if len(words & others) == nearest}:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """Some sentences in a row."""

    text: str
    words: frozenset[str]
    numbers: frozenset[str]

    def __add__(self, other: Place) -> Place:
        return Place(f"{self.text}\n\n{other.text}", self.words | other.words, self.numbers | other.numbers)


class Source:
    """A source, cut into sentences once."""

    def __init__(self, text: str) -> None:
        cut = sentences_of(text)
        self.sentences = [Place(each, frozenset(stems(each)), frozenset(numbers_in(each))) for each in cut]
        self.places: dict[str, list[int]] = {}
        for index, sentence in enumerate(self.sentences):
            for word in sentence.words | sentence.numbers:
                self.places.setdefault(word, []).append(index)

    def near(self, words: AbstractSet[str]) -> list[Place]:
        """The sentences that share most of these words, each alone and with its neighbours."""
        shared = Counter(index for word in words for index in self.places.get(word, ())[:_MOST_PLACES])
        found = []
        for index, _ in shared.most_common(_CANDIDATES):
            alone, following = self.sentences[index], self.sentences[index + 1 : index + 2]
            before = self.sentences[max(0, index - 1) : index]
            found.append(alone)
            found += [each + alone for each in before] + [alone + each for each in following]
            found += [first + alone + last for first in before for last in following]
        return found


class Together:
    """Several sources as one, of which each gives the place that shares most with the claim."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = list(sources)

    def near(self, words: AbstractSet[str]) -> list[Place]:
        """One place, put together."""
        best = (
            max(source.near(words), key=lambda place: len(words & (place.words | place.numbers)), default=None)
            for source in self.sources
        )
        found = [place for place in best if place]
        return [sum(found[1:], found[0])] if found else []


def _share(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"`{name}` is a share from 0 to 1, not {value!r}")
