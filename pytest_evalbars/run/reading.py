"""Run files and rows, folded into columns."""

from __future__ import annotations

import gc
import json
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISS, MISSING, Run
from pytest_evalbars.run.journal import SCHEMA
from pytest_evalbars.run.plan import OUTCOMES, Plan, Planned, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

OUTCOME_CODES = {word: code for code, word in enumerate(OUTCOMES)}
#: Reasons are for reading; more than this of one is evidence, and stays on disk.
REASON_LENGTH = 300
NAN = float("nan")


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
    with _no_garbage_collection():
        for path in paths:
            reader.read(Path(path))
        reader.left_out += left_out
        return reader.run(ended=ended)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Millions of small objects, none of them in a cycle: looking for cycles would double the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


#: Names to dense codes, in order of first appearance: `codes.setdefault(name, len(codes))`.
Codes = dict[Any, int]


class Reader:
    """Takes rows one by one and makes a `Run` of them."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.cases, self.tests, self.trials, self.dimensions = Codes(), Codes(), Codes(), Codes()
        self.labelsets, self.clusters = Codes(), Codes()
        self.known_labels: Codes = {}
        # One array a column; the first five are the keys of an observation, the next four of a trial.
        self.case, self.test, self.trial, self.dimension = (array("q") for _ in range(4))
        self.outcome, self.score = array("b"), array("d")
        self.labelset, self.cluster = array("q"), array("q")
        #: From which row on cases without labels of their own have which.
        self.spans: list[tuple[int, int]] = []
        self.t_case, self.t_test, self.t_trial = array("q"), array("q"), array("q")
        self.t_labelset, self.t_cluster, self.t_flags = array("q"), array("q"), array("b")
        self.reasons: dict[int, str] = {}
        self.headers: list[Mapping[str, Any]] = []
        #: The planned items, and whether a line speaks of them.
        self.items: dict[str, bool] = {}
        #: What each manifest says of its items, unread: it is needed only where some have no line.
        self.plans: list[tuple[str, dict[str, str]]] = []
        self.left_out: list[str] = []
        self.asked: list[str] = []
        #: The file being read, the labels of its whole run, and which files are a session's and came to an end.
        self.file = 0
        self.framed, self.ended = set[int](), set[int]()
        self.torn = False
        self._share({})

    # -- taking rows -------------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Take every line of a file."""
        self.where, self.file = shown(path), self.file + 1
        self._share({})
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
        self._share({str(key): str(value) for key, value in labels.items()})

    def _share(self, labels: dict[str, str]) -> None:
        """From here on every case carries the labels of its whole run, beside its own."""
        self.shared, self.known_labels = labels, {}
        self.unlabelled = self._labels({})
        self.spans.append((len(self.case), self.unlabelled))

    def _manifest(self, row: Mapping[str, Any]) -> None:
        self.framed.add(self.file)
        for item in _texts(row, "items"):
            self.items.setdefault(item, False)
        self.left_out += _texts(row, "left_out")
        self.asked += _texts(row, "asked")
        if isinstance(planned := row.get("planned"), str):
            self.plans.append((planned, self.shared))

    def _key(self, row: Mapping[str, Any], case: array[int], test: array[int], trial: array[int]) -> None:
        """Append the codes of a row's key."""
        name, function, number = row["case"], row.get("test") or "", row.get("trial") or 0
        if not (type(name) is type(function) is str and name and type(number) is int and number >= 0):
            raise ValueError(f"case {name!r}, test {function!r}, trial {number!r} is not a name, a name and a number")
        case.append(self.cases.setdefault(name, len(self.cases)))
        test.append(self.tests.setdefault(function, len(self.tests)))
        trial.append(self.trials.setdefault(number, len(self.trials)))

    def _observation(self, row: Mapping[str, Any]) -> None:
        outcome, dimension, get = OUTCOME_CODES.get(row["outcome"]), row["dimension"], row.get
        if outcome is None:
            raise ValueError(f"outcome {row['outcome']!r} is none of {', '.join(OUTCOMES)}")
        if type(dimension) is not str or not dimension:
            raise ValueError(f"dimension is {dimension!r}, not a name")
        score, labels, cluster = get("score"), get("labels"), get("cluster")
        self._key(row, self.case, self.test, self.trial)
        self.dimension.append(self.dimensions.setdefault(dimension, len(self.dimensions)))
        self.outcome.append(outcome)
        self.score.append(NAN if score is None else _share(score))
        self.labelset.append(self._labels(labels) if labels else -1)
        self.cluster.append(self._cluster(cluster) if cluster else -1)
        if outcome in (MISS, ERROR) and (reason := get("reason")):
            self.reasons[len(self.case) - 1] = str(reason)[:REASON_LENGTH]

    def _trial(self, row: Mapping[str, Any]) -> None:
        get = row.get
        cluster, labels = get("cluster"), get("labels")
        self._key(row, self.t_case, self.t_test, self.t_trial)
        self.t_labelset.append(self._labels(labels) if labels else self.unlabelled)
        self.t_cluster.append(self._cluster(cluster) if cluster else -1)
        self.t_flags.append((1 if get("error") else 0) + (2 if get("xfail") else 0))
        if (item := get("item")) in self.items:
            self.items[item] = True

    def _cluster(self, name: Any) -> int:
        if not isinstance(name, str | int):
            raise ValueError(f"cluster is {name!r}, not a name")  # noqa: TRY004 - told as the others
        return self.clusters.setdefault(str(name), len(self.clusters))

    def _labels(self, labels: Mapping[str, Any]) -> int:
        try:
            key = tuple(labels.items())
            code = self.known_labels.get(key)
        except TypeError:
            raise ValueError(f"its labels are {str(labels)[:100]}, not texts") from None
        if code is None:
            pairs = {**self.shared, **labels}
            code = self.known_labels[key] = self.labelsets.setdefault(
                tuple((str(k), str(v)) for k, v in pairs.items()),
                len(self.labelsets),
            )
        return code

    # -- making the run ----------------------------------------------------------------------------------

    def run(self, *, ended: bool = False) -> Run:
        """The run of all rows taken so far."""
        missing = self._missing()
        planned = self._planned({*missing, *self.left_out})
        absent = [(one, name, MISSING) for item in missing if (one := planned.get(item)) for name in one.dimensions]
        left_out = [planned[item] for item in self.left_out if item in planned]
        absent += [(one, name, LEFT_OUT) for one in left_out for name in one.dimensions]
        count = len(self.case)
        for each in absent:
            self._absent(*each)

        case, test, trial = (np.array(column, np.int64) for column in (self.case, self.test, self.trial))
        dimension, outcome = np.array(self.dimension, np.int64), np.array(self.outcome, np.int8)
        labelset, cluster = np.array(self.labelset, np.int64), np.array(self.cluster, np.int64)
        key = self._pack(case, test, trial)
        keep = self._once(key[:count], dimension[:count], outcome)
        keep = np.concatenate([keep, np.ones(len(key) - count, bool)])
        flags = self._join(key, labelset, cluster)
        starts, codes = zip(*self.spans, strict=True)
        default = np.repeat(codes, np.diff([*starts, len(labelset)]))
        labelset = np.where(labelset < 0, default, labelset)

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
            cases=list(self.cases),
            tests=list(self.tests),
            dimensions=list(self.dimensions),
            labelsets=[dict(labels) for labels in self.labelsets],
            reasons=self.reasons
            if new_row is None
            else {new_row[row]: text for row, text in self.reasons.items() if row in new_row},
            trials=len(everything),
            errors=len(errors),
            complete=not missing and not self.torn and (ended or self.framed <= self.ended),
            missing=tuple(missing),
            unplaced=sum(item not in planned for item in missing),
            torn=self.torn,
            unseen=tuple(item for item in self.left_out if item not in planned),
            asked=tuple(self.asked),
            second_look=any(header.get("second_look") for header in self.headers),
            headers=tuple(self.headers),
        )

    def _missing(self) -> list[str]:
        """Planned items that no line speaks of."""
        out = set(self.left_out)
        missing = [item for item, seen in self.items.items() if not seen and item not in out]
        if not missing:
            return []
        spoken = self._item_names()
        return [item for item in missing if item not in spoken]

    def _planned(self, wanted: set[str]) -> dict[str, Planned]:
        """What the manifests say of these items."""
        found: dict[str, Planned] = {}
        for words, shared in self.plans if wanted else ():
            try:
                records = {one.item: one for one in unpacked(words) if one.item in wanted}
            except (ValueError, TypeError, KeyError) as error:
                raise RunFileError(
                    f"{self.where}: the manifest's record of what was planned is broken: {error}"
                ) from None
            found |= {item: replace(one, labels=shared | one.labels) for item, one in records.items()}
        return found

    def _item_names(self) -> set[str]:
        """The node ids that the lines seen so far can stand for, in a file that does not name its items."""
        cases, tests, trials = (list(each) for each in (self.cases, self.tests, self.trials))
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
        self.case.append(self.cases.setdefault(one.case, len(self.cases)))
        self.test.append(self.tests.setdefault(one.test, len(self.tests)))
        self.trial.append(self.trials.setdefault(one.trial, len(self.trials)))
        self.dimension.append(self.dimensions.setdefault(dimension, len(self.dimensions)))
        self.outcome.append(outcome)
        self.score.append(NAN)
        self.labelset.append(self._labels(one.labels))
        self.cluster.append(self.clusters.setdefault(one.cluster, len(self.clusters)) if one.cluster else -1)

    def _pack(self, *columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number for (case, test, trial)."""
        case, test, trial = columns
        return (case * len(self.tests) + test) * max(1, len(self.trials)) + trial

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
        full = key * max(1, len(self.dimensions)) + dimension
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
    def _name(index: Codes, code: int) -> Any:
        return list(index)[code]

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


def _texts(row: Mapping[str, Any], key: str) -> list[str]:
    values = row[key] if key == "items" else row.get(key) or []
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key} is {str(values)[:50]!r}, not a list of names")
    return list(values)


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
