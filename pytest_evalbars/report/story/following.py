"""What to do next, as far as the numbers tell: concrete, and nothing that they do not ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.story.saying import TOLD, be, items, listed, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import BarTold, Report

#: How far beyond its bar a share or a score must be proven to lie before a higher bar is worth a thought.
ROOM = 0.05
#: How a line of a bar's details begins that names cases.
CASES = ("missed cases: ", "worst cases: ")


def following(report: Report) -> Iterator[str]:
    """List items, the most urgent first."""
    lines = [
        *_broken(report),
        *_misses(report),
        *_blind(report),
        *_judges(report),
        *_open(report),
        *_stages(report),
        *_room(report),
    ]
    yield from items(lines, 30)


def _kinds(report: Report) -> set[str]:
    return {condition.kind for condition in report.run.conditions}


def _broken(report: Report) -> Iterator[str]:
    """What keeps the run from being whole."""
    if report.run.errors or not report.run.complete:
        what = [
            *([f"the {count(report.run.errors, 'trial')} that could not be judged"] if report.run.errors else []),
            *(["what has no result"] if not report.run.complete else []),
        ]
        yield (
            f"Run {listed(what)} again: `--evalbars-resume` with this run's file takes over what is finished and "
            "runs the rest."
        )
    if "partial" in _kinds(report):
        yield "Run all cases to have the bars held that were left out here."


def _misses(report: Report) -> Iterator[str]:
    """Cases to look at: of what failed the session."""
    looked: dict[str, list[str]] = {}
    for bar in report.bars:
        if bar.fails and bar.verdict == "missed":
            lines = [line.partition(": ")[2] for line in bar.details if line.startswith(CASES)]
            lines += [line for line in bar.details if bar.compares and not line.startswith("why: ")]
            for line in lines[:1]:
                looked.setdefault(line, []).append(named(bar))
    for line, bars in list(looked.items())[:TOLD]:
        yield f"Look at the cases of {listed(bars)}: {line}."
    for over, also in ((False, "declare a bar that speaks of them"), (True, "renew their quarantine")):
        some = [f"{each.case} on {each.dimension}" for each in report.decision.standing if each.expired == over]
        if some:
            yield f"Mend these misses, or {also}: {listed(some, 5)}."


def _blind(report: Report) -> Iterator[str]:
    some = [named(bar) for bar in report.bars if bar.verdict == "no data" and bar.enforced]
    if some:
        yield f"Find out why nothing was judged: {listed(some, 5)}."


def _judges(report: Report) -> Iterator[str]:
    """Judges that nobody knows."""
    some = [bar.dimension or named(bar) for bar in report.bars if bar.judge == "uncalibrated"]
    some += [each.dimension for each in report.judges if each.trust == "uncalibrated"]
    if some:
        yield (
            f"Find out how often the judge errs on {listed(list(dict.fromkeys(some)))}: `evalbars review` draws a "
            "sample for people to label, `evalbars calibrate` compares. Until that is known no bar that rests on the "
            "judge is met at the launch stage."
        )


def _open(report: Report) -> Iterator[str]:
    """What would settle open verdicts."""
    some = [bar for bar in report.bars if bar.verdict == "inconclusive" and bar.enforced and bar.needed is not None]
    for bar in some[:TOLD]:
        yield (
            f"Add cases to settle {named(bar)}: about {count(bar.needed or 0, bar.counted)} in all would do, if the "
            f"number stays as it is; this run had {bar.cases}."
        )
    corrected = [bar for bar in report.bars if bar.verdict == "inconclusive" and bar.enforced and bar.correction]
    if corrected:
        names = listed([named(bar) for bar in corrected], 5)
        yield f"Label more answers (`evalbars review`) and add cases to narrow {names}."
    if report.decision.stage == "testing" and any(not bar.fails for bar in some):
        yield (
            "Or leave them open: at the testing stage an open verdict fails nothing, unless its bar says otherwise. "
            "At the launch stage it does."
        )


def _stages(report: Report) -> Iterator[str]:
    """Where the question of a launch is decided, and by what."""
    if report.decision.stage == "none":
        yield "To have bars held, run without `--evalbars-stage=none`."
    held = [bar for bar in report.bars if bar.enforced]
    if held and report.decision.stage == "testing" and report.decision.outcome == "passed":
        rest = sum(bar.proven != "met" for bar in held)
        yield (
            "Decide on a launch with `--evalbars-stage=launch`: there a bar has to be met, and bars that are "
            f"declared for launches only are held as well.{_short_of(rest, len(held))}"
        )
    if any(bar.replayed for bar in report.bars) or "replayed" in _kinds(report):
        yield "To learn how the model answers now, run with `--evalbars-calls=live`."


def _short_of(rest: int, held: int) -> str:
    return f" {rest} of {count(held, 'verdict')} here {be(rest)} not proven met." if rest else ""


def _room(report: Report) -> Iterator[str]:
    """Bars that are proven met with room to spare; one with groups would have to be so in each."""
    grouped = {bar.bar for bar in report.bars if bar.group is not None}
    some = [bar for bar in report.bars if bar.bar not in grouped and _has_room(bar)]
    if some and report.decision.outcome == "passed":
        lines = [f"{named(bar)} (the bar is {bar.threshold_words}, proven {_by(bar)})" for bar in some[:TOLD]]
        yield (
            f"If the product needs more, there is room for a stricter bar: {'; '.join(lines)}. "
            "Each bound is of this run, looked at alone."
        )


def _by(bar: BarTold) -> str:
    return f"{'at most' if bar.upper else 'at least'} {bar.bound_words}"


def _has_room(bar: BarTold) -> bool:
    if bar.proven != "met" or bar.compares or bar.unit not in ("share", "score") or not bar.bound_words:
        return False
    return bar.room is not None and bar.room >= ROOM
