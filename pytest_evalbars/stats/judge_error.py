"""How often a judge is right, held against people: sensitivity, specificity and what its verdicts are worth.

The labelled items may be drawn unevenly, such as more of those that the judge failed: each stands for as many items
of its population as its weight says. A rate is then a share of weights, and the evidence behind it is that of its two
cells, right and wrong, as counts of items; half an item is added to each, so that a cell in which nothing was found
is as uncertain as few items of its weight leave it. That matters: 50 judge-fails that are all right and 50
judge-passes that are all right say little of the specificity where judge-passes are 19 times as frequent.

Where all weights are equal, the rates are those of plain counts, and so are their bounds (Clopper-Pearson, Wilson).

Sources: Begg & Greenes 1983 (rates of a test whose result decided who was verified), Kish 1965 (unequal weights).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.clusters import cluster_codes
from pytest_evalbars.stats.effective import Rate, rate_interval
from pytest_evalbars.stats.exact import total

Weights = NDArray[np.float64]
#: What is added to the count of a cell.
HALF = 0.5


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """What people say of a judge's verdicts; each rate None where no item tells it."""

    #: Labelled items, and how many items they stand for.
    items: int
    weight: float
    #: Shares of the population: judge pass and human pass, judge pass and human miss; then of judge miss the same.
    table: tuple[tuple[float, float], tuple[float, float]]
    #: P(judge passes it | people pass it), P(judge misses it | people miss it).
    sensitivity: Rate | None
    specificity: Rate | None
    #: P(judge and people say the same).
    agreement: Rate
    #: P(people pass it | judge passes it), P(people miss it | judge misses it).
    right_of_passes: Rate | None
    right_of_misses: Rate | None

    def better_than_chance(self, alpha: float = 0.05) -> bool:
        """Whether sensitivity + specificity - 1 is proven above 0, with one-sided error alpha.

        A judge that throws a coin of any bias has 0. False where one of the two is unknown.
        """
        if self.sensitivity is None or self.specificity is None:
            return False
        pair = (self.sensitivity, self.specificity)
        below = [each.value - rate_interval(each, 1 - 2 * alpha)[0] for each in pair]
        return sum(each.value for each in pair) - 1 > math.hypot(*below)


def error_rates(
    judged: ArrayLike, human: ArrayLike, weights: ArrayLike | None = None, clusters: ArrayLike | None = None
) -> ErrorRates:
    """Hold a judge's verdicts against those of people.

    Args:
        judged: Shape (items,), booleans: whether the judge passes each labelled item.
        human: Shape (items,), 0..1: the share of people by whom it passes. An item of 0.5 is half a pass and half a
            miss.
        weights: Shape (items,), above 0: how many items of the population each stands for, up to one factor.
            None: all the same.
        clusters: Shape (items,), integers: items of one number share a case, and count as one item of their
            verdicts together, as if people said the same of all. None: all are independent.

    Returns:
        The rates, for `rate_bounds`, `rate_interval` and the like. Their `trials` and `cases` are the labelled items
        that tell them.

    Raises:
        ValueError: No item, a share outside 0..1, a weight that is not above 0, or other shapes or kinds.
    """
    j, h, w, codes = labelled(judged, human, weights, clusters)
    share, right = w / total(w), np.where(j, h, 1 - h)
    cells = [[total(share[said] * each[said]) for each in (h, 1 - h)] for said in (j, ~j)]
    return ErrorRates(
        items=len(j),
        weight=total(w),
        table=((cells[0][0], cells[0][1]), (cells[1][0], cells[1][1])),
        sensitivity=_right_of(h, j, w, codes),
        specificity=_right_of(1 - h, ~j, w, codes),
        agreement=weighted(right, w, codes),
        right_of_passes=weighted(right[j], w[j], codes[j]) if j.any() else None,
        right_of_misses=weighted(right[~j], w[~j], codes[~j]) if not j.all() else None,
    )


def weighted(values: Weights, weights: Weights, codes: NDArray[np.intp]) -> Rate:
    """The weighted mean of values in 0..1, worth as many items as Kish says of their weights.

    Args:
        values: Shape (items,), at least one.
        weights: Shape (items,), above 0.
        codes: Shape (items,): items of one code count as one.
    """
    n_eff = total(weights) / unit_weight(weights, codes)
    items, units = len(values), len(np.unique(codes))
    return Rate(total(weights * values) / total(weights), n_eff, n_eff, items, items, units, None)


def unit_weight(weights: Weights, codes: NDArray[np.intp]) -> float:
    """The weight of the item that a unit of weight lies in, on average: the weights' sum over Kish's size.

    Args:
        weights: Shape (items,), above 0, at least one.
        codes: Shape (items,): items of one code count as one.
    """
    units = np.bincount(np.unique(codes, return_inverse=True)[1], weights).astype(np.float64)
    return total(np.square(units)) / total(units)


def labelled(
    judged: ArrayLike, human: ArrayLike, weights: ArrayLike | None, clusters: ArrayLike | None
) -> tuple[NDArray[np.bool_], Weights, Weights, NDArray[np.intp]]:
    """The arguments of `error_rates` as arrays of shape (items,); ValueError where they are impossible."""
    j, h = np.asarray(judged), np.asarray(human, np.float64)
    if j.ndim != 1 or j.shape != h.shape:
        raise ValueError(f"judged and human must be two lists of one length, got shapes {j.shape} and {h.shape}")
    if j.size == 0:
        raise ValueError("there must be at least one labelled item")
    if j.dtype.kind != "b":
        raise ValueError(f"what the judge said must be booleans, got {j.dtype}")
    if not (h.min() >= 0 and h.max() <= 1):
        raise ValueError("the share of people by whom an item passes must lie between 0 and 1")
    w = np.ones(len(j)) if weights is None else np.asarray(weights, np.float64)
    if w.shape != j.shape:
        raise ValueError(f"there must be one weight an item, got shape {w.shape} for {len(j)} items")
    if not (w.min() > 0 and np.isfinite(w).all()):
        raise ValueError("a weight must be a number above 0")
    codes = np.arange(len(j)) if clusters is None else cluster_codes(clusters, len(j))[0]
    return j, h, w, codes


def _right_of(kind: Weights, right: NDArray[np.bool_], w: Weights, codes: NDArray[np.intp]) -> Rate | None:
    """The share of items of a kind whose verdict is right.

    Args:
        kind: Shape (items,), 0..1: how much of each item is of the kind.
        right: Shape (items,): whether the verdict is right of that kind.
        w: Shape (items,), the weights.
        codes: Shape (items,): items of one code count as one.
    """
    of_kind = kind > 0
    if not of_kind.any():
        return None
    weight = [total((w * kind)[said]) for said in (right, ~right)]
    # Of a verdict that was never given nothing is known; its items are taken to weigh what the others do.
    unit = [unit_weight(w[said], codes[said]) if said.any() else unit_weight(w, codes) for said in (right, ~right)]
    found = [of / each for of, each in zip(weight, unit, strict=True)]
    return Rate(
        weight[0] / (weight[0] + weight[1]),
        _size(found[0], found[1], *unit),
        _size(found[0] + found[1], 0.0, *unit),
        int(of_kind.sum()),
        int(of_kind.sum()),
        len(np.unique(codes[of_kind])),
        None,
    )


def _size(right: float, wrong: float, unit_right: float, unit_wrong: float) -> float:
    """What a share of weights is worth, in items: what a share of equal weights of that variance is worth.

    By the delta method the variance of its logit is 1 / right + 1 / wrong, whatever the weights; of equal weights the
    share is worth right + wrong. Source: the sampling of verdicts is left random, which claims no more than Begg &
    Greenes 1983 do.
    """
    items = right + wrong
    a, b = right + HALF, wrong + HALF
    return (unit_right * a + unit_wrong * b) ** 2 / (unit_right * unit_wrong * (a + b)) * items / (items + 2 * HALF)
