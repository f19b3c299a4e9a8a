"""What an answer must hold, must not hold, must match, and how long it may be."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars import checks
from pytest_evalbars.checks.sentences import sentences_of
from pytest_evalbars.checks.wording import fold

SAID = [
    ("You have  THIRTY\ndays.", "thirty days"),
    ("Don’t worry", "don't worry"),  # noqa: RUF001
    ("an e\u0301tude", "étude"),
    ("STRASSE", "straße"),
    ("ﬁne print", "fine print"),
    ("30\u00a0days", "30 days"),
    ("well\u2011known", "well-known"),
    ("re\u00adfund", "refund"),
    ("pay\u200bment", "payment"),
    ("\u202eabc\u202c", "abc"),
    ("It costs 1,500 euros", "1,500"),
    ("within 30 days.", "30"),
]
NOT_SAID = [("in 130 days", "30 days"), ("5.5 percent", "5"), ("1,500", "1"), ("version 3.11", "3"), ("no", "yes")]


@pytest.mark.parametrize(("answer", "text"), SAID)
def test_said_is_found_however_it_is_typed(answer, text):
    assert checks.contains(answer, text) == (True, 1.0, "")
    assert not checks.excludes(answer, text).passed


@pytest.mark.parametrize(("answer", "text"), NOT_SAID)
def test_a_number_is_found_whole_only(answer, text):
    assert not checks.contains(answer, text).passed
    assert checks.excludes(answer, text).passed


def test_several_texts_any_or_all_and_which_are_missing():
    result = checks.contains("red and blue", ["red", "green", "blue", "pink"])

    assert result == (False, 0.5, 'does not say: "green"; "pink"')
    assert checks.contains("red and blue", ["red", "green"], need="any").passed
    assert checks.contains("red", ["pink"], need="any").reason == 'says none of: "pink"'
    assert checks.excludes("red", ["red", "pink"]) == (False, 0.5, 'says: "red"')


def test_a_result_is_true_where_it_passed():
    assert checks.contains("a", "a")
    assert not checks.contains("a", "b")


def test_whole_words_and_exact_text():
    assert checks.contains("a start", "art").passed
    assert not checks.contains("a start", "art", words=True).passed
    assert not checks.contains("Refund", "refund", exact=True).passed


def test_patterns():
    assert checks.matches("order A-77", r"[A-Z]-\d+").passed
    assert not checks.matches("order A-77", r"[A-Z]-\d+", whole=True).passed
    assert checks.matches(" A-77\n", re.compile("a-77", re.IGNORECASE), whole=True).passed
    assert checks.matches("no", r"\d").reason == r'does not match "\d": "no"'
    with pytest.raises(re.error):
        checks.matches("no", "(")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith paid $3.50. He left!", ["Dr. Smith paid $3.50.", "He left!"]),
        ("See e.g. Python 3.11.7 in No. 5. Really?", ["See e.g. Python 3.11.7 in No. 5.", "Really?"]),
        ("The answer is no. You must pay.", ["The answer is no.", "You must pay."]),
        ("1. Do this\n2. Do that", ["Do this", "Do that"]),
        ("“Quoted.” **Bold.** Next", ["“Quoted.”", "**Bold.**", "Next"]),
        ("これは文です。次の文。", ["これは文です。", "次の文。"]),
        ("wrapped\nline\n\nparagraph", ["wrapped\nline", "paragraph"]),
        ("...", []),
    ],
)
def test_sentences(text, sentences):
    assert sentences_of(text) == sentences


def test_length():
    answer = "It's a state-of-the-art offer. Take it."

    assert checks.length(answer, words=(6, 6), sentences=2, characters=(None, 39)) == (True, None, "")
    assert checks.length(answer, words=(10, None)).reason == "6 words, fewer than 10"
    assert checks.length("今日は", words=3, characters=3).passed
    assert checks.length("e\u0301" * 5, characters=5).passed
    assert checks.length("", words=(1, None)).reason == "0 words, fewer than 1"
    for wrong in ({}, {"words": (5, 2)}):
        with pytest.raises(ValueError, match=r"no limit|can never fit"):
            checks.length(answer, **wrong)


@pytest.mark.parametrize("answer", [None, 3, b"text", ["text"]])
def test_no_text_is_an_error_never_a_miss(answer):
    for check in (
        lambda: checks.contains(answer, "a"),
        lambda: checks.json_valid(answer),
        lambda: checks.number_close(answer, 1),
        lambda: checks.python_passes(answer, "assert f()"),
        lambda: checks.grounded(answer, ["a"]),
        lambda: checks.refuses(answer),
        lambda: checks.language(answer, "en"),
    ):
        with pytest.raises(TypeError, match="a check reads text, and"):
            check()


def test_nothing_to_look_for_is_an_error():
    for texts in ([], "", ["a", " "]):
        with pytest.raises(ValueError, match="say what to look for"):
            checks.contains("any", texts)
    with pytest.raises(ValueError, match='"all" or "any"'):
        checks.contains("any", "a", need="some")


@given(
    st.text(),
    st.text(min_size=1).filter(lambda text: text.strip() and not text[0].isdigit() and not text[-1].isdigit()),
)
def test_what_is_put_in_is_found_when_nothing_is_folded(around, text):
    assert checks.contains(around + text + around, text, exact=True).passed


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    once = fold(text)

    assert checks.contains(text, once or "-").passed or not once or once[0].isdigit() or once[-1].isdigit()


HOSTILE = [
    "x" * 10_000_000,
    "\ud800" * 10_000_000,
    "\u0300\u0316" * 400_000,
    "a. " * 3_000_000,
    "\x00" * 1000,
    "\u202e" * 999,
]


@pytest.mark.parametrize("answer", HOSTILE, ids=["long", "surrogates", "marks", "sentences", "nul", "bidi"])
@pytest.mark.parametrize(
    "check",
    [
        lambda text: checks.contains(text, "needle"),
        lambda text: checks.excludes(text, "needle"),
        lambda text: checks.matches(text, "needle"),
        lambda text: checks.length(text, words=(3, 5), characters=(3, 5), sentences=(9, 9)),
        checks.json_valid,
        checks.sql_parses,
        lambda text: checks.number_close(text, 7),
        lambda text: checks.grounded(text, ["The needle is here."]),
        lambda text: checks.cites(text, ["The needle is here."]),
        checks.refuses,
        checks.hands_over,
        lambda text: checks.language(text, "fr"),
    ],
)
def test_hostile_texts_end_soon_with_a_short_reason(check, answer):
    begin = time.monotonic()
    result = check(answer)

    assert time.monotonic() - begin < 10
    assert len(result.reason) < 600
    assert result.reason.isprintable()
