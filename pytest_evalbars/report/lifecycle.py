"""Proposals of the life cycle in words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_evalbars.history.records import History
    from pytest_evalbars.lifecycle.proposal import Proposal
    from pytest_evalbars.lifecycle.rules import QuietBar

#: How many of a kind are named before the rest is only counted.
NAMED = 20
HEADS = {
    "broken": "broken; mend the product or the case, no status should hide it",
    "quarantine": "quarantine, as flaky",
    "promote": "promote to regression",
    "reopen": "reopen as regression: saturated, and misses again",
    "saturated": "call saturated",
    "retire": "retire, by hand: it has told nothing for long",
    "stale": "the suite is stale",
}


def lifecycle_lines(
    history: History, found: Sequence[Proposal], quiet: Sequence[QuietBar], *, owner: str | None, everything: bool
) -> Iterator[str]:
    """What the history speaks for, by kind of move, and the bars that never failed."""
    first, last = (safe(run.started[:10], 40) for run in (history.runs[0], history.runs[-1]))
    cases = len({record.case for record in history.records})
    yield f"history: {count(len(history.runs), 'run')}, {first} to {last}, {count(cases, 'case')}"
    if replayed := [run.replayed for run in history.runs if run.replayed]:
        trials, runs = count(sum(replayed), "trial"), count(len(replayed), "run")
        yield f"not counted: {trials} of {runs} that replayed recorded answers, which are no new evidence"
    for kind, group in groupby(found, key=lambda one: one.kind):
        some = list(group)
        yield ""
        yield f"{HEADS[kind]}: {len(some)}"
        shown = some if everything else some[:NAMED]
        for each in shown:
            yield from _told(each, owner)
        if len(some) > len(shown):
            yield f"  and {len(some) - len(shown)} more; -v names them all"
    if not found:
        yield "nothing to promote, quarantine or retire"
    if quiet:
        names = ", ".join(f"{safe(one.bar, 80)} ({one.runs} runs, met in {one.met})" for one in quiet)
        yield ""
        yield f"bars that never failed: {names}; is each as high as what users need?"


def _told(one: Proposal, owner: str | None) -> Iterator[str]:
    if one.case is None:
        yield f"  {safe(one.why)}"
        return
    move = f"{one.status} -> {one.becomes}" if one.becomes else one.status
    place = one.file or ", ".join(each for each in one.tests if each != one.case)  # a node id says where it is
    yield f"  {safe(one.case, 120)} ({move}){f' in {safe(place, 200)}' if place else ''}"
    yield f"      {safe(one.why)}"
    if one.until is not None:
        who = f"owner {safe(owner, 80)}" if owner else "its owner is to be named with --owner"
        yield f"      until {one.until}, {who}"


def change_lines(diff: str, failed: Sequence[Mapping[str, Any]], made: int, *, written: bool) -> list[str]:
    """What was changed, or would be, and what could not be."""
    lines = diff.replace("\r\n", "\n").split("\n") if diff else []
    verb = "changed" if written else "would change"
    return [
        "",
        *("\t".join(map(safe, line.split("\t"))) for line in lines),
        *(f"not changed: {safe(one['case'], 120)} ({safe(one['test'], 200)}): {safe(one['why'])}" for one in failed),
        f"{verb} the status of {count(made, 'case')}",
    ]
