"""The four judges: plain functions of an answer. None of them knows which version wrote it.

Each returns a verdict and its reason, in the order in which `evalcase.check` takes them.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.answer import Answer
from assistant.text import numbers, sentences, stems, tokens

#: The share of a sentence's content words that its source must hold.
SUPPORT = 0.75

_DECLINES = re.compile(r"could not find|cannot answer|do not know", re.IGNORECASE)


class Verdict(NamedTuple):
    """Whether an answer passes, and why it does not."""

    passed: bool
    reason: str = ""


PASS = Verdict(passed=True)


def accuracy(answer: Answer, facts: Sequence[str]) -> Verdict:
    """Does the answer state every expected fact, word for word?"""
    missing = [fact for fact in facts if not _states(answer.text, fact)]
    return Verdict(passed=False, reason=f"does not say: {'; '.join(missing)}") if missing else PASS


def accuracy_out_of_scope(answer: Answer, facts: Sequence[str]) -> Verdict:
    """Does the answer decline, or state what is true in the world?

    The policies do not hold the answer, so declining is right. But a true fact is no wrong answer either,
    wherever it comes from, and so a judge of accuracy lets it pass. That it has no source is for the judge of
    faithfulness to say.
    """
    if _declines(answer):
        return PASS
    return accuracy(answer, facts) if facts else Verdict(passed=False, reason="claims to know what it cannot")


def faithfulness(answer: Answer) -> Verdict:
    """Is every sentence of the answer supported by the passage that it cites? Declining claims nothing."""
    if _declines(answer):
        return PASS
    foreign = [sentence for sentence in sentences(answer.text) if not _supports(answer.context, sentence)]
    return Verdict(passed=False, reason=f"not in the source: {' '.join(foreign)}") if foreign else PASS


def citation(answer: Answer, document: str) -> Verdict:
    """Does the answer cite the document that holds the fact?"""
    if answer.document == document:
        return PASS
    return Verdict(passed=False, reason=f"cites {answer.document or 'nothing'}, not {document}")


def refusal(answer: Answer) -> Verdict:
    """Does the assistant decline to answer?"""
    return PASS if _declines(answer) else Verdict(passed=False, reason="answers what the policies do not say")


def _declines(answer: Answer) -> bool:
    return bool(_DECLINES.search(answer.text))


def _states(text: str, fact: str) -> bool:
    return f" {' '.join(tokens(fact))} " in f" {' '.join(tokens(text))} "


def _supports(passage: str, sentence: str) -> bool:
    """Every number of the sentence, and nearly all its content words, stand in the passage."""
    words, known = stems(sentence), set(stems(passage))
    held = sum(word in known for word in words)
    return numbers(sentence) <= numbers(passage) and held >= SUPPORT * len(words)
