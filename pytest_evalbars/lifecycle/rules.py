"""The rules of the life cycle: which moves the history of a suite speaks for.

- **Promote**, capability to regression: the last 46 trials (29, 61) prove a pass rate of 90%, so at most 1 of them
  (0, 2) missed, and none of the last 2 runs did; on every dimension of the case. With `fast`, 5 runs in a row of at
  least 3 trials that all pass do, too, which proves less. A quarantined case returns by its trials since then.
- **Broken**: a case that is held has missed all trials of its last 2 runs or more, of 3 trials or more; and it has
  never passed, or at the lower bound of its last 46 trials before, so many misses in a row have a chance below 5%: a
  flaky case is not broken. It is told since which commit, and nothing is proposed that would hide it.
- **Quarantine**, of a regression case: it passes and misses by turns, and is proven to pass less than 95% of the
  time, by the bound over its last 46 trials, or by a bet on each run's share of misses since it is a regression case.
- **Saturated**, of a regression case: its last trials as one, at least 59 from at least 10 runs of 3 states of the
  product, all passed, which proves 95%; on every dimension.
- **Saturated**, of a dimension: the lower bound over its last 3 runs, with cases as the units, or clusters of them,
  leaves at most 0.03 of room, and none of the last 3 or more states of the product is proven better or worse than the
  one before it.
- **Reopen**, saturated to regression: it missed in one of its last 10 runs as a saturated case.
- **Retire**, which is for a person to do: as a saturated case it has passed for 180 days, in 10 runs or more, of 3
  states of the product or more.
- **Stale**, of the suite: no case is new or was changed for 90 days; or every dimension is saturated; or the
  capability cases of a dimension, 10 or more, pass 95% of the time by the estimate, not by its bound.

Look once a release. A bound over a window errs in at most one of twenty cases that stand right at its limit, for one
decision. Whoever looks after each commit, and promotes at the first good window, promotes far more by luck (optional
stopping): of cases that pass 90% of the time 5% at one look, and 32% within 105 looks, one after each run of one
trial. The bet alone may be looked at as often as one likes.

A case whose content changed begins a new life: what it said before does not count. Nor do trials that replay recorded
answers: they said it when these were recorded. A trial that could not be judged is no miss, and is said. A single
miss of a case of one trial moves nothing, but that a saturated case is watched again. Trials of one run are taken to
be as independent as those of several.

Source: STATISTICS.md, R11; the moves of saturated cases are ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.lifecycle.cases import case_moves
from pytest_evalbars.lifecycle.lives import present
from pytest_evalbars.lifecycle.proposal import KINDS, Proposal, Rules
from pytest_evalbars.lifecycle.suite import dimension_moves, stale_suite

if TYPE_CHECKING:
    from datetime import date

    from pytest_evalbars.history.records import History

#: A bar that has not failed in fewer runs is not called quiet.
QUIET_RUNS = 10


def proposals(history: History, *, today: date, rules: Rules | None = None) -> tuple[Proposal, ...]:
    """What the history speaks for, in the order of `KINDS`, then by case and dimension.

    Args:
        history: what past runs said. Cases that the last runs of their file no longer hold are left out.
        today: the date, for what takes long and for when a quarantine ends.
        rules: what it takes; None for the defaults.
    """
    rules = rules or Rules()
    lives = present(history)
    saturated = list(dimension_moves(lives, history, rules))
    names = [each.dimension for each in saturated if each.dimension is not None]
    found = [
        *case_moves(lives, history, rules, today),
        *saturated,
        *stale_suite(lives, history, rules, today, names),
    ]
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), one.case or "", one.dimension or "")))


@dataclass(frozen=True, slots=True)
class QuietBar:
    """A bar that the last run still held and that no run ever missed."""

    bar: str
    runs: int
    met: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def quiet_bars(history: History) -> tuple[QuietBar, ...]:
    """The bars that never failed, by name: perhaps they are too low, perhaps they cannot fail.

    Runs that did not come to their end say nothing of a bar, nor do verdicts without data.
    """
    runs = [each for each in history.runs if each.complete and each.verdicts]
    found = []
    for bar in sorted(runs[-1].verdicts) if runs else ():
        said = [verdict for each in runs if (verdict := each.verdicts.get(bar)) not in {None, "no data"}]
        if len(said) >= QUIET_RUNS and "missed" not in said:
            found.append(QuietBar(bar, len(said), said.count("met")))
    return tuple(found)
