"""Sessions that stop early: bets that may stop at any time, and verdicts that are certain before all has run."""

import itertools
import math
import sys
from pathlib import Path

import numpy as np

from proof.laws import LAWS, SCORES
from proof.sessions import ALIKE, ALPHA, MET, MISSED
from proof.table import Row, generator, worst_rows
from pytest_evalbars.stats.sequential import log_e

sys.path.append(str(Path(__file__).parents[2] / "gate"))
from random_suites import both, random_suite, words

CASES = 200


def _claims(means, t):
    """Which runs are called met and missed if they stop as soon as they can, shape (runs, cases) to (runs,)."""
    enough = -math.log(ALPHA)
    first = [
        np.argmax(np.pad(log_e(*each) >= enough, ((0, 0), (0, 1)), constant_values=True), axis=1)
        for each in ((means, t), (1 - means, 1 - t))
    ]
    return {MET: first[0] < first[1], MISSED: first[1] < first[0]}


def at_any_time(effort):
    """Pass rates: looked at after each of 200 cases."""

    def errors(scenario, samples, rng):
        (law, trials), bar = scenario
        return _claims(rng.binomial(trials, LAWS[law](rng, bar, (samples, CASES))) / trials, bar)

    grid = list(itertools.product(ALIKE, (0.8, 0.9, 0.98)))
    promises, saying = {MET: ALPHA, MISSED: ALPHA}, "{0[0]}, {0[1]} trials, bar {1}"
    return worst_rows(promises, grid, errors, effort, 300, 5000, saying=saying, unit="runs")


def scores_at_any_time(effort):
    """Mean scores: the same."""

    def errors(scenario, samples, rng):
        draw, t = SCORES[scenario[0]]
        return _claims(draw(rng, (samples, CASES)), t)

    grid = [(law,) for law in SCORES]
    return worst_rows({MET: ALPHA, MISSED: ALPHA}, grid, errors, effort, 300, 5000, saying="{}", unit="runs")


def when_certain(effort):
    """Suites of any shape, with errors and clusters, each with and without the trials that decide nothing."""
    differ = verdicts = 0
    for number in range(effort.of(500)):
        full, early, _ = both(*random_suite(generator("when certain", number)))
        full, early = words(full), words(early)
        differ += sum(early[name] != word for name, word in full.items())
        verdicts += len(full)
    what = "a verdict differs from that of the run in which every trial ran"
    yield Row(what, 0.0, differ / verdicts, verdicts, unit="verdicts")
