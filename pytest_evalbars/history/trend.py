"""How a dimension, or a category of it, went from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.gate.select import fits
from pytest_evalbars.stats.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_evalbars.history.records import PastRun
    from pytest_evalbars.history.rows import Sum


@dataclass(frozen=True, slots=True)
class Point:
    """One slice of one run."""

    run: PastRun
    cases: int
    #: Judged trials, and those that could not be judged.
    trials: int
    errors: int
    #: Trials that were not run, as no verdict depended on them: what was seen until then is biased, so there is no
    #: rate where there are any.
    stopped: int
    #: The mean over cases of each one's share of passing trials, and its two-sided interval, as the gate has them.
    rate: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Trend:
    """One slice in the runs that have it, oldest first."""

    dimension: str
    #: `held`, what a bar holds that names no status: regression and saturated cases; or another status; with
    #: `, adversarial` behind it for cases that are set apart.
    kind: str
    #: None: of all categories.
    category: str | None
    points: tuple[Point, ...]


def trends(
    runs: Mapping[int, PastRun],
    sums: Mapping[int, Iterable[Sum]],
    confidence: float,
    dimensions: Sequence[str] = (),
    categories: Sequence[str] = (),
) -> list[Trend]:
    """The trend of each slice.

    Args:
        runs: the runs, oldest first, by their number in the store.
        sums: what the slices of each run add up to, by the same number.
        confidence: of each interval, such as 0.95.
        dimensions: names or globs; none: all.
        categories: names or globs; none: dimensions as wholes.

    Returns:
        By dimension, held cases before others, then by category.
    """
    found: dict[tuple[str, str, str | None], list[Point]] = {}
    for number, run in runs.items():
        for one in sums.get(number, ()):
            # A whole only where no category was asked for, a category only where one was.
            fine = (one.category is None) != bool(categories)
            if fine and wanted(one.dimension, one.category, dimensions, categories):
                key = one.dimension, one.kind, one.category
                found.setdefault(key, []).append(_point(run, one, confidence))
    order = sorted(found, key=lambda key: (key[0], not key[1].startswith("held"), key[1], key[2] or ""))
    return [Trend(*key, tuple(found[key])) for key in order]


def wanted(dimension: str, category: str | None, dimensions: Sequence[str], categories: Sequence[str]) -> bool:
    """Whether a dimension and a category are among the names and globs that were asked for; none: all are."""
    if dimensions and not fits(dimension, tuple(dimensions)):
        return False
    return not categories or (category is not None and fits(category, tuple(categories)))


def _point(run: PastRun, one: Sum, confidence: float) -> Point:
    rate = interval = None
    if one.value is not None and one.n_eff is not None and not one.stopped:
        rate, interval = one.value, wilson(one.value * one.n_eff, one.n_eff, confidence)
    return Point(run, one.cases, one.trials, one.errors, one.stopped, rate, interval)
