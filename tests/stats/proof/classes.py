"""Classification: bounds of recall, precision and F1, averaged over 14 classes, that miss the truth."""

import itertools
from functools import cache

import numpy as np

from proof.table import worst_rows
from pytest_evalbars.stats.classes import macro_f1, macro_precision, macro_recall
from pytest_evalbars.stats.effective import case_rate, rate_bounds

#: Tickets by category, in all but the rarest.
COUNTS = (300, 200, 150, 100, 80, 60, 60, 50, 50, 40, 40, 30, 30)
#: How many trials a case has, and the share of cases of which every trial says the same.
ONCE = (1, 1)
REPEATED = ((3, 0), (3, 0.5), (3, 1), (10, 0.3))
LOW = "the lower bound at 5% of {} lies above the truth"
HIGH = "the upper bound at 5% of {} lies below the truth"
SAYING = "{0[13]} cases in the rarest class, of recall {1}, of the others {2}; {3[0]} trials"
RAREST = "the recall of the rarest class"


def recall_of_rarest(truth, predicted, cases, classes):
    """As `recall(class) >= ...` holds it: a pass rate of the cases of that class."""
    of_class = truth == classes - 1
    _, case = np.unique(cases[of_class], return_inverse=True)
    right = np.bincount(case, predicted[of_class] == classes - 1).astype(int)
    return case_rate(right, np.bincount(case))


METRICS = {
    "macro recall": macro_recall,
    "macro precision": macro_precision,
    "macro F1": macro_f1,
    RAREST: recall_of_rarest,
}


@cache
def population(counts, recalls):
    """Which class a wrong answer falls on, by its own (cumulated chances), and the true value of each metric.

    It falls on the others by their size, and on the next one where it would fall on its own.
    """
    counts, recalls, classes = np.array(counts), np.array(recalls), len(counts)
    share = counts / counts.sum()
    strays = np.tile(share, (classes, 1))
    own, following = np.arange(classes), (np.arange(classes) + 1) % classes
    strays[own, following] += share
    strays[own, own] = 0
    matrix = counts[:, None] * (strays * (1 - recalls)[:, None] + np.diag(recalls))
    right, given = np.diag(matrix), matrix.sum(axis=0)
    precision, f1 = right / np.maximum(given, 1e-12), 2 * right / (counts + given)
    return strays.cumsum(axis=1), (recalls.mean(), precision.mean(), f1.mean(), recalls[-1])


def averages(scenarios, again):
    """Rows of each metric.

    Args:
        scenarios: The cases of each class, the recall of the last and of the others, and the trials as above.
        again: Samples in the worst ones.
    """

    def rows(effort):
        for metric in METRICS:
            promises = {LOW.format(metric): 0.05, HIGH.format(metric): 0.05}
            errors = simulated(metric, promises)
            yield from worst_rows(promises, scenarios, errors, effort, 80, again, saying=SAYING)

    return rows


def simulated(metric, names):
    """Which samples have a bound that misses the true value of a metric."""

    def errors(scenario, samples, rng):
        counts, recall, rest, (trials, alike) = scenario
        classes, m = len(counts), sum(counts)
        recalls = (*(rest,) * (classes - 1), recall)
        strays, truths = population(counts, recalls)
        t = truths[list(METRICS).index(metric)]
        cases, truth = np.repeat(np.arange(m), trials), np.repeat(np.arange(classes), np.array(counts) * trials)
        needed, wrong = np.array(recalls)[truth], []
        for _ in range(samples):
            luck = np.where((rng.random(m) < alike)[cases], rng.random(m)[cases], rng.random(len(cases)))
            predicted = truth.copy()
            missed = np.flatnonzero(luck >= needed)
            fallen = (strays[truth[missed]] < rng.random(len(missed))[:, None]).sum(axis=1)
            predicted[missed] = np.minimum(fallen, classes - 1)
            low, high = rate_bounds(METRICS[metric](truth, predicted, cases, classes), 0.05)
            wrong.append((low > t + 1e-9, high < t - 1e-9))
        return dict(zip(names, np.array(wrong).T, strict=True))

    return errors


imbalanced = averages(
    [
        ((*COUNTS, rarest), *rates)
        for rarest, *rates in (
            *itertools.product((5, 10, 30), (0.5, 0.7, 0.9, 1), (0.8, 0.95, 1), (ONCE,)),
            *itertools.product((5, 30), (0.5,), (0.9,), REPEATED),
        )
    ],
    1000,
)


def equal(*cases):
    """So many cases in every class."""
    grid = itertools.product(cases, (0.6, 0.8, 0.9, 0.95, 0.98))
    return averages([((count,) * 14, recall, recall, ONCE) for count, recall in grid], 1500)
