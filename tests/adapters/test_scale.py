"""What another tool's score means."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.adapters import ScorerError
from pytest_evalbars.adapters.scale import ruling

WORDS = {"good": 1, "fair": 0.5, "poor": 0}
FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "scale", "passing", "score", "passed"),
    [
        (0.8, None, 0.8, 0.8, True),
        (0.79, None, 0.8, 0.79, False),
        (1, None, 1, 1.0, True),
        (4, (1, 5), 4, 0.75, True),
        (1, (1, 5), 4, 0.0, False),  # the worst of 1 to 5, and not the best of 0 to 1
        (0.2, (1, 0), 0.3, 0.8, True),  # less is better
        (0.4, (1, 0), 0.3, 0.6, False),
        ("good", WORDS, None, 1.0, True),
        ("fair", WORDS, None, 0.5, False),  # only the best passes
        ("fair", WORDS, "fair", 0.5, True),
        ("fair", WORDS, 0.5, 0.5, None),  # a number on a scale of words: which one is meant?
        (True, None, None, 1.0, True),
        (False, None, None, 0.0, False),
        (True, (1, 0), None, 0.0, False),  # less is better: True is the worst
        (np.float32(0.25), None, 0.2, 0.25, True),
        (Decimal("0.5"), None, 0.5, 0.5, True),
        (1 + 2e-16, None, 1, 1.0, True),  # arithmetic, as of a similarity
        (-1e-8, None, 0.5, 0.0, False),
    ],
)
def test_scores(value, scale, passing, score, passed):
    if passed is None:
        with pytest.raises(ScorerError, match="its scale holds words"):
            ruling("tool it", value, scale=scale, passing=passing)
        return
    result = ruling("tool it", value, scale=scale, passing=passing, why=" because ")

    assert (passed, pytest.approx(score)) == (result.passed, result.score)
    assert type(result.score) is float
    assert result.reason.endswith("because")
    assert passed == (result.reason == "because")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "tool it gave no score: None"),
        (math.nan, "tool it gave no score: nan"),
        (math.inf, "tool it gave no score: inf"),
        ([0.5, 0.5], r"tool it gave no score: \[0.5, 0.5\]"),
        (RuntimeError("outage"), "tool it gave no score: RuntimeError"),
        (1.01, "1.01 lies outside of 0 to 1; .* scale=.1, 5."),
        (-0.5, "-0.5 lies outside of 0 to 1"),
        ("I am sorry, I cannot help", "say what each of its words is worth"),
        ("\x1b[2Jgood", r"said '\\x1b\[2Jgood'"),
    ],
)
def test_what_is_no_score_is_an_error(value, words):
    with pytest.raises(ScorerError, match=words):
        ruling("tool it", value, scale=None, passing=0.5)


@pytest.mark.parametrize(
    ("value", "scale", "passing", "words"),
    [
        (0.5, None, None, "has no threshold of its own: say what passes, as passing=0.8"),
        (0.5, None, 7, "`passing`: 7 lies outside of 0 to 1"),
        (0.5, None, math.nan, "`passing` gave no score"),
        (3, (1, 1), 1, "a scale is two numbers"),
        (3, (1, 2, 3), 1, "a scale is two numbers"),
        (3, 5, 1, "a scale is two numbers"),
        (6, (1, 5), 4, "6 lies outside of 1 to 5"),
        ("odd", WORDS, None, r"said 'odd', which its scale does not hold \(good, fair, poor\)"),
        ("good", WORDS, "fiar", "`passing` said 'fiar'"),
        ("good", {"good": 2}, None, "worth a number from 0 to 1"),
        ("good", {"good": 1, "poor": None}, None, "worth a number from 0 to 1"),
        (1, {1: 0, 2: 1}, 1, "its scale holds words"),
    ],
)
def test_what_the_user_got_wrong_is_said(value, scale, passing, words):
    with pytest.raises(ScorerError, match=words):
        ruling("tool it", value, scale=scale, passing=passing)


def test_a_miss_says_the_score_and_what_passes():
    result = ruling("deepeval Politeness", 0.314159, scale=None, passing=0.8, why="it shouts")

    assert result.reason == "deepeval Politeness gave 0.314, passing is 0.8: it shouts"


def test_an_explanation_without_end_is_cut():
    assert len(ruling("tool it", 0, scale=None, passing=1, why="x" * 10**6).reason) < 1_200


@given(st.tuples(FINITE, FINITE).filter(lambda ends: abs(ends[0] - ends[1]) > 1e-3), st.floats(0, 1), st.floats(0, 1))
def test_scores_keep_their_order(ends, one, other):
    worst, best = ends
    values = [worst + share * (best - worst) for share in (one, other)]

    result = ruling("tool it", values[0], scale=ends, passing=values[1])

    assert 0 <= result.score <= 1
    assert result.score == pytest.approx(one, abs=1e-6)
    if abs(one - other) > 1e-6:
        assert result.passed == (one > other)


@given(st.one_of(st.none(), st.text(), st.floats(), st.binary(), st.lists(st.floats(0, 1)), st.builds(object)))
def test_whatever_a_scorer_gives_is_a_score_or_an_error(value):
    try:
        result = ruling("tool it", value, scale=None, passing=0.5)
    except ScorerError:
        return
    assert isinstance(value, float)
    assert -1e-6 <= value <= 1 + 1e-6
    assert result.passed == (result.score >= 0.5)
