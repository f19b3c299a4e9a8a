"""The axes that bars are drawn on: round, long enough, and no longer than the numbers need."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich_reports import bar, missed, rich

from pytest_evalbars.report.html.axis import axis
from pytest_evalbars.report.html.charts import charts

SHARE = st.floats(0, 1)
AMOUNT = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)
BOUNDS = (0.0, 1.0)


@pytest.mark.parametrize(
    ("core", "ends", "bounds", "low", "high"),
    [
        ([0.85, 0.935], [0.881, 0.966], BOUNDS, 0.8, 1.0),
        ([0.85, 0.314], [0.2, 0.45], BOUNDS, 0.0, 1.0),
        ([3.0, 1.24], [1.1, 1.61], None, 0.0, 4.0),
        ([0.0], [], None, -1.0, 1.0),
        ([-0.02, -0.04, 0.0], [0.01], None, -0.06, 0.02),
        ([100.0, 98.0], [], None, 97.5, 100.5),
    ],
)
def test_ticks_are_round(core, ends, bounds, low, high):
    made = axis(core, ends, bounds=bounds)
    assert (made.low, made.high) == pytest.approx((low, high))
    assert made.low == made.ticks[0]
    assert made.high == made.ticks[-1]
    step = made.ticks[1] - made.ticks[0]
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(lead, 6) in {1, 2, 2.5, 5}
    assert 3 <= len(made.ticks) <= 9


@settings(max_examples=50)
@given(st.lists(SHARE, min_size=1, max_size=9), st.lists(SHARE, max_size=9))
def test_an_axis_of_shares_holds_all_of_them_and_nothing_that_is_no_share(core, ends):
    made = axis(core, ends, bounds=BOUNDS)
    assert 0 <= made.low < made.high <= 1
    assert all(made.holds(each) for each in [*core, *ends])
    assert 2 <= len(made.ticks) <= 12


@settings(max_examples=50)
@given(st.lists(AMOUNT, min_size=1, max_size=9), st.lists(AMOUNT | st.just(math.inf), max_size=9))
def test_an_axis_of_amounts_holds_what_must_be_compared(core, ends):
    made = axis(core, ends, bounds=None)
    assert all(made.holds(each) for each in core)
    assert 2 <= len(made.ticks) <= 12
    places = [made.at(each) for each in sorted([*core, *(each for each in ends if math.isfinite(each))])]
    assert places == sorted(places)
    assert all(0 <= each <= 100 for each in places)


def test_bars_of_one_unit_share_an_axis_and_changes_have_better_on_the_right():
    made = charts(rich()).charts
    assert [each.title for each in made] == [
        "Shares",
        "Change against the baseline, in points",
        "Time",
        "Money",
        "Scores",
    ]
    (block,) = made[1].blocks
    row = block.whole
    assert row.value < row.threshold
    assert row.room[0] == row.threshold
    assert (row.span.low_open, row.span.high_open) == (True, False)
    shares = [row for block in made[0].blocks for row in [block.whole, *block.groups] if row is not None]
    assert [each.threshold for each in shares[:2]] == [85.0, 90.0]


def test_a_ceiling_has_its_room_on_the_left():
    (chart,) = charts(rich(bars=(bar(upper=True, threshold=0.1, estimate=0.02, interval=(0.0, 0.05)),))).charts
    row = chart.blocks[0].whole
    assert row.room == (0.0, row.threshold)
    assert row.value < row.threshold


def test_bars_of_the_same_are_told_apart_by_their_names():
    (chart,) = charts(rich(bars=(bar("one"), bar("two"), missed()))).charts
    assert [each.whole.about for each in chart.blocks] == ["bar one", "bar two", "set adversarial"]


def test_wholes_stand_above_their_groups_wherever_they_were_declared():
    groups = [bar(f"x[{n}]", bar="x", group=str(n), verdict="met") for n in range(3)]
    (chart,) = charts(rich(bars=(*groups, missed(), bar("x", bar="x")))).charts
    first, second = chart.blocks
    assert (first.whole.number, [each.number for each in first.groups], first.folded) == (4, [0, 1, 2], [])
    assert second.whole.number == 3
