"""What all verdicts of a run add up to: its exit code, and what the reader must know of the run as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import stands_alone
from pytest_evalbars.gate.verdict import UNDECIDED, Decision, Standing
from pytest_evalbars.run.columns import ERROR, STOPPED
from pytest_evalbars.run.reasons import group_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.gate.watch import BarChange
    from pytest_evalbars.run.columns import Run

#: Of verdicts of cases that stand for themselves.
FREE = "that no bar speaks of were"
#: Missing trials named before the others are only counted.
NAMED = 5
#: Errors whose reasons are read for the most frequent one.
READ = 10_000


def standing_of(run: Run, bars: Bars, outcome: int) -> Iterator[Standing]:
    """Misses (or another outcome) of regression cases on dimensions that no bar speaks of."""
    missed: NDArray[np.int64] = np.flatnonzero((run.outcome == outcome) & ~run.expected)
    if not len(missed):
        return
    kinds = np.bincount(run.dimension[missed] * len(run.labelsets) + run.labelset[missed])
    pairs = [divmod(int(kind), len(run.labelsets)) for kind in np.flatnonzero(kinds)]
    alone = {(d, s) for d, s in pairs if stands_alone(bars, run.dimensions[d], run.labelsets[s])}
    if not alone:
        return
    for row in map(int, missed):
        if (int(run.dimension[row]), int(run.labelset[row])) in alone:
            dimension = run.dimensions[int(run.dimension[row])]
            yield Standing(run.name(row), dimension, run.reasons.get(row, ""))


def _missing(run: Run) -> Iterator[str]:
    """Which trials have no result: those that were kept from starting by the reason, others by name."""
    held = [
        f"{'1 trial' if number == 1 else f'{number} trials'}, because {why}" for why, number in run.not_run.items()
    ]
    if held:
        mend = "" if run.unfinished else "; go on with --evalbars-resume"
        yield f"the run is incomplete; not run: {' and '.join(held)}{mend}"
    rest = len(run.missing) - sum(run.not_run.values())
    if rest > 0:
        more = "more " if held else ""
        trials = f"1 {more}planned trial has" if rest == 1 else f"{rest} {more}planned trials have"
        names = ", ".join(run.missing[:NAMED]) + (" ..." if len(run.missing) > NAMED else "")
        yield f"the run is incomplete: {trials} no result" + ("" if held else f": {names}")


def lacking(run: Run) -> Iterator[str]:
    """Why the run is not whole."""
    for shard in run.unfinished:
        yield (
            f"the run is incomplete: {shard} did not come to its end with all its results; go on with it: "
            f"--evalbars-shard={shard.index}/{shard.of} --evalbars-resume=ITS-RUN-FILE"
        )
    if run.missing:
        yield from _missing(run)
    elif run.torn:
        yield "the run is incomplete: its last line was cut off, and is left out"
    elif not run.complete:
        yield "the run is incomplete: it has no end line, so its session was killed or still runs"
    elif not run.trials:
        yield "no case was judged"


def conclude(
    run: Run,
    bars: Bars,
    verdicts: tuple[Verdict, ...],
    standing: tuple[Standing, ...],
    stage: str,
    *,
    strict: bool,
    changes: tuple[BarChange, ...],
) -> Decision:
    allowed = bars.allowed_errors(run.trials + run.stopped)
    code = 0
    notes: list[str] = []
    notes += lacking(run)
    open_question = not (run.trials or run.missing or run.torn or run.second_look) and run.complete
    forced = dict.fromkeys(str(words) for line in run.resumes for words in line.get("despite") or ())
    notes += [f"the run was resumed by force, although {words}" for words in forced]
    if run.stopped and stage != "none" and (untold := sum(1 for _ in standing_of(run, bars, STOPPED))):
        # Under the bars of the session none of them was: these are others.
        these = "1 verdict that no bar speaks of was" if untold == 1 else f"{untold} verdicts {FREE}"
        notes.append(f"{these} not given, as the session stopped early under other bars")
        open_question = True
    if count := sum(each.in_part for each in verdicts):
        notes.append(f"{count} of {len(verdicts)} verdicts are reported, not enforced: this is a part of the cases")
        open_question |= strict
    if strict and (loose := [each.bar or "the table" for each in changes if not each.explained]):
        notes.append(
            f"looser than in the baseline, and no new `why` tells the reason: {', '.join(loose)}; give each one, or "
            "let a reviewer see --evalbars-update-baseline"
        )
        open_question = True
    open_question |= not run.complete or any(each.fails for each in verdicts)
    if run.errors > allowed:
        tolerated = f", {allowed} are tolerated (max_errors)" if bars.max_errors else ""
        notes.append(f"{run.errors} of {run.trials} trials could not be judged{tolerated}{_mostly(run)}")
    if run.replayed_trials and stage == "launch":
        notes.append(
            f"{run.replayed_trials} of {run.trials} trials replay recorded answers: what is launched was not asked "
            "again, and the verdicts are as good as the recording"
        )
    if standing or run.errors > allowed or any(each.fails and each.verdict == "missed" for each in verdicts):
        code = 1
    elif open_question and stage != "none":
        code = UNDECIDED
    return Decision(
        exit_code=code,
        verdicts=verdicts,
        stage=stage,
        complete=run.complete,
        standing=standing,
        errors=run.errors,
        allowed_errors=allowed,
        replayed=run.replayed_trials,
        stopped=run.stopped,
        notes=tuple(notes),
        changes=changes,
    )


def _mostly(run: Run) -> str:
    """What most errors say: one outage makes many of them, and a reader wants to know which."""
    rows = np.flatnonzero(run.outcome == ERROR)[:READ]
    groups = group_reasons(run, rows).groups
    return f"; most often: {groups[0].example}" if groups and groups[0].example else ""
