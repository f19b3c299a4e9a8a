"""Does an answer hand over to a person? Judged by how assistants word it (`phrases.toml`), in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_evalbars.checks.phrases import phrases
from pytest_evalbars.checks.refusal import first_of
from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.sentences import sentences_of
from pytest_evalbars.checks.wording import bounded, fold, quote, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: So much of an answer is read, from its start and from its end, and of a sentence.
_READ, _READ_SENTENCE = 20_000, 2_000


def hands_over(answer: str, *, patterns: str | Iterable[str] = ()) -> Result:
    """Does the answer hand over to a person: transfers, escalates, opens a ticket, or says whom to contact?

    An offer ("Would you like me to connect you with an agent?") counts; "no need to call support" and "I cannot
    transfer you" do not. Whether handing over was right is the case's to say: hold it against what you expect.

    Args:
        answer: what the model wrote, in English unless `patterns` say otherwise.
        patterns: further regular expressions, which see one folded sentence (lower case, straight quotes): how your
            system names its people, as in "the front office".

    Returns:
        The reason quotes the phrase where there is one.
    """
    text = text_of(answer)
    own = [re.compile(each) for each in (texts_of(patterns, "patterns") if patterns else [])]
    read = text if len(text) <= 2 * _READ else f"{text[:_READ]}\n\n{text[-_READ:]}"
    for sentence in sentences_of(bounded(read)):
        folded = phrases("no_handover").sub(" ", fold(sentence)[:_READ_SENTENCE])
        if found := first_of(folded, phrases("hands_over"), *own):
            return Result(True, None, f"hands over: {quote(found)}")
    if not text.strip():
        return Result(False, None, "is empty, which hands nothing over")
    return Result(False, None, f"does not hand over: {quote(text)}")
