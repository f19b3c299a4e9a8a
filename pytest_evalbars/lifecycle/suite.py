"""What the history says of whole dimensions and of the suite: saturated, or stale."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.lifecycle.lives import day, variant, whole_runs
from pytest_evalbars.lifecycle.proposal import Numbers, Proposal
from pytest_evalbars.lifecycle.wording import hill_climbed, no_room
from pytest_evalbars.stats.effective import case_rate, rate_bounds
from pytest_evalbars.stats.paired import case_drop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from pytest_evalbars.history.records import History
    from pytest_evalbars.lifecycle.lives import Life
    from pytest_evalbars.lifecycle.proposal import Rules

#: Runs that are pooled, and states of the product that are compared.
POOLED, VARIANTS = 3, 3
#: A hill counts as climbed at this rate: the estimate, not its bound, for it is a nudge and claims nothing. With
#: fewer cases it says nothing.
CLIMBED, HILL_CASES = 0.95, 10


def dimension_moves(lives: Sequence[Life], history: History, rules: Rules) -> Iterator[Proposal]:
    """The saturated dimensions: too little room left, and no two states of the product told apart.

    Cases are pooled over their last runs and are the independent units, or their clusters are; all of the dimension
    count, whatever their status.
    """
    for dimension, group in _by_dimension(lives):
        runs = _whole(group, history)
        said = _pooled(group, runs[-POOLED:], rules)
        if said is None or said.runs < POOLED or said.low < 1 - rules.smallest_effect:
            continue
        states = _states(runs, history)
        if len(states) < VARIANTS or _told_apart(group, states, rules):
            continue
        said = replace(said, variants=len(states))
        yield Proposal("saturated", no_room(said, rules.smallest_effect), None, dimension, numbers=(said,))


def stale_suite(
    lives: Sequence[Life], history: History, rules: Rules, today: date, saturated: Sequence[str]
) -> Iterator[Proposal]:
    """Why the suite has stopped looking, if it has.

    Args:
        lives: of all cases that it holds.
        history: theirs.
        rules: what it takes.
        today: the date.
        saturated: the dimensions that are.
    """
    born = [when for one in lives if (when := day(history.runs[one.told[0].run])) is not None]
    if born and (today - max(born)).days >= rules.stale_days:
        days = (today - max(born)).days
        yield Proposal("stale", f"no case is new or was changed since {max(born)}, {days} days ago")
    by_dimension = dict(_by_dimension(lives))
    if by_dimension and all(
        name in saturated or all(one.status == "saturated" for one in group) for name, group in by_dimension.items()
    ):
        yield Proposal("stale", "every dimension is saturated: the suite tells no two states of the product apart")
    for dimension, group in by_dimension.items():
        hill = [one for one in group if one.status == "capability"]
        said = _pooled(hill, _whole(group, history)[-POOLED:], rules) if len(hill) >= HILL_CASES else None
        if said and said.rate >= CLIMBED:
            yield Proposal("stale", hill_climbed(said), None, dimension, numbers=(said,))


def _by_dimension(lives: Sequence[Life]) -> Iterator[tuple[str, list[Life]]]:
    ordered = sorted(lives, key=lambda one: (one.record.dimension, one.record.case))
    for dimension, group in groupby(ordered, key=lambda one: one.record.dimension):
        yield dimension, list(group)


def _whole(lives: Sequence[Life], history: History) -> list[int]:
    """The last runs that hold enough of these cases."""
    return whole_runs(history, Counter(each.run for one in lives for each in one.told if each.trials))


def _pooled(lives: Sequence[Life], runs: Sequence[int], rules: Rules) -> Numbers | None:
    """Their pass rate over some runs; None where nothing was judged."""
    chosen = set(runs)
    held: set[int] = set()
    passes, trials, clusters, errors = [], [], [], 0
    for one in lives:
        told = [each for each in one.told if each.run in chosen]
        errors += sum(each.errors for each in told)
        if tried := sum(each.trials for each in told):
            passes.append(sum(each.passes for each in told))
            trials.append(tried)
            clusters.append(one.record.cluster)
            held.update(each.run for each in told if each.trials)
    if not trials:
        return None
    rate = case_rate(passes, trials, _codes(clusters))
    low, high = rate_bounds(rate, rules.alpha)
    dimension, tried = lives[0].record.dimension, sum(trials)
    return Numbers(dimension, len(trials), len(held), sum(passes), tried, errors, rate.value, low, high)


def _states(runs: Sequence[int], history: History) -> list[list[int]]:
    """The runs of each known state of the product, in the order in which the states were first seen."""
    found: Mapping[tuple[object, ...], list[int]] = defaultdict(list)
    for run in runs:
        state = variant(history.runs[run])
        if state is not None:
            found[state].append(run)
    return list(found.values())


def _told_apart(lives: Sequence[Life], states: Sequence[Sequence[int]], rules: Rules) -> bool:
    """Whether any state of the product is proven better or worse than the one before it, on the same cases."""
    sums = [_sums(lives, runs) for runs in states]
    cluster = {one.record.case: one.record.cluster for one in lives}
    for before, after in pairwise(sums):
        both = sorted(before.keys() & after.keys())
        if both:
            clusters = _codes([cluster[case] for case in both])
            sides = ([side[case] for case in both] for side in (before, after))
            (old, old_trials), (new, new_trials) = (np.array(side).T for side in sides)
            trials = old_trials.astype(np.int64), new_trials.astype(np.int64)
            drop = case_drop(old / old_trials, new / new_trials, clusters, trials)
            if 2 * min(drop.p_drop, drop.p_rise) <= rules.alpha:
                return True
    return False


def _codes(clusters: Sequence[str]) -> list[int] | None:
    """A number for each cluster, and one of its own for each case without; None where no case has one."""
    if not any(clusters):
        return None
    number = {name: code for code, name in enumerate(dict.fromkeys(clusters))}
    return [number[name] if name else -1 - place for place, name in enumerate(clusters)]


def _sums(lives: Sequence[Life], runs: Sequence[int]) -> dict[str, tuple[int, int]]:
    """The passes and the trials of each case over some runs."""
    chosen, found = set(runs), {}
    for one in lives:
        told = [each for each in one.told if each.run in chosen and each.trials]
        if told:
            found[one.record.case] = (sum(each.passes for each in told), sum(each.trials for each in told))
    return found
