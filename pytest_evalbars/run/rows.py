"""The rows of run files, taken one by one and checked; a million of them must not take long."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.calls import Ledger
from pytest_evalbars.run.columns import ERROR, MISS
from pytest_evalbars.run.extras import Entries
from pytest_evalbars.run.journal import SCHEMA
from pytest_evalbars.run.judged import JudgedRows
from pytest_evalbars.run.kept import REPORT
from pytest_evalbars.run.plan import OUTCOMES
from pytest_evalbars.run.quarantined import Quarantined
from pytest_evalbars.run.replacing import Frame, drop_rows, void_end
from pytest_evalbars.run.rubrics import rubric_of
from pytest_evalbars.run.saturated import Saturated
from pytest_evalbars.run.shards import shard_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_evalbars.run.plan import Planned

OUTCOME_CODES = {word: code for code, word in enumerate(OUTCOMES)}
#: Reasons are for reading; more than this of one is evidence, and stays on disk.
REASON_LENGTH = 300
NAN = float("nan")
#: Names to dense codes, in order of first appearance: `codes.setdefault(name, len(codes))`.
Codes = dict[Any, int]


class Rows:
    """Takes the lines of run files one by one, and keeps them as columns of codes."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.cases, self.tests, self.trials, self.dimensions = Codes(), Codes(), Codes(), Codes()
        self.labelsets, self.clusters, self.levels = Codes(), Codes(), Codes()
        self.known_labels: Codes = {}
        # One array a column; the first five are the keys of an observation, the next four of a trial.
        self.case, self.test, self.trial, self.dimension = (array("q") for _ in range(4))
        self.outcome, self.score = array("b"), array("d")
        self.labelset, self.cluster = array("q"), array("q")
        self.level, self.entry = array("q"), array("q")
        #: The key of the row before, and its codes.
        self.last_key: tuple[Any, ...] = (None, None, None, -1, -1, -1)
        #: From which row on cases without labels of their own have which.
        self.spans: list[tuple[int, int]] = []
        self.t_case, self.t_test, self.t_trial = array("q"), array("q"), array("q")
        self.t_labelset, self.t_cluster, self.t_flags = array("q"), array("q"), array("b")
        self.t_entry = array("q")
        #: What trials said beside their verdicts: a row's or a trial line's entry, -1 where it said nothing.
        self.entries = Entries()
        self.reasons: dict[int, str] = {}
        #: What models the trials asked, in all; and the rows that say themselves that they replay recorded answers.
        self.calls = Ledger()
        self.replayed = array("q")
        self.judged = JudgedRows()
        self.headers: list[Mapping[str, Any]] = []
        #: The planned items, and whether a line speaks of them.
        self.items: dict[str, bool] = {}
        #: What each manifest says of its items, unread: it is needed only where some have no line.
        self.plans: list[tuple[str, dict[str, str]]] = []
        self.left_out: list[str] = []
        self.asked: list[str] = []
        #: Items that were not started because no verdict depended on them any more, and what that saved.
        self.stopped: dict[str, bool] = {}
        self.saved: dict[str, float] = {}
        #: The file being read, the labels of its whole run, and which files are a session's and came to an end.
        self.file = 0
        self.framed, self.ended = set[int](), set[int]()
        #: What messages call each file, whose header is whose, and which items each shard's file plans.
        self.files: dict[int, str] = {0: where}
        self.header_files: list[int] = []
        self.shard_items: dict[int, list[str]] = {}
        #: How many trials a session kept from starting, by the reason: by file, as its last end line says.
        self.not_run: dict[int, dict[str, int]] = {}
        self.torn = False
        #: By case: what the last manifest that names it says of its quarantine.
        self.quarantined: dict[str, tuple[Quarantined, ...]] = {}
        #: The lines under which other sessions went on with the run.
        self.resumes: list[Mapping[str, Any]] = []
        #: What judges went by, by the rubric's name and version.
        self.rubrics: dict[str, Mapping[str, Any]] = {}
        self.frame = Frame()
        self._share({})

    def read(self, path: Path) -> None:
        """Take every line of a file."""
        self.where, self.file = shown(path), self.file + 1
        self.frame = Frame(len(self.left_out), len(self.asked), len(self.plans))
        self.files[self.file] = self.where
        self._share({})
        try:
            with path.open("rb") as stream:
                number, line = 0, b""
                for number, line in enumerate(stream, 1):
                    if line.endswith(b"\n") and not line.isspace() and not line.startswith(REPORT):
                        try:
                            row = from_json(line, cache_strings="keys")
                        except ValueError as error:
                            row = self._odd(line, number, error)
                        self.take(row, number)
        except OSError as error:
            raise RunFileError(f"{self.where}: the run file cannot be read: {error.strerror}") from None
        if line.strip() and not line.endswith(b"\n"):
            try:
                row = from_json(line)
            except ValueError:
                self.torn = True
            else:
                self.take(row, number)

    def _odd(self, line: bytes, number: int, error: ValueError) -> Any:
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
                self.frame.before_end, self.frame.end = len(self.left_out), row
                self.left_out += _texts(row, "left_out")
                self.not_run[self.file] = _counts(row, "not_run")
                self.stop(row)
            else:
                self._rare(kind, row)
        except KeyError as error:
            raise self._wrong(number, f"the {kind} has no {error}") from None
        except (AttributeError, TypeError, ValueError) as error:
            raise self._wrong(number, f"not a line of a run file: {error}") from None

    def _rare(self, kind: Any, row: Mapping[str, Any]) -> None:
        """Take a line of another type; one that is none of these is from a newer version, which only adds."""
        if kind == "resume":
            self._resume(row)
        elif kind == "rubric" and (said := rubric_of(row)) is not None:
            self.rubrics[said[0]] = said[1]

    def stop(self, row: Mapping[str, Any]) -> None:
        """Take what the end of a session says of trials that it did not start, as no verdict depended on them."""
        self.stopped |= dict.fromkeys(_texts(row, "stopped"), True)
        for key, value in (row.get("saved") or {}).items():
            self.saved[key] = self.saved.get(key, 0.0) + float(value)

    def _header(self, row: Mapping[str, Any]) -> None:
        if row.get("schema", SCHEMA) > SCHEMA:
            raise ValueError(
                f"its schema is {row['schema']}, this pytest-evalbars reads up to {SCHEMA}; upgrade it",
            )
        labels = row.get("labels") or {}
        if not isinstance(labels, Mapping):
            raise ValueError(f"its labels are {labels!r}, not an object")  # noqa: TRY004 - told as the others
        Saturated.from_json(row.get("saturated"))
        if shard_of(row) is not None:
            self.shard_items.setdefault(self.file, [])
        self.headers.append(row)
        self.header_files.append(self.file)
        self.framed.add(self.file)
        self._share({str(key): str(value) for key, value in labels.items()})

    def _share(self, labels: dict[str, str]) -> None:
        """From here on every case carries the labels of its whole run, beside its own."""
        self.shared, self.known_labels = labels, {}
        self.unlabelled = self._labels({})
        self.spans.append((len(self.case), self.unlabelled))

    def _resume(self, row: Mapping[str, Any]) -> None:
        """Another session goes on with the run: the last one's end holds no longer, nor does its manifest."""
        self.framed.add(self.file)
        self.resumes.append(row)
        void_end(self)
        self.frame.replaced = True
        if dropped := row.get("dropped"):
            drop_rows(self, {(case, test, trial) for case, test, trial, *_ in dropped})
            self.items |= {item: False for *_, item in dropped if item in self.items}
        if self.headers:
            self.headers[-1] = {**self.headers[-1], **{key: row[key] for key in ("shard", "anytime") if key in row}}
        labels = row.get("labels")
        if isinstance(labels, Mapping) and labels != self.shared:
            self._share({str(key): str(value) for key, value in labels.items()})

    def _manifest(self, row: Mapping[str, Any]) -> None:
        self.framed.add(self.file)
        frame, spoken = self.frame, dict[str, bool]()
        if frame.replaced:
            del self.left_out[frame.left_out :], self.asked[frame.asked :], self.plans[frame.plans :]
            spoken = {item: self.items.pop(item) for item in frame.items}
            frame.items.clear()
            frame.replaced = False
            self.shard_items.get(self.file, []).clear()
        items = _texts(row, "items")
        for item in items:
            if item not in self.items:
                self.items[item] = spoken.get(item, False)
                frame.items.append(item)
        if self.file in self.shard_items:
            self.shard_items[self.file] += items
        self.left_out += _texts(row, "left_out")
        self.asked += _texts(row, "asked")
        if isinstance(planned := row.get("planned"), str):
            self.plans.append((planned, self.shared))
        entries = Quarantined.of_line(row)
        self.quarantined |= {each.case: tuple(one for one in entries if one.case == each.case) for each in entries}

    def _key(self, row: Mapping[str, Any], case: array[int], test: array[int], trial: array[int]) -> None:
        """Append the codes of a row's key."""
        name, function, number = row["case"], row.get("test") or "", row.get("trial") or 0
        key = self.last_key
        # What a trial says stands together. Only the very same number: True is 1, and no number of a trial.
        if name != key[0] or function != key[1] or number is not key[2]:
            key = self._new_key(name, function, number)
        case.append(key[3])
        test.append(key[4])
        trial.append(key[5])

    def _new_key(self, name: Any, function: Any, number: Any) -> tuple[Any, ...]:
        """Take a key that is not that of the row before; itself and its codes."""
        if not (type(name) is type(function) is str and name and type(number) is int and number >= 0):
            raise ValueError(f"case {name!r}, test {function!r}, trial {number!r} is not a name, a name and a number")
        self.last_key = (
            name,
            function,
            number,
            self.cases.setdefault(name, len(self.cases)),
            self.tests.setdefault(function, len(self.tests)),
            self.trials.setdefault(number, len(self.trials)),
        )
        return self.last_key

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
        self.level.append(self._level(level) if (level := get("level")) is not None else -1)
        says = "measures" in row or "prediction" in row or "guardrail" in row
        self.entry.append(self.entries.add(row) if says else -1)
        if outcome in (MISS, ERROR) and (reason := get("reason")):
            self.reasons[len(self.case) - 1] = str(reason)[:REASON_LENGTH]
        if get("replayed"):
            self.replayed.append(len(self.case) - 1)
        if type(judge := get("judge")) is dict:
            self.judged.take(len(self.case) - 1, judge)

    def _trial(self, row: Mapping[str, Any]) -> None:
        get = row.get
        cluster, labels = get("cluster"), get("labels")
        self._key(row, self.t_case, self.t_test, self.t_trial)
        self.t_labelset.append(self._labels(labels) if labels else self.unlabelled)
        self.t_cluster.append(self._cluster(cluster) if cluster else -1)
        self.t_entry.append(entry := self.entries.add(row))
        flags = (1 if get("error") else 0) + (2 if get("xfail") else 0)
        calls = get("calls")
        if type(calls) is dict and self.calls.take(calls, entry, get("measures") or {}):
            flags += 4
        self.t_flags.append(flags)
        if (item := get("item")) in self.items:
            self.items[item] = True

    def _level(self, name: Any) -> int:
        if not isinstance(name, str):
            raise ValueError(f"level is {name!r}, not a name")  # noqa: TRY004 - told as the others
        return self.levels.setdefault(name, len(self.levels))

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

    def add_absent(self, one: Planned, dimension: str, outcome: int) -> None:
        """Add a row for a planned trial that no line speaks of."""
        self.case.append(self.cases.setdefault(one.case, len(self.cases)))
        self.test.append(self.tests.setdefault(one.test, len(self.tests)))
        self.trial.append(self.trials.setdefault(one.trial, len(self.trials)))
        self.dimension.append(self.dimensions.setdefault(dimension, len(self.dimensions)))
        self.outcome.append(outcome)
        self.score.append(NAN)
        self.labelset.append(self._labels(one.labels))
        self.cluster.append(self.clusters.setdefault(one.cluster, len(self.clusters)) if one.cluster else -1)
        self.level.append(-1)
        self.entry.append(-1)


def _texts(row: Mapping[str, Any], key: str) -> list[str]:
    values = row[key] if key == "items" else row.get(key) or []
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key} is {str(values)[:50]!r}, not a list of names")
    return list(values)


def _counts(row: Mapping[str, Any], key: str) -> dict[str, int]:
    values = row.get(key) or {}
    if not isinstance(values, Mapping) or not all(type(value) is int for value in values.values()):
        raise ValueError(f"{key} is {str(values)[:50]!r}, not numbers by reason")
    return {str(name): value for name, value in values.items()}


def _share(score: Any) -> float:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ValueError(f"score is {score!r}, not a number from 0 to 1")
    return float(score)
