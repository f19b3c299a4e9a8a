"""Numbers as people read them: digits enough to be true, and no more."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_evalbars.gate.bar import Bar
from pytest_evalbars.report.numbers import changed, ends, figure, number, span, threshold

SHARES = st.floats(0, 1)
UNITS = ("share", "score", "seconds", "usd", "tokens", "number")
#: Nearer than this is the same: what sums of floats differ by.
NOISE = 1e-8


def read(words):
    """The number that a reader takes from words, and what stands before it."""
    plain = words.replace(",", "").replace("$", "").removesuffix(" points").removesuffix("%").removesuffix(" s")
    number, ms = plain.removesuffix(" ms").lstrip("<>"), plain.endswith(" ms")
    return float(number) / (1000 if ms else 1), words[0] if words[0] in "<>" else ""


def holds(words, true, scale=1):
    """Whether words say what is so: the number rounded, or on which side of it the true one lies."""
    said, side = read(words)
    if side:
        return true * scale < said if side == "<" else true * scale > said
    return math.isclose(said, true * scale, rel_tol=0.06, abs_tol=0.0501 if scale == 100 else 1e-3)


@pytest.mark.parametrize(
    ("words", "unit", "value"),
    [
        ("93.5%", "share", 0.935),
        ("100.0%", "share", 1.0),
        ("0.0%", "share", 0.0),
        ("99.97%", "share", 0.9997),
        ("99.95%", "share", 0.9995),
        ("0.03%", "share", 0.0003),
        ("<100.0%", "share", 0.9999999),
        (">0.0%", "share", 0.0000001),
        ("100.0%", "share", 1 - 1e-15),
        ("0.871", "score", 0.871),
        ("0.9996", "score", 0.9996),
        ("-0.0004", "score", -0.0004),
        ("1.24 s", "seconds", 1.2449),
        ("1234 s", "seconds", 1234.4),
        ("0.0123 ms", "seconds", 1.23e-5),
        ("31 ms", "seconds", 0.031),
        ("0.1 s", "seconds", 0.1),
        ("$0.0031", "usd", 0.0031),
        ("$12.50", "usd", 12.5),
        ("1,234", "tokens", 1234),
        ("0.4", "tokens", 0.4),
        ("123457", "number", 123456.7),
        ("no bound", "seconds", math.inf),
    ],
)
def test_known_numbers(words, unit, value):
    assert figure(unit, value) == words


@pytest.mark.parametrize(
    ("words", "key", "at", "value"),
    [
        ("84.96%", "at_least", 0.85, 0.8496),
        ("85.0%", "at_least", 0.85, 0.85),
        ("85.0%", "at_least", 0.85, 0.8504),
        ("<85.0%", "at_least", 0.85, 0.8499999),
        ("5.04%", "at_most", 0.05, 0.0504),
        ("5.0%", "at_most", 0.05, 0.0496),
        ("-2.04 points", "max_drop", 0.02, 0.0204),
        ("<-2.0 points", "max_drop", 0.02, 0.0200001),
        ("-2.0 points", "max_drop", 0.02, 0.02),
        ("+0.04 points", "max_drop", 0.0, -0.0004),
        ("+0.0 points", "max_drop", 0.0, 0.0),
    ],
)
def test_a_number_never_seems_to_keep_a_bar_that_it_misses(words, key, at, value):
    assert number(Bar(**{key: at}), value) == words


def test_the_ends_of_an_interval_differ_where_they_do():
    assert ends("share", 0.816, 0.91) == "81.6% to 91.0%"
    assert ends("share", 0.9351, 0.9354) == "93.51% to 93.54%"
    assert ends("share", 0.9999, 1.0) == "99.99% to 100.0%"
    assert ends("share", 1.0, 1.0) == "100.0%"
    assert ends("seconds", 1.001, 1.002) == "1.001 s to 1.002 s"
    assert span(Bar(max_drop=0.02), (-0.01, 0.042)) == "-4.2 to +1.0 points"
    assert span(Bar(metric="mean_latency", at_most=2.0), (1.0, math.inf)) == "1 s to no bound"


@given(SHARES)
def test_only_all_is_all_and_only_none_is_none(value):
    words = figure("share", value)
    assert holds(words, value, 100)
    if value < 1 - NOISE:
        assert not words.startswith("100")
    if value > NOISE:
        assert read(words)[0] > 0 or words.startswith(">")


@given(SHARES, SHARES, st.booleans())
def test_what_is_read_is_on_the_side_of_the_bar_on_which_the_number_is(at, value, upper):
    at = round(at, 3)
    assume(abs(value - at) > NOISE)
    said, side = read(figure("share", value, at=at, upper=upper))
    keeps = value <= at if upper else value >= at
    if side:
        assert (side == "<") == (value * 100 < said)
        return
    # Where the bar has more digits than the number, that is rounded beside it, and never across it.
    assert (said <= at * 100 + NOISE if upper else said >= at * 100 - NOISE) == keeps


@given(st.sampled_from(UNITS), st.floats(0, 1), st.floats(0, 1))
def test_two_ends_read_alike_only_where_they_are_one_number(unit, low, high):
    low, high = sorted((low, high))
    words = ends(unit, low, high)
    if " to " not in words:
        assert math.isclose(low, high, rel_tol=1e-2, abs_tol=1e-5)
    else:
        first, last = words.split(" to ")
        assert first != last
        assert read(first)[0] <= read(last)[0]


@given(st.floats(-1, 1))
def test_a_change_has_its_sign(value):
    words = changed("points", value)
    assert words.endswith(" points")
    if abs(value) > NOISE:
        assert ("-" in words) == (value < 0)
        assert read(words.replace(">-", "-").replace("<-", "-").replace(">+", ""))[0] != 0 or words[0] in "<>"
    else:
        assert words == "+0.0 points"


@given(st.sampled_from(UNITS), st.floats(0, 1e9))
def test_every_number_is_plain_and_near_the_truth(unit, value):
    assume(unit not in ("share", "score") or value <= 1)
    words = figure(unit, value)
    assert "e" not in words
    assert words[0] in "<>" or abs(read(words)[0] - value * (100 if unit == "share" else 1)) <= max(
        0.051 if unit == "share" else 0.5 if unit == "tokens" else 0.001, 0.06 * value
    )


@pytest.mark.parametrize(
    ("words", "declared"),
    [
        ("at least 85%", {"at_least": 0.85}),
        ("at least 7%", {"at_least": 0.07}),
        ("at least 99.999999%", {"at_least": 0.99999999}),
        ("at most $0.000000002", {"metric": "mean_cost", "at_most": 2e-9}),
        ("at most $1000000000", {"metric": "mean_cost", "at_most": 1e9}),
        ("at most 1234567", {"metric": "mean_tokens_in", "at_most": 1234567}),
        ("at most 0.25 s", {"metric": "p95_latency", "at_most": 0.25}),
        ("worse by at most 1.1 points", {"max_drop": 1.1 / 100}),
        ("no worse than the baseline", {"max_drop": 0.0}),
    ],
)
def test_a_threshold_is_written_as_it_was_declared(words, declared):
    assert threshold(Bar(dimension=("accuracy",), **declared)) == words
