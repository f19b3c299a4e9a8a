"""How far the raters of a dimension agree."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.calibration.columns import case_of
from pytest_evalbars.calibration.findings import PAIR, Counted, Kappa, Measured, Raters, measured, of_rate
from pytest_evalbars.labels.model import SETTLED, UNCLEAR
from pytest_evalbars.stats.agreement import agreement, cohen
from pytest_evalbars.stats.judge_error import weighted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.calibration.findings import Grade
    from pytest_evalbars.calibration.record import CalibratedItem
    from pytest_evalbars.labels.model import Label
    from pytest_evalbars.stats.agreement import Agreement
    from pytest_evalbars.stats.kappas import Weights

#: So far on the way from chance to saying the same of all: what is proven to be as far is good, or fair.
GOOD, FAIR = 0.8, 0.6
#: Of fewer items that both labelled, the kappa of two raters is noise.
FEW = 10


def ordered_words(levels: Sequence[str], said: Iterable[str]) -> tuple[str, ...]:
    """The words that can be said, best first; those that are none of the levels come last.

    Args:
        levels: best first, where the dimension is graded.
        said: words that were said.
    """
    given = dict.fromkeys(said)
    plain = ("pass", "miss")
    known = levels or (plain if not given or not given.keys().isdisjoint(plain) else ())
    return tuple(dict.fromkeys([*known, *given]))


def weights_for(levels: Sequence[str], words: Sequence[str]) -> Weights:
    """Whether words that differ agree in part: where they are levels, in order."""
    return "ordinal" if len(levels) > 2 and len(words) == len(levels) and set(levels) != PAIR else "nominal"


def raters(
    labels: Sequence[Sequence[Label]], levels: Sequence[str], cases: Sequence[str], confidence: float
) -> Raters:
    """How far they agree.

    Args:
        labels: of each item, what its raters said, and what they settled.
        levels: best first, where the dimension is graded.
        cases: of each item. Items of one case resemble each other, and are worth less than as many cases.
        confidence: of intervals, and of the grade.
    """
    words = ordered_words(levels, (label.value for of in labels for label in of if label.value != UNCLEAR))
    own = [[label for label in of if label.rater != SETTLED] for of in labels]
    names = sorted({label.rater for of in own for label in of})
    ratings = _matrix(own, names, {word: code for code, word in enumerate(words)})
    passed = _matrix(own, names, None)
    twice = (ratings >= 0).sum(axis=1) >= 2
    settled = np.array([any(label.rater == SETTLED for label in of) for of in labels], bool)
    differ = np.array([len({label.value for label in of}) > 1 for of in own], bool)
    told = passed[passed >= 0]
    found = Raters(
        names=tuple(names),
        labelled=len(labels),
        items=int(twice.sum()),
        unsettled=int((differ & ~settled).sum()),
        unclear=sum(label.value == UNCLEAR for of in own for label in of),
        passed=float(told.mean()) if told.size else None,
    )
    weights, clusters = weights_for(levels, words), clusters_of(cases)
    whole = agreement(ratings, categories=len(words), weights=weights, clusters=clusters)
    if whole is None:
        return found
    passing = agreement(passed, categories=2, clusters=clusters) if levels else None
    pairs = [
        _kappa(ratings, names, pair, len(words), clusters, confidence) for pair in combinations(range(len(names)), 2)
    ]
    return found.model_copy(
        update={
            "grade": grade_of(whole, confidence),
            "agreement": measured(whole.percent, confidence),
            "pairs": _pairs(ratings),
            "chance": _chance(ratings),
            "weighted": measured(whole.near, confidence) if weights == "ordinal" else None,
            "passing": measured(passing.percent, confidence) if passing else None,
            "ac": measured(whole.ac, confidence),
            "alpha": measured(whole.alpha, confidence),
            "fleiss": measured(whole.fleiss, confidence) if len(names) > 2 else None,
            "kappas": tuple(pair for pair in pairs if pair is not None),
            "misses": _misses(passed, clusters, confidence),
        }
    )


def clusters_of(cases: Sequence[str]) -> NDArray[np.int64] | None:
    """The number of each item's case; None where each item is of another."""
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(case, len(numbers)) for case in cases], np.int64)
    return codes if len(numbers) < len(codes) else None


def _matrix(own: Sequence[Sequence[Label]], names: Sequence[str], codes: dict[str, int] | None) -> NDArray[np.int64]:
    """What each rater said of each item: a code of a word; without codes, whether it passes; -1 nothing."""
    found = np.full((len(own), len(names)), -1, np.int64)
    places = {name: place for place, name in enumerate(names)}
    for row, of in enumerate(own):
        for label in of:
            if label.value != UNCLEAR and label.passed is not None:
                found[row, places[label.rater]] = int(label.passed) if codes is None else codes[label.value]
    return found


def agreement_of(items: Sequence[CalibratedItem], levels: Sequence[str]) -> Agreement | None:
    """How far the raters of a record's answers agree, word for word: what `raters` says of their labels.

    Args:
        items: the labelled answers.
        levels: best first, where the dimension is graded.

    Returns:
        None where no answer was labelled by two.
    """
    words = ordered_words(levels, (word for item in items for word in item.raters.values() if word != UNCLEAR))
    names = sorted({name for item in items for name in item.raters} - {SETTLED})
    codes = {word: code for code, word in enumerate(words)} | {"": -1, UNCLEAR: -1}
    said = [[codes[item.raters.get(name, "")] for name in names] for item in items]
    ratings = np.array(said, np.int64).reshape(len(items), len(names))
    cases = clusters_of([case_of(item) for item in items])
    return agreement(ratings, categories=len(words), weights=weights_for(levels, words), clusters=cases)


def grade_of(found: Agreement, confidence: float) -> Grade:
    """See `findings.Grade`. Chance is that of alpha: raters that know how often to say what, and do not read."""
    alpha, ac = found.alpha, found.ac
    if alpha is None or ac is None:
        return "unproven"  # everybody said the same of all: nothing tells whether they would agree on another word
    error = 1 - confidence
    if alpha.p_below(0.0) <= error:
        return "none"
    if alpha.p_above(0.0) > error:
        return "unproven"
    low = ac.bounds(error)[0]
    return "good" if low >= GOOD else "fair" if low >= FAIR else "some"


def _pairs(ratings: NDArray[np.int64]) -> Counted:
    """All pairs of labels of an item, and those that say the same."""
    same = of = 0
    for one, other in combinations(range(ratings.shape[1]), 2):
        both = (ratings[:, one] >= 0) & (ratings[:, other] >= 0)
        of += int(both.sum())
        same += int((both & (ratings[:, one] == ratings[:, other])).sum())
    return Counted(same=same, of=of)


def _chance(ratings: NDArray[np.int64]) -> float:
    """How often two labels of items that have nothing to do with each other say the same."""
    said = ratings[(ratings >= 0).sum(axis=1) >= 2]
    shares = np.bincount(said[said >= 0]) / (said >= 0).sum()
    return float(shares @ shares)


def _kappa(
    ratings: NDArray[np.int64],
    names: Sequence[str],
    pair: tuple[int, int],
    categories: int,
    clusters: NDArray[np.int64] | None,
    confidence: float,
) -> Kappa | None:
    one, other = (ratings[:, each] for each in pair)
    both = (one >= 0) & (other >= 0)
    if not both.any():
        return None
    found = cohen(one, other, categories=categories, clusters=clusters) if both.sum() >= FEW else None
    return Kappa(
        raters=(names[pair[0]], names[pair[1]]),
        items=int(both.sum()),
        same=int((both & (one == other)).sum()),
        kappa=measured(found, confidence),
    )


def _misses(passed: NDArray[np.int64], clusters: NDArray[np.int64] | None, confidence: float) -> Measured | None:
    """Of the labels that let an item miss, the share of the item's other labels that do so, too."""
    rated, missed = (passed >= 0).sum(axis=1), (passed == 0).sum(axis=1)
    some = (rated >= 2) & (missed > 0)
    if not some.any():
        return None
    codes = np.arange(len(passed)) if clusters is None else clusters
    others = (missed[some] - 1) / (rated[some] - 1)
    return of_rate(weighted(others, missed[some].astype(np.float64), codes[some]), confidence)
