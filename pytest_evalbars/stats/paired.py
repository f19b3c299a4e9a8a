"""How much worse is a number than before, on the same cases?

Each case says its mean before and after; their difference is how far the case dropped. What is common to both, how
hard the case is, falls out of it, and so a drop is found with about half of the cases that two independent samples
would need. The unit is the case, or the cluster of cases that share a source: clusters are flipped as a whole, and
count as fewer where they are of unequal size (Kish 1965). One cluster counts as one case, and proves nothing.

- Whether there is any drop at all is asked of the signs of the differences. For cases of one trial that is McNemar's
  test, and the mid-P of it: at most 5% while up to 4 in 10 cases flip, 6% if all do; else the exact sign-flip test.
  Where cases had more trials after than before, or less, it is also asked of the trials (`stats/paired_trials`), and
  of the t interval below for scores, and for rates in clusters.
- How large it is, is said by Tango's score interval; a drop beyond what is allowed by the exact test of the cases
  that got worse, too. For rates of several trials it has the moments of the
  differences in place of the numbers of cases that flipped, and is never tighter than their t interval: where many
  differences are small, the moments alone claim a drop larger than it is in 10% instead of 5%.
- For scores, whose differences are mostly small, that is far too wide. There it is the t interval of the differences,
  but never tighter than had one more case dropped from 1 to 0 (or risen), nor than a sample of so many cases that do
  not vary allows: a few cases may drop far, and none of them be in the sample. A plain t then claims a bound falsely
  in up to 90% instead of 5%; with both guards it is at most 6%, and still 9% with a case of either kind instead
  (plus-two).

The two never contradict each other (`stats/zero` says how).

Sources: McNemar 1947; Fagerland, Lydersen & Laake 2013 (mid-P); Tango 1998; Pesarin 2001 (sign flips).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from pytest_evalbars.stats.clusters import cluster_codes, cluster_sums
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.paired_trials import Counts, Trials, dealt, known_trials, one_against_many, passes_of
from pytest_evalbars.stats.power import EQUAL, smallest
from pytest_evalbars.stats.signflip import FINE_STEPS, STEPS, mid_p, signflip, steps_of
from pytest_evalbars.stats.tango import at_least, difference_at, lowest_rate, score
from pytest_evalbars.stats.zero import held_bounds, held_p, p_of_more


@dataclass(frozen=True, slots=True)
class Drop:
    """A mean difference between before and after, and the evidence behind it. Above 0 is worse."""

    value: float
    #: The mean square of the differences of units; at least as large as the value, as if all were 0, 1 or -1.
    square: float
    #: The variance between units.
    variance: float
    #: Independent units, fewer than the clusters where these are of unequal size.
    units: float
    cases: int
    #: Clusters where they were given, else cases.
    clusters: int
    #: Differences are whole multiples of 1 / steps: 1 for cases of one trial; None for scores.
    steps: int | None
    #: How surprising so large a drop would be, had nothing changed; and so large a rise.
    p_drop: float
    p_rise: float
    #: Whether most differences are of one trial and of several: rates, that are bounded as scores are, too.
    skewed: bool = False


def case_drop(
    before: ArrayLike, after: ArrayLike, clusters: ArrayLike | None = None, trials: Trials | None = None
) -> Drop:
    """Estimate how far the mean over cases dropped in the population that the cases are drawn from.

    Args:
        before: Shape (cases,): the mean of each case's trials before, from 0 to 1.
        after: Shape (cases,): the same cases now.
        clusters: Shape (cases,), integers: cases of one number share a source. None: all are independent.
        trials: The numbers of trials of each case before, and after, each of shape (cases,); one of the two is None
            where nobody knows. None: every case had as many after as before.

    Returns:
        The drop with its evidence. Differences that are whole multiples of 1/30 or more are taken for those of rates,
        others for those of scores; either way holds for both, but is wider for the other.

    Raises:
        ValueError: No case, a mean outside 0..1 or not a number, a case of no trial, or arrays of other shapes or
            kinds.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.size == 0 or old.shape != new.shape:
        raise ValueError(f"before and after must be two lists of one length, got shapes {old.shape} and {new.shape}")
    if not (min(old.min(), new.min()) >= 0 and max(old.max(), new.max()) <= 1):
        raise ValueError("means of cases must lie between 0 and 1")
    d = old - new
    m = count = len(d)
    steps = steps_of(d, STEPS)
    if steps is not None:
        d = np.rint(d * steps) / steps
    value = total(d) / m
    sizes, sums = np.ones(m), d
    if clusters is not None:
        codes, count = cluster_codes(clusters, m)
        sizes, sums = cluster_sums(codes, sizes), cluster_sums(codes, d)
    kish = total(np.square(sizes))
    units = m * m / kish
    square = max(total(np.square(sums)) / kish, abs(value))
    apart = total(np.square(sums - sizes * value)) / kish
    variance = apart * units / (units - 1) if units - 1 > EQUAL else 1.0
    if steps == 1 and count == m:
        p_drop, p_rise = mid_p(int((d > 0).sum()), int((d < 0).sum()))
    else:
        p_drop, p_rise = signflip(sums, steps or steps_of(d, FINE_STEPS))
    drop = Drop(value, square, variance, units, m, count, steps, p_drop, p_rise)
    return drop if trials is None else _of_trials(drop, old, new, known_trials(trials, m))


def drop_bounds(drop: Drop, alpha: float) -> tuple[float, float]:
    """One-sided lower and upper bound of the drop, each with error alpha.

    Args:
        drop: From `case_drop`.
        alpha: One-sided error of each bound, strictly between 0 and 1.

    Returns:
        (low, high) inside -1..1; together they are a two-sided interval of confidence 1 - 2 * alpha.

    Raises:
        ValueError: alpha is out of range.
    """
    low, high = 0.0, 0.0
    if 0 < alpha < 1:
        low, high = -_highest(_mirrored(drop), alpha), _highest(drop, alpha)
    return held_bounds(low, high, drop.p_drop, drop.p_rise, alpha)


def drop_interval(drop: Drop, confidence: float) -> tuple[float, float]:
    """The two-sided interval, for display."""
    return drop_bounds(drop, (1 - confidence) / 2)


def drop_p_larger(drop: Drop, t: float) -> float:
    """The p-value of "the drop is at most t": below alpha exactly where the lower bound exceeds t.

    At 0 it is that of the test; it rises with t.
    """
    p = 1.0 if t == drop.value == -1 else _p_smaller(_mirrored(drop), -t)  # nothing rises by more than 1
    return held_p(p, drop.p_drop, t)


def drop_p_smaller(drop: Drop, t: float) -> float:
    """The p-value of "the drop exceeds t": at most alpha exactly where the upper bound is at most t.

    At 0 it is that of the test, and small where things got better; it falls with t.
    """
    return held_p(_p_smaller(drop, t), drop.p_rise, -t)


def drop_cases_to_settle(drop: Drop, t: float, alpha_larger: float, alpha_smaller: float) -> int | None:
    """About how many cases settle the verdict if the drop, and the evidence a case gives, stay as they are.

    Args:
        drop: What was seen.
        t: The drop held against it.
        alpha_larger: One-sided error of "larger than t", which a drop above t heads for.
        alpha_smaller: One-sided error of "at most t", which a drop below t heads for.

    Returns:
        The smallest number of cases, at least those at hand; None if the drop equals t, or is so close to it that no
        suite of this world would do. The p-value at 0 is taken to fall as that of a normal law.
    """

    def larger(cases: int) -> Drop:
        if cases == drop.cases:
            return drop
        ratio = cases / drop.cases
        p_drop, p_rise = p_of_more(drop.p_drop, drop.p_rise, ratio)
        return replace(drop, units=drop.units * ratio, cases=cases, p_drop=p_drop, p_rise=p_rise)

    if abs(drop.value - t) <= EQUAL:
        return None
    if drop.value > t:
        return smallest(drop.cases, lambda cases: drop_p_larger(larger(cases), t) < alpha_larger)
    return smallest(drop.cases, lambda cases: drop_p_smaller(larger(cases), t) <= alpha_smaller)


def _of_trials(drop: Drop, old: NDArray[np.float64], new: NDArray[np.float64], trials: Counts | None) -> Drop:
    """What is said of differences that are skewed, as cases had more trials after than before, or less."""
    if trials is not None and (trials[0] == trials[1]).all():
        return drop
    skewed = trials is None or one_against_many(trials)
    ps = [(drop.p_drop, drop.p_rise)]
    passes = None if trials is None else passes_of((old, new), trials)
    if passes is not None and trials is not None:
        ps.append(dealt(passes, trials))
    if passes is None or drop.clusters < drop.cases:  # cases of a cluster are not dealt out one by one
        scores = replace(drop, steps=None)
        ps.append((_p_smaller(_mirrored(scores), 0.0), _p_smaller(scores, 0.0)))
    return replace(drop, skewed=skewed, p_drop=max(p for p, _ in ps), p_rise=max(p for _, p in ps))


def _mirrored(drop: Drop) -> Drop:
    """Before and after swapped."""
    return replace(drop, value=-drop.value, p_drop=drop.p_rise, p_rise=drop.p_drop)


def _flipped(drop: Drop) -> tuple[float, float, float]:
    """Cases that flipped to worse, to better, and all, as Tango's test counts them."""
    n = drop.units
    return n * (drop.square + drop.value) / 2, n * (drop.square - drop.value) / 2, n


def _highest(drop: Drop, alpha: float) -> float:
    """The upper bound, without regard to the test at 0."""
    n, bounds = drop.units, []
    if drop.steps is not None:
        bounds.append(difference_at(*_flipped(drop), float(ndtri(alpha))))
        if _one_trial(drop):
            _, better, n = _flipped(drop)
            return max(bounds[0], -lowest_rate(better, n, alpha)) if bounds[0] < 0 else bounds[0]
    if n - 1 <= EQUAL:
        return max(bounds, default=1.0)
    bounds.append(drop.value - float(stdtrit(n - 1, alpha)) * math.sqrt(drop.variance / n))
    if drop.steps is None or drop.skewed:
        mean, se = _one_more(drop)
        bounds += mean - float(stdtrit(n, alpha)) * se, 1 - (1 - drop.value) * math.pow(alpha, 1 / n)
    return min(1.0, max(bounds))


def _p_smaller(drop: Drop, t: float) -> float:
    """The p-value of "the drop exceeds t", without regard to the test at 0."""
    if abs(t) >= 1:
        return float(t < 0)  # no drop exceeds 1
    n, ps = drop.units, []
    if drop.steps is not None:
        ps.append(float(ndtr(score(*_flipped(drop), t))))
        if _one_trial(drop):
            _, better, n = _flipped(drop)
            return max(ps[0], at_least(better, n, -t)) if t < 0 else ps[0]
    if n - 1 <= EQUAL:
        return max(ps, default=1.0)
    se = math.sqrt(drop.variance / n)
    ps.append(float(stdtr(n - 1, (drop.value - t) / se)) if se > 0 else float(drop.value > t))
    if drop.steps is None or drop.skewed:
        mean, se = _one_more(drop)
        ps += float(stdtr(n, (mean - t) / se)), math.pow(min((1 - t) / max(1 - drop.value, EQUAL), 1.0), n)
    return max(ps)


def _one_trial(drop: Drop) -> bool:
    """Tango's test is exact enough on its own."""
    return drop.steps == 1 and drop.clusters == drop.cases and not drop.skewed


def _one_more(drop: Drop) -> tuple[float, float]:
    """Mean and standard error, had one more unit dropped from 1 to 0."""
    n = drop.units
    mean = (n * drop.value + 1) / (n + 1)
    squares = (n - 1) * drop.variance + n * (drop.value - mean) ** 2 + (1 - mean) ** 2
    return mean, math.sqrt(squares / (n * (n + 1)))
