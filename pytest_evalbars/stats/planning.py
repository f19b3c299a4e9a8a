"""What a verdict will say of a run to come: its power, and how many cases that power needs.

A bar "at least t" is met where misses are few, and missed where passes are few. So both come down to one
question: how few of some events, in n independent cases, prove that they are rarer than the bar allows? Here an
event's chance not to happen is called `quiet`.

That number of events is whole, so the power is a saw-tooth in n: it drops where one more case does not yet allow
one more event. Hence two answers to "how many cases": the first number with the power, and the safe one, from
which on it never falls below. The saw-tooth runs between two smooth curves, those of sizes that need not be
whole: they say where to look, and there every number is tried.

A number of cases that is not whole is an effective sample size. Its rate moves in finer steps than a whole
case, and the power is then taken half-way between the two curves.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

from pytest_evalbars.stats.power import EQUAL, TOO_MANY, smallest

#: Where the two curves enclose more numbers than this, the curves themselves are the answer.
TRIED = 2_000_000
#: Rates that stand for all that the true one may be.
RATES = 200


def p_met(n: ArrayLike, p: ArrayLike, t: float, alpha: float) -> NDArray[np.float64]:
    """The chance that n independent cases prove a rate of at least t.

    Args:
        n: Cases, 0 or more; may be an effective sample size.
        p: The true rate, 0..1; n and p are broadcast.
        t: The threshold, 0..1.
        alpha: One-sided error, strictly between 0 and 1.

    Returns:
        The power where p lies above t, the error where it lies below. Exact for whole n.
    """
    n, p = _sizes(n), np.asarray(p, np.float64)
    if t == 0:
        return np.ones(np.broadcast_shapes(n.shape, p.shape))  # no rate is below 0
    return _chance(_most(n, t, alpha, strict=False), n, p)


def p_missed(n: ArrayLike, p: ArrayLike, t: float, alpha: float) -> NDArray[np.float64]:
    """The chance that n independent cases prove a rate below t; as `p_met`."""
    n = _sizes(n)
    return _chance(_most(n, 1 - t, alpha, strict=True), n, 1 - np.asarray(p, np.float64))


def p_reached(n: float, p: ArrayLike, t: float) -> NDArray[np.float64]:
    """The chance that the bare rate of n independent cases, whatever its noise, is at least t."""
    p = np.asarray(p, np.float64)
    if n != math.floor(n):
        x = t * n
        return (_at_least(x, n, p) + _at_least(x + 1, n, p)) / 2
    return _at_least(math.ceil(t * n - EQUAL * n), n, p)


def differ(met: ArrayLike, missed: ArrayLike) -> NDArray[np.float64]:
    """The chance that two runs get different words, from the chances of two of the three words."""
    met, missed = np.asarray(met, np.float64), np.asarray(missed, np.float64)
    neither = np.maximum(1 - met - missed, 0)
    return np.asarray(np.maximum(1 - met**2 - missed**2 - neither**2, 0), np.float64)


def flip_chance(
    n: ArrayLike, p: ArrayLike, t: float, alpha: float, alpha_missed: float | None = None
) -> NDArray[np.float64]:
    """The chance that one product, run twice on n fresh cases, gets two different verdicts.

    Args:
        n: Cases, as for `p_met`.
        p: The product's true rate.
        t: The threshold.
        alpha: One-sided error of "met", and of "missed" where that has none of its own.
        alpha_missed: One-sided error of "missed".
    """
    return differ(p_met(n, p, t, alpha), p_missed(n, p, t, alpha if alpha_missed is None else alpha_missed))


def likely_rates(value: float, n: float) -> NDArray[np.float64]:
    """Equally likely guesses at the true rate where `value` was seen in n independent cases; shape (RATES,).

    Source: the posterior under Jeffreys' prior, Beta(x + 1/2, n - x + 1/2).
    """
    x = min(max(value, 0.0), 1.0) * n
    parts = (np.arange(RATES) + 0.5) / RATES
    return np.asarray(betaincinv(x + 0.5, n - x + 0.5, parts), np.float64)


def smallest_effect(
    n: float, t: float, power: float, alpha: float, alpha_missed: float | None = None
) -> tuple[float | None, float | None]:
    """How far from the threshold the truth must be for n cases to show it.

    Args:
        n: Cases; may be an effective sample size.
        t: The threshold, 0..1.
        power: The chance with which it must be shown, strictly between 0 and 1.
        alpha: One-sided error of "met", and of "missed" where that has none of its own.
        alpha_missed: One-sided error of "missed".

    Returns:
        (above, below): how far above t the rate must be to be met with that power, and how far below it to be
        missed. None where no rate would do, as there are too few cases.
    """
    below = _effect(n, 1 - t, power, alpha if alpha_missed is None else alpha_missed, strict=True)
    return 0.0 if t == 0 else _effect(n, t, power, alpha, strict=False), below


def cases_for_power(t: float, p: float, power: float, alpha: float) -> tuple[int, int] | None:
    """How many independent cases settle a verdict with a power: met if the true rate is above t, missed if below.

    Args:
        t: The threshold, 0..1.
        p: The true rate, 0..1.
        power: The chance of the verdict, strictly between 0 and 1.
        alpha: One-sided error of the verdict, strictly between 0 and 1.

    Returns:
        (first, safe): the first number of cases with the power, and the one from which on it never falls below;
        179 and 203 for a bar of 0.90 and a rate of 0.95 at 80%. None if p equals t, or is so close to it that no
        suite of this world would do.
    """
    if abs(p - t) <= EQUAL:
        return None
    if t == 0:
        return 1, 1
    strict = p < t
    bar, truth = (1 - t, 1 - p) if strict else (t, p)

    def ceiling(events: int) -> bool:
        return _tail(events, _size(events, bar, alpha), truth) >= power

    def floor(events: int) -> bool:
        return _tail(events, _size(events + 1, bar, alpha), truth) >= power

    peak, valley = smallest(1, lambda k: ceiling(k - 1)), smallest(1, lambda k: floor(k - 1))
    if peak is None or valley is None:
        return None
    start, stop = math.floor(_size(peak - 1, bar, alpha)), math.ceil(_size(valley - 1, bar, alpha)) + 1
    if stop > TOO_MANY:
        return None
    if stop - start > TRIED:
        return start, stop
    n = np.arange(max(start, 1), stop + 1, dtype=np.float64)
    reached = _chance(_most(n, bar, alpha, strict=strict), n, np.asarray(truth)) >= power
    short = np.flatnonzero(~reached)
    return int(n[reached.argmax()]), int(n[short[-1]] + 1 if len(short) else n[0])


def _sizes(n: ArrayLike) -> NDArray[np.float64]:
    sizes = np.asarray(n, np.float64)
    if sizes.size and not sizes.min() >= 0:
        raise ValueError("there cannot be fewer cases than none")
    return sizes


def _most(n: NDArray[np.float64], quiet: float, alpha: float, *, strict: bool) -> NDArray[np.float64]:
    """The most events in n cases that prove them rarer than 1 - quiet; -1 where not even none would."""
    whole = n == np.floor(n)
    proven, not_proven = np.full(n.shape, -1.0), n.copy()
    exact = np.where(whole, 1.0, 1e-9)
    while (not_proven - proven > exact).any():
        middle = (proven + not_proven) / 2
        middle = np.where(whole, np.floor(middle), middle)
        events = np.maximum(middle, 0.0)
        p = betainc(n - events, events + 1, quiet)
        good = (middle < 0) | (p < alpha if strict else p <= alpha)
        proven, not_proven = np.where(good, middle, proven), np.where(good, not_proven, middle)
    return np.where(proven < 0, -1.0, proven)


def _chance(most: NDArray[np.float64], n: NDArray[np.float64], quiet: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of no more than `most` events in n cases."""
    events = np.maximum(most, 0.0)
    chance = betainc(n - events, events + 1, quiet)
    fewer = np.where(events > 0, betainc(n - events + 1, np.maximum(events, 1e-300), quiet), 0.0)
    chance = np.where((n == np.floor(n)) | (quiet >= 1), chance, (chance + fewer) / 2)
    return np.asarray(np.where(most < 0, 0.0, chance), np.float64)


def _effect(n: float, quiet: float, power: float, alpha: float, *, strict: bool) -> float | None:
    """How much rarer than 1 - quiet the events must be to be proven so with the power."""
    size = np.asarray(n, np.float64)
    most = _most(size, quiet, alpha, strict=strict)
    if most < 0:
        return None
    short, enough = quiet, 1.0
    while enough - short > EQUAL:
        middle = (short + enough) / 2
        if _chance(most, size, np.asarray(middle)) >= power:
            enough = middle
        else:
            short = middle
    return enough - quiet


def _tail(events: int, n: float, quiet: float) -> float:
    """The chance of no more than `events` in n cases, where n need not be whole."""
    return float(betainc(n - events, events + 1, quiet)) if n > events else 1.0


def _size(events: int, quiet: float, alpha: float) -> float:
    """The size, not whole, in which so many events just prove them rarer than 1 - quiet."""
    if quiet == 0:
        return float(events)
    short, enough = 0.0, 1.0
    while betainc(enough, events + 1, quiet) > alpha:
        short, enough = enough, 2 * enough
        if enough > 2 * TOO_MANY:
            return math.inf
    while enough - short > 1e-9 * enough:
        middle = (short + enough) / 2
        if betainc(middle, events + 1, quiet) > alpha:
            short = middle
        else:
            enough = middle
    return enough + events


def _at_least(x: float, n: float, p: NDArray[np.float64]) -> NDArray[np.float64]:
    if x <= 0:
        return np.ones(p.shape)
    return np.zeros(p.shape) if x > n else np.asarray(betainc(x, n - x + 1, p), np.float64)
