"""Partial pooling: the formula, what it promises of every set of slices, and that its ranking finds the worst."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from pytest_evalbars.stats.pooling import LEAST_WEIGHT, chances_below, pooled_rate, shrunk_rates


def weight_by_hand(rates, sizes):
    """Kleinman's moment estimator in plain Python: how many trials the prior is worth, before its limits."""
    total = sum(sizes)
    p = sum(n * r for r, n in zip(rates, sizes, strict=True)) / total
    w = [n / total for n in sizes]
    s = sum(wi * (r - p) ** 2 for wi, r in zip(w, rates, strict=True))
    by_chance = p * (1 - p) * sum(wi * (1 - wi) / n for wi, n in zip(w, sizes, strict=True))
    if s <= by_chance:
        return float("inf")
    gamma = (s - by_chance) / (p * (1 - p) * sum(wi * (1 - wi) * (1 - 1 / n) for wi, n in zip(w, sizes, strict=True)))
    return 1 / gamma - 1


@st.composite
def slices(draw, least=2):
    """(rates, sizes): some at the ends, some tiny."""
    sizes = draw(st.lists(st.floats(1, 500), min_size=least, max_size=20))
    rates = [draw(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0]))) for _ in sizes]
    return np.array(rates), np.array(sizes)


def test_the_posterior_is_that_of_the_formula():
    rates, sizes = [0.5, 0.9, 0.92, 0.0], [30, 100, 60, 2]
    weight = weight_by_hand(rates, sizes)
    p = pooled_rate(rates, sizes)

    assert p == pytest.approx((15 + 90 + 55.2) / 192)
    assert LEAST_WEIGHT < weight < 192
    assert shrunk_rates(rates, sizes) == pytest.approx(
        [(n * r + weight * p) / (n + weight) for r, n in zip(rates, sizes, strict=True)]
    )
    assert chances_below(rates, sizes) == pytest.approx(
        [
            stats.beta.cdf(p, n * r + weight * p, n * (1 - r) + weight * (1 - p))
            for r, n in zip(rates, sizes, strict=True)
        ]
    )


def test_the_posterior_is_that_of_bayes_rule():
    """Prior times likelihood, integrated numerically."""
    rates, sizes = [0.6, 0.9, 0.95], [20, 50, 40]
    weight, p = weight_by_hand(rates, sizes), pooled_rate(rates, sizes)

    def density(t):
        return stats.beta.pdf(t, weight * p, weight * (1 - p)) * stats.binom.pmf(12, 20, t)

    whole = integrate.quad(density, 0, 1)[0]
    assert shrunk_rates(rates, sizes)[0] == pytest.approx(integrate.quad(lambda t: t * density(t), 0, 1)[0] / whole)
    assert chances_below(rates, sizes)[0] == pytest.approx(integrate.quad(density, 0, p)[0] / whole)


def test_the_scatter_is_found_again():
    """Slices drawn from a beta distribution worth 12 trials are shrunk as if 12 trials were lent to each."""
    rng = np.random.default_rng(3)
    sizes = rng.integers(5, 60, 4000)
    rates = rng.binomial(sizes, rng.beta(12 * 0.9, 12 * 0.1, 4000)) / sizes
    p, shrunk = pooled_rate(rates, sizes), shrunk_rates(rates, sizes)
    far = np.abs(rates - p) > 0.01
    weights = (sizes * (rates - shrunk) / (shrunk - p))[far]

    assert p == pytest.approx(0.9, abs=0.01)
    assert weights == pytest.approx(weights[0], rel=1e-6)
    assert weights[0] == pytest.approx(12, rel=0.1)


@given(slices())
def test_each_lies_between_its_own_rate_and_the_pooled_one(sample):
    rates, sizes = sample
    p, shrunk = pooled_rate(rates, sizes), shrunk_rates(rates, sizes)

    assert (shrunk >= np.minimum(rates, p) - 1e-12).all()
    assert (shrunk <= np.maximum(rates, p) + 1e-12).all()


@given(slices())
def test_of_equal_rates_the_tiny_slice_is_pulled_in_more(sample):
    rates, sizes = sample
    pull = np.abs(shrunk_rates(rates, sizes) - rates)
    for one, other in itertools.combinations(range(len(rates)), 2):
        if rates[one] == rates[other] and sizes[one] < sizes[other]:
            assert pull[one] >= pull[other] - 1e-12


@given(slices(), st.randoms(use_true_random=False))
def test_the_order_of_slices_changes_nothing(sample, random):
    rates, sizes = sample
    order = list(range(len(rates)))
    random.shuffle(order)

    assert shrunk_rates(rates[order], sizes[order]).tolist() == shrunk_rates(rates, sizes)[order].tolist()
    assert chances_below(rates[order], sizes[order]).tolist() == chances_below(rates, sizes)[order].tolist()


@given(slices())
def test_passes_and_misses_are_mirror_images(sample):
    rates, sizes = sample

    assert shrunk_rates(1 - rates, sizes) == pytest.approx(1 - shrunk_rates(rates, sizes), abs=1e-9)


@given(slices(), st.data())
def test_towards_an_expectation_of_its_own(sample, data):
    rates, sizes = sample
    towards = np.array([data.draw(st.floats(0, 1)) for _ in rates])
    shrunk, chances = shrunk_rates(rates, sizes, towards), chances_below(rates, sizes, towards)

    assert (shrunk >= np.minimum(rates, towards) - 1e-12).all()
    assert (shrunk <= np.maximum(rates, towards) + 1e-12).all()
    assert ((chances >= 0) & (chances <= 1)).all()


@given(slices())
def test_chances_are_chances(sample):
    chances = chances_below(*sample)

    assert ((chances >= 0) & (chances <= 1)).all()


@pytest.mark.parametrize("rate", [0.0, 0.7, 1.0])
def test_slices_that_do_not_differ_stay_where_they_are(rate):
    assert shrunk_rates([rate] * 3, [1, 5, 50]).tolist() == pytest.approx([rate] * 3)


def test_a_tiny_slice_that_fails_wholly_stands_behind_a_large_one_that_half_fails():
    rates, sizes = [0.0, 14 / 30, *[0.93] * 12], [1, 30, *[40] * 12]
    shrunk = shrunk_rates(rates, sizes)

    assert np.argmin(rates) == 0
    assert np.argmin(shrunk) == 1


def test_one_slice_alone_and_slices_of_one_trial_each():
    assert shrunk_rates([0.4], [10]) == pytest.approx([0.4])
    assert shrunk_rates([0, 1, 1, 1], [1] * 4) == pytest.approx([0.75 * 4 / 5, *[(1 + 3) / 5] * 3])


@pytest.mark.parametrize(
    ("rates", "sizes", "towards"),
    [
        ([], [], None),
        ([0.5], [1, 2], None),
        ([0.5], [1], [0.5, 0.5]),
        ([1.5], [1], None),
        ([0.5], [1], [-0.1]),
        ([float("nan")], [1], None),
        ([0.5], [0.5], None),
        ([0.5], [float("inf")], None),
    ],
)
def test_what_is_no_set_of_slices_is_refused(rates, sizes, towards):
    with pytest.raises(ValueError, match=r"slice|rates|sizes|size"):
        shrunk_rates(rates, sizes, towards)


# -- simulation ------------------------------------------------------------------------------------------------

#: Cases of fourteen categories, as suites have them: some large, some tiny.
SIZES = np.array([30, 3, 3, 4, 5, 8, 20, 40, 60, 60, 80, 80, 60, 50])


def found(rank, truth, draw_sizes, *, runs=2000, seed=11):
    """How often a ranking puts the slice of the worst true rate first; shared first places count in part."""
    rng, hits = np.random.default_rng(seed), 0.0
    for _ in range(runs):
        sizes = draw_sizes(rng)
        rates = rng.binomial(sizes, truth) / sizes
        order = rank(rates, sizes)
        first = np.flatnonzero(order <= order.min() + 1e-12)
        hits += (truth.argmin() in first) / len(first)
    return hits / runs


@pytest.mark.parametrize(
    ("worst", "others", "draw_sizes", "raw", "pooled"),
    [
        (0.47, 0.93, lambda _: SIZES, 0.96, 1.0),
        (0.70, 0.93, lambda _: SIZES, 0.63, 0.94),
        (0.80, 0.92, lambda rng: rng.permutation(SIZES), 0.33, 0.55),
        (0.70, 0.93, lambda rng: rng.permutation(SIZES), 0.61, 0.74),
    ],
)
def test_its_ranking_finds_the_worst_slice_more_often_than_raw_rates_do(worst, others, draw_sizes, raw, pooled):
    truth = np.array([worst, *[others] * 13])
    by_rate = found(lambda rates, _: rates, truth, draw_sizes)
    by_pooling = found(shrunk_rates, truth, draw_sizes)

    assert by_rate == pytest.approx(raw, abs=0.04)
    assert by_pooling == pytest.approx(pooled, abs=0.04)
    assert by_pooling > by_rate + 0.03


@pytest.mark.parametrize("rate", [0.7, 0.9, 0.95])
def test_where_nothing_differs_seldom_a_slice_is_taken_for_sure(rate):
    rng, shown = np.random.default_rng(5), 0
    for _ in range(1000):
        shown += (chances_below(rng.binomial(SIZES, rate) / SIZES, SIZES) >= 0.95).any()

    assert shown / 1000 < 0.07
