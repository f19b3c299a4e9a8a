"""Citations: does each name a source, and does that source say what the sentence says?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_evalbars.checks.grounding import MOST_ANSWER, SUPPORT, Source, Together, claims, objection
from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.sentences import sentence_spans
from pytest_evalbars.checks.wording import fold, listed, quote, sources_of, text_of, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A citation in square brackets, as in [1], [2, 3] or [leave-policy]; no link of Markdown.
BRACKETS = r"\[([^\[\]\n]{1,80})\](?!\()"
#: Stands for a citation while sentences are cut: a letter that may begin one.
_MASK = "\u0416"
_BETWEEN = re.compile(r"\s*[,;]\s*")


def cites(
    answer: str,
    sources: Iterable[str] | Mapping[str, str],
    *,
    pattern: str | re.Pattern[str] = BRACKETS,
    support: float = SUPPORT,
    every: bool = False,
) -> Result:
    """Does each citation name one of the sources, and do the cited sources support the sentence that they stand on?

    A citation behind the full stop belongs to the sentence before it. Where one sentence cites several sources, each
    of its words must stand in one of them. How support is judged: `grounded`.

    Args:
        answer: what the model wrote.
        sources: the texts by the names under which they may be cited; a list is cited as 1, 2, ...
        pattern: a regular expression for a citation; its first group holds the name, or several with commas between.
        support: the share of a sentence's words, from 0 to 1, that the cited sources must hold.
        every: every sentence that claims something must cite.

    Returns:
        The score is the share of sentences with a right citation among those that cite, or of those that should.
    """
    text, compiled = text_of(answer), re.compile(pattern)
    if not compiled.groups:
        raise ValueError(f"`pattern` needs a group that holds the source's name, as in {BRACKETS}")
    named = {fold(name): Source(source) for name, source in sources_of(sources).items()}
    if (endless := too_long(text, MOST_ANSWER)) is not None:
        return endless
    problems, right, wrong = [], 0, 0
    for sentence, names in _cited(text, compiled):
        if not names and not (every and claims(sentence)):
            continue
        unknown = [name for name in names if fold(name) not in named]
        why = [f"{quote(name, 40)} is none of the sources" for name in unknown]
        if not names:
            why = [f"cites nothing for {quote(sentence)}"]
        elif not unknown and claims(sentence):
            cited = [named[fold(name)] for name in names]
            against = objection(sentence, [*cited, Together(cited)], support)
            why = [f"{listed(names)} does not support {quote(sentence)} ({against})"] if against else []
        problems += why
        right, wrong = right + (not why), wrong + bool(why)
    if not right + wrong:
        return Result(False, None, f"cites nothing: {quote(text)}")
    return Result(not problems, right / (right + wrong), listed(problems, 2))


def _cited(text: str, pattern: re.Pattern[str]) -> list[tuple[str, list[str]]]:
    """The sentences without their citations, each with the names that it cites."""
    masked = pattern.sub(lambda mark: _MASK * len(mark[0]), text)
    # "... days.[1] Next" ends where "... days[1]. Next" does.
    spans = sentence_spans(re.sub(f"([.!?])({_MASK}+)", r"\2\1", masked))
    names: list[list[str]] = [[] for _ in spans]
    here, inside = 0, set()
    for mark in pattern.finditer(text) if spans else ():
        while here + 1 < len(spans) and spans[here + 1][0] <= mark.start():
            here += 1
        opens = not pattern.sub("", text[spans[here][0] : mark.start()]).strip()
        # What opens a sentence belongs to the one before it, unless that one has a citation within.
        owner = here - 1 if opens and here and here - 1 not in inside else here
        if owner == here:
            inside.add(here)
        names[owner] += [name for name in _BETWEEN.split((mark[1] or "").strip()) if name]
    return [
        (pattern.sub("", text[first:last]).strip(), cited) for (first, last), cited in zip(spans, names, strict=True)
    ]
