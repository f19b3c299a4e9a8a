"""The summary that a session and the `evalbars` command both print: a table, then verdicts in words.

It is made of blocks, which are laid out where the width is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.apart import expired_cases, quarantine_lines, saturated_line
from pytest_evalbars.report.audit import audit_lines
from pytest_evalbars.report.building.conditions import conditions
from pytest_evalbars.report.by_case import case_lines
from pytest_evalbars.report.calls import calls_lines, on_recorded
from pytest_evalbars.report.common import common_lines
from pytest_evalbars.report.evidence import details, named
from pytest_evalbars.report.flaky import flaky_line
from pytest_evalbars.report.look import second_look
from pytest_evalbars.report.model import LineTold
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.patterns import patterns_lines
from pytest_evalbars.report.served import served_lines
from pytest_evalbars.report.table import table
from pytest_evalbars.report.words import never_seen, saving, sentence, subject
from pytest_evalbars.run.columns import MISSING
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.report.model import Block, Look, Report
    from pytest_evalbars.run.columns import Run

#: Verdicts of one kind told in words before the rest is only counted.
TOLD = 10
#: Conditions that the lines at the top tell of in their own words.
TOLD_ABOVE = ("errors", "resumed", "replayed", "stopped early", "second look", "saturated left out")


def summary(
    run: Run, bars: Bars, decision: Decision, *, everything: bool = False, every_case: bool = False
) -> Iterator[Block]:
    """All that is to say of a decision.

    Args:
        run: the run.
        bars: the declared bars.
        decision: what the gate said.
        everything: show every group in the table, tell and audit every verdict, what misses have in common, and
            each case that missed or could not be judged.
        every_case: show the other cases, too.
    """
    cases = len(np.unique(run.case[run.outcome < MISSING]))
    yield _line(
        f"{count(cases, 'case')}, {count(run.trials, 'trial')}, {count(run.errors, 'error')}; "
        f"stage {decision.stage}, confidence {bars.confidence * 100:g}%",
        "warn" if run.errors else "plain",
    )
    if kinds := [each.kind for each in conditions(run, decision) if each.kind not in TOLD_ABOVE]:
        yield _line(f"mind: {', '.join(dict.fromkeys(kinds))}", "warn")
    yield from map(_line, _of_the_run(run))
    if decision.changes:
        yield from (
            _line(safe(f"bar changed: {each}"), "warn" if each.looser else "plain") for each in decision.changes
        )
    if decision.common is not None:
        yield from map(_line, common_lines(decision.common, everything=everything))
    yield from _section(table(run, bars, decision, everything=everything))
    if decision.judges:
        yield from _section(_judges(bars, decision, everything=everything))
    yield from _section(served_lines(run, bars))
    yield from _section(_predicted(run, bars, everything=everything))
    yield from _section(_never_seen(bars, decision))
    for word in ("missed", "no data", "inconclusive"):
        yield from _told(run, bars, decision, word, everything=everything)
    yield from _section(_alone(run, decision), "bad")
    yield from _section(quarantine_lines(run.quarantined), "warn")
    yield from _across_bars(run, bars, everything=everything)
    if everything or every_case:
        yield from _section(case_lines(run, every=every_case))
    if everything and decision.verdicts:
        yield from _section(_audited(run, bars, decision))
    notes = (f"note: {safe(note)}" for note in decision.notes)
    yield from _section(notes, "warn" if decision.exit_code == 0 else "bad")
    yield _line("")
    yield outcome_line(run, decision)


def _of_the_run(run: Run) -> Iterator[str]:
    """What a reader must know of the run as a whole."""
    if run.resumes:
        yield _resumed(run)
    yield from calls_lines(run)
    if run.second_look:
        yield from second_look(run)
    if run.stopped:
        yield saving(run)
    if words := saturated_line(run):
        yield words


def besides(report: Report) -> list[LineTold]:
    """What else fails the session, where something does."""
    found = report.decision.besides
    return [_line(f"besides: {safe(', '.join(found))}", "bad")] if found else []


def brief(report: Report) -> LineTold:
    """All of it in one line: what the gate said, how many verdicts are met, and what limits what that says."""
    outcome, held = report.decision, [each for each in report.bars if each.enforced]
    words = [outcome.sentence]
    if outcome.outcome in ("failed", "undecided") and held:
        words.append(f"{sum(each.verdict == 'met' for each in held)} of {count(len(held), 'verdict')} met")
    for kind in dict.fromkeys(each.kind for each in report.run.conditions):
        if kind == "errors":
            errors = count(report.run.errors, "error")
            words += [errors] if errors not in outcome.sentence else []
        elif kind != "replayed" or "on recorded answers" not in outcome.sentence:
            words.append(kind)
    look: Look = {"passed": "good", "not held": "warn"}.get(outcome.outcome, "bad")  # type: ignore[assignment]
    return _line("; ".join(words), look)


def _line(text: str, look: Look = "plain") -> LineTold:
    return LineTold(text=text, look=look)


def _section(blocks: Iterable[str | Block], look: Look = "plain") -> Iterator[Block]:
    """Blocks with a blank line before them; nothing where there are none."""
    for number, block in enumerate(blocks):
        if number == 0:
            yield _line("")
        yield _line(block, look) if isinstance(block, str) else block


def _alone(run: Run, decision: Decision) -> Iterator[str]:
    """Misses that fail the session by themselves."""
    over = expired_cases(run)
    found = {f"{each.case} on {each.dimension}": each.reason for each in decision.standing if each.case not in over}
    if found:
        yield f"MISSED, and no bar speaks of {'it' if len(found) == 1 else 'them'}: {named(list(found.items()))}"
    found = {f"{each.case} on {each.dimension}": each.reason for each in decision.standing if each.case in over}
    if found:
        yield f"MISSED, and {'its' if len(found) == 1 else 'their'} quarantine is over: {named(list(found.items()))}"


def _across_bars(run: Run, bars: Bars, *, everything: bool) -> Iterator[Block]:
    """What is to say of cases whatever bar speaks of them."""
    if flaky := flaky_line(run):
        yield from _section([flaky], "warn")
    if everything:
        yield from _section(patterns_lines(run, bars))


def _judges(bars: Bars, decision: Decision, *, everything: bool) -> Iterable[str]:
    from pytest_evalbars.report.judges import judge_lines  # noqa: PLC0415 - few suites have judges

    return judge_lines(decision, bars.confidence, everything=everything)


def _never_seen(bars: Bars, decision: Decision) -> Iterator[str]:
    """What met bars on what must not happen rest on; the others are told one by one."""
    for verdict in decision.verdicts:
        if verdict.verdict == "met" and (words := never_seen(verdict, bars.confidence)):
            yield safe(f"{subject(verdict)}: {words}")


def _resumed(run: Run) -> str:
    """How much of the run is from before it was resumed, the last time and how often."""
    last, times = run.resumes[-1], len(run.resumes)
    when = f", {times} times, at last" if times > 1 else ""
    return safe(f"resumed{when} on {last.get('resumed')}: {last.get('taken')} of {run.trials} trials are from before")


def _predicted(run: Run, bars: Bars, *, everything: bool) -> Iterable[str | Block]:
    if not (run.extras.predicted >= 0).any():
        return ()
    from pytest_evalbars.report.predictions import predicted  # noqa: PLC0415 - few suites classify

    said = predicted(run, bars)
    return () if said is None else said.lines(everything=everything)


def _audited(run: Run, bars: Bars, decision: Decision) -> Iterable[str | Block]:
    from pytest_evalbars.gate.audit import audit  # noqa: PLC0415 - few sessions ask for it

    return audit_lines(audit(run, bars, decision))


def _told(
    run: Run,
    bars: Bars,
    decision: Decision,
    word: str,
    *,
    everything: bool,
) -> Iterator[Block]:
    verdicts = [each for each in decision.verdicts if each.verdict == word]
    # What fails the session comes first, wholes before their groups; groups that fail nothing stand in the table.
    verdicts.sort(key=lambda each: (not each.fails, each.group is not None))
    told = verdicts if everything else [each for each in verdicts if each.fails or each.group is None][:TOLD]
    for verdict in told:
        yield _line("")
        line = f"{headline(verdict)}: {sentence(verdict, bars.confidence)}"
        yield _line(line, "bad" if verdict.fails else "warn")
        if verdict.fails and word != "no data":
            yield from (_line(f"    {line}") for line in details(run, bars, verdict))
    if len(verdicts) > len(told):
        yield _line(f"... and {len(verdicts) - len(told)} more {word} (-v tells all)")


def headline(verdict: Verdict) -> str:
    """`MISSED faithfulness in category es`."""
    return f"{verdict.verdict.upper() if verdict.fails else verdict.verdict} {subject(verdict)}"


def outcome_line(run: Run, decision: Decision) -> LineTold:
    """The one line a reader in a hurry looks for."""
    failing = [each for each in decision.verdicts if each.fails]
    if decision.stage == "none":
        return _line("no bar was held (stage none)", "warn")
    if decision.exit_code == 0:
        held = sum(each.enforced for each in decision.verdicts)
        if not held and decision.verdicts:
            part = " on this part of the cases" if any(each.in_part for each in decision.verdicts) else ""
            return _line(f"gate passed: no bar was enforced{part}{on_recorded(decision)}", "good")
        met = sum(each.verdict == "met" and each.enforced for each in decision.verdicts)
        open_ones = f", {held - met} inconclusive" if held > met else ""
        return _line(f"gate passed: {met} of {count(held, 'verdict')} met{open_ones}{on_recorded(decision)}", "good")
    more = f" and {len(failing) - TOLD} more" if len(failing) > TOLD else ""
    names = ", ".join(safe(each.name) for each in failing[:TOLD]) + more
    what = "gate failed" if decision.exit_code == 1 else "gate undecided, which fails the session"
    over = sum(each.case in expired_cases(run) for each in decision.standing)
    free = len(decision.standing) - over
    reasons = [
        *([names] if names else []),
        *([f"{count(free, 'miss', 'es')} without a bar"] if free else []),
        *([f"{count(over, 'miss', 'es')} after quarantine"] if over else []),
        *([f"{count(decision.errors, 'error')}"] if decision.too_many_errors else []),
    ]
    return _line(f"{what} (exit {decision.exit_code}): {'; '.join(reasons) or decision.notes[0]}", "bad")
