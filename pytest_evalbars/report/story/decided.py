"""What was decided, and what that does and does not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.standing import standing_parts
from pytest_evalbars.report.story.saying import about, be, begun, distrusted, ended, items, listed, metric, named
from pytest_evalbars.report.story.saying import held as held_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import BarTold, DecisionTold, Outcome, Report

#: Verdicts that are named before they are only counted.
NAMED = 5


def decided(report: Report) -> Iterator[str]:
    """The outcome first, then what it rests on."""
    decision = report.decision
    held = [bar for bar in report.bars if bar.enforced]
    if decision.besides:
        also = ", whatever its gate says" if not decision.exit_code else " also for what no bar speaks of"
        code = f" (exit {decision.session_exit})" if decision.session_exit else ""
        yield f"The session fails{also}{code}: {listed(decision.besides)}."
    match _of_the_gate(decision):
        case "not held":
            yield "No bar was held (stage none): this run tells how things stand, and decides nothing."
        case "passed":
            yield f"The gate passed{_stage(report)}."
            yield from _passed(report, held)
        case "failed":
            yield f"The gate failed{_stage(report)} (exit {decision.exit_code}):"
            yield from items(list(_why(report)) or list(map(ended, decision.notes[:1])))
            yield from _as_well(held, report)
        case "undecided":
            yield (
                f"The gate is undecided{_stage(report)}, which fails the session (exit {decision.exit_code}): "
                "nothing enforced is missed, and not all that was asked is known."
            )
            yield from items(list(_why(report)) or list(map(ended, decision.notes[:1])))
            yield from _as_well(held, report)


def _of_the_gate(decision: DecisionTold) -> Outcome:
    """What the gate says, whatever else fails the session."""
    if not decision.exit_code:
        return "not held" if decision.stage == "none" else "passed"
    return "failed" if decision.exit_code == 1 else "undecided"


def _stage(report: Report) -> str:
    return f" at the {report.decision.stage} stage"


def _passed(report: Report, held: list[BarTold]) -> Iterator[str]:
    if not held:
        some = (
            f", though {count(len(report.bars), 'verdict')} {be(len(report.bars))} told below" if report.bars else ""
        )
        yield f"No bar was held{some}: that it passed says only that nothing else failed the session."
        return
    sure = sum(bar.proven == "met" for bar in held)
    every = "the one verdict is" if sure == 1 else f"all {sure} verdicts are"
    testing = report.decision.stage == "testing"
    if testing:
        yield "This stage asks whether anything is shown to be worse than its bar; nothing is."
    else:
        yield "This stage asks whether every bar is met, and lets an open verdict through only where its bar says so."
    if sure == len(held):
        yield (
            f"It asks for no proof that the bars are met, but it is there: {every} proven met."
            if testing
            else (f"{begun(every)} proven met.")
        )
    else:
        rest = len(held) - sure
        some = f"{sure} of {count(len(held), 'verdict')} {be(sure)} proven met, and {rest} {be(rest)} not"
        some = some if sure else f"none of {count(len(held), 'verdict')} is proven met"
        yield f"It asks for no proof that the bars are met: {some}." if testing else f"{some}."


def _why(report: Report) -> Iterator[str]:
    """What failed it, a sentence each."""
    failing = [bar for bar in report.bars if bar.fails]
    unproven = [bar for bar in failing if bar.verdict == "missed" and bar.proven is None]
    for words, bars in (
        ("Proven missed", [bar for bar in failing if bar.proven == "missed"]),
        ("Missed by the bare number", [bar for bar in unproven if not distrusted(bar)]),
        ("Missed as a judge counts of which nobody knows how often it errs", list(filter(distrusted, unproven))),
        ("Open, which is not enough here", [bar for bar in failing if bar.verdict == "inconclusive"]),
        ("Without data", [bar for bar in failing if bar.verdict == "no data"]),
    ):
        if bars:
            yield f"{words}: {_short(bars)}."
    free, over = standing_parts(report.decision)
    if free:
        yield (
            f"{count(free, 'miss', 'es')} {'fails' if free == 1 else 'fail'} the session without a bar: a "
            "regression case that no bar speaks of stands for itself."
        )
    if over:
        yield f"{count(over, 'miss', 'es')} {'fails' if over == 1 else 'fail'} the session as quarantine is over."
    if report.run.errors > report.decision.allowed_errors:
        yield (
            f"{count(report.run.errors, 'trial')} could not be judged, and max_errors allows "
            f"{report.decision.allowed_errors or 'none'}."
        )
    if not report.run.complete:
        yield "The run is incomplete."


def _short(bars: list[BarTold]) -> str:
    """`faithfulness, pass rate 78.0% where the bar is at least 85%; refusal, ...`."""
    told = []
    for bar in bars[:NAMED]:
        number = bar.possible_words or bar.change_words or bar.estimate_words
        told.append(f"{about(bar)}, {metric(bar)}{number} where {held_to(bar)}" if number else named(bar))
    more = [f"and {len(bars) - NAMED} more"] if len(bars) > NAMED else []
    return "; ".join([*told, *more])


def _as_well(held: list[BarTold], report: Report) -> Iterator[str]:
    """What is proven all the same."""
    sure = [bar for bar in held if bar.proven == "met"]
    if 0 < len(sure) <= NAMED:
        yield f"Proven met: {listed([named(bar) for bar in sure])}."
    elif sure:
        yield f"{len(sure)} of {count(len(held), 'verdict')} are proven met."
    if report.decision.stage == "testing" and any(bar.verdict == "inconclusive" for bar in held):
        open_ones = sum(bar.verdict == "inconclusive" and not bar.fails for bar in held)
        if open_ones:
            yield f"{count(open_ones, 'verdict')} {be(open_ones)} open, which fails nothing at this stage."
