"""A pass rate from x passes in n independent trials: exact bounds, exact p-values, a display interval.

Everything goes through the incomplete beta function and so accepts fractional x and n, which is what an
effective sample size needs.
"""

import math

from scipy.special import betainc, betaincinv, ndtri

#: Fewer passes than this are none: the beta functions of older scipys answer NaN, and it changes no digit shown.
NOTHING = 1e-12


def clopper_pearson_low(x: float, n: float, alpha: float) -> float:
    """The exact one-sided lower bound: the rate at which x or more passes have probability alpha.

    Args:
        x: Passes, 0 <= x <= n; may be fractional.
        n: Independent trials; may be fractional. 0 gives the bound 0.
        alpha: One-sided error, strictly between 0 and 1.

    Returns:
        A bound that lies above the true rate in at most alpha of all samples (for whole n).

    Raises:
        ValueError: x or alpha is out of range.

    Source: Clopper & Pearson 1934.
    """
    _check(x, n)
    _check_alpha(alpha)
    return 0.0 if x <= NOTHING else float(betaincinv(x, n - x + 1, alpha))


def clopper_pearson_high(x: float, n: float, alpha: float) -> float:
    """The exact one-sided upper bound, the mirror image of `clopper_pearson_low`; 1 if x equals n."""
    return 1.0 - clopper_pearson_low(n - x, n, alpha)


def p_at_most(x: float, n: float, t: float) -> float:
    """How surprising are so few passes: P(X <= x) if the true rate is t.

    Args:
        x: Passes, 0 <= x <= n; may be fractional.
        n: Independent trials; may be fractional.
        t: The rate held against the data, 0 <= t <= 1.

    Returns:
        The exact binomial tail; below alpha exactly where `clopper_pearson_high` lies below t.

    Raises:
        ValueError: x or t is out of range.
    """
    return p_at_least(n - x, n, 1.0 - t)


def p_at_least(x: float, n: float, t: float) -> float:
    """How surprising are so many passes: P(X >= x) if the true rate is t; the mirror image of `p_at_most`."""
    _check(x, n)
    _check_rate(t)
    return 1.0 if x <= NOTHING else float(betainc(x, n - x + 1, t))


def wilson(x: float, n: float, confidence: float) -> tuple[float, float]:
    """The two-sided score interval, for display: right on average, never of width 0.

    Args:
        x: Passes, 0 <= x <= n; may be fractional.
        n: Independent trials; may be fractional. 0 gives (0, 1).
        confidence: Two-sided, such as 0.95.

    Returns:
        (low, high) inside 0..1.

    Raises:
        ValueError: x or confidence is out of range.

    Source: Wilson 1927; Newcombe 1998, method 3.
    """
    _check(x, n)
    _check_alpha(confidence)
    if n == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + confidence) / 2))
    middle = (x + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(x * (n - x) / n + z * z / 4)
    low = 0.0 if x == 0 else max(0.0, middle - half)
    high = 1.0 if x == n else min(1.0, middle + half)
    return low, high


def _check(x: float, n: float) -> None:
    if not 0 <= x <= n:
        raise ValueError(f"passes must lie between 0 and the trials, got {x} of {n}")


def _check_rate(t: float) -> None:
    if not 0 <= t <= 1:
        raise ValueError(f"a rate must lie between 0 and 1, got {t}")


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"an error or a confidence must lie strictly between 0 and 1, got {alpha}")
