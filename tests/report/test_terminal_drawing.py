"""Drawn intervals, read back as a person reads them: where the number is, and on which side of its bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.report.drawing import DRAWN, LEAST, MOST, PLAIN, axis_of, draw
from pytest_evalbars.report.model import Drawn

SHARES = st.floats(0, 1)
GLYPHS = pytest.mark.parametrize("glyphs", [DRAWN, PLAIN], ids=["signs", "ascii"])


def drawn(low, value, high, threshold):
    return Drawn(low=low, value=value, high=high, threshold=threshold)


DRAWINGS = st.tuples(st.lists(SHARES, min_size=3, max_size=3).map(sorted), SHARES).map(
    lambda each: drawn(*each[0], each[1])
)


def seen(row, glyphs):
    """The cells of the interval, of the number and of the bar."""
    number = {glyphs.point, glyphs.on}
    interval = {glyphs.line, glyphs.crossed, *number}
    bar = {glyphs.mark, glyphs.crossed, glyphs.on}
    return [[at for at, cell in enumerate(row) if cell in cells] for cells in (interval, number, bar)]


def side(cells, bar):
    """Whether cells lie below the bar, above it, or on both sides or on it."""
    return "below" if max(cells) < bar else "above" if min(cells) > bar else "across"


def truth(low, high, threshold):
    return "below" if high < threshold else "above" if low > threshold else "across"


@GLYPHS
@given(row=DRAWINGS, others=st.lists(DRAWINGS, max_size=3), cells=st.integers(LEAST, MOST))
def test_an_interval_is_drawn_on_the_side_of_its_bar_on_which_it_lies(glyphs, row, others, cells):
    axis = axis_of([row, *others], cells)
    text = draw(row, axis, glyphs)
    interval, number, bar = seen(text, glyphs)
    assert len(text) == cells
    assert set(text) <= set(glyphs)
    assert len(number) == len(bar) == 1
    assert interval == list(range(interval[0], interval[-1] + 1))
    close = any(0 < abs(each - row.threshold) < 1e-8 for each in (row.low, row.value, row.high))
    if not close:
        assert side(interval, bar[0]) == truth(row.low, row.high, row.threshold)
        assert side(number, bar[0]) == truth(row.value, row.value, row.threshold)


@given(rows=st.lists(DRAWINGS, min_size=1, max_size=5), cells=st.integers(LEAST, MOST))
def test_the_axis_has_room_for_all_and_says_where_it_ends(rows, cells):
    axis = axis_of(rows, cells)
    assert 0 <= axis.low < axis.high <= 1
    for each in rows:
        assert axis.low - 1e-6 <= min(each.low, each.threshold) <= max(each.high, each.threshold) <= axis.high + 1e-6
    head = axis.head(DRAWN)
    assert len(head) == cells
    assert (head.split(" ")[0], head.split(" ")[-1]) == (f"{axis.low:.0%}", f"{axis.high:.0%}")
    assert abs(axis.low * 20 - round(axis.low * 20)) < 1e-9  # a multiple of 5%


def test_what_a_person_sees():
    axis = axis_of([drawn(0.82, 0.9, 0.97, 0.85), drawn(0.61, 0.7, 0.8, 0.85)], 20)
    assert axis.head(DRAWN) == "60% ··········· 100%"
    assert draw(drawn(0.82, 0.9, 0.97, 0.85), axis, DRAWN) == "···········━┿━━●━━━·"
    assert draw(drawn(0.61, 0.7, 0.8, 0.85), axis, DRAWN) == "━━━━━●━━━━━·│·······"
    assert draw(drawn(0.851, 0.852, 0.853, 0.85), axis, DRAWN) == "············│●······"
    assert draw(drawn(0.847, 0.848, 0.849, 0.85), axis, DRAWN) == "···········●│·······"
    assert draw(drawn(0.82, 0.85, 0.97, 0.85), axis, DRAWN) == "···········━◆━━━━━━·"
    assert draw(drawn(0.82, 0.9, 0.97, 0.85), axis, PLAIN) == "...........=+==o===."
    assert draw(drawn(0.61, 0.7, 0.8, 0.85), axis, PLAIN) == "=====o=====.|......."
