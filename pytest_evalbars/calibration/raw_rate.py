"""What a judge itself says of a whole population: the pass rate that is to be corrected."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.run.judged import code_of
from pytest_evalbars.stats.effective import Rate, case_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_evalbars.calibration.record import CalibratedJudge
    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.labels.model import Item, Population
    from pytest_evalbars.labels.store import Labels


@dataclass(frozen=True, slots=True)
class Raw:
    """A judge's own pass rate."""

    rate: Rate
    #: The digest of what it is the pass rate of.
    population: str
    #: Whether a run told its cases and trials; else each item is taken for a case of its own.
    by_case: bool = True
    #: By the hash of what was judged, the share of its verdicts that pass, where a run tells.
    passed: Mapping[str, float] = field(default_factory=dict)


def raw_of(judge: CalibratedJudge, labels: Labels, verdicts: Sequence[Verdict]) -> Raw | None:
    """A judge's pass rate on the population that most of its labelled items were drawn from.

    Args:
        judge: with its items.
        labels: what the reviews say of populations.
        verdicts: what judges said in runs. Where they are of the very population, its cases and trials count as such.

    Returns:
        None where neither runs nor the review tell what it said of all.
    """
    counts = Counter(item.population for item in judge.items if item.population)
    if not counts:
        return None
    digest = counts.most_common(1)[0][0]
    return _of_runs(judge, digest, verdicts) or _of_review(judge, digest, labels)


def _of_runs(judge: CalibratedJudge, digest: str, verdicts: Sequence[Verdict]) -> Raw | None:
    """From the run, or the runs together, whose answers are those of the population."""
    own = [
        each for each in verdicts if each.decided and each.dimension == judge.dimension and each.said.by == judge.by
    ]
    by_run = defaultdict(list)
    for each in own:
        by_run[each.run].append(each)
    for some in (*by_run.values(), own):
        if some and digest_of([code_of(each.of) for each in some]) == digest:
            trials = Counter(each.trial.case for each in some)
            passes = Counter(each.trial.case for each in some if each.said.passed)
            cases = list(trials)
            rate = case_rate([passes[case] for case in cases], [trials[case] for case in cases])
            times, passed = Counter(each.of for each in some), Counter(each.of for each in some if each.said.passed)
            return Raw(rate, digest, passed={of: passed[of] / times[of] for of in times})
    return None


def _of_review(judge: CalibratedJudge, digest: str, labels: Labels) -> Raw | None:
    """From how the review was drawn by what this judge said: that tells how many items passed, not of which cases."""
    for review in reversed(list(labels.reviews.values())):
        population = review.population(judge.dimension)
        if population is not None and population.digest == digest:
            drawn = [
                item
                for (dimension, _), items in labels.items.items()
                for item in items
                if dimension == judge.dimension and item.review == review.id
            ]
            return _raw(judge, population, drawn)
    return None


def _raw(judge: CalibratedJudge, population: Population, drawn: Sequence[Item]) -> Raw | None:
    if not drawn or any(item.judge is None or item.judge.by != judge.by for item in drawn):
        return None
    passed = sum(item.weight for item in drawn if item.judge is not None and item.judge.passed)
    share, items = passed / sum(item.weight for item in drawn), population.items
    rate = case_rate(np.arange(items) < round(share * items), np.ones(items, np.int64))
    return Raw(rate, population.digest, by_case=False)
