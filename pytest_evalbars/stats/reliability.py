"""Stated confidence against what came of it, bin by bin: Brier losses and the reliability table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.proportions import wilson

#: Fewer trials than this make no bin of their own.
LEAST_IN_BIN = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """The trials of like confidence."""

    trials: int
    #: Their mean confidence, 0..1.
    confidence: float
    #: The share of them that was correct, with its Wilson interval.
    rate: float
    low: float
    high: float


def brier(confidence: ArrayLike, correct: ArrayLike) -> NDArray[np.float64]:
    """The squared distance of each confidence from what came of it, 0..1; their mean is the Brier score.

    Args:
        confidence: Shape (trials,): the stated chance of being correct, 0..1.
        correct: Shape (trials,): 0 or 1, or booleans.

    Returns:
        Shape (trials,).

    Raises:
        ValueError: A confidence outside 0..1 or not a number, a correct that is neither, or other shapes.

    Source: Brier 1950.
    """
    c, y = stated(confidence, correct)
    return np.square(c - y)


def reliability(confidence: ArrayLike, correct: ArrayLike, bins: int = 10, level: float = 0.95) -> tuple[Bin, ...]:
    """Group trials by confidence into bins of about equally many.

    Args:
        confidence: Shape (trials,): the stated chance of being correct, 0..1.
        correct: Shape (trials,): 0 or 1, or booleans.
        bins: The most bins; fewer where there are less than five trials a bin, or many of one confidence, which
            share a bin.
        level: The confidence of the intervals, two-sided. They take trials for independent.

    Returns:
        The bins, from the least confident on.

    Raises:
        ValueError: As `brier`; or no bins.
    """
    c, y = stated(confidence, correct)
    if len(c) == 0:
        return ()
    order = np.argsort(c)
    places = bin_places(c[order], np.ones(len(c)), bins, len(c))
    trials = np.bincount(places)
    confidences = np.bincount(places, c[order]) / trials
    passes = np.bincount(places, y[order])
    return tuple(
        Bin(int(n), float(mean), float(x / n), *wilson(float(x), float(n), level))
        for n, mean, x in zip(trials, confidences, passes, strict=True)
    )


def stated(confidence: ArrayLike, correct: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confidence and correctness as numbers, shape (trials,) each; ValueError where they are impossible."""
    c, y = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if c.ndim != 1 or c.shape != y.shape:
        raise ValueError(f"confidence and correct must be two lists of one length, got {c.shape} and {y.shape}")
    if c.size and not (c.min() >= 0 and c.max() <= 1):
        raise ValueError("a confidence must lie between 0 and 1")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("what came of it must be 0 or 1")
    return c, y


def bin_places(
    ascending: NDArray[np.float64], weights: NDArray[np.float64], bins: int, units: int
) -> NDArray[np.intp]:
    """The bin of each of some ascending confidences, 0 .. B-1, none empty; equal confidences share a bin.

    Args:
        ascending: Shape (trials,), at least one.
        weights: Shape (trials,); every bin gets about the same.
        bins: The most bins.
        units: How many independent ones there are, of which each bin takes five.
    """
    if bins < 1:
        raise ValueError(f"there must be at least one bin, got {bins}")
    most = min(bins, max(units // LEAST_IN_BIN, 1))
    new = np.r_[True, ascending[1:] != ascending[:-1]]
    tie = np.cumsum(new) - 1
    mass = np.bincount(tie, weights)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    wanted = np.floor(middle * most + 1e-9).astype(np.intp)
    places = np.cumsum(np.r_[True, wanted[1:] != wanted[:-1]]) - 1
    return np.asarray(places[tie], dtype=np.intp)
