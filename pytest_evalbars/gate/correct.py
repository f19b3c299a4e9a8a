"""Corrects what a judge counted by what people said of its verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.metrics.estimates import OfAdjusted, OfRate
from pytest_evalbars.stats.corrected import Adjusted, post_stratified, rogan_gladen, with_unjudged
from pytest_evalbars.stats.effective import case_rate
from pytest_evalbars.stats.mixed import Mixed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.trust import Trust
    from pytest_evalbars.metrics.slice import Estimate, Slice
    from pytest_evalbars.stats.effective import Rate

Method = Literal["post-stratified", "Rogan-Gladen"]
#: Metrics that count what a judge passes or misses: by how much it errs there is what labels tell.
CORRECTED = ("pass_rate", "miss_rate")


@dataclass(frozen=True, slots=True)
class Correction:
    """What people would have counted."""

    method: Method
    #: How many labelled answers it rests on.
    labels: int
    apart: Estimate
    if_missed: Estimate | None = None
    if_passed: Estimate | None = None
    notes: tuple[str, ...] = ()


def why_not_corrected(bar: Bar, trust: Trust) -> str:
    """Why a number that rests on calibrated judges is not corrected by what is known of them; empty if it can be."""
    if bar.compares or bar.metric not in CORRECTED:
        what = "a comparison" if bar.compares else f"the {bar.kind.words}"
        words = f"not corrected for the judge's error, as {what} cannot be; hold pass_rate or miss_rate beside it"
        return f"{words}; {_unproven(trust)}" if trust.blind else words
    if len(trust.items) >= FEWEST:
        return ""
    if len(trust.judges) > 1:
        return (
            f"not corrected for the errors of {len(trust.judges)} judges: fewer than {FEWEST} of these answers are "
            "labelled; label more (`evalbars review`), then run `evalbars calibrate`"
        )
    return f"not corrected for the judge's error: {_unproven(trust)}" if trust.blind else ""


def _unproven(trust: Trust) -> str:
    """Which judge is no help."""
    name = next(judge.by for judge in trust.judges if judge.blind)
    return (
        f"{name} is not proven to be better than chance on the labelled answers; label more, bad ones above all "
        "(`evalbars review --sample judge-fails`)"
    )


def corrected(
    bar: Bar, trust: Trust, part: Slice, ends: tuple[Estimate, Estimate | None, Estimate | None]
) -> Correction:
    """What people would have counted, where `why_not_corrected` says nothing.

    Args:
        bar: of passes or of misses.
        trust: who judged the slice.
        part: the slice.
        ends: the number as it is on what was judged, and with every other trial at the low and at the high end.
    """
    rates = [_turned(bar, end.rate) if isinstance(end, OfRate) else None for end in ends]
    apart, *others = rates
    assert apart is not None  # noqa: S101 - both metrics are shares
    own, elsewhere = len(trust.items) >= FEWEST, trust.judges[0].elsewhere
    known = Correction(
        "post-stratified" if own or elsewhere is None else "Rogan-Gladen",
        len(trust.items) if own or elsewhere is None else elsewhere.items,
        _estimate(bar, _by_people(trust, part, apart)),
        notes=tuple(_notes(trust, own=own)),
    )
    values = sorted(rate.value for rate in others if rate is not None)
    if not values:
        return known
    low, unjudged = values[0], min(values[-1] - values[0], 1.0)
    # The rate of what was judged: that of `apart`, but with cases as they weigh among all.
    rate = apart if unjudged == 1 else replace(apart, value=min(low / (1 - unjudged), 1.0))
    judged = _by_people(trust, part, rate)
    missed, passed = (_estimate(bar, _with_unjudged(judged, unjudged, as_pass=passes)) for passes in (False, True))
    return replace(known, if_missed=missed, if_passed=passed)


def _by_people(trust: Trust, part: Slice, rate: Rate) -> Rate | Adjusted | Mixed:
    """A pass rate as people would have it.

    Args:
        trust: who judged the slice.
        part: the slice.
        rate: of all verdicts, as they are.
    """
    if not trust.mixed:
        return _by_labels(trust, rate)
    passed, judged = part.passed(), part.judged()
    assert part.run.judged is not None  # noqa: S101 - a judge judged some of it
    by_judge = judged & (part.of(part.run.judged.by) >= 0)
    share = _rate(part, by_judge, judged)
    # Each row as its case weighs: of a case with trials of both kinds, one is in each.
    weights = 1 / np.bincount(part.of(part.run.case)[judged])[part.of(part.run.case)[judged]]
    of_judge, of_pass = by_judge[judged], passed[judged]
    counted, exact = (
        replace(_rate(part, passed, which), value=float(weights[here & of_pass].sum() / weights[here].sum()))
        for which, here in ((by_judge, of_judge), (judged & ~by_judge, ~of_judge))
    )
    return Mixed(_by_labels(trust, counted), exact, share)


def _rate(part: Slice, what: NDArray[np.bool_], among: NDArray[np.bool_]) -> Rate:
    """The share of some rows that are such."""
    sums, trials, clusters = part.by_case(what.astype(np.float64), among)
    return case_rate(sums.astype(np.int64), trials, clusters)


def _by_labels(trust: Trust, rate: Rate) -> Rate | Adjusted:
    """A judge's pass rate as people would have it."""
    if len(trust.items) >= FEWEST:
        _, human, weights, _ = columns_of(trust.items)
        return post_stratified(trust.passed, human, weights, rate, trust.cases)
    errors = trust.judges[0].elsewhere
    assert errors is not None  # noqa: S101 - else the judge is blind
    return rogan_gladen(rate, errors)


def _with_unjudged(rate: Rate | Adjusted | Mixed, share: float, *, as_pass: bool) -> Rate | Adjusted | Mixed:
    if isinstance(rate, Mixed):
        return replace(rate, unjudged=share, as_pass=as_pass)
    if isinstance(rate, Adjusted):
        return with_unjudged(rate, share, as_pass=as_pass)
    return with_unjudged(rate, share, as_pass=as_pass)


def _notes(trust: Trust, *, own: bool) -> Iterator[str]:
    """What a reader must know of a correction."""
    labels = len(trust.judges[0].items)
    if not own and not trust.items:
        yield "the labels are of other answers than these: corrected by the judge's errors there (Rogan-Gladen)"
    elif not own:
        yield (
            f"only {len(trust.items)} of these answers are labelled, and {FEWEST} are the fewest: corrected by the "
            f"judge's errors on all {labels}, as if it erred here as often as there (Rogan-Gladen)"
        )
    divided = sum(0 < item.human < 1 for item in trust.judges[0].items)
    if not own and divided:
        them = "1, which is left out: settle it" if divided == 1 else f"{divided}, which are left out: settle them"
        yield f"of the {labels} labelled answers people are divided on {them} (`evalbars labels settle`)"
    if trust.mixed:
        yield f"{trust.verdicts - trust.by_judges} of {trust.verdicts} verdicts are no judge's, and stand as they are"


def _turned(bar: Bar, rate: Rate) -> Rate:
    """A rate of passes as one of misses, and the other way round, where the bar is of misses."""
    return replace(rate, value=1 - rate.value) if bar.metric == "miss_rate" else rate


def _estimate(bar: Bar, rate: Rate | Adjusted | Mixed) -> Estimate:
    if isinstance(rate, Adjusted | Mixed):
        return OfAdjusted(rate, turned=bar.metric == "miss_rate")
    return OfRate(_turned(bar, rate))
