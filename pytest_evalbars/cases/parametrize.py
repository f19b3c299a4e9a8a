"""Turns `cases` and `trials` markers into parameters, so that every trial of every case is an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.cases.glance import OURS, marks_of_parameters
from pytest_evalbars.cases.identity import TRIAL
from pytest_evalbars.cases.markers import shown, trial_count
from pytest_evalbars.errors import EvalbarsError, MarkerError
from pytest_evalbars.stash import PROBLEMS, REPEATED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.cases.rows import CaseRow


def add_rows(metafunc: pytest.Metafunc) -> None:
    """Parametrize the argument `case` with the rows of the files that a `cases` marker names."""
    mark = metafunc.definition.get_closest_marker("cases")
    if mark is None:
        return
    try:
        rows = list(_rows(metafunc, mark))
    except EvalbarsError as error:
        metafunc.config.stash[PROBLEMS].append(str(error))
        return
    metafunc.parametrize("case", [pytest.param(row, id=row.id) for row in rows])


def _rows(metafunc: pytest.Metafunc, mark: pytest.Mark) -> Iterator[CaseRow]:
    from pytest_evalbars.cases.files import read_cases  # noqa: PLC0415 - only for tests that have case files

    nodeid = metafunc.definition.nodeid
    if not mark.args or mark.kwargs or not all(isinstance(path, str) and path for path in mark.args):
        raise MarkerError(f'{nodeid}: {shown(mark)} takes paths, as in cases("questions.jsonl")')
    if "case" not in metafunc.fixturenames:
        raise MarkerError(f"{nodeid}: marked {shown(mark)}, but it has no argument `case` to receive the rows")
    folder = metafunc.definition.path.parent
    for path in dict.fromkeys(mark.args):
        yield from read_cases(folder / path)


def add_trials(metafunc: pytest.Metafunc) -> None:
    """Repeat an eval case as often as its marker, or `--evalbars-trials`, says.

    A function is repeated as a whole: where only some of its parameters are eval cases, the others run once, but
    the number of their trial stands in their ids too.
    """
    try:
        count = _most_trials(metafunc)
    except MarkerError as error:
        metafunc.config.stash[PROBLEMS].append(str(error))
        return
    if count > 1:
        metafunc.config.stash[REPEATED] = True
        if TRIAL not in metafunc.fixturenames:
            metafunc.fixturenames.append(TRIAL)
        metafunc.parametrize(TRIAL, range(count), indirect=True, ids=[f"t{number}" for number in range(count)])


def _most_trials(metafunc: pytest.Metafunc) -> int:
    """The most trials that any parameter of the function asks for; surplus ones are dropped once collected."""
    definition = metafunc.definition
    marks = [*definition.iter_markers(), *marks_of_parameters(definition)]
    may_be_case = any(mark.name in OURS for mark in marks)
    override: int | None = metafunc.config.getoption("evalbars_trials")
    if override is not None:
        return override if may_be_case else 1
    closest = definition.get_closest_marker("trials")
    of_parameters = [mark for mark in marks_of_parameters(definition) if mark.name == "trials"]
    counts = [trial_count(definition.nodeid, mark) for mark in (*([closest] if closest else []), *of_parameters)]
    return max(counts, default=1) if may_be_case else 1
