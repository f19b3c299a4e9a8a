"""Reads a baseline into a run: what it counted is spread over trials again."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.garbage import no_garbage_collection
from pytest_evalbars.run.columns import ERROR, MISS, PASS, SKIPPED, Run
from pytest_evalbars.run.journal import SCHEMA as RUN_SCHEMA
from pytest_evalbars.run.reading import load_run
from pytest_evalbars.run.rows import NAN, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SCHEMA = 1
#: More trials of one case than this are a slip of the pen.
MOST_TRIALS = 100_000
CONFLICT = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
#: What writes a baseline.
UPDATE = "--evalbars-update-baseline"


def load_baseline(path: Path) -> Run:
    """Read a baseline, or a run file that serves as one.

    Of a baseline each trial of a case has the case's mean score and measures. What it does not keep: which trial
    passed on several dimensions at once, what was predicted, what guardrails did, which misses were expected.

    Args:
        path: the file.

    Raises:
        RunFileError: it cannot be read: naming the file, the line, what is wrong, and the mend.
    """
    where = shown(path)
    try:
        if not _is_baseline(path):
            return load_run(path)
        reader = _Lines(where)
        with no_garbage_collection():
            reader.read(path)
            return reader.run()
    except OSError as error:
        problem = f"{where}: the baseline cannot be read: {error.strerror or error}"
    except RunFileError as error:
        problem = str(error)
    mend = "name a baseline or a run file"
    if looks_like_baseline(path):
        mend = f"take back the committed one (git checkout {where}), or write it anew with {UPDATE}"
    raise RunFileError(f"{problem}; {mend}")


def looks_like_baseline(path: Path) -> bool:
    """Whether a file is empty, or begins as a baseline does, be it damaged behind that or in a conflict."""
    try:
        _, line = _first_line(path)
    except OSError:
        return False
    return not line or line.startswith(CONFLICT) or _names_it(line)


def begins_as_baseline(path: Path) -> bool:
    """Whether a file begins as a baseline does, be it damaged behind that; not if it cannot be opened."""
    try:
        return _names_it(_first_line(path)[1])
    except OSError:
        return False


def _is_baseline(path: Path) -> bool:
    """Whether the file's first line is that of a baseline.

    Raises:
        RunFileError: it is no line of either kind.
    """
    number, line = _first_line(path)
    if not line:
        raise RunFileError(f"{shown(path)}: the baseline is empty")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        problem = "a merge conflict is left in it" if line.startswith(CONFLICT) else "not valid JSON"
        raise RunFileError(f"{shown(path)}, line {number}: {problem}") from None
    return isinstance(row, dict) and row.get("type") == "baseline"


def _first_line(path: Path) -> tuple[int, bytes]:
    """The first line that is not blank, and its number; 0 and nothing where all are."""
    with path.open("rb") as stream:
        return next(((number, line) for number, line in enumerate(stream, 1) if not line.isspace()), (0, b""))


def _names_it(line: bytes) -> bool:
    """Whether a line begins as the first of a baseline does, wherever its blanks stand."""
    return b'"baseline"' in line[:40]


class _Lines(Rows):
    """Takes the lines of a baseline; all columns are by line, or by line and dimension (a cell)."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.bars: list[Mapping[str, Any]] = []
        self.numbers, self.first = array("q"), array("q")
        #: By line: how many trials rest on recorded answers.
        self.recorded = array("q")
        self.of_line, self.passes, self.tried, self.erred = (array("q") for _ in range(4))
        #: The cell of each level, at which of its trials it begins, and how many have it.
        self.graded, self.begins, self.many = array("q"), array("q"), array("q")
        #: The case, test and labels of the line before, and how many trials there are of that case and test so far.
        self.before: tuple[int, int, int] = (-1, -1, -1)
        self.taken = 0
        #: As `plan.packed` has them: groups of cases that are alike, with what each asks.
        self.groups: dict[Any, list[list[Any]]] = {}

    def take(self, row: Any, number: int) -> None:
        """Take one line."""
        if type(row) is not dict:
            raise self._wrong(number, "not a line of a baseline: each is one JSON object")
        kind = row.get("type")
        try:
            if kind is None:
                self._case(row, number)
            elif kind == "baseline":
                self._first(row)
            elif kind == "bar":
                self.bars.append({key: value for key, value in row.items() if key != "type"})
            # Any other type is from a newer version, which only adds: not ours to read.
        except KeyError as error:
            raise self._wrong(number, f"the case has no {error}") from None
        except (AttributeError, TypeError, ValueError) as error:
            raise self._wrong(number, f"not a line of a baseline: {error}") from None

    def _odd(self, line: bytes, number: int, error: ValueError) -> Any:
        if line.startswith(CONFLICT):
            raise self._wrong(number, "a merge conflict is left in it")
        return super()._odd(line, number, error)

    def _first(self, row: dict[str, Any]) -> None:
        if self.headers:
            raise ValueError("it begins a second time")
        if type(schema := row.get("schema", SCHEMA)) is not int or schema > SCHEMA:
            raise ValueError(f"its schema is {schema!r}, this pytest-evalbars reads up to {SCHEMA}; upgrade it")
        self._header({**row, "type": "header", "schema": RUN_SCHEMA, "bars": self.bars})

    def _case(self, row: dict[str, Any], number: int) -> None:
        get, said = row.get, row["dimensions"]
        name, test, labels, cluster = row["case"], get("test", ""), get("labels"), get("cluster")
        if not (type(name) is type(test) is str and name and type(said) is dict and said):
            raise ValueError(f"case {name!r}, test {test!r}, dimensions {said!r} is not two names and what was said")
        labelset = self._labels(labels) if labels else self.unlabelled
        key = (
            self.cases.setdefault(name, len(self.cases)),
            self.tests.setdefault(test, len(self.tests)),
            labelset,
        )
        begin, most, more = 0, 1, 0
        if key[:2] == self.before[:2]:  # labels that differ by trial
            if key == self.before:
                raise ValueError(f"case {name!r} of test {test!r} stands there twice")
            begin = self.taken
        line = len(self.case)
        self.case.append(key[0])
        self.test.append(key[1])
        self.labelset.append(labelset)
        self.cluster.append(self._cluster(cluster) if cluster else -1)
        self.entry.append(self.entries.add(row))
        self.first.append(begin)
        self.numbers.append(number)
        if type(recorded := get("replayed", 0)) is not int or recorded < 0:
            raise ValueError(f"replayed is {recorded!r}, not a number of trials")
        self.recorded.append(recorded)
        for dimension, numbers in said.items():
            judged, failed = self._cell(line, dimension, numbers)
            most, more = max(most, judged), max(more, failed)
        self.before, self.taken = key, begin + most + more
        if content := get("content"):
            alike = (tuple(said), labelset, cluster, get("file", ""))
            if (group := self.groups.get(alike)) is None:
                group = self.groups[alike] = []
            group.append(["", name, test, 0, content])

    def _cell(self, line: int, dimension: str, said: Mapping[str, Any]) -> tuple[int, int]:
        """Take what was said on one dimension; how many trials were judged, and how many could not be."""
        passes, trials, errors, score = said["passes"], said["trials"], said.get("errors", 0), said.get("score")
        if not (type(passes) is type(trials) is int and 0 <= passes <= trials <= MOST_TRIALS and dimension):
            raise ValueError(f"{dimension!r} has {passes!r} passes in {trials!r} trials")
        if type(errors) is not int or not 0 <= errors <= MOST_TRIALS:
            raise ValueError(f"{dimension!r} has {errors!r} errors")
        if score is not None and not (type(score) in (int, float) and 0 <= score <= 1):
            raise ValueError(f"score is {score!r}, not a number from 0 to 1")
        if levels := said.get("levels"):
            place = 0
            for level, count in levels.items():
                if type(count) is not int or count < 0 or place + count > trials:
                    raise ValueError(f"{dimension!r} has {trials} trials, and at each level {levels!r}")
                self.graded.append(len(self.of_line))
                self.level.append(self._level(level))
                self.begins.append(place)
                self.many.append(count)
                place += count
        self.of_line.append(line)
        self.dimension.append(self.dimensions.setdefault(dimension, len(self.dimensions)))
        self.passes.append(passes)
        self.tried.append(trials)
        self.erred.append(errors)
        self.score.append(NAN if score is None else score)
        return trials, errors

    def run(self) -> Run:
        """The run of all lines."""
        if self.torn:
            raise RunFileError(f"{self.where}: its last line is cut off")
        self._check_once()
        columns = (self.passes, self.tried, self.erred, self.of_line)
        passes, tried, erred, of_line = (_column(each) for each in columns)
        rows = np.maximum(tried + erred, 1)
        cell, number = _counted(rows)
        line = of_line[cell]
        outcome = np.where(number < passes[cell], PASS, MISS).astype(np.int8)
        failed = (number >= tried[cell]) & (erred[cell] > 0)
        outcome[failed] = ERROR
        outcome[(tried + erred)[cell] == 0] = SKIPPED
        # No trial that was judged on one dimension failed on another: those that failed come last.
        judged = np.zeros(len(self.case), np.int64)
        np.maximum.at(judged, of_line, tried)
        number[failed] += (judged[line] - tried[cell])[failed]
        level = np.full(len(cell), -1, np.int64)
        many = _column(self.many)
        grade, step = _counted(many)
        level[(np.cumsum(rows) - rows)[_column(self.graded)[grade]] + _column(self.begins)[grade] + step] = _column(
            self.level
        )[grade]
        trials = np.zeros(len(self.case), np.int64)
        np.maximum.at(trials, line, number + 1)
        errors = np.zeros(len(self.case), np.int64)
        np.maximum.at(errors, of_line, erred)
        recorded = _column(self.recorded)
        return Run(
            case=_column(self.case)[line],
            test=_column(self.test)[line],
            trial=_column(self.first)[line] + number,
            dimension=_column(self.dimension)[cell],
            outcome=outcome,
            score=_column(self.score)[cell],
            labelset=_column(self.labelset)[line],
            cluster=_column(self.cluster)[line],
            level=level,
            entry=_column(self.entry)[line],
            expected=np.zeros(len(cell), bool),
            cases=list(self.cases),
            tests=list(self.tests),
            dimensions=list(self.dimensions),
            labelsets=[dict(labels) for labels in self.labelsets],
            levels=list(self.levels),
            extras=self.entries.columns(),
            reasons={},
            trials=int(trials.sum()),
            errors=int(errors.sum()),
            replayed=number < recorded[line] if recorded.any() else None,
            replayed_trials=int(np.minimum(recorded, trials).sum()),
            clusters=list(self.clusters),
            headers=tuple(self.headers),
            plans=(self._plan(),),
        )

    def _check_once(self) -> None:
        """See that no case of a test has lines in two places, as after a merge by hand."""
        key = _column(self.case) * max(1, len(self.tests)) + _column(self.test)
        begins = np.flatnonzero(_column(self.first) == 0)
        order = begins[np.argsort(key[begins], kind="stable")]
        again = np.flatnonzero(key[order][1:] == key[order][:-1])
        if len(again):
            one, other = int(order[again[0]]), int(order[again[0] + 1])
            name = list(self.cases)[self.case[one]]
            raise self._wrong(self.numbers[other], f"case {name!r} stands on line {self.numbers[one]} already")

    def _plan(self) -> str:
        """What the cases ask, as a manifest tells it."""
        labelsets = [dict(labels) for labels in self.labelsets]
        return json.dumps(
            [
                {"dimensions": names, "labels": labelsets[code], "cluster": cluster, "file": file, "items": items}
                for (names, code, cluster, file), items in self.groups.items()
            ]
        )


def _column(values: array[Any]) -> NDArray[Any]:
    return np.array(values, values.typecode)


def _counted(many: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each place as often as said, and beside it 0, 1, 2, ..."""
    place = np.repeat(np.arange(len(many)), many)
    return place, np.arange(len(place)) - np.repeat(np.cumsum(many) - many, many)
