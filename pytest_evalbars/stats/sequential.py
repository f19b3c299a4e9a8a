"""Evidence that may be looked at after every case: a bet against the bar, whose capital is an e-value.

Whoever bets on each case, at fair odds if the truth stands at the bar, seldom gets rich: the capital reaches 20
at any time in at most 1 of 20 samples. So a run may stop the moment it does. The bets are 40 fixed ones, from timid
to bold, with a fortieth of the capital on each.

The order of the cases must not depend on what they say, and they must be independent of each other.

Sources: Waudby-Smith & Ramdas 2023 (betting on a bounded mean), Ville 1939.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: How many bets share the capital.
BETS = 40


class Betting:
    """The capital of bets that the mean lies above a threshold, case by case.

    Args:
        t: The threshold, strictly between 0 and 1.

    Raises:
        ValueError: the threshold is none.
    """

    def __init__(self, t: float) -> None:
        if not 0 < t < 1:
            raise ValueError(f"a threshold to bet against must lie strictly between 0 and 1, got {t}")
        self._t = t
        self._stakes = (np.arange(BETS) + 0.5) / BETS / t
        self._logs = np.zeros(BETS)

    def take(self, x: float) -> float:
        """Bet on one more case, of mean `x`; the logarithm of the capital after it."""
        self._logs += np.log1p(self._stakes * (x - self._t))
        return _log_mean(self._logs)

    def at_best(self, cases: int) -> float:
        """The logarithm of the capital if each of so many more cases is a 1."""
        return _log_mean(self._logs + cases * np.log1p(self._stakes * (1 - self._t)))


def _log_mean(logs: NDArray[np.float64]) -> float:
    most = float(logs.max())
    return most + float(np.log(np.exp(logs - most).mean()))


def log_e(x: ArrayLike, t: float) -> NDArray[np.float64]:
    """The logarithm of the e-value of "the mean is above t" after each case.

    Args:
        x: Shape (..., cases), each in 0..1, in an order that does not depend on their values.
        t: The threshold, strictly between 0 and 1.

    Returns:
        The shape of x. The highest so far reaches -log(alpha) in at most alpha of all samples with a mean at t
        or below.

    Raises:
        ValueError: The threshold is out of range, or a value of x.
    """
    means, bet = np.asarray(x, np.float64), Betting(t)
    if means.size and not (means.min() >= 0 and means.max() <= 1):
        raise ValueError("what is bet on must lie between 0 and 1")
    logs = np.full(means.shape, -np.inf)
    for stake in bet._stakes:  # noqa: SLF001 - the same module's
        logs = np.logaddexp(logs, np.cumsum(np.log1p(stake * (means - t)), axis=-1))
    return np.asarray(logs - np.log(BETS), np.float64)
