"""What limits what a run's numbers say: errors, missing data, parts that were not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from pytest_evalbars.gate.conclude import lacking
from pytest_evalbars.report.apart import expired_cases, saturated_line
from pytest_evalbars.report.look import second_look
from pytest_evalbars.report.model import Condition, Kind
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.words import saving
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.shards import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run

#: The gravest first.
ORDER: tuple[Kind, ...] = (
    *("no data", "incomplete", "second look", "errors", "not run", "partial", "stopped early"),
    *("uncalibrated judge", "replayed", "saturated left out", "quarantine", "resumed", "sharded"),
)
assert set(ORDER) == set(get_args(Kind))  # noqa: S101 - none is forgotten
#: Names told before the others are only counted.
NAMED = 5


def conditions(run: Run, decision: Decision) -> Iterator[Condition]:
    """Each of them in words, the gravest first; of one kind there may be several."""
    found = [*_of_the_run(run, decision), *_of_the_cases(run, decision), *_of_answers(run, decision)]
    yield from (each for kind in ORDER for each in found if each.kind == kind)


def _of_the_run(run: Run, decision: Decision) -> Iterator[Condition]:
    if not run.trials:
        yield Condition(kind="no data", text="no case was judged")
    silent = [each.name for each in decision.verdicts if each.verdict == "no data"]
    if silent and run.trials:
        words = f"{len(silent)} of {count(len(decision.verdicts), 'verdict')} {_have(len(silent))} no data"
        yield Condition(kind="no data", text=f"{words}: {_named(silent)}")
    if not run.complete:
        yield from (Condition(kind="incomplete", text=words) for words in lacking(run))
    if run.second_look:
        found = "; ".join(second_look(run))
        words = "cases that missed or erred were run again, to look at them; no bar is held"
        yield Condition(kind="second look", text=f"{words}{f': {found}' if found else ''}")
    for why, number in run.not_run.items():
        yield Condition(kind="not run", text=f"{count(number, 'trial')} {_were(number)} not run, because {why}")
    if run.resumes:
        yield Condition(kind="resumed", text=_resumed(run))
    if shards := {shard.index for header in run.headers if (shard := shard_of(header)) is not None}:
        yield Condition(kind="sharded", text=f"merged from {count(len(shards), 'shard')} of one run")


def _resumed(run: Run) -> str:
    last, times = run.resumes[-1], len(run.resumes)
    when = f"{times} times, at last on" if times > 1 else "on"
    words = f"the run was resumed {when} {last.get('resumed')}"
    words += f": {last.get('taken')} of {count(run.trials, 'trial')} are from before"
    forced = dict.fromkeys(str(each) for line in run.resumes for each in line.get("despite") or ())
    return f"{words}; by force, although {'; '.join(forced)}" if forced else words


def _of_the_cases(run: Run, decision: Decision) -> Iterator[Condition]:
    if run.errors:
        tolerated = f"; {decision.allowed_errors} are tolerated (max_errors)" if decision.allowed_errors else ""
        words = f"{run.errors} of {count(run.trials, 'trial')} could not be judged{tolerated}"
        yield Condition(kind="errors", text=words)
    gone = left_out(run)
    if gone or run.unseen:
        here = len(np.unique(run.case[run.outcome != LEFT_OUT]))
        words = f"{gone} of {count(here + gone, 'case')} {_were(gone)} left out" if gone else ""
        unseen = f"cases that nobody can name were left out ({_named(list(run.unseen))})" if run.unseen else ""
        reported, verdicts = sum(each.in_part for each in decision.verdicts), len(decision.verdicts)
        held = f"{reported} of {count(verdicts, 'verdict')} {_were(reported)} not enforced" if reported else ""
        yield Condition(kind="partial", text="; ".join(filter(None, [words, unseen, held])))
    if run.stopped:
        yield Condition(kind="stopped early", text=saving(run))
    if words := saturated_line(run):
        yield Condition(kind="saturated left out", text=words)
    over = expired_cases(run)
    resting = {each.case for each in run.quarantined} - over
    if resting:
        yield Condition(kind="quarantine", text=f"{count(len(resting), 'case')} in quarantine: a miss fails nothing")
    if over:
        words = f"quarantine over for {count(len(over), 'case')}: a miss fails the session"
        yield Condition(kind="quarantine", text=words)


def _of_answers(run: Run, decision: Decision) -> Iterator[Condition]:
    if run.replayed_trials:
        whole = run.replayed_trials == run.trials
        words = f"{run.replayed_trials} of {count(run.trials, 'trial')} rest on recorded answers"
        again = "the model was not sampled again"
        yield Condition(kind="replayed", text=f"{words}: {'' if whole else 'for them '}{again}")
    unknown = dict.fromkeys(each.dimension for each in decision.judges if each.reason)
    if unknown:
        words = "judges gave verdicts that count as given: no labels tell how far they may be trusted"
        yield Condition(kind="uncalibrated judge", text=f"on {_named(list(unknown))} {words}")


def left_out(run: Run) -> int:
    """How many cases were collected and left out of the run altogether."""
    gone = np.unique(run.case[run.outcome == LEFT_OUT])
    return len(gone) - int(np.isin(gone, run.case[run.outcome != LEFT_OUT]).sum())


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"
