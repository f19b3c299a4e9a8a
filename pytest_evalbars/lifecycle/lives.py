"""What the history knows of a case today: since what it asks last changed, and since it has its status."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING

from pytest_evalbars.lifecycle.proposal import Numbers
from pytest_evalbars.stats.proportions import clopper_pearson_high, clopper_pearson_low

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_evalbars.history.records import CaseRecord, History, PastRun, Told

#: A run speaks for a whole test file if it holds at least this share of what the fullest of its last runs held.
WHOLE = 0.5
#: The runs among which the fullest is sought, and those within which a saturated case, run now and then, comes up.
LATELY = 10
#: A case that so many whole runs in a row do not know is gone.
GONE = 3


@dataclass(frozen=True, slots=True)
class Life:
    """A case on one dimension, since what it asks last changed."""

    record: CaseRecord
    status: str
    #: Oldest first; some may have judged nothing.
    told: tuple[Told, ...]
    #: The last of them, under the present status.
    stretch: tuple[Told, ...]


def life(record: CaseRecord) -> Life:
    """The present life of a record with at least one run."""
    told = sorted(record.told, key=lambda each: each.run)
    start, content = 0, ""
    for place, each in enumerate(told):
        if each.content and each.content != content:
            if content:  # where nobody knows what a case asked, nobody says that it changed
                start = place
            content = each.content
    status = status_of(told[-1])
    latest = list(takewhile(lambda each: status_of(each) == status, reversed(told[start:])))
    return Life(record, status, tuple(told[start:]), tuple(reversed(latest)))


def status_of(told: Told) -> str:
    """The status that a run gave it; without any, a case is held."""
    return told.status or "regression"


def judged(told: Iterable[Told]) -> tuple[Told, ...]:
    """Those that judged anything."""
    return tuple(each for each in told if each.trials)


def misses(told: Iterable[Told]) -> int:
    """All misses of some runs."""
    return sum(each.trials - each.passes for each in told)


def latest(told: Sequence[Told], trials: int, runs: int = 1) -> tuple[Told, ...]:
    """The fewest latest runs with so many judged trials, and at least so many judged runs; all, if they are fewer.

    How many they are does not depend on what they say, so a bound over them keeps its error.
    """
    taken, some, many = 0, 0, 0
    for each in reversed(told):
        if some >= trials and many >= runs:
            break
        taken, some, many = taken + 1, some + each.trials, many + bool(each.trials)
    return tuple(told[len(told) - taken :])


def numbers(dimension: str, told: Sequence[Told], alpha: float, variants: int | None = None) -> Numbers:
    """Count them, with exact bounds."""
    passes, trials = sum(each.passes for each in told), sum(each.trials for each in told)
    low, high = clopper_pearson_low(passes, trials, alpha), clopper_pearson_high(passes, trials, alpha)
    errors, rate = sum(each.errors for each in told), passes / trials if trials else 0.0
    return Numbers(dimension, 1, len(judged(told)), passes, trials, errors, rate, low, high, variants=variants)


def variant(run: PastRun) -> tuple[object, ...] | None:
    """Of which state of the product a run was: commit, changes and labels; None where none of them tells."""
    if run.commit is None and not run.labels:
        return None
    return run.commit, run.changes or "", tuple(sorted(run.labels.items()))


def variants(history: History, told: Iterable[Told]) -> int:
    """How many known states of the product some runs judged."""
    return len({each for one in told if one.trials and (each := variant(history.runs[one.run])) is not None})


def day(run: PastRun) -> date | None:
    """When it began; None where that cannot be read."""
    try:
        return date.fromisoformat(run.started[:10])
    except ValueError:
        return None


def present(history: History) -> list[Life]:
    """The lives of all records that the suite still seems to hold, by case and dimension.

    A run of some cases alone, or one that broke off, says nothing of those that it left out: only runs that hold at
    least half of what the fullest of the file's last runs held can tell that a case is gone.
    """
    known = sorted(
        (each for each in history.records if each.told), key=lambda one: (one.case, one.dimension, one.test)
    )
    held: dict[str, Counter[int]] = defaultdict(Counter)
    for record in known:
        held[_file(record)].update(each.run for each in record.told)
    whole = {file: whole_runs(history, runs) for file, runs in held.items()}
    lives = []
    for record in known:
        one, runs = life(record), whole[_file(record)]
        needed = LATELY if one.status == "saturated" else GONE
        if not runs or one.told[-1].run >= runs[-needed:][0]:
            lives.append(one)
    return lives


def whole_runs(history: History, held: Counter[int]) -> list[int]:
    """Of the last runs of something those that hold enough of it, oldest first, given what each run holds of it."""
    lately = sorted(run for run in held if history.runs[run].complete)[-LATELY:]
    most = max((held[run] for run in lately), default=0)
    return [run for run in lately if held[run] >= WHOLE * most]


def _file(record: CaseRecord) -> str:
    return record.test.split("::")[0]
