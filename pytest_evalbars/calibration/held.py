"""A judge, held against people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.calibration.findings import COMMON, Counted, Judged, measured, of_rate
from pytest_evalbars.calibration.rater_agreement import clusters_of, ordered_words, weights_for
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.labels.model import SETTLED, UNCLEAR
from pytest_evalbars.stats.agreement import agreement
from pytest_evalbars.stats.corrected import post_stratified
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_evalbars.calibration.findings import Measured, Raters
    from pytest_evalbars.calibration.raw_rate import Raw
    from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge
    from pytest_evalbars.stats.judge_error import ErrorRates

#: People's word where they have none in common.
SPLIT = "split"


def errors_of(items: Sequence[CalibratedItem], cases: Mapping[str, str]) -> ErrorRates:
    """How often a judge is right.

    Args:
        items: one or more.
        cases: of each item's hash, its case, as far as known.
    """
    return error_rates(
        np.array([item.judged for item in items], bool),
        [item.human for item in items],
        [item.weight for item in items],
        clusters_of([cases.get(item.of, item.of) for item in items]),
    )


def held(
    judge: CalibratedJudge, raters: Raters, cases: Mapping[str, str], raw: Raw | None, confidence: float
) -> Judged:
    """What people's labels say of a judge.

    Args:
        judge: with its items, one or more.
        raters: how far those people agree.
        cases: of each item's hash, its case, as far as known.
        raw: the judge's own pass rate on a population; None where it is not known.
        confidence: of intervals and proofs.
    """
    items = judge.items
    errors = errors_of(items, cases)
    people = [word_of(item) for item in items]
    told = [(item.judge, word) for item, word in zip(items, people, strict=True) if word != SPLIT]
    labels = [(item.judge, word) for item in items for word in _own(item)]
    said = (word for pair in (*labels, *told) for word in pair)
    words = ordered_words(judge.levels, (*(item.judge for item in items), *said))
    codes = {word: code for code, word in enumerate(words)} | {SPLIT: -1}
    both = np.array([[codes[item.judge], codes[word]] for item, word in zip(items, people, strict=True)], np.int64)
    clusters = clusters_of([cases.get(item.of, item.of) for item in items])
    weights = weights_for(judge.levels, words)
    alike = agreement(both, categories=len(words), weights=weights, clusters=clusters)
    weight = sum(item.weight for item in items)
    why = tuple(_why_not(errors, raters, confidence))
    return Judged(
        items=len(items),
        good=sum(item.human for item in items),
        bad=sum(1 - item.human for item in items),
        passed=sum(item.human * item.weight for item in items) / weight,
        usable=not why,
        why_not=why,
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
        corrected=_corrected(items, cases, raw, confidence) if raw else None,
        by_case=raw is not None and raw.by_case,
    )


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


def _corrected(
    items: Sequence[CalibratedItem], cases: Mapping[str, str], raw: Raw, confidence: float
) -> Measured | None:
    """The pass rate of the population by people, from those of its items that they labelled."""
    own = [item for item in items if item.population == raw.population]
    if len(own) < FEWEST:
        return None
    judged, human, weights = zip(*((item.judged, item.human, item.weight) for item in own), strict=True)
    clusters = clusters_of([cases.get(item.of, item.of) for item in own])
    found = of_rate(post_stratified(np.array(judged, bool), human, weights, raw.rate, clusters), confidence)
    return found.model_copy(update={"items": len(own)})


def _why_not(errors: ErrorRates, raters: Raters, confidence: float) -> Iterator[str]:
    """Why nothing may rest on the judge; nothing where something may."""
    if errors.items < FEWEST:
        yield f"{errors.items} of {FEWEST} labelled answers"
    elif errors.sensitivity and errors.specificity and not errors.better_than_chance(1 - confidence):
        yield "not proven to be better than chance"
    common = raters.passed is not None and not 1 - COMMON <= raters.passed <= COMMON
    if raters.grade == "none" or (raters.grade == "unproven" and raters.items >= FEWEST and not common):
        yield "its raters agree no better than chance"
