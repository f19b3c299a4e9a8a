"""The pass rate that people would give, from a judge's verdicts on many items and people's on a few of them.

A judge's own pass rate is biased by its errors, and its interval covers the truth almost never. Two corrections:

- `post_stratified`, where the labelled items are of the very population: the rate of human passes among what the
  judge passed, and among what it missed, by how often it does each. Right however unevenly the items were drawn,
  given their weights, and narrower than the labelled items alone.
- `rogan_gladen`, where they are of another one: the judge's rate is solved for the rate that would give it, with the
  judge's sensitivity and specificity. Those are the judge's own, where the shares above belong to the old population:
  a judge of sensitivity .95 and specificity .80, calibrated at .95, would show .90 after a fall to .80.

Sources: Rogan & Gladen 1978, Lang & Reiczigel 2014 (interval), Lee et al. 2025 (judges). The effective size of the
first is ours; tests/stats simulate what it keeps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike
from scipy.special import ndtri

from pytest_evalbars.stats.effective import Rate
from pytest_evalbars.stats.judge_error import HALF, ErrorRates, labelled, weighted

#: Smaller p-values are told as this one.
LEAST = 1e-15
#: Of the logarithm of a p-value, until it is told to 15 digits.
HALVINGS = 60


def post_stratified(
    judged: ArrayLike,
    human: ArrayLike,
    weights: ArrayLike | None,
    q: Rate,
    clusters: ArrayLike | None = None,
) -> Rate:
    """The pass rate of the population, by people, where the labelled items were drawn from it.

    Args:
        judged: Shape (items,), booleans: whether the judge passes each labelled item.
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
        ValueError: As `error_rates`.
    """
    j, h, w, codes = labelled(judged, human, weights, clusters)
    pieces = []
    for said, share in ((j, q.value), (~j, 1 - q.value)):
        known = weighted(h[said], w[said], codes[said]) if said.any() else None
        size = known.n_eff if known else 0.0
        value = known.value if known else HALF
        pieces.append((share, value, size, (size * value + HALF) / (size + 2 * HALF)))
    (_, _, _, a), (_, _, _, b) = pieces
    # From here on with half an item added to passes and misses, so that no piece is without doubt.
    p = q.value * a + (1 - q.value) * b
    within = sum(share * share * mean * (1 - mean) / (size + 1) for share, _, size, mean in pieces)
    between = (a - b) ** 2 * q.value * (1 - q.value) / q.n_eff
    n_eff = min(max(p * (1 - p) / (within + between), 1.0), q.n_eff)
    # The evidence of a sample that passes as a whole: no more than the items that people saw.
    most = 1 / sum(share * share / max(size, 1.0) for share, _, size, _ in pieces)
    value = sum(share * value for share, value, _, _ in pieces)
    return Rate(min(max(value, 0.0), 1.0), n_eff, min(most, q.n_perfect), q.trials, q.cases, q.clusters, None)


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
        """The two-sided interval, for display: of Lang & Reiczigel, with the evidence as effective sizes."""
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence must lie strictly between 0 and 1, got {confidence}")
        return self._ends(float(ndtri((1 + confidence) / 2)))

    def bounds(self, alpha: float) -> tuple[float, float]:
        """One-sided lower and upper bound, each with error alpha, strictly between 0 and one half."""
        if not 0 < alpha < 0.5:
            raise ValueError(f"an error must lie strictly between 0 and 0.5, got {alpha}")
        return self._ends(float(-ndtri(alpha)))

    def p_below(self, t: float) -> float:
        """The p-value of "the true rate is at least t": below alpha where the upper bound is below t."""
        return _smallest(lambda alpha: self.bounds(alpha)[1] < t)

    def p_above(self, t: float) -> float:
        """The p-value of "the true rate is below t": at most alpha where the lower bound reaches t."""
        return _smallest(lambda alpha: self.bounds(alpha)[0] >= t)

    def _ends(self, z: float) -> tuple[float, float]:
        n, n_se, n_sp = self.q.n_eff + z * z, self.sensitivity.n_eff + 2, self.specificity.n_eff + 2
        q = (self.q.n_eff * self.q.value + z * z / 2) / n
        se = (self.sensitivity.n_eff * self.sensitivity.value + 1) / n_se
        sp = (self.specificity.n_eff * self.specificity.value + 1) / n_sp
        slope = se + sp - 1
        rate = (q + sp - 1) / slope
        of_q, of_se, of_sp = q * (1 - q) / n, se * (1 - se) / n_se, sp * (1 - sp) / n_sp
        middle = rate + 2 * z * z * (rate * of_se - (1 - rate) * of_sp)
        half = z * math.sqrt(of_q + rate**2 * of_se + (1 - rate) ** 2 * of_sp) / slope
        low, high = (min(max(end, 0.0), 1.0) for end in (middle - half, middle + half))
        shown = self._of_all
        return shown(low), shown(high)

    def _of_all(self, rate: float) -> float:
        return (1 - self.unjudged) * rate + self.unjudged * self.as_pass


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
        raise ValueError(
            f"a judge of sensitivity {se.value:.2f} and specificity {sp.value:.2f}, by {errors.items} labelled items, is "
            "not proven to be better than chance, and nothing can be corrected by its errors"
        )
    value = (q.value + sp.value - 1) / (se.value + sp.value - 1)
    return Adjusted(min(max(value, 0.0), 1.0), q, se, sp)


def with_unjudged(rate: Rate | Adjusted, share: float, *, as_pass: bool) -> Rate | Adjusted:
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


def _smallest(proven: Callable[[float], bool]) -> float:
    """The smallest error below one half with which something is proven, 1 where it is with none."""
    if proven(LEAST):
        return LEAST
    low, high = math.log(LEAST), math.log(0.5)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if proven(math.exp(middle)):
            high = middle
        else:
            low = middle
    return math.exp(high)
