"""How far stated confidence is from what comes of it: the calibration error, its null and its bounds.

The usual expected calibration error is biased: a perfectly calibrated product shows .07 with 200 trials in 10
bins. So the estimate here is the root of the squared gaps of the bins less what chance adds to them, and the usual
error stands beside what it would be by chance alone.

Its bounds are read from the distribution of the sum of squared gaps, taken for a gamma of the right mean and
variance; both follow from the noise of each bin, which is that of cases or clusters where these repeat. Percentile
bootstraps cover the truth 2% to 82% of the time here. Where misses are few the sum is more skewed than a gamma, so
the upper bound is also no lower than the exact one of the mean gap, which is at most the error. The error is that
of these bins: whatever cancels out within a bin is not seen.

What it keeps where 5% are promised (tests/stats simulate it): 6.5% downwards and 5.5% upwards from 10 trials on,
also where trials repeat; near 0, and where trials of a case differ, a good deal less.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincc

from pytest_evalbars.stats.clusters import case_codes, cluster_codes, clusters_of_cases
from pytest_evalbars.stats.effective import Rate, case_rate, rate_p_met, rate_p_missed
from pytest_evalbars.stats.reliability import Bin, bin_places, brier, reliability, stated

__all__ = [
    "Bin",
    "CalibrationError",
    "brier",
    "calibration_bounds",
    "calibration_error",
    "calibration_p_above",
    "calibration_p_below",
    "reliability",
]

#: How often the null is drawn, and from which seed: the same sample always says the same.
DRAWS, SEED = 999, 20_250_101
#: Beyond so many trials a bin's sum under the null is drawn as normal, in one number.
MANY = 5_000
#: How many numbers are drawn at once.
BATCH = 2_000_000


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """A calibration error and the evidence behind it."""

    #: The root mean square gap between confidence and rate, 0..1, without what chance adds; 0 where that is all.
    value: float
    #: The usual expected calibration error: the mean absolute gap, chance included.
    raw: float
    #: What `raw` stays below in 95 of 100 samples of a perfectly calibrated product.
    null: float
    #: The p-value of "perfectly calibrated", from `raw`.
    p: float
    #: Mean confidence less rate of success: above 0 the product is overconfident.
    overconfidence: float
    #: The mean confidence, and the rate of success.
    confidence: float
    rate: Rate
    #: The weighted sum of squared gaps; what chance adds to it, and at most may add; its variance by chance, and
    #: how that grows with the square of the true error.
    squares: float
    noise: float
    most_noise: float
    spread: float
    growth: float
    bins: int
    trials: int
    cases: int
    #: Independent units: clusters where they were given, else cases.
    clusters: int


def calibration_error(
    confidence: ArrayLike,
    correct: ArrayLike,
    cases: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    bins: int = 10,
) -> CalibrationError:
    """Estimate how far confidence is from the rate of success, over bins of about equal weight.

    Args:
        confidence: Shape (trials,): the stated chance of being correct, 0..1.
        correct: Shape (trials,): 0 or 1, or booleans.
        cases: Shape (trials,), integers: the case of each trial; every case weighs the same. None: one trial each.
        clusters: Shape (trials,), integers: cases of one number share a source. None: all are independent.
        bins: The most bins; fewer where there are less than five independent units a bin, or ties.

    Returns:
        The error. For its null, trials of one unit are taken to share their luck wholly, which errs on the side
        of calling a product calibrated.

    Raises:
        ValueError: No trial; a confidence outside 0..1, a correct that is neither 0 nor 1, or other shapes.
    """
    c, y = stated(confidence, correct)
    n = len(c)
    if n == 0:
        raise ValueError("there must be at least one trial")
    codes, trials = case_codes(np.arange(n) if cases is None else cases, n)
    sources = clusters_of_cases(clusters, codes, len(trials))
    rate = case_rate(np.bincount(codes, y).astype(np.int64), trials, sources)
    of_case, count = (None, len(trials)) if sources is None else cluster_codes(sources, len(trials))
    unit = codes if of_case is None else of_case[codes]
    order = np.lexsort((y, unit, c))
    c, y, unit = c[order], y[order], unit[order]
    w = (1 / trials)[codes[order]] / len(trials)

    places = bin_places(c, w, bins, count)
    weight = np.bincount(places, w).astype(np.float64)
    gaps = np.bincount(places, w * (y - c)) / weight
    noise, most_noise = _noise(c, y, w, unit, places, weight, gaps, count)
    raw = float(weight @ np.abs(gaps))
    null = _null(c, w, unit, places, count)
    squares = float(weight @ np.square(gaps))
    expected = float(weight @ np.diag(noise))
    root = np.sqrt(weight)
    scaled = root[:, None] * most_noise * root
    return CalibrationError(
        value=math.sqrt(max(squares - expected, 0.0)),
        raw=raw,
        null=float(np.quantile(null, 0.95, method="higher")),
        p=float(1 + (null >= raw - 1e-12).sum()) / (1 + DRAWS),
        overconfidence=-float(weight @ gaps),
        confidence=float(w @ c),
        rate=rate,
        squares=squares,
        noise=expected,
        most_noise=float(np.trace(scaled)),
        spread=2 * float(np.square(scaled).sum()),
        growth=4 * float(np.linalg.eigvalsh(scaled)[-1]),
        bins=len(weight),
        trials=n,
        cases=len(trials),
        clusters=count,
    )


def calibration_bounds(error: CalibrationError, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the calibration error, each with error alpha.

    Args:
        error: From `calibration_error`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high) inside 0..1; (0, 1) of a single case.

    Raises:
        ValueError: alpha is out of range.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"an error must lie strictly between 0 and 1, got {alpha}")
    low, high = 0.0, 1.0
    if calibration_p_above(error, 0.0) < alpha:
        low = _crossing(lambda t: calibration_p_above(error, t) < alpha)
    if calibration_p_below(error, math.nextafter(1, 0)) <= alpha:
        high = _crossing(lambda t: calibration_p_below(error, t) > alpha)
    return low, high


def calibration_p_above(error: CalibrationError, t: float) -> float:
    """The p-value of "the true error is at most t": below alpha exactly where the lower bound exceeds t."""
    if t < 0:
        return 0.0
    if error.clusters < 2 or t >= error.value:
        return 1.0
    shape, scale = _gamma(error, error.most_noise, t)
    return float(gammaincc(shape, error.squares / scale))


def calibration_p_below(error: CalibrationError, t: float) -> float:
    """The p-value of "the true error exceeds t": at most alpha exactly where the upper bound is at most t."""
    if t >= 1:
        return 0.0
    if error.clusters < 2 or t <= error.value:
        return 1.0
    shape, scale = _gamma(error, error.noise, t)
    # A sample that fits better than chance allows is luck, and proves no more than one that fits as expected.
    p = float(gammainc(shape, max(error.squares, error.noise) / scale))
    # The root of the mean square is no less than the mean gap, which the exact binomial bounds where few misses
    # make a skewed sum. And no sample proves more than one in which nothing went wrong.
    over, under = error.confidence - t, error.confidence + t
    p_over = rate_p_met(error.rate, over) if over > 0 else 0.0
    p_under = rate_p_missed(error.rate, under) if under < 1 else 0.0
    return max(p, p_over, p_under, math.pow(1 - t, error.rate.n_perfect))


def _gamma(error: CalibrationError, noise: float, t: float) -> tuple[float, float]:
    """Shape and scale of the sum of squared gaps, if the true error is t."""
    mean, variance = noise + t * t, error.spread + error.growth * t * t
    return mean * mean / variance, variance / max(mean, 1e-300)


def _crossing(below: Callable[[float], bool]) -> float:
    """Where in 0..1 it ceases to hold."""
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if below(middle):
            low = middle
        else:
            high = middle
    return high


def _noise(
    c: NDArray[np.float64],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    unit: NDArray[np.intp],
    places: NDArray[np.intp],
    weight: NDArray[np.float64],
    gaps: NDArray[np.float64],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The covariance of the gaps, shape (bins, bins), as estimated and as large as it may be."""
    bins = len(weight)
    rates = np.bincount(places, w * y) / weight
    if count == len(c):
        sizes = np.bincount(places).astype(np.float64)
        covariance = np.diag(rates * (1 - rates) / np.maximum(sizes - 1, 1))
    else:
        added, held = (
            np.bincount(unit * bins + places, values, minlength=count * bins).reshape(count, bins) / weight
            for values in (w * (y - c - gaps[places]), w)
        )
        sizes = (1 / np.square(held).sum(axis=0)).astype(np.float64)
        grown = np.sqrt(sizes / np.maximum(sizes - 1, 0.5))
        covariance = grown[:, None] * (added.T @ added) * grown
    # A bin in which all went well might have had a miss, and one that is calibrated has those it tells of.
    shrunk, told = (rates * sizes + 1) / (sizes + 2), np.bincount(places, w * c) / weight
    least = np.diag(np.maximum(shrunk * (1 - shrunk), told * (1 - told)) / sizes)
    return covariance, np.where(np.eye(bins) > 0, np.maximum(covariance, least), covariance)


def _null(
    c: NDArray[np.float64],
    w: NDArray[np.float64],
    unit: NDArray[np.intp],
    places: NDArray[np.intp],
    count: int,
) -> NDArray[np.float64]:
    """The raw error of samples whose outcomes follow the confidence; shape (draws,)."""
    rng = np.random.default_rng(SEED)
    n, bins = len(c), int(places[-1]) + 1
    if n > MANY:
        luck = w * np.sqrt(c * (1 - c))
        if count == n:
            variance = np.bincount(places, np.square(luck))
        else:
            together = np.bincount(unit * bins + places, luck, minlength=count * bins)
            variance = np.square(together.reshape(count, bins)).sum(axis=0)
        return np.asarray(np.abs(rng.standard_normal((DRAWS, bins)) * np.sqrt(variance)).sum(axis=1))
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    errors = []
    for first in range(0, DRAWS, max(BATCH // n, 1)):
        draws = min(max(BATCH // n, 1), DRAWS - first)
        drawn = rng.random((draws, n)) if count == n else rng.random((draws, count))[:, unit]
        errors.append(np.abs(np.add.reduceat(w * ((drawn < c) - c), starts, axis=1)).sum(axis=1))
    return np.concatenate(errors)
