"""Classification: the confusion matrix, and recall, precision and F1 averaged over classes.

An average over classes gives a class of 5 cases the weight of one with 500, so it is worth far fewer trials than
its cases. How many is found in two steps. A case (or cluster) jackknife in closed form gives the variance, shrunk
as in `case_rate` where trials repeat. The bounds then allow for one more miss, or pass, in the rarest class, which
is what a weighted sum of counts takes to keep its error (Fay & Feuer 1997), and the effective size is the one
with which Clopper-Pearson says the same at 5%.

What it keeps where 5% are promised (tests/stats simulate it): macro recall 5%, also with 5 cases in a class; macro
F1 6.5% from 10 cases a class on; macro precision 8%, as what it divides by is chance. With 5 cases in every class and
rates near .6 precision has 10%.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from pytest_evalbars.stats.clusters import case_codes, cluster_codes, clusters_of_cases
from pytest_evalbars.stats.effective import SHRINKAGE, Rate
from pytest_evalbars.stats.proportions import clopper_pearson_high

#: The error at which both kinds of bound are made to agree.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class _Parts:
    """What trials add to the top and the bottom of the rate of a class; one entry each, shape (entries,)."""

    trial: NDArray[np.intp]
    klass: NDArray[np.intp]
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    #: What turns a rate r into what is averaged; see `_bent`.
    bend: float = 0.0
    #: How many classes might count as well, with a rate of which nothing is known.
    unknown: int = 0


def confusion(truth: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Count trials by true and predicted class.

    Args:
        truth: Shape (trials,), integers from 0 to classes - 1.
        predicted: The same, as the product said.
        classes: How many classes there are.

    Returns:
        Shape (classes, classes): rows are the truth, columns the prediction.

    Raises:
        ValueError: A class out of range, or arrays of other shapes or kinds.
    """
    t, p = _classes(truth, predicted, classes)
    return np.bincount(t * classes + p, minlength=classes * classes).reshape(classes, classes)


def macro_recall(
    truth: ArrayLike, predicted: ArrayLike, cases: ArrayLike, classes: int, clusters: ArrayLike | None = None
) -> Rate:
    """The mean over classes of the share of their cases that is recognised.

    Args:
        truth: Shape (trials,), integers from 0 to classes - 1.
        predicted: The same, as the product said.
        cases: Shape (trials,), integers: the case of each trial. Every case weighs the same.
        classes: How many classes there are. Those without a case are left out.
        clusters: Shape (trials,), integers: cases of one number share a source. None: all are independent.

    Returns:
        A rate for `rate_bounds` and the like; its `icc` is None. A class of 5 cases among 14 makes any sample worth
        70 trials or so, however large.

    Raises:
        ValueError: No trial, a class out of range, or arrays of other shapes or kinds.
    """

    def parts(t: NDArray[np.intp], p: NDArray[np.intp], w: NDArray[np.float64]) -> _Parts:
        return _Parts(np.arange(len(t)), t, w * (t == p), w)

    return _macro(truth, predicted, cases, classes, clusters, parts)


def macro_precision(
    truth: ArrayLike, predicted: ArrayLike, cases: ArrayLike, classes: int, clusters: ArrayLike | None = None
) -> Rate:
    """The mean over classes of the share of what was given to them that belongs there; as `macro_recall`.

    Classes that nothing was given to are left out.
    """

    def parts(t: NDArray[np.intp], p: NDArray[np.intp], w: NDArray[np.float64]) -> _Parts:
        given = np.bincount(p, minlength=classes) > 0
        unknown = int(((np.bincount(t, minlength=classes) > 0) & ~given).sum())
        return _Parts(np.arange(len(t)), p, w * (t == p), w, unknown=unknown)

    return _macro(truth, predicted, cases, classes, clusters, parts)


def macro_f1(
    truth: ArrayLike, predicted: ArrayLike, cases: ArrayLike, classes: int, clusters: ArrayLike | None = None
) -> Rate:
    """The mean over classes of their F1, the harmonic mean of recall and precision; as `macro_recall`.

    Classes without a case are left out, also where something was given to them; the F1 of a class never
    recognised is 0.
    """

    def parts(t: NDArray[np.intp], p: NDArray[np.intp], w: NDArray[np.float64]) -> _Parts:
        trial = np.arange(len(t))
        right = t == p
        # A confusion counts against the class it belongs to and against the one it was given to, which matters
        # only where that has cases of its own. The share j of what is right of all that has to do with a class
        # is a rate, as F1 = 2j / (1 + j) is not.
        strays = ~right & (np.bincount(t, minlength=classes) > 0)[p]
        return _Parts(
            np.r_[trial, trial[strays]],
            np.r_[t, p[strays]],
            np.r_[w * right, np.zeros(int(strays.sum()))],
            np.r_[w, w[strays]],
            bend=1.0,
        )

    return _macro(truth, predicted, cases, classes, clusters, parts)


def _macro(
    truth: ArrayLike,
    predicted: ArrayLike,
    cases: ArrayLike,
    classes: int,
    clusters: ArrayLike | None,
    parts_of: Callable[[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]], _Parts],
) -> Rate:
    t, p = _classes(truth, predicted, classes)
    if len(t) == 0:
        raise ValueError("there must be at least one trial")
    codes, trials = case_codes(cases, len(t))
    m = len(trials)
    sources = clusters_of_cases(clusters, codes, m)
    of_case, count = (np.arange(m), m) if sources is None else cluster_codes(sources, m)
    unit = of_case[codes]

    parts = parts_of(t, p, (1 / trials)[codes])
    bottom = np.bincount(parts.klass, parts.bottom, minlength=classes)
    present = bottom > 0
    shown = int(present.sum())
    bottom[~present] = 1
    ratios = np.bincount(parts.klass, parts.top, minlength=classes) / bottom
    rates = np.minimum(ratios[present], 1)  # sums of weights round
    value = math.fsum(_bent(rates, parts.bend)) / shown
    # How many units each class is worth, and what each unit adds to the average.
    units = unit[parts.trial]
    worth = np.square(bottom[present]) / _squares(units, parts, classes, unique=count == len(t))[present]
    slope = (_slope(ratios, parts.bend) / bottom)[parts.klass]
    influence = np.bincount(units, slope * (parts.top - ratios[parts.klass] * parts.bottom)) / shown
    share = np.bincount(units, parts.bottom / bottom[parts.klass]) / shown
    n_units = 1 / math.fsum(np.square(share))
    likeness = 1.0
    plain = math.fsum(np.square(_slope(rates, parts.bend)) * rates * (1 - rates) / worth) / shown**2
    if plain > 0 and count > 1:
        right = t == p
        informative = min(int((np.bincount(unit, ~right) > 0).sum()), int((np.bincount(unit, right) > 0).sum()))
        ratio = math.fsum(np.square(influence)) * count / (count - 1) / plain
        # The worst that clusters can do is to say the same in all of their classes.
        worst = 1.0 if count == m else max(value * (1 - value) / n_units / plain, 1.0)
        likeness = (informative * ratio + SHRINKAGE * worst) / (informative + SHRINKAGE)

    all_ = shown + parts.unknown
    passed = (shown * _high(rates, worth, likeness, n_units, parts.bend) + parts.unknown) / all_
    missed = (shown * _high(1 - rates, worth, likeness, n_units, _unbent(parts.bend)) + parts.unknown) / all_
    n_perfect = min(shown * float(worth.min()), n_units)
    if parts.unknown:
        n_perfect = min(n_perfect, _size(0.0, 1 - ALPHA ** (1 / n_perfect) * shown / all_, n_perfect))
    n_eff = n_perfect
    if 0 < value < 1:
        n_eff = min(_size(value, passed, len(t)), _size(1 - value, missed, len(t)))
    return Rate(value, n_eff, n_perfect, len(t), m, count, None)


def _bent(rates: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """What is averaged of each rate: the rate itself with a bend of 0, F1 with a bend of 1."""
    return (1 + bend) * rates / (1 + bend * rates)


def _slope(rates: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """How fast that grows with the rate."""
    return (1 + bend) / np.square(1 + bend * rates)


def _unbent(bend: float) -> float:
    """The bend that misses have where passes have this one: 1 - bent(r) is what it makes of 1 - r."""
    return -bend / (1 + bend)


def _squares(units: NDArray[np.intp], parts: _Parts, classes: int, *, unique: bool) -> NDArray[np.float64]:
    """The sum over units of the square of what each adds to the bottom of a class; shape (classes,)."""
    if unique:
        return np.asarray(np.bincount(parts.klass, np.square(parts.bottom), minlength=classes), dtype=np.float64)
    keys, place = np.unique(units * classes + parts.klass, return_inverse=True)
    squares = np.square(np.bincount(place, parts.bottom))
    return np.asarray(np.bincount(keys % classes, squares, minlength=classes), dtype=np.float64)


def _high(
    rates: NDArray[np.float64], worth: NDArray[np.float64], likeness: float, n_units: float, bend: float
) -> float:
    """The upper bound of the mean of the bent rates of classes.

    It is read from a beta with the mean and variance of one more pass in the rarest class, which for a single
    class is Clopper-Pearson's. No class alone may be less certain than that, nor all of them than their variance.

    Args:
        rates: Shape (classes,), each in 0..1.
        worth: Shape (classes,): how many independent units each class has.
        likeness: The variance of their mean, as a multiple of what independent units would give.
        n_units: Independent units over all classes: fewer than they sum up to where clusters reach across.
        bend: See `_bent`.
    """
    classes, some = len(rates), rates < 1
    if not some.any():
        return 1.0
    # A class that passes throughout has room for no other pass.
    rarest = np.lexsort((rates, worth.round(9), ~some))[0]
    n, one = worth[rarest], rates[rarest]
    bent = _bent(rates, bend)
    value = math.fsum(bent) / classes
    variances = np.square(_slope(rates, bend)) * rates * (1 - rates) / worth
    more = (one * n + 1) / (n + 1)
    mean = value + max((_bent(more, bend) - bent[rarest]) / classes, (1 - value) / (n_units + 1))
    variance = max(likeness * math.fsum(variances) - variances[rarest], 0)
    variance += _slope(more, bend) ** 2 * more * (1 - more) / (n + 2)
    size = mean * (1 - mean) * classes**2 / variance - 1
    high = float(betaincinv(mean * size, (1 - mean) * size, 1 - ALPHA)) if size > 0 else 1.0
    if 0 < value < 1 and variances.any():
        whole = value * (1 - value) * classes**2 / (likeness * math.fsum(variances))
        high = max(high, clopper_pearson_high(value * whole, whole, ALPHA))

    # Trials that differ make a class worth more, but none of those that all missed.
    sizes = np.where(rates > 0, worth / min(likeness, 1.0), worth)
    alone = betaincinv((rates * sizes)[some] + 1, ((1 - rates) * sizes)[some], 1 - ALPHA)
    return max(high, value + float((_bent(alone, bend) - bent[some]).max()) / classes)


def _size(value: float, high: float, most: float) -> float:
    """How many trials have this Clopper-Pearson upper bound; at most `most`."""
    if high <= clopper_pearson_high(value * most, most, ALPHA):
        return most
    low = 0.0
    for _ in range(60):
        middle = (low + most) / 2
        if clopper_pearson_high(value * middle, middle, ALPHA) > high:
            low = middle
        else:
            most = middle
    return most


def _classes(truth: ArrayLike, predicted: ArrayLike, classes: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.ndim != 1 or t.shape != p.shape:
        raise ValueError(f"truth and predicted must be two lists of one length, got shapes {t.shape} and {p.shape}")
    if classes < 1:
        raise ValueError(f"there must be at least one class, got {classes}")
    if t.size and (t.dtype.kind not in "iu" or p.dtype.kind not in "iu"):
        raise ValueError(f"classes must be integers, got {t.dtype} and {p.dtype}")
    if t.size and not (min(t.min(), p.min()) >= 0 and max(t.max(), p.max()) < classes):
        raise ValueError(f"classes must lie between 0 and {classes - 1}")
    return t.astype(np.intp, copy=False), p.astype(np.intp, copy=False)
