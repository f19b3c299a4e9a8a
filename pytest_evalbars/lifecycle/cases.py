"""The moves of a single case: what its status is, and what its last trials say that it should be."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, pairwise, takewhile
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.lifecycle.lives import day, judged, latest, misses, numbers, variants
from pytest_evalbars.lifecycle.proposal import FAST_RUNS, FAST_TRIALS, Flip, Proposal
from pytest_evalbars.lifecycle.wording import climbed, counted, flipped, unsteady
from pytest_evalbars.stats.sequential import log_e

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pytest_evalbars.history.records import History, Told
    from pytest_evalbars.lifecycle.lives import Life
    from pytest_evalbars.lifecycle.proposal import Kind, Numbers, Rules

    Rule = Callable[[Sequence[Life], History, Rules, date], Proposal | None]

#: No miss in so many last runs, or a case is not promoted.
CLEAN_RUNS = 2
#: So many runs and trials in a row that all miss, and a case may be broken: fewer may be bad luck.
BROKEN_RUNS, BROKEN_TRIALS = 2, 3
#: A case is called saturated over at least so many runs, of at least so many states of the product, and retired
#: after as many runs more.
SATURATED_RUNS, SATURATED_VARIANTS = 10, 3


def case_moves(lives: Sequence[Life], history: History, rules: Rules, today: date) -> Iterator[Proposal]:
    """At most one move for each case and status; a case moves up only if all its dimensions of that status agree."""
    ordered = sorted(lives, key=lambda one: (one.record.case, one.status, one.record.dimension))
    for (_, status), group in groupby(ordered, key=lambda one: (one.record.case, one.status)):
        some = tuple(group)
        moves = (rule(some, history, rules, today) for rule in RULES.get(status, ()))
        yield from [each for each in moves if each is not None][:1]


def _promote(lives: Sequence[Life], _history: History, rules: Rules, _today: date) -> Proposal | None:
    """A case that is proven to pass: a hill climbed, or a flaky case that is steady since it was quarantined."""
    found: list[Numbers] = []
    for one in lives:
        told = one.stretch if one.status == "quarantined" else one.told
        said = _passes(one.record.dimension, told, rules)
        if said is None:
            return None
        found.append(said)
    return _move("promote", lives, "; ".join(map(climbed, found)), found, "regression")


def _passes(dimension: str, told: Sequence[Told], rules: Rules) -> Numbers | None:
    """The numbers that promote a case on one dimension, if they do."""
    runs = judged(told)
    if len(runs) < CLEAN_RUNS or misses(runs[-CLEAN_RUNS:]):
        return None
    said = numbers(dimension, latest(told, rules.window), rules.alpha)
    if said.trials >= rules.window and said.low >= rules.promoted_at:
        return said
    streak = runs[-FAST_RUNS:]
    long = len(streak) == FAST_RUNS and all(each.trials >= FAST_TRIALS for each in streak)
    if not rules.fast or not long or misses(streak):
        return None
    return replace(numbers(dimension, latest(told, 0, FAST_RUNS), rules.alpha), fast=True)


def _broken(lives: Sequence[Life], history: History, rules: Rules, _today: date) -> Proposal | None:
    """A case that has missed every trial for a while: the product changed, and no status hides that.

    Of one that missed now and then before, so long a spell must be improbable at the rate that it had then, at its
    lower bound: what ends in a pass flatters a case, and of few runs nobody knows the rate.
    """
    for one in lives:
        spell = _spell(one)
        missed = sum(each.trials for each in spell)
        if len(spell) < BROKEN_RUNS or missed < BROKEN_TRIALS:
            continue
        first = history.runs[spell[0].run]
        before = latest([each for each in judged(one.told) if each.run < spell[0].run], rules.window)
        rate = numbers(one.record.dimension, before, rules.alpha).low
        if before and (1 - rate) ** missed >= rules.alpha:
            continue
        flip = Flip(first.run, first.started, first.commit) if before else None
        said = numbers(one.record.dimension, spell, rules.alpha)
        return replace(_move("broken", lives, flipped(said, flip), [said], None), flip=flip)
    return None


def _spell(one: Life) -> tuple[Told, ...]:
    """Its last runs that judged it and in which no trial passed, oldest first."""
    return tuple(reversed(list(takewhile(lambda each: not each.passes, reversed(judged(one.told))))))


def _quarantine(lives: Sequence[Life], _history: History, rules: Rules, today: date) -> Proposal | None:
    """A regression case that both passes and misses, on any dimension."""
    found = [said for one in lives if (said := _flaky(one, rules)) is not None]
    if not found:
        return None
    until = today + timedelta(days=rules.quarantine_days)
    why = "; ".join(unsteady(said, rules) for said in found)
    return replace(_move("quarantine", lives, why, found, "quarantined"), until=until)


def _flaky(one: Life, rules: Rules) -> Numbers | None:
    """The numbers that call a case flaky on one dimension, if they do.

    Only its time under the present status counts: what it missed as a capability case is forgiven. Two ways lead
    here. The window, whose bound keeps its error if one looks once a release; and a bet of each run's share of
    misses, by which one may look as often as one likes, and in which trials of one run may hang together.
    """
    window = latest(one.stretch, rules.window)
    if not _both_ways(judged(window)):
        return None
    said = numbers(one.record.dimension, window, rules.alpha)
    missed = [(each.trials - each.passes) / each.trials for each in judged(one.stretch)]
    evidence = float(log_e(np.array(missed), 1 - rules.steady_at)[-1])
    said = replace(said, e_value=math.exp(min(evidence, 700.0)))
    full = said.trials >= rules.window and said.high < rules.steady_at
    return said if full or evidence >= -math.log(rules.alpha) else None


def _both_ways(runs: Sequence[Told]) -> bool:
    """Whether it passes and misses by turns: trials of one run disagree, or misses come back after they had gone.

    A case that broke once and was mended, or is broken now, is not flaky.
    """
    if any(0 < each.passes < each.trials for each in runs):
        return True
    missed = [False, *(not each.passes for each in runs)]
    began = sum(later and not earlier for earlier, later in pairwise(missed))
    return began > 1


def _saturate(lives: Sequence[Life], history: History, rules: Rules, _today: date) -> Proposal | None:
    """A case that no state of the product fails any more: proven by what it said since it is a regression case."""
    found: list[Numbers] = []
    for one in lives:
        window = latest(one.stretch, _clean_trials(rules), SATURATED_RUNS)
        said = numbers(one.record.dimension, window, rules.alpha, variants=variants(history, window))
        few = said.runs < SATURATED_RUNS or (said.variants or 0) < SATURATED_VARIANTS
        if few or said.passes < said.trials or said.low < rules.steady_at:
            return None
        found.append(said)
    return _move("saturated", lives, "; ".join(map(counted, found)), found, "saturated")


def _clean_trials(rules: Rules) -> int:
    """How many trials without a miss prove `steady_at`: 59 for 95%."""
    return math.ceil(math.log(rules.alpha) / math.log(rules.steady_at))


def _reopen(lives: Sequence[Life], _history: History, rules: Rules, _today: date) -> Proposal | None:
    """A saturated case that misses again since it is one: it tells something after all."""
    found = [
        numbers(one.record.dimension, window, rules.alpha)
        for one in lives
        if misses(window := latest(one.stretch, 0, SATURATED_RUNS))
    ]
    return _move("reopen", lives, "; ".join(map(counted, found)), found, "regression") if found else None


def _retire(lives: Sequence[Life], history: History, rules: Rules, today: date) -> Proposal | None:
    """A saturated case that has gone on without a miss: for long, over enough runs and states."""
    found: list[Numbers] = []
    for one in lives:
        runs = judged(one.stretch)
        since = day(history.runs[runs[0].run]) if runs else None
        said = numbers(one.record.dimension, one.stretch, rules.alpha, variants=variants(history, runs))
        few = said.runs < SATURATED_RUNS or (said.variants or 0) < SATURATED_VARIANTS
        if few or said.passes < said.trials or since is None or (today - since).days < rules.retire_days:
            return None
        found.append(said)
    why = f"saturated for more than {rules.retire_days - 1} days; {'; '.join(map(counted, found))}"
    return _move("retire", lives, why, found, None)


def _move(kind: Kind, lives: Sequence[Life], why: str, found: Sequence[Numbers], becomes: str | None) -> Proposal:
    newest = max(lives, key=lambda one: one.told[-1].run).record
    tests = tuple(sorted({one.record.test for one in lives}))
    return Proposal(kind, why, newest.case, None, tests, newest.file, lives[0].status, becomes, tuple(found))


#: By status; the first that has something to say.
RULES: dict[str, tuple[Rule, ...]] = {
    "capability": (_promote,),
    "quarantined": (_broken, _promote),
    "regression": (_broken, _quarantine, _saturate),
    "saturated": (_broken, _reopen, _retire),
}
