"""One run cut by the values of a label into runs of their own: several models judged in one session."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.comparison.finding import Part
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.columns import ERROR, MISSING

if TYPE_CHECKING:
    from pytest_evalbars.run.columns import Run


def split(run: Run, key: str, reference: str | None = None) -> tuple[list[Part], int]:
    """Cut a run into one for each value of a label, sorted, the reference first; and how many cases have none.

    Cases that are called after the value (`test_x[gpt-4-q1]`) are called without it (`test_x[q1]`) in all of them.

    Args:
        run: the run.
        key: the label.
        reference: the value that the others are compared with; None: the first.

    Raises:
        RunFileError: fewer than two values, or no such reference.
    """
    values = sorted({labels[key] for labels in run.labelsets if key in labels})
    if len(values) < 2:
        known = sorted({name for labels in run.labelsets for name in labels})
        found = (
            f"has only the value {values[0]}"
            if values
            else f"is on no case; there is: {', '.join(known) or 'no label'}"
        )
        raise RunFileError(f'the label "{key}" {found}; two values are needed, as of @pytest.mark.labels({key}=...)')
    if reference is not None and reference not in values:
        raise RunFileError(f'no case has {key} "{reference}"; there is: {", ".join(values)}')
    values.sort(key=lambda value: (value != reference, value))
    of_labelset = np.array([values.index(labels[key]) if key in labels else -1 for labels in run.labelsets], np.int64)
    of_row = of_labelset[run.labelset]
    parts = [_part(run, np.flatnonzero(of_row == at), key, value) for at, value in enumerate(values)]
    return parts, len(np.unique(run.case[of_row < 0]))


def _part(run: Run, rows: np.ndarray, key: str, value: str) -> Part:
    codes = np.unique(run.case[rows])
    names = [run.cases[code] for code in codes.tolist()]
    shorter = [without(name, value) for name in names]
    taken = Counter([*shorter, *(name for name, short in zip(names, shorter, strict=True) if name != short)])
    # Not where two cases would have one name.
    cases = [short if taken[short] == 1 else name for name, short in zip(names, shorter, strict=True)]
    place = np.zeros(len(run.cases), np.int64)
    place[codes] = np.arange(len(codes))
    row_of = {row: at for at, row in enumerate(rows.tolist()) if row in run.reasons}
    outcome = run.outcome[rows]
    trial = np.stack([run.case[rows], run.test[rows], run.trial[rows]])
    columns = ("test", "trial", "dimension", "outcome", "score", "labelset", "cluster", "level", "entry", "expected")
    replayed = None if run.replayed is None else run.replayed[rows]
    part = replace(
        run,
        **{name: getattr(run, name)[rows] for name in columns},
        case=place[run.case[rows]],
        cases=cases,
        reasons={at: run.reasons[row] for row, at in row_of.items()},
        trials=_distinct(trial[:, outcome < MISSING]),
        errors=_distinct(trial[:, outcome == ERROR]),
        replayed=replayed,
        replayed_trials=0 if replayed is None else _distinct(trial[:, replayed]),
        calls=None,
        order=None,
        plans=(),  # one session: what a case asks is the same for all
        asked=(),
    )
    called = {short: name for short, name in zip(cases, names, strict=True) if short != name}
    return Part(f"{key} {value}", part, called)


def without(name: str, value: str) -> str:
    """The name of a case without one of its parameters; itself where that does not stand there exactly once.

    Args:
        name: a node id.
        value: the parameter.
    """
    function, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not value:
        return name
    padded, wanted = f"-{rest[:-1]}-", f"-{value}-"
    at = padded.find(wanted)
    if at < 0 or padded.find(wanted, at + 1) >= 0:
        return name
    left = (padded[:at] + padded[at + len(wanted) - 1 :])[1:-1]
    return f"{function}[{left}]" if left else function


def _distinct(keys: np.ndarray) -> int:
    return len(np.unique(keys, axis=1).T) if keys.size else 0
