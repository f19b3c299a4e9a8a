"""How alike the trials of one case, or the cases of one document, are: laws of the single rates, with mean p."""

import numpy as np


def same(_rng, p, shape):
    return np.full(shape, p)


def alike(icc):
    def law(rng, p, shape):
        return rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), shape)

    return law


def mostly_always(rng, p, shape):
    """Half of what is missing comes from cases that always fail, half from flaky ones."""
    u = rng.random(shape)
    return np.where(u < (1 - p) / 2, 0.0, np.where(u < 1.5 * (1 - p), rng.beta(2, 2, shape), 1.0))


def always_or_never(rng, p, shape):
    return (rng.random(shape) < p).astype(float)


LAWS = {
    "same": same,
    "icc .1": alike(0.1),
    "icc .3": alike(0.3),
    "icc .6": alike(0.6),
    "mostly always": mostly_always,
    "always or never": always_or_never,
}

#: How many cases a document has, drawn for a number of documents.
SIZES = {
    "4.5 on average": lambda rng, documents: rng.geometric(1 / 4.5, documents),
    "a tenth with 30": lambda rng, documents: np.where(rng.random(documents) < 0.1, 30, 1),
    "heavy tail to 100": lambda rng, documents: (
        np.minimum(np.ceil(rng.pareto(1.2, documents)), 100).clip(1).astype(int)
    ),
}

#: Scores of cases, and their mean.
SCORES = {
    "pass or fail": (lambda rng, shape: (rng.random(shape) < 0.9).astype(float), 0.9),
    "three levels": (lambda rng, shape: rng.choice([0, 0.5, 1], shape, p=[0.1, 0.2, 0.7]), 0.8),
    "graded": (lambda rng, shape: rng.beta(8, 2, shape), 0.8),
    "near the ceiling": (lambda rng, shape: rng.beta(9, 1, shape), 0.9),
    "mostly 1": (lambda rng, shape: np.where(rng.random(shape) < 0.9, 1, rng.random(shape)), 0.95),
    "two heaps": (lambda rng, shape: rng.beta(0.8, 0.2, shape), 0.8),
}
RARE = {
    "rarely 0": (lambda rng, shape: np.where(rng.random(shape) < 0.98, 0.9 + 0.1 * rng.random(shape), 0), 0.931),
    "rarely 1": (lambda rng, shape: np.where(rng.random(shape) < 0.1, 1, 0.3 * rng.random(shape)), 0.235),
}
