"""What agreement is, and what of it is chance: the terms of the chance-corrected coefficients.

Each coefficient is (agreed - chance) / (1 - chance), and they differ in how raters who only guess would agree:

- Brennan-Prediger: every category is as likely.
- AC1, AC2 (Gwet 2008, 2014): only items that are hard to tell are guessed. It stays high where nearly all pass.
- Fleiss, Scott: labels are drawn from those of all raters; Conger, Cohen: of each rater from the rater's own.
- Krippendorff's alpha: pairs are drawn from all labels of items that two or more have rated, without replacement.

With some ratings missing, what agrees is a mean over items rated twice or more; how common a category is, over all
that were rated (Gwet 2014; irrCAC). Krippendorff leaves items rated once out of both, and an item counts by its
ratings (Krippendorff 2011). Weights give labels that lie near each other a part of an agreement.
"""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.jackknife import Coefficient

Floats: TypeAlias = NDArray[np.float64]
#: "ordinal" counts the levels between two labels, "linear" and "quadratic" their distance; or what two labels agree,
#: shape (categories, categories), symmetric, 0..1 and 1 of equal ones.
Weights: TypeAlias = Literal["nominal", "ordinal", "linear", "quadratic"] | ArrayLike


def weights_of(weights: Weights, categories: int) -> Floats:
    """How far any two labels agree, 0..1; shape (categories, categories).

    Ordinal weights are irrCAC's: 1 - C(d + 1, 2) / C(categories, 2) of labels d levels apart.

    Raises:
        ValueError: An unknown name, or a matrix that is none of weights.
    """
    if not isinstance(weights, str):
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != (categories, categories):
            raise ValueError(f"weights need a row and a column for each of {categories} labels, got {given.shape}")
        fits = ((given >= 0) & (given <= 1)).all() and (given == given.T).all() and (np.diag(given) == 1).all()
        if not fits:
            raise ValueError("weights must be symmetric, lie between 0 and 1, and be 1 of equal labels")
        return given
    apart = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    if weights == "nominal":
        return np.eye(categories)
    far = max(categories - 1, 1)
    if weights == "ordinal":
        return np.asarray(1 - apart * (apart + 1) / (far * (far + 1)), np.float64)
    if weights in ("linear", "quadratic"):
        return np.asarray(1 - (apart / far) ** (1 if weights == "linear" else 2), np.float64)
    raise ValueError(f'weights must be "nominal", "ordinal", "linear" or "quadratic", got {weights!r}')


def item_agreement(counts: Floats, weights: Floats) -> Floats:
    """The share of an item's pairs of ratings that agree; 0 of items with fewer than two.

    Args:
        counts: Shape (items, categories): how many raters gave the item each label.
        weights: From `weights_of`.
    """
    ratings = counts.sum(axis=1)
    pairs = ratings * (ratings - 1)
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    return np.clip(np.where(pairs > 0, agreeing / np.maximum(pairs, 1), 0.0), 0, 1)


def shared_parts(counts: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """What each item adds to the sums of `brennan_prediger`, `gwet` and `fleiss`.

    Returns:
        Whether it is rated twice, what of it agrees, whether it is rated, and the shares of its labels.
    """
    ratings = counts.sum(axis=1)
    twice = (ratings > 1).astype(np.float64)
    shares = counts / np.maximum(ratings, 1)[:, None]
    return twice, item_agreement(counts, weights), (ratings > 0).astype(np.float64), shares


def brennan_prediger(weights: Floats) -> Coefficient:
    """Brennan & Prediger 1981; Randolph's free-marginal kappa, Bennett's S."""

    def terms(twice: Floats, agreed: Floats, _rated: Floats, _shares: Floats) -> tuple[Floats, Floats]:
        return _over(agreed, twice), np.full_like(twice, weights.mean())

    return terms


def gwet(weights: Floats) -> Coefficient:
    """AC1 of nominal weights, else AC2 (Gwet 2008, 2014)."""
    categories = len(weights)
    scale = weights.sum() / (categories * max(categories - 1, 1))

    def terms(twice: Floats, agreed: Floats, rated: Floats, shares: Floats) -> tuple[Floats, Floats]:
        common = _over(shares, rated[..., None])
        return _over(agreed, twice), scale * (common * (1 - common)).sum(axis=-1)

    return terms


def fleiss(weights: Floats) -> Coefficient:
    """Fleiss 1971, with missing ratings as Gwet 2014; of two raters Scott's pi (1955)."""

    def terms(twice: Floats, agreed: Floats, rated: Floats, shares: Floats) -> tuple[Floats, Floats]:
        common = _over(shares, rated[..., None])
        return _over(agreed, twice), _form(common, weights)

    return terms


def conger_parts(ratings: NDArray[np.intp], counts: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """What each item adds to the sums of `conger`; the last says who gave it which label."""
    twice, agreed, _, _ = shared_parts(counts, weights)
    given = ratings[:, :, None] == np.arange(counts.shape[1])
    return twice, agreed, given.astype(np.float64)


def conger(weights: Floats) -> Coefficient:
    """Conger 1980, with missing ratings as irrCAC; of two raters of all items Cohen's kappa (1960)."""

    def terms(twice: Floats, agreed: Floats, given: Floats) -> tuple[Floats, Floats]:
        rated = given.sum(axis=-1, keepdims=True)
        own = given / np.maximum(rated, 1)
        raters = (rated[..., 0] > 0).sum(axis=-1)
        # The mean over pairs of two raters, of how two of their labels would agree.
        all_pairs = _form(own.sum(axis=-2), weights)
        chance = _over(all_pairs - _form(own, weights).sum(axis=-1), (raters * (raters - 1)).astype(np.float64))
        return _over(agreed, twice), chance

    return terms


def alpha_parts(counts: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """What each item adds to the sums of `krippendorff`: its labels, and what of them agrees.

    Without weights that is not known yet, so it is how often each label met each other, shape (items, K, K).
    """
    ratings = counts.sum(axis=1)
    paired = np.where(ratings[:, None] > 1, counts, 0.0)
    if weights is not None:
        return paired, item_agreement(counts, weights) * ratings
    met = paired[:, :, None] * paired[:, None, :]
    labels = np.arange(counts.shape[1])
    met[:, labels, labels] -= paired
    return paired, met / np.maximum(ratings - 1, 1)[:, None, None]


def krippendorff(weights: Floats | None) -> Coefficient:
    """Krippendorff 2011; his ordinal metric without weights, which depends on how common the labels are."""

    def terms(labels: Floats, agreed: Floats) -> tuple[Floats, Floats]:
        n = labels.sum(axis=-1)
        if weights is None:
            alike = alike_by_rank(labels)
            agreed = (agreed * alike).sum(axis=(-2, -1))
            together = (labels * np.squeeze(alike @ labels[..., None], -1)).sum(axis=-1)
        else:
            together = _form(labels, weights)
        # Two labels drawn without replacement: not one with itself.
        return _over(agreed, n), _over(together - n, n * (n - 1))

    return terms


def alike_by_rank(labels: Floats) -> Floats:
    """Krippendorff's ordinal metric as weights, from how often each label was given; shape (..., K, K).

    His distance of two labels is that of their mean ranks among all labels.
    """
    ranks = np.cumsum(labels, axis=-1) - labels / 2
    apart = np.square(ranks[..., :, None] - ranks[..., None, :])
    return np.asarray(1 - apart / np.maximum(apart.max(axis=(-2, -1), keepdims=True), 1e-300), np.float64)


def _form(shares: Floats, weights: Floats) -> Floats:
    """How two labels drawn from these shares would agree; over the last axis."""
    return np.asarray(((shares @ weights) * shares).sum(axis=-1))


def _over(top: Floats, bottom: Floats) -> Floats:
    """A ratio, NaN where nothing is there to divide by."""
    return np.asarray(top / np.where(bottom > 0, bottom, np.nan))
