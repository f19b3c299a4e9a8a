"""The pass rate that people would give, from a judge's verdicts on many items and people's on a few of them.

A judge's own pass rate is biased by its errors, and its interval covers the truth almost never. Two corrections:

- `post_stratified`, where the labelled items are of the very population: the rate of human passes among what the
  judge passed, and among what it missed, by how often it does each. Right however unevenly the items were drawn,
  given their weights, and narrower than the labelled items alone.
- `rogan_gladen`, where they are of another one: the judge's rate is solved for the rate that would give it, with the
  judge's sensitivity and specificity. Those are the judge's own, where the shares above belong to the old population:
  a judge of sensitivity .95 and specificity .80, calibrated at .95, would show .90 after a fall to .80.

Sources: Rogan & Gladen 1978, Lang & Reiczigel 2014 (interval), Lee et al. 2025 (judges), Zou & Donner 2008
(bounds). The effective sizes are ours; tests/stats simulate what they keep.
"""

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from pytest_evalbars.stats.effective import Rate, rate_bounds
from pytest_evalbars.stats.exact import total
from pytest_evalbars.stats.inverting import smallest_error
from pytest_evalbars.stats.judge_error import ErrorRates, Weights, labelled

#: The least by which sensitivity + specificity is taken to exceed 1.
TINY = 1e-12


def post_stratified(
    judged: ArrayLike,
    human: ArrayLike,
    weights: ArrayLike | None,
    q: Rate,
    clusters: ArrayLike | None = None,
) -> Rate:
    """The pass rate of the population, by people, where the labelled items were drawn from it.

    Args:
        judged: Shape (items,), booleans: whether the judge passes each labelled item. Of one that stands in the
            population more than once, and was judged as often, the share of these verdicts that pass it, 0..1.
        human: Shape (items,), 0..1: the share of people by whom it passes.
        weights: Shape (items,), above 0: how many items of the population each stands for, up to one factor.
            None: all the same.
        q: The judge's pass rate on the whole population.
        clusters: Shape (items,), integers: items of one number share a case, or a source, and count as one.
            None: all are independent.

    Returns:
        A rate for `rate_bounds` and the like; its trials, cases and clusters are those of `q`. Of a verdict that
        no labelled item has, half is taken to pass, with all the doubt that leaves.

    Raises:
        ValueError: As `error_rates`; a share outside 0..1.
    """
    said = np.asarray(judged, np.float64)
    if said.size and not (said.min() >= 0 and said.max() <= 1):
        raise ValueError("the share of verdicts that pass an item must lie between 0 and 1")
    _, h, w, codes = labelled(said > 0, human, weights, clusters)
    parts = [_part(share, h, w, codes, of) for of, share in ((said, q.value), (1 - said, 1 - q.value))]
    a, b = (part.guarded for part in parts)
    p = sum(part.share * part.guarded for part in parts)
    within = sum(part.share**2 * part.guarded * (1 - part.guarded) / max(part.size, 1) for part in parts)
    between = (a - b) ** 2 * q.value * (1 - q.value) / q.n_eff
    n_eff = min(max(p * (1 - p) / (within + between), 1.0), q.n_eff)
    # A sample that passes as a whole proves no more than the items that people saw.
    seen = 1 / sum(part.share**2 / max(part.size, 1) for part in parts)
    value = min(sum(part.share * part.value for part in parts), 1.0)
    return Rate(value, n_eff, min(seen, q.n_perfect), q.trials, q.cases, q.clusters, None)


@dataclass(frozen=True, slots=True)
class _Part:
    """What the judge passed, or what it missed."""

    #: Its share of the population.
    share: float
    #: The share of it that people pass, and of how many labelled items that is known.
    value: float
    size: float

    @property
    def guarded(self) -> float:
        """The value with one pass and one miss more, so that a part without a miss is not without doubt.

        With half of each, the lower bound at 5% was above the truth in 9.0% instead of 6.4% (half of 100 labels of
        what the judge missed; p = .9, sensitivity .97, specificity .6).
        """
        return (self.size * self.value + 1) / (self.size + 2)


def _part(share: float, human: Weights, weights: Weights, codes: NDArray[np.intp], of_item: Weights) -> _Part:
    """What is known of one verdict, from those items, or parts of them, that got it."""
    here = of_item > 0
    if not here.any():
        return _Part(share, 0.5, 0.0)
    whole, own, units = weights[here], (weights * of_item)[here], np.unique(codes[here], return_inverse=True)[1]
    # The size of unequal weights (Kish); an item that is here in part is known no better than the whole of it.
    squares = (np.bincount(units, own) * np.bincount(units, whole)).astype(np.float64)
    return _Part(share, total(own * human[here]) / total(own), total(own) / (total(squares) / total(own)))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A pass rate that was corrected by the errors of its judge, which were measured elsewhere."""

    #: The corrected rate, 0..1.
    value: float
    #: The judge's own pass rate.
    q: Rate
    sensitivity: Rate
    specificity: Rate
    #: The share of items that could not be judged, and whether they are taken to pass.
    unjudged: float = 0.0
    as_pass: bool = False

    @property
    def cases(self) -> int:
        """How many cases were judged."""
        return self.q.cases

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval, for display: Lang & Reiczigel's, on effective sizes."""
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence must lie strictly between 0 and 1, got {confidence}")
        z = float(ndtri((1 + confidence) / 2))
        n, n_se, n_sp = self.q.n_eff + z * z, self.sensitivity.n_eff + 2, self.specificity.n_eff + 2
        q = (self.q.n_eff * self.q.value + z * z / 2) / n
        se = (self.sensitivity.n_eff * self.sensitivity.value + 1) / n_se
        sp = (self.specificity.n_eff * self.specificity.value + 1) / n_sp
        rate = _solved(q, se, sp)
        of_q, of_se, of_sp = q * (1 - q) / n, se * (1 - se) / n_se, sp * (1 - sp) / n_sp
        middle = rate + 2 * z * z * (rate * of_se - (1 - rate) * of_sp)
        half = z * math.sqrt(of_q + rate**2 * of_se + (1 - rate) ** 2 * of_sp) / (se + sp - 1)
        return self._of_all(middle - half), self._of_all(middle + half)

    def bounds(self, alpha: float) -> tuple[float, float]:
        """One-sided lower and upper bound, each with error alpha, strictly between 0 and 1.

        How far each end of the exact bounds of one of the three rates moves the corrected one, the others as they
        are, added as squares. Unlike the interval for display they never narrow where alpha falls.
        """
        q, se, sp = (rate.value for rate in (self.q, self.sensitivity, self.specificity))
        # An error that may be as bad as chance moves the corrected rate without end.
        ends = [
            [_solved(end, se, sp) for end in rate_bounds(self.q, alpha)],
            [_solved(q, max(end, 1 - sp + TINY), sp) for end in rate_bounds(self.sensitivity, alpha)],
            [_solved(q, se, max(end, 1 - se + TINY)) for end in rate_bounds(self.specificity, alpha)],
        ]
        rate = _solved(q, se, sp)
        down = math.hypot(*(max(rate - min(pair), 0.0) for pair in ends))
        up = math.hypot(*(max(max(pair) - rate, 0.0) for pair in ends))
        return self._of_all(rate - down), self._of_all(rate + up)

    def p_below(self, t: float) -> float:
        """The p-value of "the true rate is at least t": below alpha where the upper bound is below t."""
        return smallest_error(lambda alpha: self.bounds(alpha)[1] < t)

    def p_above(self, t: float) -> float:
        """The p-value of "the true rate is below t": at most alpha where the lower bound reaches t."""
        return smallest_error(lambda alpha: self.bounds(alpha)[0] >= t)

    def _of_all(self, rate: float) -> float:
        return (1 - self.unjudged) * min(max(rate, 0.0), 1.0) + self.unjudged * self.as_pass


#: A corrected rate of either kind.
Corrected = TypeVar("Corrected", Rate, Adjusted)


def rogan_gladen(q: Rate, errors: ErrorRates) -> Adjusted:
    """The pass rate by people, from a judge's pass rate and its errors on items of another population.

    Args:
        q: The judge's pass rate on the population.
        errors: Of the same judge, measured anywhere.

    Returns:
        The corrected rate with its bounds. They are as wide as the judge is bad.

    Raises:
        ValueError: The judge is not proven to be better than chance, or one of its errors was not measured; ask
            `errors.better_than_chance()` first.
    """
    se, sp = errors.sensitivity, errors.specificity
    if se is None or sp is None:
        what = "specificity: people missed" if sp is None else "sensitivity: people passed"
        raise ValueError(f"the judge's errors correct nothing without its {what} none of the labelled items")
    if not errors.better_than_chance():
        judge = (
            f"a judge of sensitivity {se.value:.2f} and specificity {sp.value:.2f} ({errors.items} labelled items)"
        )
        raise ValueError(f"{judge} is not proven to be better than chance: its errors correct nothing")
    return Adjusted(min(max(_solved(q.value, se.value, sp.value), 0.0), 1.0), q, se, sp)


def _solved(q: float, se: float, sp: float) -> float:
    """The rate that a judge of such errors, better than chance, shows as q."""
    return (q + sp - 1) / (se + sp - 1)


def with_unjudged(rate: Corrected, share: float, *, as_pass: bool) -> Corrected:
    """What a corrected rate is of all items, where some could not be judged and all of those pass, or none.

    Args:
        rate: Of the items that were judged.
        share: Of all items, those that were not, 0..1.
        as_pass: Whether they pass.

    Returns:
        The rate of all items, with the evidence of those that were judged.

    Raises:
        ValueError: The share is out of range, or was taken into account already.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share must lie between 0 and 1, got {share}")
    value = (1 - share) * rate.value + share * as_pass
    if isinstance(rate, Rate):
        return replace(rate, value=value)
    if rate.unjudged:
        raise ValueError("what could not be judged is already part of this rate")
    return replace(rate, value=value, unjudged=share, as_pass=as_pass)
