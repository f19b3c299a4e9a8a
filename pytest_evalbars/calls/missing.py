"""Why there is no recording of a call: what changed against the nearest one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown as shown_path
from pytest_evalbars.run.plain import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_evalbars.calls.request import Request
    from pytest_evalbars.calls.store import Entry

#: Differences that are told before the others are only counted.
TOLD = 3
#: Characters of a text that are told: of a prompt, and around the place where two texts begin to differ.
LENGTH = 60


def missing(request: Request, trial: int, case: str, entries: Iterable[Entry], folder: Path) -> str:
    """What to say of a call that was not recorded.

    Args:
        request: what was asked.
        trial: the trial that asked.
        case: its case; "" for a call of no trial.
        entries: what is recorded.
        folder: where.
    """
    who = f"case {case}, trial {trial}" if case else "a call of no trial"
    return (
        f"a call of {request.model or request.function} is not recorded in {shown_path(folder)} ({who}, prompt "
        f"{shown(request.prompt, LENGTH)}): {_why(request, trial, case, entries)}; record it with "
        "--evalbars-calls=auto"
    )


def _why(request: Request, trial: int, case: str, entries: Iterable[Entry]) -> str:
    known = [each for each in entries if each.function == request.function]
    if not known:
        return f"no call of litellm.{request.function} is recorded"
    now = dict(_leaves(request.content, ""))
    near, changes = min(
        ((each, _changes(dict(_leaves(each.request, "")), now)) for each in known),
        key=lambda pair: (bool(pair[1]), pair[0].case != case, len(pair[1])),
    )
    if changes:
        more = f" and {len(changes) - TOLD} more" if len(changes) > TOLD else ""
        of = "" if near.case == case else f" (of case {near.case})" if near.case else ""
        return f"against the nearest recorded call{of}, {'; '.join(changes[:TOLD])}{more}"
    same = [each for each in known if each.request == near.request]
    if all(each.trial != trial for each in same):
        trials = ", ".join(map(str, sorted({each.trial for each in same})[:10]))
        return f"the very same is recorded for other trials only ({trials})"
    times = 1 + max(each.occurrence for each in same if each.trial == trial)
    return f"the trial asked the very same {times} {'time' if times == 1 else 'times'} when it was recorded, not more"


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The plain values within, by their place."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _leaves(each, f"{place}[{number}]")
    else:
        yield place, value


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    places = dict.fromkeys([*now, *before])
    return [
        f"{place} differs: {_told(before, place, now)} -> {_told(now, place, before)}"
        if place in before and place in now
        else f"{place} is new: {shown(now[place], LENGTH)}"
        if place in now
        else f"{place} is gone (it was {shown(before[place], LENGTH)})"
        for place in places
        if place not in before or place not in now or before[place] != now[place]
    ]


def _told(values: dict[str, Any], place: str, others: dict[str, Any]) -> str:
    """A value, from a little before the place on where it begins to differ from the other one."""
    value, other = values[place], others[place]
    if not (isinstance(value, str) and isinstance(other, str)):
        return shown(value, LENGTH)
    same = next(
        (n for n, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), min(len(value), len(other))
    )
    start = max(0, same - LENGTH // 3)
    end = start + LENGTH
    return shown(f"{'...' if start else ''}{value[start:end]}{'...' if end < len(value) else ''}", 2 * LENGTH)
