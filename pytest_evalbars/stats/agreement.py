"""How far raters agree, as a share of pairs and beyond chance.

What chance is, `kappas` says, and how sure the coefficients are, `jackknife`.

Of two of three raters who agree on every item, 1 pair in 3 agrees, always; "a majority on all items" and "67% agree
with it" say the same and are no agreement. Where nearly all pass, Fleiss, Cohen and alpha fall to 0 though raters
hardly ever differ, and are very uncertain (two raters right 97% of the time, prevalence 97%: kappa is .48). AC1 and
the share itself do not, so these two are what a bar may rest on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats import kappas
from pytest_evalbars.stats.clusters import cluster_codes
from pytest_evalbars.stats.jackknife import Coefficient, Estimated, jackknifed
from pytest_evalbars.stats.kappas import Floats, Weights, weights_of
from pytest_evalbars.stats.units import unit_rate


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree. A coefficient is None where it is not defined: where everybody said the same of all."""

    #: The share of pairs of ratings of an item that are equal, as a mean over items.
    percent: Estimated
    #: The same with a part for labels that lie near each other; as `percent` where labels have no order.
    near: Estimated
    #: Gwet's AC1, or AC2 where labels have an order.
    ac: Estimated | None
    #: Krippendorff's alpha: nominal, ordinal by ranks, or of intervals where the weights are quadratic.
    alpha: Estimated | None
    #: Fleiss' kappa, weighted as `near`.
    fleiss: Estimated | None
    brennan_prediger: Estimated | None
    #: Conger's kappa, of two raters Cohen's; None too where it is not known who rated what.
    conger: Estimated | None
    #: Shape (categories,): how common each label is, as a mean over the items that were rated.
    prevalence: tuple[float, ...]
    #: Items rated by two or more, and by anybody.
    items: int
    rated: int
    #: Who rated at least one item; 0 where it is not known.
    raters: int


def agreement(
    ratings: ArrayLike, *, categories: int, weights: Weights = "nominal", clusters: ArrayLike | None = None
) -> Agreement | None:
    """Estimate how far raters like these agree on items like these.

    Args:
        ratings: Shape (items, raters), integers: the label that each rater gave, 0 .. categories-1; -1 none.
        categories: How many labels there are to choose from, used or not: AC1 and Brennan-Prediger depend on it.
        weights: Whether labels that differ agree in part; "ordinal" where they are levels in order.
        clusters: Shape (items,), integers: items of one number share a source. None: all are independent.

    Returns:
        The agreement; None where no item was rated twice.

    Raises:
        ValueError: A label out of range, or arrays of other shapes or kinds.
    """
    given = _labels(ratings, categories)
    counts = np.stack([(given == label).sum(axis=1) for label in range(categories)], axis=1)
    return _agreement(counts, weights, clusters, given)


def agreement_of_counts(
    counts: ArrayLike, *, weights: Weights = "nominal", clusters: ArrayLike | None = None
) -> Agreement | None:
    """The same where it is only known how often each label was given: shape (items, categories), integers from 0."""
    given = np.asarray(counts)
    if given.ndim != 2 or not given.shape[1] or given.dtype.kind not in "iu" or (given < 0).any():
        raise ValueError("counts must be whole numbers from 0, a row an item and a column a label")
    return _agreement(given, weights, clusters, None)


def cohen(
    first: ArrayLike,
    second: ArrayLike,
    *,
    categories: int,
    weights: Weights = "nominal",
    clusters: ArrayLike | None = None,
) -> Estimated | None:
    """Cohen's kappa of two raters, over the items that both have rated; None where there is none, or no chance left.

    Args:
        first: Shape (items,), integers: labels 0 .. categories-1; -1 none.
        second: The same of the other rater.
        categories: How many labels there are.
        weights: As in `agreement`.
        clusters: As in `agreement`.

    Raises:
        ValueError: A label out of range, or arrays of other shapes or kinds.
    """
    given = _pair(first, second, categories)
    both = (given >= 0).all(axis=1)
    of_items = None if clusters is None else cluster_codes(clusters, len(given))[0][both]
    found = agreement(given[both], categories=categories, weights=weights, clusters=of_items)
    return None if found is None else found.conger


def crossed(first: ArrayLike, second: ArrayLike, categories: int) -> NDArray[np.int64]:
    """Count the items that both have rated by both labels: rows are the first's, columns the second's."""
    given = _pair(first, second, categories)
    given = given[(given >= 0).all(axis=1)]
    codes = given[:, 0] * categories + given[:, 1]
    return np.bincount(codes, minlength=categories * categories).reshape(categories, categories)


def cohen_kappa(table: ArrayLike, weights: Weights = "nominal") -> tuple[float, float]:
    """Cohen's kappa of a table and its asymptotic standard error; NaN where it is not defined.

    Args:
        table: Shape (categories, categories): items by the label of the first and of the second rater.
        weights: As in `agreement`. SAS has "linear" ones.

    Source: Cohen 1960, 1968; Fleiss, Cohen & Everitt 1969. For bounds use `cohen`: the error is too small where few
    items differ.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not (counts >= 0).all():
        raise ValueError("a table must have a row and a column a label, and numbers from 0")
    alike, n = weights_of(weights, len(counts)), float(counts.sum())
    if n == 0:
        return np.nan, np.nan
    cells = counts / n
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    agreed, chance = float((alike * cells).sum()), float(rows @ alike @ columns)
    if chance >= 1:
        return np.nan, np.nan
    kappa = (agreed - chance) / (1 - chance)
    by_row, by_column = alike @ columns, rows @ alike
    inner = alike - (by_row[:, None] + by_column[None, :]) * (1 - kappa)
    variance = float((cells * np.square(inner)).sum()) - (kappa - chance * (1 - kappa)) ** 2
    return kappa, float(np.sqrt(max(variance, 0.0) / n)) / (1 - chance)


def _agreement(
    counts: NDArray[np.int64], weights: Weights, clusters: ArrayLike | None, ratings: NDArray[np.intp] | None
) -> Agreement | None:
    alike = weights_of(weights, counts.shape[1])
    codes = None if clusters is None else cluster_codes(clusters, len(counts))[0]
    rated = counts.sum(axis=1) > 0
    table = counts[rated].astype(np.float64)
    twice = table.sum(axis=1) > 1
    if not twice.any():
        return None
    if codes is not None:
        codes = cluster_codes(codes[rated], len(table))[0]

    def plain(by: Floats) -> Estimated:
        agreed = unit_rate(kappas.item_agreement(table[twice], by), None if codes is None else codes[twice])
        return Estimated(agreed.value, 0.0, 0.0, agreed.clusters - 1, agreed, plain=True)

    percent = plain(weights_of("nominal", len(alike)))
    near = plain(alike)
    parts = kappas.shared_parts(table, alike)

    def of_all(coefficient: Coefficient) -> Estimated | None:
        return jackknifed(parts, coefficient, near.agreed, codes)

    metric = None if isinstance(weights, str) and weights == "ordinal" else alike
    labels = kappas.alpha_parts(table, metric)
    of_alpha = kappas.alike_by_rank(labels[0].sum(axis=0)) if metric is None else metric
    conger = None
    if ratings is not None:
        of_raters = kappas.conger_parts(ratings[rated], table, alike)
        conger = jackknifed(of_raters, kappas.conger(alike), near.agreed, codes)
    return Agreement(
        percent=percent,
        near=near,
        ac=of_all(kappas.gwet(alike)),
        alpha=jackknifed(labels, kappas.krippendorff(metric), plain(of_alpha).agreed, codes),
        fleiss=of_all(kappas.fleiss(alike)),
        brennan_prediger=of_all(kappas.brennan_prediger(alike)),
        conger=conger,
        prevalence=tuple((table / table.sum(axis=1, keepdims=True)).mean(axis=0).tolist()),
        items=int(twice.sum()),
        rated=len(table),
        raters=0 if ratings is None else int((ratings >= 0).any(axis=0).sum()),
    )


def _pair(first: ArrayLike, second: ArrayLike, categories: int) -> NDArray[np.intp]:
    a, b = np.asarray(first), np.asarray(second)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two raters must have two lists of one length, got shapes {a.shape} and {b.shape}")
    return _labels(np.stack([a, b], axis=1), categories)


def _labels(ratings: ArrayLike, categories: int) -> NDArray[np.intp]:
    given = np.asarray(ratings)
    if given.ndim != 2:
        raise ValueError(f"ratings must have a row an item and a column a rater, got shape {given.shape}")
    if categories < 1:
        raise ValueError(f"there must be at least one category, got {categories}")
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, got {given.dtype}")
    if given.size and not (given.min() >= -1 and given.max() < categories):
        raise ValueError(f"labels must lie between 0 and {categories - 1}, or be -1 where there is none")
    return given.astype(np.intp, copy=False)
