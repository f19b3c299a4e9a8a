"""Run files and rows, folded into columns."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISS, MISSING, Run
from pytest_evalbars.run.journal import SCHEMA
from pytest_evalbars.run.plan import OUTCOMES, Plan, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

OUTCOME_CODES = {word: code for code, word in enumerate(OUTCOMES)}
#: Reasons are for reading; more than this of one is evidence, and stays on disk.
REASON_LENGTH = 300


def load_run(*paths: str | Path, ended: bool = False, left_out: Iterable[str] = ()) -> Run:
    """Read a run file, or several files of one run (shards).

    A torn last line is dropped, and the run is then incomplete.

    Args:
        *paths: the files.
        ended: take the run as having come to its end, though its last line is not yet written.
        left_out: items that were planned and then deliberately not run.

    Raises:
        RunFileError: a file cannot be read, a line is malformed, or the same thing is said twice.
    """
    if not paths:
        raise RunFileError("no run file was named")
    reader = Reader(shown(Path(paths[0])))
    for path in paths:
        reader.read(Path(path))
    reader.left_out += left_out
    return reader.run(ended=ended)


class Index:
    """Names to dense codes, in order of first appearance."""

    def __init__(self) -> None:
        self.codes: dict[Any, int] = {}

    def __call__(self, name: Any) -> int:
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = len(self.codes)
        return code


class Reader:
    """Takes rows one by one and makes a `Run` of them."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.cases, self.tests, self.trials, self.dimensions = Index(), Index(), Index(), Index()
        self.labelsets, self.clusters = Index(), Index()
        # One array a column; the first five are the keys of an observation, the next four of a trial.
        self.case, self.test, self.trial, self.dimension = (array("q") for _ in range(4))
        self.outcome, self.score = array("b"), array("d")
        self.labelset, self.default, self.cluster = array("q"), array("q"), array("q")
        self.t_case, self.t_test, self.t_trial = array("q"), array("q"), array("q")
        self.t_labelset, self.t_cluster, self.t_flags = array("q"), array("q"), array("b")
        self.reasons: dict[int, str] = {}
        self.headers: list[Mapping[str, Any]] = []
        self.items: list[str] = []
        self.seen_items: set[str] = set()
        self.planned: dict[str, Planned] = {}
        self.left_out: list[str] = []
        self.asked: list[str] = []
        #: The file being read, the labels of its whole run, and which files are a session's and came to an end.
        self.file, self.shared = 0, dict[str, str]()
        self.framed, self.ended = set[int](), set[int]()
        self.torn = False

    # -- taking rows -------------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Take every line of a file."""
        self.where, self.file, self.shared = shown(path), self.file + 1, {}
        try:
            with path.open("rb") as stream:
                number, line = 0, b""
                for number, line in enumerate(stream, 1):
                    if line.endswith(b"\n") and not line.isspace():
                        self.take(self._parsed(line, number), number)
        except OSError as error:
            raise RunFileError(f"{self.where}: the run file cannot be read: {error.strerror}") from None
        if line.strip() and not line.endswith(b"\n"):
            try:
                row = from_json(line)
            except ValueError:
                self.torn = True
            else:
                self.take(row, number)

    def _parsed(self, line: bytes, number: int) -> Any:
        try:
            return from_json(line, cache_strings="keys")
        except ValueError as error:
            try:
                return json.loads(line)  # it takes lone surrogates, which other tools may have written
            except (ValueError, RecursionError):
                raise self._wrong(number, f"not valid JSON: {error}") from None

    def _wrong(self, number: int, problem: str) -> RunFileError:
        return RunFileError(f"{self.where}, line {number}: {problem}")

    def take(self, row: Any, number: int) -> None:
        """Take one row."""
        if type(row) is not dict and not isinstance(row, Mapping):
            raise self._wrong(number, "not a line of a run file: each is one JSON object")
        try:
            kind = row.get("type", "observation")
            if kind == "observation":
                self._observation(row)
            elif kind == "trial":
                self._trial(row)
            elif kind == "header":
                self._header(row)
            elif kind == "manifest":
                self._manifest(row)
            elif kind == "end":
                self.ended.add(self.file)
                self.left_out += _texts(row, "left_out")
            # Any other type is from a newer version, which only adds: not ours to read.
        except KeyError as error:
            raise self._wrong(number, f"the {kind} has no {error}") from None
        except (AttributeError, TypeError, ValueError) as error:
            raise self._wrong(number, f"not a line of a run file: {error}") from None

    def _header(self, row: Mapping[str, Any]) -> None:
        if row.get("schema", SCHEMA) > SCHEMA:
            raise ValueError(
                f"its schema is {row['schema']}, this pytest-evalbars reads up to {SCHEMA}; upgrade it",
            )
        labels = row.get("labels") or {}
        if not isinstance(labels, Mapping):
            raise ValueError(f"its labels are {labels!r}, not an object")  # noqa: TRY004 - told as the others
        self.headers.append(row)
        self.framed.add(self.file)
        self.shared = {str(key): str(value) for key, value in labels.items()}

    def _manifest(self, row: Mapping[str, Any]) -> None:
        self.framed.add(self.file)
        self.items += _texts(row, "items")
        self.left_out += _texts(row, "left_out")
        self.asked += _texts(row, "asked")
        for one in map(Planned.from_json, row.get("planned", ())):
            self.planned[one.item] = replace(one, labels=self.shared | one.labels) if self.shared else one

    def _observation(self, row: Mapping[str, Any]) -> None:
        outcome = OUTCOME_CODES.get(row["outcome"])
        if outcome is None:
            raise ValueError(f"outcome {row['outcome']!r} is none of {', '.join(OUTCOMES)}")
        self.case.append(self.cases(_text(row, "case")))
        self.test.append(self.tests(_test(row)))
        self.trial.append(self.trials(_trial_number(row)))
        self.dimension.append(self.dimensions(_text(row, "dimension")))
        self.outcome.append(outcome)
        score = row.get("score")
        self.score.append(float("nan") if score is None else _share(score))
        self.labelset.append(self._labels(row["labels"]) if row.get("labels") else -1)
        self.default.append(self._labels({}))
        self.cluster.append(self.clusters(row["cluster"]) if row.get("cluster") else -1)
        if outcome in (MISS, ERROR) and (reason := row.get("reason")):
            self.reasons[len(self.case) - 1] = str(reason)[:REASON_LENGTH]

    def _trial(self, row: Mapping[str, Any]) -> None:
        self.t_case.append(self.cases(_text(row, "case")))
        self.t_test.append(self.tests(_test(row)))
        self.t_trial.append(self.trials(_trial_number(row)))
        self.t_labelset.append(self._labels(row.get("labels") or {}))
        self.t_cluster.append(self.clusters(row["cluster"]) if row.get("cluster") else -1)
        self.t_flags.append(bool(row.get("error")) + 2 * bool(row.get("xfail")))
        if self.items:
            self.seen_items.add(row.get("item") or "")

    def _labels(self, labels: Mapping[str, Any]) -> int:
        pairs = {**self.shared, **labels} if self.shared else labels
        return self.labelsets(tuple((str(key), str(value)) for key, value in pairs.items()))

    # -- making the run ----------------------------------------------------------------------------------

    def run(self, *, ended: bool = False) -> Run:
        """The run of all rows taken so far."""
        missing = self._missing()
        absent = [(one, name, MISSING) for one in missing.values() if one for name in one.dimensions]
        left_out = [self.planned[item] for item in self.left_out if item in self.planned]
        absent += [(one, name, LEFT_OUT) for one in left_out for name in one.dimensions]
        count = len(self.case)
        for one in absent:
            self._absent(*one)

        case, test, trial = (np.array(column, np.int64) for column in (self.case, self.test, self.trial))
        dimension, outcome = np.array(self.dimension, np.int64), np.array(self.outcome, np.int8)
        labelset, cluster = np.array(self.labelset, np.int64), np.array(self.cluster, np.int64)
        key = self._pack(case, test, trial)
        keep = self._once(key[:count], dimension[:count], outcome)
        keep = np.concatenate([keep, np.ones(len(key) - count, bool)])
        flags = self._join(key, labelset, cluster)
        labelset = np.where(labelset < 0, np.array(self.default, np.int64), labelset)

        really = key[:count][keep[:count]]
        erred = key[:count][keep[:count] & (outcome[:count] == ERROR)]
        t_key, t_line = self._trial_lines()
        t_erred = t_key[(np.array(self.t_flags, np.int8)[t_line] & 1) > 0]
        everything = np.unique(np.concatenate([really, t_key]))
        errors = np.unique(np.concatenate([erred, t_erred]))
        rows = np.flatnonzero(keep)
        new_row = {int(old): new for new, old in enumerate(rows)} if len(rows) < len(key) else None
        return Run(
            case=case[rows],
            test=test[rows],
            trial=trial[rows],
            dimension=dimension[rows],
            outcome=outcome[rows],
            score=np.array(self.score, np.float64)[rows],
            labelset=labelset[rows],
            cluster=cluster[rows],
            expected=((flags & 2) > 0)[rows],
            cases=list(self.cases.codes),
            tests=list(self.tests.codes),
            dimensions=list(self.dimensions.codes),
            labelsets=[dict(labels) for labels in self.labelsets.codes],
            reasons=self.reasons
            if new_row is None
            else {new_row[row]: text for row, text in self.reasons.items() if row in new_row},
            trials=len(everything),
            errors=len(errors),
            complete=not missing and not self.torn and (ended or self.framed <= self.ended),
            missing=tuple(missing),
            unplaced=sum(one is None for one in missing.values()),
            torn=self.torn,
            unseen=tuple(item for item in self.left_out if item not in self.planned),
            asked=tuple(self.asked),
            second_look=any(header.get("second_look") for header in self.headers),
            headers=tuple(self.headers),
        )

    def _missing(self) -> dict[str, Planned | None]:
        """Planned items that no line speaks of."""
        out = set(self.left_out)
        missing = [item for item in self.items if item not in self.seen_items and item not in out]
        if not missing:
            return {}
        spoken = self._item_names()
        return {item: self.planned.get(item) for item in missing if item not in spoken}

    def _item_names(self) -> set[str]:
        """The node ids that the lines seen so far can stand for, in a file that does not name its items."""
        cases, tests, trials = (list(each.codes) for each in (self.cases, self.tests, self.trials))
        keys = set(zip(self.case, self.test, self.trial, strict=True))
        keys |= set(zip(self.t_case, self.t_test, self.t_trial, strict=True))
        names = set()
        for case_code, test_code, trial_code in keys:
            case, test, trial = cases[case_code], tests[test_code], trials[trial_code]
            names |= {case, f"{test}[{case}]", f"{test}[{case}-t{trial}]", f"{case}[t{trial}]"}
            names |= {f"{case.removesuffix(']')}-t{trial}]", *([test] if test else [])}
            function, bracket, rest = test.partition("[")
            if bracket:
                names |= {f"{function}[{case}-{rest}", f"{function}[{case}-{rest[:-1]}-t{trial}]"}
        return names

    def _absent(self, one: Planned, dimension: str, outcome: int) -> None:
        self.case.append(self.cases(one.case))
        self.test.append(self.tests(one.test))
        self.trial.append(self.trials(one.trial))
        self.dimension.append(self.dimensions(dimension))
        self.outcome.append(outcome)
        self.score.append(float("nan"))
        self.labelset.append(self._labels(one.labels))
        self.default.append(-1)
        self.cluster.append(self.clusters(one.cluster) if one.cluster else -1)

    def _pack(self, *columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number for (case, test, trial)."""
        case, test, trial = columns
        return (case * len(self.tests.codes) + test) * max(1, len(self.trials.codes)) + trial

    def _trial_lines(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys of all trial lines, sorted, and which line speaks for each: the last one."""
        key = self._pack(*(np.array(column, np.int64) for column in (self.t_case, self.t_test, self.t_trial)))
        order = np.argsort(key, kind="stable")
        last = np.append(key[order][1:] != key[order][:-1], np.ones(min(1, len(key)), bool))
        return key[order][last], order[last]

    def _once(
        self,
        key: NDArray[np.int64],
        dimension: NDArray[np.int64],
        outcome: NDArray[np.int8],
    ) -> NDArray[np.bool_]:
        """Which rows to keep: all, but that a later verdict replaces an error of the same key."""
        full = key * max(1, len(self.dimensions.codes)) + dimension
        keep = np.ones(len(full), bool)
        order = np.argsort(full, kind="stable")
        again = np.flatnonzero(full[order][1:] == full[order][:-1])
        for place in again:
            earlier, later = int(order[place]), int(order[place + 1])
            if outcome[earlier] != ERROR:
                raise RunFileError(
                    f"{self.where}: case {self._name(self.cases, self.case[later])!r}, test "
                    f"{self._name(self.tests, self.test[later])!r}, trial "
                    f"{self._name(self.trials, self.trial[later])} is judged twice on "
                    f"{self._name(self.dimensions, self.dimension[later])!r}",
                )
            keep[earlier] = False
        return keep

    @staticmethod
    def _name(index: Index, code: int) -> Any:
        return list(index.codes)[code]

    def _join(
        self,
        key: NDArray[np.int64],
        labelset: NDArray[np.int64],
        cluster: NDArray[np.int64],
    ) -> NDArray[np.int8]:
        """Give each observation the labels, cluster and flags of its trial line."""
        flags = np.zeros(len(key), np.int8)
        t_key, t_line = self._trial_lines()
        if not len(t_key):
            return flags
        place = np.minimum(np.searchsorted(t_key, key), len(t_key) - 1)
        found = t_key[place] == key
        line = t_line[place[found]]
        for column, source in ((labelset, self.t_labelset), (cluster, self.t_cluster)):
            values = np.array(source, np.int64)[line]
            column[found] = np.where(column[found] < 0, values, column[found])
        flags[found] = np.array(self.t_flags, np.int8)[line]
        return flags


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is {value!r}, not a name")
    return value


def _texts(row: Mapping[str, Any], key: str) -> list[str]:
    values = row[key] if key == "items" else row.get(key) or []
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key} is {str(values)[:50]!r}, not a list of names")
    return list(values)


def _test(row: Mapping[str, Any]) -> str:
    test = row.get("test") or ""
    if not isinstance(test, str):
        raise ValueError(f"test is {test!r}, not a name")  # noqa: TRY004 - told as the others
    return test


def _trial_number(row: Mapping[str, Any]) -> int:
    trial = row.get("trial") or 0
    if not isinstance(trial, int) or trial < 0:
        raise ValueError(f"trial is {trial!r}, not a whole number from 0")
    return trial


def _share(score: Any) -> float:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ValueError(f"score is {score!r}, not a number from 0 to 1")
    return float(score)


def planned_run(plan: Plan, labels: dict[str, str]) -> Run:
    """A run in which nothing has happened yet: every planned trial is missing.

    Args:
        plan: what is to run.
        labels: the labels of the whole run.
    """
    reader = Reader("plan")
    reader.take({"type": "header", "labels": labels}, 1)
    reader.take(plan.to_json(), 2)
    return reader.run()
