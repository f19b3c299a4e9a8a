"""Numbers in running texts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import checks
from pytest_evalbars.checks.numbers import numbers_of

READ = [
    ("1,234.5", [(1234.5,)]),
    ("1'234", [(1234,)]),
    ("1\u202f234\u00a0567", [(1234567,)]),
    ("12,34,567", [(1234567,)]),
    ("1{,}234", [(1234,)]),
    ("[1,5]", [(1,), (5,)]),
    ("−5 or –5 or -5", [(-5,)] * 3),  # noqa: RUF001
    ("-$5, $-5, (-5), €-5", [(-5,)] * 4),
    ("3 - 5", [(3,), (5,)]),
    ("3-5", [(3,), (5,)]),
    ("2024-01-05", [(2024,), (1,), (5,)]),
    ("35% or 35 percent", [(35, 0.35)] * 2),
    ("5 bps", [(5, 0.0005)]),
    ("$1.5M, 1.5 million", [(1.5, 1.5e6)] * 2),
    ("10k", [(10, 10_000)]),
    ("5 m", [(5,)]),
    ("1.2e-3", [(0.0012,)]),
    ("1.2 × 10⁻³", [(0.0012,)]),  # noqa: RUF001
    ("10^6", [(1e6,)]),
    (r"\boxed{42}", [(42,)]),
    ("3½ or ¼", [(3.5,), (0.25,)]),
    ("٣٤ and ５．５", [(34,), (5.5,)]),  # noqa: RUF001
    (".5 or 0.5.", [(0.5,)] * 2),
    ("CO2, GPT-4, v3, x^2", []),
    ("USD100", [(100,)]),
    ("1e999", []),
    ("9" * 1000, []),
    ("", []),
]


@pytest.mark.parametrize(("text", "readings"), READ, ids=[text[:20] for text, _ in READ])
def test_what_is_read(text, readings):
    assert [number.readings for number in numbers_of(text)] == [tuple(map(pytest.approx, each)) for each in readings]


def test_the_decimal_comma():
    assert [number.readings for number in numbers_of("1.234,56 und 1 234,5 und 0,5 €", ",")] == [
        (1234.56,),
        (1234.5,),
        (0.5,),
    ]


def test_close_says_what_it_found():
    assert checks.number_close("It is 41.9 km.", 42, rel=0.01) == (True, None, "found 41.9")
    assert checks.number_close("It is 41.9 km.", 42).reason == "no 42 (± 4.2e-08) in: 41.9"
    assert checks.number_close("It is about 43", 42, abs=1).passed
    assert checks.number_close("A third is 33.3%.", 1 / 3, abs=0.001).passed
    assert checks.number_close("None.", 0).reason == 'names no number: "None."'
    assert checks.number_close("-0", 0).passed


def test_which_number_counts():
    answer = "Of 12 boxes, 5 are full: 7 are empty."

    assert checks.number_close(answer, 5).passed
    assert not checks.number_close(answer, 5, which="last").passed
    assert checks.number_close(answer, 7, which="last").passed
    assert checks.number_close(answer, 12, which="first").passed
    assert checks.number_close(answer, 7, which="only").reason == "names 3 numbers, not one: 12; 5; 7"


@pytest.mark.parametrize(
    "wrong", [{"expected": math.nan}, {"expected": "5"}, {"rel": -1}, {"which": "best"}, {"decimal": ";"}]
)
def test_impossible_options(wrong):
    with pytest.raises(ValueError, match=r"must be|is"):
        checks.number_close("5", **{"expected": 5, **wrong})


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(["{}", "{:,}", "{:.6e}", "{:.4f}"])
)
def test_a_written_number_is_found(number, style):
    written = style.format(number)

    assert checks.number_close(f"It is {written}, I think.", float(written.replace(",", ""))).passed


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_read(text):
    assert all(math.isfinite(reading) for number in numbers_of(text) for reading in number.readings)
