"""Verdicts of sessions in which everything is exactly at its bar: what is called missed or met is so falsely.

A session has 3 dimensions, each held as a whole and in 14 categories: a family of 45 verdicts. So that tens of
thousands can be simulated, the p-values of its slices are put into the family here; `as_decided` shows that `decide`
says the same.
"""

import itertools
from dataclasses import replace

import numpy as np

from proof.laws import LAWS, SIZES
from proof.rates import kinds
from proof.table import Row, generator, worst_rows
from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.run.columns import MISS, PASS
from pytest_evalbars.stats.effective import case_rate, rate_p_missed
from pytest_evalbars.stats.families import two_tiers

ALPHA = 0.05
DIMENSIONS, CATEGORIES = ("accuracy", "faithfulness", "tone"), 14
SECOND = np.arange(len(DIMENSIONS) * (1 + CATEGORIES)) >= len(DIMENSIONS)
FAILS = "a session in which nothing is below its bar fails"
MET = "a bar that is not met by the truth is called met"
MISSED = "a bar that the truth meets is called missed"
LAUNCHES = "a launch passes though one of its bars is not met by the truth"

#: How trials of a case behave, and how many there are.
ALIKE = [("same", 1), ("same", 3), ("icc .3", 3), ("mostly always", 3), ("always or never", 3), ("icc .3", 10)]


def p_values(passes, trials, bar):
    """P-values of "missed" for slices of equally many cases, shape (slices, cases) to (slices,)."""
    some, kind = kinds(passes, trials)
    k = np.full(passes.shape[1], trials)
    return np.array([rate_p_missed(case_rate(sample, k), bar) for sample in some])[kind]


def families(passes, trials, bar):
    """Corrected p-values of sessions, shape (sessions, dimensions, categories, cases) to (sessions, 45)."""
    sessions, cases = len(passes), passes.shape[-1]
    groups = p_values(passes.reshape(-1, cases), trials, bar).reshape(sessions, -1)
    wholes = p_values(passes.reshape(sessions * len(DIMENSIONS), -1), trials, bar).reshape(sessions, -1)
    return np.array([two_tiers(each, SECOND) for each in np.hstack([wholes, groups])])


def drawn(scenario, sessions, rng):
    (law, trials), bar, cases = scenario
    shape = (sessions, len(DIMENSIONS), CATEGORIES, cases)
    return rng.binomial(trials, LAWS[law](rng, bar, shape))


def at_the_bars(effort):
    """Independent cases."""

    def errors(scenario, samples, rng):
        (_, trials), bar, _ = scenario
        blocks = [min(1000, samples - done) for done in range(0, samples, 1000)]
        p = np.vstack([families(drawn(scenario, block, rng), trials, bar) for block in blocks])
        return {FAILS: (p < ALPHA).any(axis=1)}

    grid = list(itertools.product(ALIKE, (0.9, 0.95, 0.98), (8, 25)))
    saying = "{0[0]}, {0[1]} trials, bar {1}, {2} cases a category"
    return worst_rows({FAILS: ALPHA}, grid, errors, effort, 300, 10_000, saying=saying, unit="sessions")


def at_the_bars_by_document(effort):
    """Documents of unequal size, none of them in two categories."""

    def errors(scenario, samples, rng):
        return {FAILS: np.array([_fails(*scenario, rng) for _ in range(samples)])}

    grid = list(itertools.product(("icc .3", "always or never"), SIZES, (0.9, 0.98), (10, 25)))
    saying = "{}, {}, bar {}, {} documents a category"
    return worst_rows({FAILS: ALPHA}, grid, errors, effort, 60, 1500, saying=saying, unit="sessions")


def _fails(law, size, bar, count, rng):
    wholes, groups = [], []
    for _ in DIMENSIONS:
        codes = np.repeat(np.arange(CATEGORIES * count), SIZES[size](rng, CATEGORIES * count))
        passes = rng.binomial(1, LAWS[law](rng, bar, CATEGORIES * count)[codes])
        ones = np.ones_like(passes)
        wholes.append(rate_p_missed(case_rate(passes, ones, codes), bar))
        for category in range(CATEGORIES):
            here = codes // count == category
            groups.append(rate_p_missed(case_rate(passes[here], ones[here], codes[here]), bar))
    return bool((two_tiers(wholes + groups, SECOND) < ALPHA).any())


# -- through `decide` --------------------------------------------------------------------------------------------


def plain_run(dimensions, categories, cases, trials):
    """A session in which everything passes."""
    return Run.from_observations(
        {
            "case": f"k{category:02}-{case}",
            "dimension": dimension,
            "trial": trial,
            "outcome": "pass",
            "labels": {"category": f"k{category:02}"},
        }
        for dimension in dimensions
        for category in range(categories)
        for case in range(cases)
        for trial in range(trials)
    )


def outcomes(passes, trials):
    """Passes of cases as the run's column: the first trials of a case are those that passed."""
    return np.where(np.arange(trials) < passes[..., None], PASS, MISS).astype(np.int8).ravel()


def as_decided(effort):
    """How many verdicts of `decide` differ from the family above."""
    differ = seen = 0
    for scenario in itertools.product((("same", 1), ("icc .3", 3), ("always or never", 3)), (0.9,), (25,)):
        (_, trials), bar, cases = scenario
        run = plain_run(DIMENSIONS, CATEGORIES, cases, trials)
        bars = load_bars({"bar": [{"dimension": list(DIMENSIONS), "at_least": bar, "each": "category"}]})
        passes = drawn(scenario, effort.of(100), generator("as decided", scenario))
        for session, p in zip(passes, families(passes, trials, bar), strict=True):
            verdicts = decide(replace(run, outcome=outcomes(session, trials)), bars).verdicts
            # Wholes first, as in the family; groups by dimension and name.
            verdicts = sorted(verdicts, key=lambda each: (each.group is not None, each.dimension, each.group))
            missed = np.array([each.verdict == "missed" for each in verdicts])
            close = np.isclose([each.p_missed for each in verdicts], p, rtol=1e-9, atol=1e-12)
            differ += int((~close | (missed != (p < ALPHA))).sum())
            seen += len(p)
    yield Row(
        "a verdict of `decide` differs from the family simulated above", 0.0, differ / seen, seen, unit="verdicts"
    )


def one_bar(effort):
    """One bar, held exactly where the truth is, in both directions and at launch."""

    def errors(scenario, samples, rng):
        (law, trials), way, bar, cases = scenario
        run = plain_run(DIMENSIONS[:1], 1, cases, trials)
        bars = load_bars({"bar": [{"dimension": DIMENSIONS[0], way: bar if way == "at_least" else 1 - bar}]})
        passes = rng.binomial(trials, LAWS[law](rng, bar, (samples, cases)))
        if way == "at_most":  # as a ceiling on what is bad: the other way round
            passes = trials - passes
        words = [each.verdicts[0].verdict for each in _decisions(run, passes, trials, bars)]
        return {MET: np.array(words) == "met", MISSED: np.array(words) == "missed"}

    grid = list(itertools.product(ALIKE, ("at_least", "at_most"), (0.8, 0.9, 0.98), (20, 200)))
    saying = "{0[0]}, {0[1]} trials, {1}, bar {2} of what is good, {3} cases"
    promises = {MET: ALPHA, MISSED: ALPHA}
    return worst_rows(promises, grid, errors, effort, 60, 2500, saying=saying, unit="verdicts")


def one_of_three_bars(effort):
    """Three bars at launch, two perfect, one exactly at its bar: "all are met" is not corrected for."""

    def errors(scenario, samples, rng):
        (law, trials), bar, cases = scenario
        run = plain_run(DIMENSIONS, 1, cases, trials)
        bars = load_bars({"bar": [{"dimension": list(DIMENSIONS), "at_least": bar}]})
        passes = np.full((samples, len(DIMENSIONS), cases), trials)
        passes[:, 1] = rng.binomial(trials, LAWS[law](rng, bar, (samples, cases)))
        return {LAUNCHES: np.array([each.exit_code == 0 for each in _decisions(run, passes, trials, bars)])}

    grid = list(itertools.product(ALIKE, (0.9,), (200,)))
    saying = "{0[0]}, {0[1]} trials, bar {1}, {2} cases"
    return worst_rows({LAUNCHES: ALPHA}, grid, errors, effort, 100, 2000, saying=saying, unit="sessions")


def _decisions(run, passes, trials, bars):
    """What `decide` says of each sample at launch; samples that differ in the order of cases are decided once."""
    known = {}
    for each in np.sort(passes, axis=-1):
        alike = each.tobytes()
        if alike not in known:
            known[alike] = decide(replace(run, outcome=outcomes(each, trials)), bars, stage="launch")
        yield known[alike]
