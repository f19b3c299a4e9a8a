"""The record of each case: what it always does, since when, and where it changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.history.records import CaseRecord, History, Told

#: So many judged runs in a row must agree before a case that was flaky counts as steady again.
STEADY = 10
Word = Literal["always passes", "flaky", "always misses", "not judged"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a case does on one dimension, since it last asked something else than before.

    It is flaky if within some run its trials disagree, or it went back and forth between runs, and it has not been
    steady since for `STEADY` runs. One that changed once, and stays, is not: it passes now, or misses now.
    """

    case: str
    dimension: str
    test: str
    file: str
    status: str
    category: str | None
    word: Word
    #: The first run of which the word holds, as an index into the runs of the history, and how many judged runs it
    #: holds of; their passes and judged trials. All runs of a case that was not judged.
    since: int
    runs: int
    passes: int
    trials: int
    #: The last judged run before that in which it did something else, None if there is none.
    before: int | None
    #: The first run in which it asked what it asks now, and whether it asked something else before.
    born: int
    changed: bool
    #: The last run that has it, and trials of that run that could not be judged.
    last: int
    errors: int
    #: Whether later whole runs of the project, or of its test file, have it no more.
    gone: bool


def standings(history: History) -> list[Standing]:
    """Where each case stands, by dimension and case."""
    whole = {index for index, run in enumerate(history.runs) if run.whole and run.complete}
    newest = max((index for index in whole if history.runs[index].everything), default=0)
    # A run of some files says which cases they hold, and nothing of other files.
    of_file: dict[str, int] = defaultdict(int)
    for record in history.records:
        last = next((each.run for each in reversed(record.told) if each.run in whole), 0)
        of_file[_file(record)] = max(of_file[_file(record)], last)
    found = [_standing(record, max(newest, of_file[_file(record)])) for record in history.records]
    return sorted(found, key=lambda one: (one.dimension, one.case))


def _standing(record: CaseRecord, newest: int) -> Standing:
    start = _life(record.told)
    life = record.told[start:]
    judged = [one for one in life if one.trials]
    first = _streak(judged)
    streak = judged[first:] or life
    last, word = life[-1], _word(streak)
    return Standing(
        record.case,
        record.dimension,
        record.test,
        record.file,
        last.status,
        last.category,
        word,
        since=streak[0].run,
        runs=len(streak),
        passes=sum(one.passes for one in streak),
        trials=sum(one.trials for one in streak),
        before=judged[first - 1].run if first else None,
        born=life[0].run,
        changed=start > 0,
        last=last.run,
        errors=last.errors,
        gone=last.run < newest,
    )


def _file(record: CaseRecord) -> str:
    return record.test.partition("::")[0]


def _life(told: Sequence[Told]) -> int:
    """Where the case began to ask what it asks now. Runs that do not know what it asked change nothing."""
    start, content = 0, ""
    for place, one in enumerate(told):
        if one.content:
            if content and one.content != content:
                start = place
            content = one.content
    return start


def _streak(judged: Sequence[Told]) -> int:
    """Where the present streak of the judged runs begins.

    It is that of runs which all pass or all miss; or, if the case is flaky, that of its going back and forth.
    """
    troubles = list(_troubles(judged))
    if not troubles:
        return 0
    recent = [troubles[-1]]
    for place in troubles[-2::-1]:
        if recent[-1] - place >= STEADY:
            break
        recent.append(place)
    disagreed = _mixed(judged[recent[0]])
    steady = recent[0] + 1 if disagreed else recent[0]
    settled = len(judged) - steady >= STEADY
    once = len(recent) == 1 and not disagreed
    return steady if settled or once else recent[-1]


def _troubles(judged: Sequence[Told]) -> Iterator[int]:
    """The runs in which trials disagree, or that say something else than the run before."""
    for place, one in enumerate(judged):
        if _mixed(one) or (place and (one.passes == 0) != (judged[place - 1].passes == 0)):
            yield place


def _mixed(one: Told) -> bool:
    return 0 < one.passes < one.trials


def _word(streak: Sequence[Told]) -> Word:
    passes, trials = (sum(each) for each in zip(*((one.passes, one.trials) for one in streak), strict=True))
    if not trials:
        return "not judged"
    if passes == trials:
        return "always passes"
    return "flaky" if passes else "always misses"
