"""Agreement of raters: intervals and bounds that miss the agreement of all raters and items like these."""

import itertools
from functools import cache, partial

import numpy as np
from scipy.stats import multinomial

from proof.laws import SIZES
from proof.rates import DISPLAY, HIGH, LOW
from proof.table import Row, worst_rows
from pytest_evalbars.stats.agreement import agreement, agreement_of_counts
from pytest_evalbars.stats.kappas import alike_by_rank, weights_of

#: The interval of a plain share is Wilson's, right on average only.
SHARE = "percent agreement"
#: As the page names them, and as `Agreement` does.
TWO = {SHARE: "percent", "AC1": "ac", "Krippendorff's alpha": "alpha"}
LEVELS = {"weighted agreement": "near", "AC2": "ac", "Krippendorff's alpha": "alpha"}
PROMISES = {DISPLAY: 0.05, LOW: 0.05, HIGH: 0.05}
#: Tables less probable than this are left out, and count as wrong.
RARE = 1e-6
#: How common each of five levels is, and how probable a rater is off by one level, and by two.
GRADES = {"spread": (0.1, 0.2, 0.2, 0.3, 0.2), "mostly the best": (0.01, 0.02, 0.03, 0.14, 0.8)}
SLIPS = {"rarely": 0.03, "often": 0.2}


def named(coefficient, error):
    """A promise of one coefficient."""
    return f"{error}: {coefficient}"


def broken(estimated, t):
    """Which of the promises an estimate breaks; one that is not there claims nothing."""
    if estimated is None:
        return False, False, False
    (low, high), (least, most) = estimated.interval(0.95), estimated.bounds(0.05)
    return not low - 1e-9 <= t <= high + 1e-9, least > t + 1e-9, most < t - 1e-9


@cache
def told(passed, split, failed):
    """The agreement of two raters of so many items that both passed, one passed, none passed."""
    return agreement_of_counts(np.repeat([[2, 0], [1, 1], [0, 2]], [passed, split, failed], axis=0))


def truths(shares, weights, metric):
    """Weighted agreement, AC and alpha of a pair with these probabilities of two labels, shape (labels, labels)."""
    common = shares.sum(axis=0)
    agreed, labels = (weights * shares).sum(), len(shares)
    guessed = weights.sum() * (common * (1 - common)).sum() / (labels * (labels - 1))
    observed, expected = ((1 - metric) * shares).sum(), common @ (1 - metric) @ common
    return agreed, (agreed - guessed) / (1 - guessed), 1 - observed / expected


def of_two(prevalence, accuracy):
    """How two labels of an item that passes with this prevalence fall, by raters who are right so often."""
    right = np.array([accuracy, 1 - accuracy])
    return prevalence * np.outer(right, right) + (1 - prevalence) * np.outer(right[::-1], right[::-1])


def likely_tables(shares, items):
    """What two raters may say of so many items, as `told` asks it, and how probable that is; the rare left out."""
    passed, failed = np.divmod(np.arange((items + 1) ** 2), items + 1)
    tables = np.c_[passed, items - passed - failed, failed][passed + failed <= items]
    chances = multinomial(items, [shares[0, 0], 2 * shares[0, 1], shares[1, 1]]).pmf(tables)
    likely = chances > RARE
    return zip(tables[likely].tolist(), chances[likely], strict=True)


def two_raters(_effort):
    """Two raters of all items, pass or fail: counted out over all that they may say."""
    wrong = {}
    grid = list(itertools.product((0.5, 0.9, 0.97), (0.8, 0.9, 0.97, 0.995), (30, 50, 100, 200)))
    for scenario in grid:
        prevalence, accuracy, items = scenario
        shares = of_two(prevalence, accuracy)
        true = truths(shares, np.eye(2), np.eye(2))
        found = np.ones((len(TWO), len(PROMISES)))
        for table, chance in likely_tables(shares, items):
            estimates = [getattr(told(*table), field) for field in TWO.values()]
            held = 1 - np.array([broken(*each) for each in zip(estimates, true, strict=True)])
            found -= chance * held
        wrong[scenario] = found
    for (i, name), (j, error) in itertools.product(enumerate(TWO), enumerate(PROMISES)):
        of_error = {scenario: float(each[i, j]) for scenario, each in wrong.items()}
        worst = max(of_error, key=of_error.get)
        where = "prevalence {}, right {}, {} items".format(*worst)
        average = float(np.mean(list(of_error.values())))
        promised = (None, 0.05) if (name, error) == (SHARE, DISPLAY) else (PROMISES[error], None)
        yield Row(named(name, error), promised[0], of_error[worst], None, where, len(grid), promised[1], average)


def of_levels(grades, slips):
    """The chance of each label by the true level, shape (levels, labels)."""
    by_level = np.zeros((5, 5))
    for level, (steps, share) in itertools.product(range(5), ((1, SLIPS[slips]), (2, SLIPS[slips] / 4))):
        for label in (level - steps, level + steps):
            by_level[level, min(max(label, 0), 4)] += share / 2
    by_level += np.eye(5) * (1 - by_level.sum(axis=1, keepdims=True))
    return np.array(GRADES[grades]), by_level


def five_levels(documents, effort):
    """Three raters of five levels in order, of whose ratings some are missing; in documents or not."""
    promises = {named(name, error): most for name in LEVELS for error, most in PROMISES.items()}

    def errors(scenario, samples, rng):
        grades, slips, missing, size = scenario
        common, by_level = of_levels(grades, slips)
        shares = np.einsum("t,ta,tb->ab", common, by_level, by_level)
        true = truths(shares, weights_of("ordinal", 5), alike_by_rank(shares.sum(axis=0)))
        found = []
        for _ in range(samples):
            clusters = (
                np.repeat(np.arange(size), SIZES["4.5 on average"](rng, size)) if documents else np.arange(size)
            )
            level = rng.choice(5, size, p=common)[clusters]
            label = (rng.random((len(clusters), 3, 1)) > by_level.cumsum(axis=1)[level][:, None, :]).sum(axis=2)
            label = np.where(rng.random(label.shape) < missing, -1, np.minimum(label, 4))
            told = agreement(label, categories=5, weights="ordinal", clusters=clusters if documents else None)
            estimates = [None if told is None else getattr(told, field) for field in LEVELS.values()]
            found.append(np.concatenate([broken(*each) for each in zip(estimates, true, strict=True)]))
        return dict(zip(promises, np.array(found).T, strict=True))

    grid = list(itertools.product(GRADES, SLIPS, (0, 0.3), (25, 100) if documents else (30, 100, 200)))
    saying = "{}, off {}, {} missing, {} " + ("documents" if documents else "items")
    return worst_rows(promises, grid, errors, effort, 60, 1500, saying=saying)


levels = partial(five_levels, False)
levels_in_documents = partial(five_levels, True)
