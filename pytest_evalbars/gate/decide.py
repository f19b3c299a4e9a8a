"""The gate itself: a run held against bars.

A verdict is *met* when its one-sided bound clears the bar, *missed* when it is proven worse in the family of
all verdicts of the session, and otherwise *inconclusive*. Trials that could not be judged bound it from both
sides: it is met only if it would be with each of them a miss, missed only if with each of them a pass. So do
trials that were not started because the verdict was certain: it comes out as certain as it was.

Where a judge gave the verdicts, a rate is what people would have counted, as far as their labels tell (`correct`);
where they do not, it is what the judge counted, and is never met at launch (`trust`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.conclude import conclude, standing_of
from pytest_evalbars.gate.draft import drafts_of
from pytest_evalbars.gate.select import held_bars, narrowed
from pytest_evalbars.gate.verdict import Decision, Verdict, Word
from pytest_evalbars.run.columns import MISS
from pytest_evalbars.stats.families import two_tiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.calibration.record import Calibration
    from pytest_evalbars.gate.against import Against
    from pytest_evalbars.gate.anytime import Evidence
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.gate.draft import Draft
    from pytest_evalbars.gate.trust import Judges
    from pytest_evalbars.gate.watch import BarChange
    from pytest_evalbars.run.columns import Run


STAGES = ("testing", "launch", "none")
#: What a bar that compares says of the run that is the first one.
FIRST = "there is no baseline yet"
#: Two numbers closer than this are one.
ROUNDING = 1e-12


def decide(
    run: Run,
    bars: Bars,
    *,
    baseline: Run | None = None,
    calibration: Calibration | None = None,
    stage: str = "testing",
    strict: bool = False,
    updating: bool = False,
) -> Decision:
    """Hold every bar of the stage against a run.

    Pure: no input or output, no clock, no randomness.

    Args:
        run: what the cases said.
        bars: what must hold.
        baseline: an earlier run, for bars that compare with one.
        calibration: what is known of judges, for verdicts that a judge gave.
        stage: `testing` (is anything proven worse than its bar?), `launch` (is every bar proven met?) or
            `none` (no bar is held).
        strict: whether bars over cases that were left out of the run leave the session undecided.
        updating: whether the run is to become the baseline: bars that compare with one are then not enforced.
    """
    if stage not in STAGES:
        raise ValueError(f"stage {stage!r} is none of {', '.join(STAGES)}")
    against: Against | None = None
    changes: tuple[BarChange, ...] = ()
    if baseline is not None:
        from pytest_evalbars.gate import against as earlier  # noqa: PLC0415 - brings statistics that others do without
        from pytest_evalbars.gate.watch import changed_bars  # noqa: PLC0415

        against = earlier.Against(run, baseline, bars.renamed)
        changes = changed_bars(baseline.headers[0], bars) if baseline.headers else ()
    bars = narrowed(bars, run)
    judges: Judges | None = None
    if run.judged is not None:
        from pytest_evalbars.gate import trust  # noqa: PLC0415 - few runs have judges

        judges = trust.Judges(run, calibration)
    drafts = [draft for bar in held_bars(bars, stage) for draft in drafts_of(run, bar, bars, against, judges)]
    for draft in drafts if updating else ():
        if draft.bar.compares:
            draft.why_not = draft.why_not or "not enforced: this run is to become the baseline"
            if against is None:
                draft.lacking = FIRST
    judged = [draft for draft in drafts if draft.apart is not None and draft.bar.rule == "evidence"]
    corrected = two_tiers(
        np.array([draft.p for draft in judged]),
        np.array([draft.group is not None for draft in judged], bool),
    )
    for draft, p in zip(judged, corrected, strict=True):
        draft.p_missed = float(p)
    tiers = Counter(draft.group is not None for draft in judged)
    for draft in judged:
        draft.multiplicity = len(tiers) * tiers[draft.group is not None]
    verdicts = tuple(_verdict(run, bars, draft, stage) for draft in drafts)
    # By name: the order in which cases ran, or in which shards were named, is nobody's business.
    standing = tuple(sorted(standing_of(run, bars, MISS), key=lambda each: (each.case, each.dimension)))
    standing = standing if stage != "none" else ()
    decision = conclude(run, bars, verdicts, standing, stage, strict=strict, changes=changes)
    if judges is not None:
        decision = replace(decision, judges=judges.known)
    return decision if against is None else replace(decision, common=against.common())


def _verdict(run: Run, bars: Bars, draft: Draft, stage: str) -> Verdict:
    bar = draft.bar
    notes: list[str] = [draft.lacking] if draft.lacking else []
    word: Word = "no data"
    numbers: dict[str, object] = {}
    if draft.apart is not None:
        word = _word(bars, draft, notes, chosen=run.second_look)
        if word == "met" and draft.apart.cases < bar.min_cases:
            word = "inconclusive"
            notes.append(f"{draft.apart.cases} cases, and the bar asks for at least {bar.min_cases}")
        if word == "met" and run.unplaced and bar.kind.of != "labels":
            word = "inconclusive"
            notes.append("trials of the run are missing, and nothing tells whether they belong here")
        notes += draft.of_judges
        if word == "met" and stage == "launch" and draft.no_launch:
            word = "inconclusive"
            let = 'it is no proof, and `inconclusive = "pass"` lets it through all the same'
            notes.append(let if bar.inconclusive == "pass" else "nothing is launched on that")
        if word == "inconclusive" and stage == "launch" and bar.compares and not bar.threshold:
            notes.append(
                "only a proven gain meets max_drop = 0; leave room, as max_drop = 0.02, to launch what is as good"
            )
        numbers = {"cases": draft.apart.cases, "trials": draft.trials}
        if draft.bets is not None:
            numbers |= _betted(draft, draft.bets)
        else:
            numbers |= _possible(draft) if draft.stopped else _measured(bars, draft, word, notes)
        numbers |= {"weak": draft.weak, "flips": draft.flips}
        if run.second_look:  # of these no more would settle anything
            numbers["needed"] = None
        if draft.no_bets:
            notes.append(f"not held as a bar that may stop at any time: {draft.no_bets}")
        numbers |= _of_judges(bars, draft)
    return Verdict(
        bar=bar.name,
        dimension=draft.dimension,
        group=draft.group,
        verdict=word,
        unjudged=draft.unjudged,
        stopped=draft.stopped,
        metric_lacks=bool(draft.lacking),
        skipped=draft.skipped,
        replayed=draft.replayed,
        left_out=draft.left_out,
        enforced=not draft.why_not,
        in_part=draft.in_part,
        fails=not draft.why_not and _fails(bar, word, stage),
        notes=(*notes, draft.why_not) if draft.why_not else tuple(notes),
        spec=bar,
        **numbers,  # type: ignore[arg-type]
    )


def _measured(bars: Bars, draft: Draft, word: Word, notes: list[str]) -> dict[str, object]:
    """The numbers of a verdict on a slice that was run as planned."""
    bar, apart = draft.bar, draft.all[0]
    low, high = apart.bounds(bars.alpha)
    interval = apart.interval(bars.confidence)
    if (say := getattr(apart, "note", None)) and (words := say(bars.alpha, bar.upper)):
        notes.append(words)
    if bar.rule == "estimate" and interval[0] <= bar.threshold <= interval[1]:
        notes.append("within noise: the bar lies inside the interval")
    return {
        "estimate": apart.value,
        "before": getattr(apart, "before", None),
        "after": getattr(apart, "after", None),
        "low": low,
        "high": high,
        "interval": interval,
        "p_missed": draft.p if draft.p_missed is None else draft.p_missed,
        "needed": _needed(bars, draft) if word == "inconclusive" else None,
    }


def _of_judges(bars: Bars, draft: Draft) -> dict[str, object]:
    """What a verdict says of the judges that it rests on."""
    if draft.trust is None:
        return {}
    said: dict[str, object] = {"judge": "uncalibrated" if draft.trust.why_not else "calibrated"}
    if draft.raw is None:
        return said
    said |= {"correction": draft.correction, "labels": draft.labels}
    if not draft.stopped:  # what was seen until then is biased
        said |= {"raw": draft.raw.value, "raw_interval": draft.raw.interval(bars.confidence)}
    return said


def _possible(draft: Draft) -> dict[str, object]:
    """What the number can still be on a slice that was stopped early: an interval would be biased by that."""
    ends = (draft.if_missed, draft.if_passed)
    return {"possible": tuple(each.value for each in ends if each is not None)}


def _betted(draft: Draft, bets: Evidence) -> dict[str, object]:
    """The numbers of a verdict that could stop at any time: an interval would have to know when it might have."""
    numbers = _possible(draft) if draft.stopped else {"estimate": draft.all[0].value}
    return numbers | {"e_met": bets.met, "e_missed": bets.missed, "p_missed": draft.p_missed}


def _word(bars: Bars, draft: Draft, notes: list[str], *, chosen: bool = False) -> Word:
    """Met, missed or inconclusive, for a slice with data; of cases chosen as they missed, chance explains nothing."""
    bar, t = draft.bar, draft.bar.threshold
    if bar.rule == "estimate":
        good = all(_reaches(each.value, bar) for each in draft.all)
        bad = not any(_reaches(each.value, bar) for each in draft.all)
    else:
        if draft.bets is not None:
            good = draft.bets.met >= 1 / bars.alpha
        else:
            bounds = [each.bounds(bars.alpha) for each in draft.all]
            good = all(high <= t if bar.upper else low >= t for low, high in bounds)
        bad = draft.p_missed is not None and draft.p_missed < bars.alpha
        if not bad and draft.p < bars.alpha and not (draft.stopped or chosen):
            notes.append(
                f"it would be missed alone (p = {draft.p:.2g}), but not as one of this session's verdicts",
            )
    if bad:
        return "missed"
    if good:
        return "met"
    if draft.unjudged:
        notes += _open(draft)
    return "inconclusive"


def _open(draft: Draft) -> Iterator[str]:
    """Why trials of an inconclusive verdict are open: they could not be judged, or say nothing of the metric."""
    failed = min(draft.unjudged, draft.failed)
    silent = draft.unjudged - failed
    if failed:
        trials = "1 trial" if failed == 1 else f"{failed} trials"
        yield f"{trials} could not be judged, and could have passed or missed"
    if silent:
        trials = "1 judged trial says" if silent == 1 else f"{silent} judged trials say"
        mend = "; name the dimension of those that do" if draft.bar.all_trials else ""
        yield f"{trials} nothing of the {draft.bar.kind.words}, and could have said anything{mend}"


def _reaches(value: float, bar: Bar) -> bool:
    """Whether the bare number reaches the bar; sums of thirds may fall short of it by a rounding error."""
    return value <= bar.threshold + ROUNDING if bar.upper else value >= bar.threshold - ROUNDING


def _needed(bars: Bars, draft: Draft) -> int | None:
    """About how many cases would settle the verdict at the present rate, in the present family."""
    bar, apart = draft.bar, draft.apart
    if draft.correction is not None:
        return None  # more cases tell no more of the judge
    if apart is None or bar.rule == "estimate":
        return bar.min_cases if apart is not None and apart.cases < bar.min_cases else None
    worse, better = bars.alpha / draft.multiplicity, bars.alpha
    below, above = (better, worse) if bar.upper else (worse, better)
    needed = apart.cases_to_settle(bar.threshold, below, above)
    if needed is None:
        return None
    on_the_good_side = (apart.value < bar.threshold) == bar.upper
    needed = max(needed, bar.min_cases) if on_the_good_side else needed
    return needed if needed > apart.cases else None


def _fails(bar: Bar, word: Word, stage: str) -> bool:
    if word == "inconclusive":
        return bar.inconclusive == "fail" if bar.inconclusive else stage == "launch"
    return word != "met"
