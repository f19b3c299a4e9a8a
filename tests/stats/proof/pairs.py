"""Drops between two runs: what is called a drop, or called within what is allowed, and is not."""

import itertools
from functools import cache, partial

import numpy as np

from proof.laws import LAWS, SCORES, SIZES
from proof.table import worst_rows
from pytest_evalbars.stats.effective import case_rate, rate_bounds
from pytest_evalbars.stats.independent import Difference, difference_p_larger, difference_p_smaller
from pytest_evalbars.stats.paired import case_drop, drop_p_larger, drop_p_smaller
from pytest_evalbars.stats.paired_amounts import amount_drop, amount_drop_p_larger, amount_drop_p_smaller

ALPHA = 0.05
ALARM = "nothing got worse, and a drop is called proven"
MISSED = "a drop that is just allowed is called larger"
MET = "a drop that is just not allowed is called allowed"
CASES = (20, 50, 200)
ALLOWED = (0.02, 0.05)


def claims(larger, smaller, t):
    """Which of the promises p-values at the truth t break."""
    return {ALARM: larger < ALPHA} if t == 0 else {MISSED: larger < ALPHA, MET: smaller <= ALPHA}


def collected(broken):
    """By promise: shape (samples,)."""
    broken = list(broken)
    return {name: np.array([each[name] for each in broken]) for name in broken[0]}


def rows_of(errors, saying, *fields, more=ALLOWED, first=200, again=5000, unit="samples"):
    """Rows with no drop, and with one of exactly what is allowed; scenarios start with the drop."""

    def rows(effort):
        for drops, promises in (((0,), {ALARM: ALPHA}), (more, {MISSED: ALPHA, MET: ALPHA})):
            grid = list(itertools.product(drops, *fields))
            yield from worst_rows(promises, grid, errors, effort, first, again, saying=saying, unit=unit)

    return rows


def paired(before, after, t, codes=None, trials=None):
    drop = case_drop(before, after, codes, trials)
    return claims(drop_p_larger(drop, t), drop_p_smaller(drop, t), t)


# -- One trial ---------------------------------------------------------------------------------------------------


@cache
def of_flips(worse, better, cases, t):
    before, after = np.zeros(cases), np.zeros(cases)
    before[:worse], after[worse : worse + better] = 1, 1
    return paired(before, after, t)


def _flips(scenario, samples, rng):
    t, better, cases = scenario
    counts = rng.multinomial(cases, [t + better, better, 1 - t - 2 * better], samples)
    return collected(of_flips(*map(int, each[:2]), cases, t) for each in counts)


single = rows_of(
    _flips,
    "a drop of {}, {} of the cases get better, {} cases",
    (0, 0.01, 0.03, 0.1, 0.2),
    (20, 50, 100, 200, 500),
    again=20_000,
)

# -- Several trials ----------------------------------------------------------------------------------------------


def _changed(rng, draw, old, t, mean, churn):
    """Rates of cases now: some are drawn anew, and all are a little less."""
    return np.where(rng.random(old.shape) < churn, draw(rng, old.shape), old) * (1 - t / mean)


def _trials(trials):
    def errors(scenario, samples, rng):
        t, law, p, churn, cases = scenario
        draw = partial(_law, law, p)
        old = draw(rng, (samples, cases))
        new = _changed(rng, draw, old, t, p, churn)
        before, after = rng.binomial(trials, old) / trials, rng.binomial(trials, new) / trials
        return collected(paired(*each, t) for each in zip(before, after, strict=True))

    return errors


def _law(law, p, rng, shape):
    return LAWS[law](rng, p, shape)


def repeated(trials):
    """Cases of several trials each, alike by any law."""
    saying = "a drop of {}, {}, p = {}, {} of the cases change, {} cases"
    return rows_of(_trials(trials), saying, LAWS, (0.8, 0.95), (0, 0.3), CASES)


# -- More trials than before, or fewer ---------------------------------------------------------------------------


def _unlike(scenario, samples, rng):
    t, (trials, now), law, p, cases = scenario
    old = _law(law, p, rng, (samples, cases))
    before, after = rng.binomial(trials, old) / trials, rng.binomial(now, old * (1 - t / p)) / now
    counts = np.full(cases, trials), np.full(cases, now)
    return collected(paired(*each, t, trials=counts) for each in zip(before, after, strict=True))


unlike = rows_of(
    _unlike,
    "a drop of {}, trials {}, {}, p = {}, {} cases",
    ((1, 10), (10, 1), (2, 3), (3, 10)),
    ("same", "icc .1"),
    (0.8, 0.95),
    CASES,
    again=4000,
)

# -- Scores ------------------------------------------------------------------------------------------------------


def _graded(law, churn):
    """Scores of which some are drawn anew."""

    def draw(rng, t, shape):
        old_law, mean = SCORES[law]
        old = old_law(rng, shape)
        return old, _changed(rng, old_law, old, t, mean, churn)

    return draw


def _noise(spread, lost):
    """Scores that differ a little by chance, but for a few that are lost: these are the drop."""

    def draw(rng, t, shape):
        old = 0.8 + 0.1 * rng.random(shape)
        new = old + spread * (rng.random(shape) - 0.5)
        return old, np.where(rng.random(shape) < t / 0.85, 0, new) if lost else new - t

    return draw


CHANGES = {
    **{f"{law}, {churn} of the cases change": _graded(law, churn) for law in SCORES for churn in (0.3, 1)},
    "hardly different": _noise(0.02, lost=False),
    "a little different": _noise(0.1, lost=False),
    "hardly different, a few lost": _noise(0.02, lost=True),
    "a little different, a few lost": _noise(0.1, lost=True),
}


def _scores(scenario, samples, rng):
    t, change, cases = scenario
    pairs = CHANGES[change](rng, t, (samples, cases))
    return collected(paired(*each, t) for each in zip(*pairs, strict=True))


scores = rows_of(_scores, "a drop of {}, {}, {} cases", CHANGES, CASES)

# -- Documents ---------------------------------------------------------------------------------------------------


def _documents(scenario, samples, rng):
    t, law, size, count = scenario
    draw, p, broken = partial(_law, law, 0.9), 0.9, []
    for _ in range(samples):
        codes = np.repeat(np.arange(count), SIZES[size](rng, count))
        old = draw(rng, count)
        before, after = (rng.binomial(1, each[codes]) for each in (old, _changed(rng, draw, old, t, p, 0.3)))
        broken.append(paired(before, after, t, codes))
    return collected(broken)


clustered = rows_of(
    _documents,
    "a drop of {}, {}, {}, {} documents",
    ("same", "icc .3", "always or never"),
    SIZES,
    (10, 20, 50, 200),
    more=(0.05, 0.1),
)

# -- Other cases -------------------------------------------------------------------------------------------------


def _other_cases(scenario, samples, rng):
    t, (law, trials), p, old_cases, new_cases = scenario
    kinds = [
        [_rate(np.sort(each).tobytes(), trials) for each in rng.binomial(trials, LAWS[law](rng, rate, (samples, n)))]
        for rate, n in ((p, old_cases), (p - t, new_cases))
    ]
    return collected(_unpaired(*each, t) for each in zip(*kinds, strict=True))


@cache
def _rate(passes, trials):
    passes = np.frombuffer(passes, np.int64)
    return case_rate(passes, np.full(len(passes), trials))


@cache
def _unpaired(before, after, t):
    exact = [lambda confidence, rate=rate: rate_bounds(rate, (1 - confidence) / 2) for rate in (before, after)]
    difference = Difference(before.value, after.value, *exact)
    return claims(difference_p_larger(difference, t), difference_p_smaller(difference, t), t)


independent = rows_of(
    _other_cases,
    "a drop of {}, {}, p = {}, {} cases and {} now",
    (("same", 1), ("icc .3", 3), ("always or never", 3)),
    (0.8, 0.95),
    (50, 200),
    (50, 200),
    first=100,
    again=4000,
)

# -- Amounts -----------------------------------------------------------------------------------------------------


def _amounts(relative):
    def errors(scenario, samples, rng):
        t, sigma, cases = scenario
        common, *own = rng.normal(size=(3, samples, cases))
        old, new = (np.exp(sigma * (0.8**0.5 * common + 0.2**0.5 * each)) for each in own)
        truth = t if relative else t * np.exp(sigma**2 / 2)
        return collected(_rise(*each, truth, relative) for each in zip(old, (1 + t) * new, strict=True))

    return errors


def _rise(before, after, t, relative):
    rise = amount_drop(before, after, relative=relative)
    return claims(amount_drop_p_larger(rise, t), amount_drop_p_smaller(rise, t), t)


def amounts(relative, *sigmas):
    """Lognormal amounts, those of one case correlated by .8."""
    return rows_of(
        _amounts(relative), "{} more, sigma {}, {} cases", sigmas, CASES, more=(0.1, 0.5), first=150, again=3000
    )
