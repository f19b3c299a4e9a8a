"""A judge, held against people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.calibration.columns import case_of, columns_of
from pytest_evalbars.calibration.findings import Counted, Judged, measured, of_rate
from pytest_evalbars.calibration.rater_agreement import clusters_of, ordered_words, weights_for
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.calibration.rely import blind, lacks
from pytest_evalbars.labels.model import SETTLED, UNCLEAR
from pytest_evalbars.stats.agreement import agreement
from pytest_evalbars.stats.corrected import post_stratified
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.calibration.findings import Measured
    from pytest_evalbars.calibration.raw_rate import Raw
    from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge
    from pytest_evalbars.stats.agreement import Agreement

#: People's word where they have none in common.
SPLIT = "split"


def held(judge: CalibratedJudge, raw: Raw | None, confidence: float) -> Judged:
    """What people's labels say of a judge.

    Args:
        judge: with its items, one or more.
        raw: the judge's own pass rate on a population; None where it is not known.
        confidence: of intervals and proofs.
    """
    items = judge.items
    errors = error_rates(*columns_of(items))
    people = [word_of(item) for item in items]
    told = [(item.judge, word) for item, word in zip(items, people, strict=True) if word != SPLIT]
    labels = [(item.judge, word) for item in items for word in _own(item)]
    weights = weights_for(judge.levels, _words(judge))
    alike = agreement_with_people(judge)
    weight = sum(item.weight for item in items)
    why = tuple(_why_not(judge))
    return Judged(
        items=len(items),
        good=sum(item.human for item in items),
        bad=sum(1 - item.human for item in items),
        passed=sum(item.human * item.weight for item in items) / weight,
        usable=not why,
        why_not=why,
        blind=blind(items),
        confusion=_confusion(items, people),
        agreement=of_rate(errors.agreement, confidence),
        words=Counted(same=sum(a == b for a, b in told), of=len(told)),
        labels=Counted(same=sum(a == b for a, b in labels), of=len(labels)),
        sensitivity=of_rate(errors.sensitivity, confidence) if errors.sensitivity else None,
        specificity=of_rate(errors.specificity, confidence) if errors.specificity else None,
        ordinal=weights == "ordinal",
        ac=measured(alike.ac, confidence) if alike else None,
        alpha=measured(alike.alpha, confidence) if alike else None,
        kappa=measured(alike.conger, confidence) if alike else None,
        raw=of_rate(raw.rate, confidence) if raw else None,
        corrected=_corrected(items, raw, confidence) if raw else None,
        by_case=raw is not None and raw.by_case,
    )


def agreement_with_people(judge: CalibratedJudge) -> Agreement | None:
    """How far the judge and the word of most people agree, word for word, among the labelled answers as drawn."""
    words = _words(judge)
    codes = {word: code for code, word in enumerate(words)} | {SPLIT: -1}
    both = [[codes[item.judge], codes[word_of(item)]] for item in judge.items]
    clusters = clusters_of([case_of(item) for item in judge.items])
    weights = weights_for(judge.levels, words)
    return agreement(np.array(both, np.int64), categories=len(words), weights=weights, clusters=clusters)


def _words(judge: CalibratedJudge) -> tuple[str, ...]:
    """What the judge and people said, and could have."""
    people = (word for item in judge.items for word in (word_of(item), *_own(item)) if word != SPLIT)
    return ordered_words(judge.levels, (*(item.judge for item in judge.items), *people))


def word_of(item: CalibratedItem) -> str:
    """What people say of an item: what they settled, else the word of most; `SPLIT` where no word has most."""
    if SETTLED in item.raters:
        return item.raters[SETTLED]
    most = Counter(_own(item)).most_common(2)
    if not most or (len(most) == 2 and most[0][1] == most[1][1]):
        return SPLIT
    return most[0][0]


def _own(item: CalibratedItem) -> list[str]:
    """What raters said by themselves."""
    return [word for rater, word in item.raters.items() if rater != SETTLED and word != UNCLEAR]


def _confusion(items: Sequence[CalibratedItem], people: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for item, word in zip(items, people, strict=True):
        row = found.setdefault(item.judge, {})
        row[word] = row.get(word, 0) + 1
    return found


def _corrected(items: Sequence[CalibratedItem], raw: Raw, confidence: float) -> Measured | None:
    """The pass rate of the population by people, from those of its items that they labelled."""
    own = [item for item in items if item.population == raw.population]
    if len(own) < FEWEST:
        return None
    _, human, weights, cases = columns_of(own)
    judged = [raw.passed.get(item.of, float(item.judged)) for item in own]
    found = of_rate(post_stratified(judged, human, weights, raw.rate, cases), confidence)
    return found.model_copy(update={"items": len(own)})


def _why_not(judge: CalibratedJudge) -> Iterator[str]:
    """Why nothing may rest on the judge; nothing where something may."""
    for lack in lacks(judge.items, judge.levels):
        few = f"{len(judge.items)} of {FEWEST} labelled answers"
        yield few if lack == "few" else "its raters agree no better than chance"
