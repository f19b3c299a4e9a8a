"""What a run says of each verdict, before the family of all is known."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.anytime import asked_for, evidence, shares_sources
from pytest_evalbars.gate.select import nothing_to_hold
from pytest_evalbars.gate.slices import metric_of, slices_of, weak_of
from pytest_evalbars.metrics.slice import NoData
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISSING, SKIPPED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.against import Against, Flips
    from pytest_evalbars.gate.anytime import Evidence
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.correct import Method
    from pytest_evalbars.gate.trust import Judges, Trust
    from pytest_evalbars.metrics.slice import Estimate, Slice
    from pytest_evalbars.run.columns import Run

#: How metrics of what judges are worth begin, and not those of what raters are.
OF_JUDGES = "judge_"
NO_BASELINE = (
    "there is no baseline to compare with; name one as `baseline` in the bars file, and write it with "
    "--evalbars-update-baseline"
)


@dataclass(slots=True)
class Draft:
    """A verdict before the family is known. It keeps no slice: those of all bars together may be large."""

    bar: Bar
    dimension: str | None
    group: str | None
    #: On what was judged, and with every other trial taken as a miss and as a pass.
    apart: Estimate | None = None
    if_missed: Estimate | None = None
    if_passed: Estimate | None = None
    #: How many trials the metric could use, and could not; how many of all were not judged, stopped, skipped, left
    #: out of the run.
    trials: int = 0
    unjudged: int = 0
    failed: int = 0
    stopped: int = 0
    skipped: int = 0
    left_out: int = 0
    #: How many judged ones rest on recorded answers.
    replayed: int = 0
    #: Why the session cannot hold the bar on this slice; empty if it can.
    why_not: str = ""
    #: Whether that is because the run holds a part of the cases only.
    in_part: bool = False
    #: How surprising so bad a slice would be if the bar held, before the family; NaN if there is no data.
    p: float = float("nan")
    #: The share of trials that pass only just, where grades tell.
    weak: float | None = None
    #: Why there is no data, where the metric says so.
    lacking: str = ""
    #: The evidence of a bar that could stop at any time; it then decides alone.
    bets: Evidence | None = None
    #: Of a bar that compares: the cases that changed.
    flips: Flips | None = None
    #: Why it is not held as one that could stop at any time, though it is such a bar; empty if it is.
    no_bets: str = ""
    #: Where judges gave its verdicts: who, and how far they may be trusted.
    trust: Trust | None = None
    #: Where its number is corrected for the judge's error: how, by how many labelled answers, and the judge's own.
    correction: Method | None = None
    labels: int = 0
    raw: Estimate | None = None
    #: What a reader must know of its judges; and why it cannot be met at launch, whatever its number.
    of_judges: tuple[str, ...] = ()
    no_launch: bool = False
    #: The same in the family; None where the verdict is not of it.
    p_missed: float | None = None
    #: How many times stricter than alone the family may be with this verdict.
    multiplicity: int = 1

    @property
    def all(self) -> list[Estimate]:
        """The estimates that must all clear the bar for it to be met, and all be proven worse for it to be missed.

        Of most metrics one end would do for each; an amount may also vary too much at the other.
        """
        return [each for each in (self.apart, self.if_missed, self.if_passed) if each is not None]


def drafts_of(
    run: Run, bar: Bar, bars: Bars, against: Against | None = None, judges: Judges | None = None
) -> Iterator[Draft]:
    """The drafts of one bar.

    Args:
        run: what is decided.
        bar: what must hold.
        bars: the table that it stands in.
        against: the run that it compares with, where there is one.
        judges: those who gave verdicts in the run, where any did.
    """
    for dimension, group, part in slices_of(run, bar):
        if bar.kind.of == "labels":
            yield _of_labels(run, bar, dimension, part, judges)
            continue
        tally = part.tally()
        draft = Draft(bar, dimension, group)
        draft.stopped, draft.skipped, draft.left_out = (int(tally[each]) for each in (STOPPED, SKIPPED, LEFT_OUT))
        draft.replayed = part.replayed()
        draft.failed = int(tally[ERROR] + tally[MISSING])
        draft.why_not = _not_enforced(run, part, draft.left_out)
        if not (draft.why_not or len(part.rows)):
            draft.why_not = nothing_to_hold(run, bar, dimension)
        draft.in_part = bool(draft.why_not)
        draft.trust = None if judges is None else judges.of(bar, part)
        try:
            if bar.compares:
                _compare(draft, part, bars, against)
            else:
                _measure(draft, part, bars)
        except NoData as none:
            draft.apart, draft.lacking, draft.unjudged = None, str(none), draft.failed
        if draft.trust is not None and draft.apart is not None:
            _judge_the_judges(draft, draft.trust)
        yield draft


def _of_labels(run: Run, bar: Bar, dimension: str | None, part: Slice, judges: Judges | None) -> Draft:
    """The draft of a bar on what people labelled: it is of the run's judge, whatever cases the run has."""
    from pytest_evalbars.gate.trust import known_judge  # noqa: PLC0415 - few runs have judges

    draft = Draft(bar, dimension, None)
    if run.second_look or judges is None or not judges.on(dimension):
        why_not = _not_enforced(run, part, int(part.tally()[LEFT_OUT]))
        draft.why_not = why_not if why_not or len(part.rows) else nothing_to_hold(run, bar, dimension)
        draft.in_part = bool(draft.why_not)
    try:
        judge, known = known_judge(dimension, judges)
        metric = getattr(import_module("pytest_evalbars.metrics.labels"), bar.metric)
        draft.apart = metric(known)
        draft.trials = sum(len(item.raters) for item in known.items)
        if judge.why_not and bar.metric.startswith(OF_JUDGES):  # of raters it is the very question
            draft.of_judges, draft.no_launch = (f"uncalibrated judge: {judge.why_not}",), True
        draft.p = (draft.apart.p_above if bar.upper else draft.apart.p_below)(bar.threshold)
    except NoData as none:
        draft.lacking = str(none)
    return draft


def _measure(draft: Draft, part: Slice, bars: Bars) -> None:
    """Ask the metric.

    Raises:
        NoData: it has nothing to say.
    """
    bar, metric = draft.bar, metric_of(draft.bar, bars, draft.dimension)
    draft.apart, draft.unjudged, draft.trials = metric.estimate(part), metric.unjudged(part), metric.trials(part)
    if draft.apart is None:
        return
    if draft.unjudged + draft.stopped:
        draft.if_missed, draft.if_passed = metric.estimate(part, "miss"), metric.estimate(part, "pass")
    if draft.trust is not None:
        _correct(draft, draft.trust, part)
    if not draft.stopped:
        draft.weak = weak_of(bars, bar, draft.dimension, part)
    if asked_for(bar, part):
        draft.no_bets = _why_no_bets(draft, part)
    if asked_for(bar, part) and not draft.no_bets:
        draft.bets = evidence(bar, metric, part, bars.alpha)
        draft.p = draft.bets.p_missed
    else:
        t = bar.threshold
        draft.p = max(each.p_above(t) if bar.upper else each.p_below(t) for each in draft.all)
    for each in draft.all if bar.kind.own else ():  # a user's: it fails here, or not at all
        each.bounds(bars.alpha)
        each.interval(bars.confidence)
        each.cases_to_settle(bar.threshold, bars.alpha, bars.alpha)


def _correct(draft: Draft, trust: Trust, part: Slice) -> None:
    """Put what people would have counted in the place of what a judge did, where that is known."""
    from pytest_evalbars.gate.correct import corrected, why_not_corrected  # noqa: PLC0415 - few runs have judges

    if draft.apart is None or trust.why_not or why_not_corrected(draft.bar, trust):
        return
    found = corrected(draft.bar, trust, part, (draft.apart, draft.if_missed, draft.if_passed))
    draft.raw, draft.apart = draft.apart, found.apart
    draft.if_missed, draft.if_passed = found.if_missed, found.if_passed
    draft.correction, draft.labels = found.method, found.labels
    draft.of_judges = found.notes


def _judge_the_judges(draft: Draft, trust: Trust) -> None:
    """Say what is to say of who gave the verdicts."""
    from pytest_evalbars.gate.correct import CORRECTED, why_not_corrected  # noqa: PLC0415 - few runs have judges

    if trust.why_not:
        draft.of_judges, draft.no_launch = (f"uncalibrated judge: {trust.why_not}",), True
    elif draft.correction is None:
        draft.of_judges = (why_not_corrected(draft.bar, trust),)
        draft.no_launch = trust.blind or (draft.bar.metric in CORRECTED and not draft.bar.compares)


def _why_no_bets(draft: Draft, part: Slice) -> str:
    """Why nothing can be bet on the cases of a slice; empty if it can."""
    if draft.correction is not None:
        return "its rate is corrected for the judge's error"
    return "some of its cases share a cluster" if shares_sources(part) else ""


def _compare(draft: Draft, part: Slice, bars: Bars, against: Against | None) -> None:
    """Ask how much worse the metric is than it was.

    Raises:
        NoData: there is nothing to compare with.
    """
    bar, metric = draft.bar, metric_of(draft.bar, bars, draft.dimension)
    if against is None:
        raise NoData(NO_BASELINE)
    draft.unjudged, draft.trials = metric.unjudged(part), metric.trials(part)
    now = metric.estimate(part)
    if now is None:
        return
    try:
        question = against.question(bar, metric, draft.dimension, draft.group, part)
    except NoData:
        if not draft.why_not and (draft.group is not None or bar.many_dimensions) and against.any:
            draft.why_not = "not enforced: new since the baseline, so there is nothing to compare with"
        raise
    draft.apart, draft.flips = question.estimate(), question.flips()
    if draft.unjudged + draft.stopped or against.unjudged_before(bar, metric, draft.dimension):
        draft.if_missed, draft.if_passed = question.estimate("miss"), question.estimate("pass")
    draft.p = max(each.p_above(bar.threshold) for each in draft.all)


def _not_enforced(run: Run, part: Slice, left_out: int) -> str:
    """Why the session cannot hold the bar on this slice; empty if it can."""
    if run.second_look:
        return "not enforced: this was a second look at cases that missed"
    if run.unseen:
        return f"not enforced: {run.unseen[0]}"
    if left_out:
        total = len(np.unique(run.case[part.rows]))
        gone = len(np.unique(run.case[part.rows[run.outcome[part.rows] == LEFT_OUT]]))
        return f"not enforced: {gone} of its {total} cases were left out of this run"
    if run.asked and not len(part.rows):
        return "not in this selection: none of the files asked for has a case of it"
    return ""
