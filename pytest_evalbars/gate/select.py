"""Which cases a bar speaks of. No numpy here: a worker asks it too, to know whether a miss stands for itself."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_evalbars.gate.bar import HELD_BY_DEFAULT
from pytest_evalbars.run.plan import DEFAULT_STATUS, QUARANTINED
from pytest_evalbars.run.quarantined import EXPIRED, LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.run.columns import Run

#: What `each` calls the classes of a prediction: they are no labels of the cases.
CLASS = "class"
#: The group of cases that do not carry the label.
NO_LABEL = "(none)"
#: The label under which cases are set apart, the set of those that say nothing, and one that is never pooled into
#: others unless a bar names it.
SET, FRIENDLY, ADVERSARIAL = "set", "friendly", "adversarial"


class Unsaid(tuple[str, ...]):
    """The statuses that a bar holds which names none, where they are others than in most runs."""

    __slots__ = ()


@lru_cache(maxsize=4096)
def fits(word: str, patterns: tuple[str, ...]) -> bool:
    """Whether the word is one of the patterns: itself, or a glob that it matches."""
    return any(word == pattern or fnmatchcase(word, pattern) for pattern in patterns)


def exactly(name: str) -> str:
    """A pattern that matches this name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def picks_labels(bar: Bar, labels: Mapping[str, str]) -> bool:
    """Whether a case with these labels is in the bar's slice, whatever the dimension."""
    if not fits(labels.get("status", DEFAULT_STATUS), bar.status or HELD_BY_DEFAULT):
        return False
    if SET not in bar.labels and labels.get(SET) == ADVERSARIAL:
        return False
    wanted = {**bar.labels, "category": bar.category} if bar.category else bar.labels
    return all(
        (key in labels or key == SET) and fits(labels.get(key, FRIENDLY), patterns)
        for key, patterns in wanted.items()
    )


def picks(bar: Bar, dimension: str, labels: Mapping[str, str]) -> bool:
    """Whether the bar's slices hold this dimension of a case with these labels."""
    return (bar.dimension is None or fits(dimension, bar.dimension)) and picks_labels(bar, labels)


def speaks_of(bar: Bar, dimension: str, labels: Mapping[str, str]) -> bool:
    """Whether the bar says how misses on this dimension of such a case are to be judged.

    One that is only of time, money or coverage does not; one of classes does if it names the dimension.
    """
    of = bar.kind.of
    said = of == "verdicts" or (of == "predictions" and bar.dimension is not None)
    return said and picks(bar, dimension, labels)


def group_of(bar: Bar, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The group that the bar's `each` puts the case in: a value for each of its keys."""
    values = {"status": DEFAULT_STATUS, SET: FRIENDLY, **labels}
    return tuple(values.get(key, NO_LABEL) for key in bar.each if key != CLASS)


def held_bars(bars: Bars, stage: str) -> list[Bar]:
    """The bars that a session at this stage holds."""
    if stage == "none":
        return []
    return [bar for bar in bars.bar if stage == "launch" or bar.stage == "testing"]


def narrowed(bars: Bars, run: Run) -> Bars:
    """The bars as this run can be held against them: their names stay.

    Where saturated cases were sampled or skipped, a bar that names no status holds regression cases only: a rate that
    rests on other cases in each run would move with them.
    """
    if run.saturated is None or not run.saturated.of:
        return bars
    status = Unsaid((DEFAULT_STATUS,))
    update = {"status": status}
    return bars.model_copy(
        update={"bar": tuple(bar if bar.status else bar.model_copy(update=update) for bar in bars.bar)}
    )


def nothing_to_hold(run: Run, bar: Bar, dimension: str | None) -> str:
    """Why a bar whose slice is empty in this run is not held on it; empty if there is no good reason.

    Args:
        run: the run.
        bar: as `narrowed` gives it.
        dimension: the slice's, or the word by which the bar names some; None for all trials.
    """
    if bar.status == (QUARANTINED,):
        return "not enforced: no case is in quarantine"
    if run.saturated is None:
        return ""
    unsaid = isinstance(bar.status, Unsaid)
    whole = bar.model_copy(update={"status": None}) if unsaid else bar
    resting = (
        picks(whole, name, rest.labels)
        for rest in run.saturated.not_run
        for name in rest.dimensions
        if dimension is None or fits(name, (dimension,))
    )
    if not any(resting):
        return ""
    skipped = run.saturated.mode == "skip"
    if unsaid:
        return f"not enforced: all its cases are saturated, which were {'skipped' if skipped else 'only sampled'}"
    return f"not enforced: saturated cases were {'skipped' if skipped else 'sampled, and none of these was drawn'}"


def stands_alone(bars: Bars, dimension: str, labels: Mapping[str, str]) -> bool:
    """Whether a miss fails the session by itself: a regression case on a dimension that no bar speaks of.

    A bar of any stage counts: who declares a bar for launches has said that the slice is judged as a whole. A case
    whose quarantine is over stands alone whatever bar speaks of it.
    """
    if labels.get(LABEL) == EXPIRED:
        return True
    if labels.get("status", DEFAULT_STATUS) != DEFAULT_STATUS:
        return False
    return not any(speaks_of(bar, dimension, labels) for bar in bars.bar)


def dimensions_of(bar: Bar, known: Iterable[str]) -> list[str | None]:
    """The dimensions the bar makes verdicts on: those it names, and the known ones its globs match.

    None stands for all trials, whatever they are judged on.
    """
    known = sorted(known)
    if bar.all_trials:
        return [None]
    if bar.dimension is None:
        return list(known) or [None]
    found: dict[str | None, None] = {}
    for word in bar.dimension:
        matches = [name for name in known if fits(name, (word,))]
        found |= dict.fromkeys(matches or [word])
    return list(found)
