"""Many slices of one population: what each rate is likely to be, given the others.

Of many raw rates the lowest is mostly that of a tiny slice that had bad luck. Partial pooling lends each slice the
others' evidence: the slices' true rates are taken to scatter around the pooled rate as a beta distribution does, how
widely is estimated from the rates at hand, and each rate moves towards the pooled one, the tiny slices' the most.

For ranking and display, never for a verdict: a test built on it fails 8 to 12 of 100 sessions in which nothing is
wrong, where slices are small.

Source: empirical Bayes with the moment estimator of Kleinman 1973, on effective sizes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

#: The others weigh at least as much as two trials, so that a slice of one case is never believed at its word. At
#: most they weigh as much as all that was seen: where no scatter is seen beyond chance, there may still be some.
LEAST_WEIGHT = 2.0


def pooled_rate(rates: ArrayLike, sizes: ArrayLike) -> float:
    """The rate of all slices together, each by its effective size.

    Args:
        rates: Shape (slices,), 0..1; at least one.
        sizes: Shape (slices,), 1 or more: the effective number of independent trials behind each.

    Raises:
        ValueError: No slice, other shapes, or a number out of range.
    """
    r, n, _ = _checked(rates, sizes)
    return _pooled(r, n)


def shrunk_rates(rates: ArrayLike, sizes: ArrayLike, towards: ArrayLike | None = None) -> NDArray[np.float64]:
    """What the true rates are likely to be: each between its own rate and the pooled one.

    Args:
        rates: Shape (slices,), 0..1; at least one.
        sizes: Shape (slices,), 1 or more: the effective number of independent trials behind each.
        towards: Shape (slices,), 0..1: what is expected of each where that is not the pooled rate.

    Returns:
        Shape (slices,), in the order given: the mean of each rate's posterior distribution.

    Raises:
        ValueError: No slice, other shapes, or a number out of range.
    """
    passes, misses = _posterior(*_checked(rates, sizes, towards))
    return np.asarray(passes / (passes + misses))


def chances_below(rates: ArrayLike, sizes: ArrayLike, towards: ArrayLike | None = None) -> NDArray[np.float64]:
    """How likely each true rate lies below the pooled one, or below what is expected of it.

    The arguments and errors are those of `shrunk_rates`. A description, not a test: in some 5 of 100 families of
    slices without any difference one of them has 0.95 or more.
    """
    r, n, mean = _checked(rates, sizes, towards)
    passes, misses = _posterior(r, n, mean)
    sure = (passes > 0) & (misses > 0)  # else all passed or all missed, as expected
    return np.where(sure, betainc(np.where(sure, passes, 1.0), np.where(sure, misses, 1.0), _means(r, n, mean)), 0.0)


def _posterior(
    r: NDArray[np.float64], n: NDArray[np.float64], towards: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The passes and misses that each slice has and is lent: the parameters of its beta distribution."""
    mean, weight = _means(r, n, towards), _weight(r, n, towards)
    return n * r + weight * mean, n * (1 - r) + weight * (1 - mean)


def _means(
    r: NDArray[np.float64], n: NDArray[np.float64], towards: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    return np.full(len(r), _pooled(r, n)) if towards is None else towards


def _weight(r: NDArray[np.float64], n: NDArray[np.float64], towards: NDArray[np.float64] | None) -> float:
    """How many trials the others weigh: many where rates differ by no more than chance alone explains."""
    mean, share = _means(r, n, towards), n / _sum(n)
    # A pooled rate is drawn towards each slice by the slice's own share, one that is given is not.
    free = share * (1 - share) if towards is None else share
    chance = free * mean * (1 - mean)
    seen, most = _sum(share * np.square(r - mean)) - _sum(chance / n), _sum(chance * (1 - 1 / n))
    # The likeness of two trials of one slice: 0 if the slices do not differ, 1 if each passes or misses as a whole.
    alike = seen / most if most > 0 else 0.0
    heaviest = max(LEAST_WEIGHT, _sum(n))
    return min(max(1 / alike - 1, LEAST_WEIGHT), heaviest) if alike > 0 else heaviest


def _pooled(r: NDArray[np.float64], n: NDArray[np.float64]) -> float:
    return min(max(_sum(n * r) / _sum(n), float(r.min())), float(r.max()))  # rounding aside, it lies between


def _sum(values: NDArray[np.float64]) -> float:
    """The sum, the same in every order of the slices."""
    return float(np.sort(values).sum())


def _checked(
    rates: ArrayLike, sizes: ArrayLike, towards: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
    r, n = np.asarray(rates, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    mean = None if towards is None else np.asarray(towards, dtype=np.float64)
    if r.ndim != 1 or r.shape != n.shape or (mean is not None and mean.shape != r.shape):
        raise ValueError(f"there must be one size and one expectation a rate, got shapes {r.shape} and {n.shape}")
    if not r.size:
        raise ValueError("there must be at least one slice")
    if not all(each.min() >= 0 and each.max() <= 1 for each in (r, *([] if mean is None else [mean]))):
        raise ValueError("rates must lie between 0 and 1")
    if not (n.min() >= 1 and np.isfinite(n).all()):
        raise ValueError("effective sizes must be 1 or more")
    return r, n, mean
