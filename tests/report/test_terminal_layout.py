"""The summary laid out for terminals of any width, and for logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.report.layout import columns_of, folded, laid_out
from pytest_evalbars.report.model import Drawn, LineTold, RowTold, TableTold
from pytest_evalbars.report.screen import Screen

HEADS = ("dimension", "slice", "cases", "value", "95% interval", "", "bar", "verdict")
ALIGN = "llrrllll"


def row(dimension, name, word="met", aside="", look="plain"):
    drawn = Drawn(value=0.9, low=0.82, high=0.97, threshold=0.85)
    cells = (dimension, name, "200", "90.0%", "82.0% to 97.0%", drawn, ">= 85%", word)
    return RowTold(cells=cells, sign=word.lower(), aside=aside, look=look)


def table(*rows):
    return TableTold(heads=HEADS, align=ALIGN, rows=rows, names=(0, 1))


def lines(blocks, **screen):
    return [line.text for line in laid_out(blocks, Screen(**screen))]


SHORT = table(row("accuracy", "all"), row("tone", "  es", "MISSED", look="bad"))
LONG = table(
    row("faithfulness to sources", "share at or above adequate: category refund disputes", "MISSED", "not enforced"),
    row("accuracy", "all", "inconclusive", "partly replayed, not enforced, uncalibrated judge"),
)


def test_numbers_are_never_lost_and_words_say_what_colour_says():
    for width in (40, 60, 80, 100, 120, 200):
        for fixed in (True, False):
            for signs in (True, False):
                text = "\n".join(lines([LONG], width=width, fixed=fixed, signs=signs))
                for words in ("200", "90.0%", "82.0% to 97.0%", ">= 85%", "MISSED", "inconclusive", "not enforced"):
                    assert words in text
                assert text.isascii() == (not signs)


@pytest.mark.parametrize("width", [100, 110, 120, 200])
def test_a_table_fits_its_terminal(width):
    assert max(map(columns_of, lines([LONG], width=width, fixed=True))) <= width
    assert max(map(columns_of, lines([SHORT], width=width, fixed=True))) <= width


def test_the_drawing_goes_first_then_names_are_folded_then_asides_stand_below():
    wide, eighty = lines([LONG], width=240, fixed=True), lines([LONG], width=80, fixed=True)
    assert "●" in wide[1]
    assert "category refund disputes" in wide[1]
    assert wide[2].endswith("? inconclusive (partly replayed, not enforced, uncalibrated judge)")
    assert "●" not in "".join(eighty)
    assert eighty[1].startswith("faithfulness  share at or  ")
    assert eighty[1].endswith(">= 85%  ✗ MISSED")
    assert [line.split() for line in eighty[2:6]] == [
        ["to", "sources", "above"],
        ["adequate:"],
        ["category"],
        ["refund"],
    ]
    assert eighty[6:8] == ["              disputes", "    (not enforced)"]
    assert eighty[9] == "    (partly replayed, not enforced, uncalibrated judge)"


def test_a_log_gets_whole_names_on_one_line():
    (_, first, second) = lines([LONG], width=80)
    assert "share at or above adequate: category refund disputes" in first
    assert second.endswith("(partly replayed, not enforced, uncalibrated judge)")


def test_drawings_stand_below_an_axis_that_says_its_ends():
    head, first, second = lines([SHORT], width=120)
    assert head[head.index("80%") :].startswith("80% ")
    place = head.index("80%")
    assert "100%" in head[place:]
    assert first[place : place + 24] == second[place : place + 24]
    assert "✓ met" in first
    assert "✗ MISSED" in second
    head, first, second = lines([SHORT], width=120, signs=False)
    assert "+ met" in first
    assert "x MISSED" in second


def test_long_sentences_are_wrapped_on_terminals_only():
    told = LineTold(text="    why: " + "word " * 30, look="bad")
    assert lines([told], width=60) == [told.text]
    wrapped = list(laid_out([told], Screen(width=60, fixed=True)))
    assert len(wrapped) > 2
    assert all(line.look == "bad" and columns_of(line.text) <= 60 for line in wrapped)
    assert wrapped[0].text.startswith("    why: word")
    assert all(line.text.startswith("        word") for line in wrapped[1:])
    assert " ".join(" ".join(line.text.split()) for line in wrapped) == " ".join(told.text.split())


def test_wide_characters_take_their_two_columns():
    blocks = [table(row("正確さ", "全部"), row("tone", "all"))]
    _, first, second = lines(blocks, width=120)
    assert columns_of(first.partition("200")[0]) == columns_of(second.partition("200")[0])
    assert columns_of("正確さ") == 6
    assert columns_of("e\u0301") == 1
    assert folded("  返金についての質問", 8) == ["  返金に", "  ついて", "  の質問"]


def test_a_count_of_groups_makes_no_column_wider():
    counted = RowTold(cells=("", "  + 200 groups: all met, lowest refund disputes 91.2%", *[""] * 6))
    head, _, last = lines([table(row("accuracy", "all"), counted)], width=80)
    assert head.startswith("dimension  slice  cases")
    assert last == "             + 200 groups: all met, lowest refund disputes 91.2%"


@given(st.text(max_size=60), st.integers(8, 70))
def test_a_folded_name_fits_and_loses_nothing(text, width):
    found = folded(text, width)
    inset = len(text) - len(text.lstrip())
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(columns_of(line) <= max(width, inset + 2) for line in found)
