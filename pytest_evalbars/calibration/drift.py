"""Whether a judge errs otherwise than the record knew before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.calibration.columns import columns_of
from pytest_evalbars.calibration.findings import Change, Drift, Measured
from pytest_evalbars.stats.bias import changed
from pytest_evalbars.stats.judge_error import error_rates

if TYPE_CHECKING:
    from pytest_evalbars.calibration.record import CalibratedJudge, Calibration
    from pytest_evalbars.stats.effective import Rate


def drift(judge: CalibratedJudge, before: Calibration, confidence: float) -> Drift | None:
    """Hold a judge against what the record says so far.

    The very judge is held against itself: what was labelled since against what was labelled then. One that is new is
    held against the judge of its dimension that was calibrated last. Items that both judged make the change a little
    less sure than it is.

    Args:
        judge: as it is now.
        before: the record as it was.
        confidence: of the intervals, and of what is proven.

    Returns:
        None where there is nothing to hold it against, or nothing new.
    """
    old = before.find(judge.dimension, judge.by)
    same = old is not None
    items = list(judge.items)
    if old is not None:
        known = {item.of for item in old.items}
        items = [item for item in items if item.of not in known]
    else:
        old = max(before.of_dimension(judge.dimension), key=lambda each: each.calibrated, default=None)
    if old is None or not old.items or not items:
        return None
    then, now = error_rates(*columns_of(old.items)), error_rates(*columns_of(items))
    return Drift(
        same=same,
        **old.by._asdict(),
        calibrated=old.calibrated.isoformat(),
        changed=tuple(key for key, one, other in zip(old.by._fields, old.by, judge.by, strict=True) if one != other),
        items=len(items),
        sensitivity=_change(then.sensitivity, now.sensitivity, confidence),
        specificity=_change(then.specificity, now.specificity, confidence),
        agreement=_change(then.agreement, now.agreement, confidence),
    )


def _change(then: Rate | None, now: Rate | None, confidence: float) -> Change | None:
    if then is None or now is None:
        return None
    found = changed(then, now, confidence)
    change = Measured(value=found.value, low=found.low, high=found.high, items=now.cases)
    return Change(before=then.value, after=now.value, change=change, proven=found.proven)
