"""What sways a judge: the place of an answer, its length, chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.calibration.findings import Consistency, Counted, Measured, Position, Trend, Verbosity
from pytest_evalbars.stats import bias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_evalbars.calibration.findings import Source
    from pytest_evalbars.calibration.record import CalibratedItem
    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.stats import trend


def position(verdicts: Iterable[Verdict], confidence: float) -> Position | None:
    """Whether a judge of pairs prefers a place; None where it judged none.

    Args:
        verdicts: its own; the same pair counts once, however often it was judged.
        confidence: of the interval, and of what is called a bias.
    """
    orders = {each.of: each.orders[0] for each in verdicts if each.orders and set(each.orders[0]) <= PLACES}
    if not orders:
        return None
    one, other = ([each[order] for each in orders.values()] for order in (0, 1))
    found = bias.position(one, other, confidence)
    return Position(
        pairs=found.pairs,
        flips=Measured(value=found.flip_rate, low=found.low, high=found.high, items=found.pairs),
        first=Counted(same=found.first, of=found.flips),
        p=found.p,
        biased=found.p < 1 - confidence,
    )


PLACES = frozenset({bias.FIRST, bias.SECOND, bias.TIE})


def verbosity(items: Iterable[CalibratedItem], confidence: float) -> Verbosity | None:
    """Whether verdicts go with the length of answers that people say the same of; None where no length is known."""
    known = [item for item in items if item.chars is not None]
    if not known:
        return None
    judged = np.array([item.judged for item in known], bool)
    found = bias.verbosity(judged, [item.human for item in known], [item.chars or 0 for item in known])
    both = [_trend(each, confidence) for each in (found.passed, found.missed)]
    return Verbosity(good=both[0], bad=both[1]) if any(both) else None


def _trend(found: trend.Trend | None, confidence: float) -> Trend | None:
    if found is None:
        return None
    passed = tuple(passes / items for passes, items in zip(found.passes, found.items, strict=True))
    # It is looked for twice: among good answers and among bad ones.
    return Trend(items=sum(found.items), passed=passed, z=found.z, p=found.p, biased=found.p < (1 - confidence) / 2)


def consistency(
    words: Sequence[Sequence[str]], source: Source, confidence: float, left_out: Mapping[str, int] | None = None
) -> Consistency | None:
    """What a judge says when it is asked the same again; None where it was not.

    Args:
        words: of each item, what it said each time.
        source: where they come from.
        confidence: of the intervals.
        left_out: how many items could not be asked, by the reason.
    """
    asked = [each for each in words if len(each) > 1]
    if not asked:
        return None
    codes = {word: code for code, word in enumerate(sorted({word for each in asked for word in each}))}
    votes = np.full((len(asked), max(map(len, asked))), -1)
    for row, each in zip(votes, asked, strict=True):
        row[: len(each)] = [codes[word] for word in each]
    found = bias.self_consistency(votes, confidence)
    return Consistency(
        source=source,
        items=found.items,
        times=found.verdicts / found.items,
        differ=Measured(value=found.differ, low=found.differ_low, high=found.differ_high, items=found.items),
        unstable=Measured(value=found.flip_rate, low=found.low, high=found.high, items=found.items),
        left_out=dict(left_out or {}),
    )
