"""Cases that were tried more often now than before, or less: is there any drop at all?

The rate of a case after many trials is nearer to its true one than after one trial, so its difference is skewed: one
trial of 95% is mostly a pass, and ten are mostly a little less. Sign flips take differences to be symmetric, and call
what is no drop one in 40% instead of 5% (20 cases, 1 trial before and 10 now).

What is true had nothing changed, is that the passes of a case fell on its trials by chance. So they are dealt out to
the trials before and now, in each case alone, and the drop is held against all the ways to do so: those of a case
follow a hypergeometric law, and the law of their sum is counted exactly, by its characteristic function. Where the
numbers of trials are too unlike for that, its tail is told by a saddlepoint, within some percent of it. Neither draws
by chance, and so the order of cases says nothing.

How large a drop is, is bounded as that of rates; where half of the cases were tried once and now several times, as
that of scores too: a drop that is just allowed would else be called larger in up to 9% instead of 5%. With 2 trials
against 3, or 3 against 10, it is at most 6% without.

Sources: Fisher 1935 (a table's margins); Pesarin 2001 (permutation within strata); Lugannani & Rice 1980.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr

from pytest_evalbars.stats.exact import total

#: Closer to a whole number of passes than this is one.
ROUNDED = 1e-6
#: So many standard deviations and largest steps hold a law so well that what is beyond is below 1e-31 (Bernstein).
WIDE, STEEP = 12, 48
#: More terms of characteristic functions than these take too long.
TERMS = 8_000_000
#: More numbers than these are too many for a saddlepoint; a normal law is as good.
MOST = 4_000_000
#: Nearer to the middle than so many standard deviations a saddlepoint is 0 / 0.
NEAR = 0.02
HALVINGS = 80
LEAST = 1e-300

#: The numbers of trials of each case before, and now; shapes (cases,). None: nobody knows.
Trials = tuple[ArrayLike | None, ArrayLike | None]
Counts = tuple[NDArray[np.int64], NDArray[np.int64]]


def known_trials(trials: Trials, cases: int) -> Counts | None:
    """The numbers of trials before and now; None where nobody knows them.

    Raises:
        ValueError: They are not one whole number of at least 1 a case.
    """
    if trials[0] is None or trials[1] is None:
        return None
    old, new = np.asarray(trials[0]), np.asarray(trials[1])
    for each in (old, new):
        if each.shape != (cases,) or each.dtype.kind not in "iu" or each.min() < 1:
            raise ValueError("there must be one number of trials a case, before and after, each at least 1")
    return old.astype(np.int64), new.astype(np.int64)


def one_against_many(trials: Counts) -> bool:
    """Whether one trial stands against several in half of the cases or more: what skews their differences most."""
    old, new = trials
    return bool(((np.minimum(old, new) == 1) & (old != new)).mean() >= 0.5)


def passes_of(means: tuple[NDArray[np.float64], NDArray[np.float64]], trials: Counts) -> Counts | None:
    """How many trials of each case passed before, and now; None for scores, which are no whole numbers of passes."""
    old, new = (np.rint(mean * n) for mean, n in zip(means, trials, strict=True))
    apart = max(np.abs(mean * n - x).max() for mean, n, x in zip(means, trials, (old, new), strict=True))
    return (old.astype(np.int64), new.astype(np.int64)) if apart < ROUNDED else None


def dealt(passes: Counts, trials: Counts) -> tuple[float, float]:
    """How surprising is so large a drop of the mean rate, and so large a rise, had nothing changed?

    Args:
        passes: Of each case, before and now.
        trials: Of each case, before and now.

    Returns:
        The shares of all ways to deal out the passes of each case to its trials whose drop is at least, and at most,
        that which was seen.
    """
    cases = np.column_stack([*trials, passes[0] + passes[1]])
    open_ = (cases[:, 2] > 0) & (cases[:, 2] < cases[:, 0] + cases[:, 1])
    if not open_.any():
        return 1.0, 1.0
    kinds, kind, many = np.unique(cases[open_], axis=0, return_inverse=True, return_counts=True)
    seen = np.bincount(kind.ravel(), passes[0][open_], len(kinds))  # passes before, by kind of case
    laws = [_hypergeometric(*each) for each in kinds.tolist()]
    firsts = np.maximum(0, kinds[:, 2] - kinds[:, 1])
    steps, seen = _steps(kinds), seen - firsts * many
    tail = _on_lattice(laws, steps, many.tolist(), seen) or _by_saddlepoint(laws, steps, many, seen)
    starts = np.cumsum([0, *(len(law) for law in laws[:-1])]) - firsts
    chances = np.log(np.maximum(np.concatenate(laws), LEAST))[starts[kind.ravel()] + passes[0][open_]]
    least = max(math.exp(total(chances)), LEAST)  # the passes as they are
    return min(max(tail[0], least), 1.0), min(max(tail[1], least), 1.0)


def _hypergeometric(old: int, new: int, passes: int) -> NDArray[np.float64]:
    """The chances of each number of passes before that is possible, from the fewest."""
    x = np.arange(max(0, passes - new), min(old, passes) + 1)

    def ways(n: int, some: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(-gammaln(some + 1) - gammaln(n - some + 1))

    chances = ways(old, x) + ways(new, passes - x)
    law = np.exp(chances - chances.max())
    return np.asarray(law / law.sum())


def _steps(kinds: NDArray[np.int64]) -> list[int]:
    """By how much a pass that was before, and not now, adds to the drop: in whole parts of one size."""
    fractions = [(old + new, old * new) for old, new, _ in kinds.tolist()]
    parts = math.lcm(*(below // math.gcd(above, below) for above, below in set(fractions)))
    steps = [above * parts // below for above, below in fractions]
    common = math.gcd(*steps)
    return [step // common for step in steps]


def _on_lattice(
    laws: list[NDArray[np.float64]], steps: list[int], many: list[int], seen: NDArray[np.float64]
) -> tuple[float, float] | None:
    """From the exact law of the sum; None where that takes too long."""
    widths = [step * (len(law) - 1) for law, step in zip(laws, steps, strict=True)]
    most = sum(width * count for width, count in zip(widths, many, strict=True))
    means, variances = np.array([_moments(law) for law in laws]).T
    spread = math.sqrt(math.fsum(c * v * s * s for c, v, s in zip(many, variances.tolist(), steps, strict=True)))
    reach = math.ceil(WIDE * spread + STEEP * max(widths))
    first = 0
    if most > 2 * reach:
        middle = round(math.fsum(c * m * s for c, m, s in zip(many, means.tolist(), steps, strict=True)))
        first, most = middle - reach, 2 * reach
    span = 1 << (most + 1).bit_length()
    if span * sum(len(law) for law in laws) > 2 * TERMS:
        return None
    turns = np.arange(span // 2 + 1)
    whole = np.ones(len(turns), np.complex128)
    for law, step, count in zip(laws, steps, many, strict=True):
        turn = np.exp(-2j * math.pi / span * (turns * step % span))
        one = np.full(len(turns), law[-1], np.complex128)
        for chance in law[-2::-1].tolist():
            one = one * turn + chance
        whole *= one**count
    chances = np.roll(np.fft.irfft(whole, span), -(first % span))
    s = sum(step * round(x) for step, x in zip(steps, seen.tolist(), strict=True)) - first
    if not 0 <= s <= most:
        return (0.0, 1.0) if s > 0 else (1.0, 0.0)
    above, at, below = float(chances[s + 1 : most + 1].sum()), float(chances[s]), float(chances[:s].sum())
    return (above + at, 1 - above) if above < below else (1 - below, below + at)


def _moments(law: NDArray[np.float64]) -> tuple[float, float]:
    x = np.arange(len(law))
    mean = float(law @ x)
    return mean, float(law @ np.square(x - mean))


def _by_saddlepoint(
    laws: list[NDArray[np.float64]], steps: list[int], many: NDArray[np.int64], seen: NDArray[np.float64]
) -> tuple[float, float]:
    """The tail by Lugannani and Rice; by a normal law and its skewness near the middle, and of very many kinds."""
    unit = max(steps)
    sizes = np.array([step / unit for step in steps])
    means, variances = np.array([_moments(law) for law in laws]).T
    spread = math.sqrt(math.fsum(many * variances * sizes * sizes))
    # Both at the unit of one standard deviation, from the mean.
    z = math.fsum((seen - many * means) * sizes) / spread
    widths = np.array([len(law) - 1 for law in laws])
    if (seen == many * widths).all() or (seen == 0).all():  # there is no larger sum, or no smaller one
        return (0.0, 1.0) if z > 0 else (1.0, 0.0)
    width = int(widths.max()) + 1
    if len(laws) * width > MOST:
        return float(ndtr(-z)), float(ndtr(z))
    law = np.zeros((len(laws), width))
    for row, each in zip(law, laws, strict=True):
        row[: len(each)] = each
    values = (np.arange(width) - means[:, None]) * sizes[:, None] / spread
    values[law == 0] = 0
    if abs(z) < NEAR:
        skew = math.fsum(many * (law * values**3).sum(1))
        p = float(ndtr(-z)) + math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * skew * (z * z - 1) / 6
        return p, 1 - p

    def tilted(s: float) -> tuple[float, float, float]:
        """The cumulant generating function, and its first and second derivative."""
        largest = (s * values).max(1)
        weights = law * np.exp(s * values - largest[:, None])
        sums = weights.sum(1)
        means = (weights * values).sum(1) / sums
        squares = (weights * np.square(values - means[:, None])).sum(1) / sums
        return math.fsum(many * (np.log(sums) + largest)), math.fsum(many * means), math.fsum(many * squares)

    side = math.copysign(1.0, z)
    low, high = 0.0, 1.0
    while high < 1 / LEAST**0.02 and side * tilted(side * high)[1] < abs(z):
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if side * tilted(side * middle)[1] < abs(z) else (low, middle)
    log, _, square = tilted(side * high)
    root = math.sqrt(max(2 * (high * abs(z) - log), 0.0))
    p = float(ndtr(-root)) + math.exp(-root * root / 2) / math.sqrt(2 * math.pi) * (
        1 / (high * math.sqrt(square)) - 1 / root
    )
    p = min(max(p, 0.0), 1.0)
    return (p, 1 - p) if z > 0 else (1 - p, p)
