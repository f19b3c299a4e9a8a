"""A run as its file tells of it, as far as another session needs it to go on from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.journal import SCHEMA
from pytest_evalbars.run.plan import Planned, unpacked
from pytest_evalbars.run.saturated import Saturated
from pytest_evalbars.run.spool import parts_of, whole_trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    #: What names a trial in a run file: case, test, number.
    Key = tuple[str, str, int]


@dataclass(slots=True)
class Trial:
    """What the file says of one trial."""

    #: By dimension, as `judge` gives them: outcome, score, level, reason. The first one that is no error stands.
    verdicts: dict[str, list[Any]] = field(default_factory=dict)
    measures: dict[str, Any] = field(default_factory=dict)
    #: Its `prediction`, `guardrail` and `calls`, where it has them.
    more: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    xfail: bool = False

    def take(self, line: Mapping[str, Any]) -> None:
        """Take a trial line or an observation of this trial."""
        if line.get("type") == "trial":
            self.error, self.xfail = str(line.get("error") or ""), bool(line.get("xfail"))
            self.measures = dict(line.get("measures") or {})
            self.more = {key: line[key] for key in ("prediction", "guardrail", "calls") if key in line}
        elif not self.stands(name := line["dimension"]):
            self.verdicts[name] = [line["outcome"], *(line.get(key) for key in ("score", "level", "reason"))]

    def stands(self, dimension: str) -> bool:
        """Whether the trial has a verdict on the dimension that is no error."""
        outcome: str = self.verdicts.get(dimension, ["error"])[0]
        return outcome != "error"

    @property
    def missed(self) -> bool:
        """Whether it missed on any dimension."""
        return any(outcome == "miss" for outcome, *_ in self.verdicts.values())

    @property
    def erred(self) -> bool:
        """Whether it could not be judged, wholly or in part."""
        return bool(self.error) or not all(map(self.stands, self.verdicts))

    def finished(self, planned: Planned) -> bool:
        """Whether every dimension has its verdict, and nothing erred."""
        return not self.erred and self.verdicts.keys() >= set(planned.dimensions)

    def open_lines(self, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of another attempt's lines that the file can still take: a verdict stands, an error does not."""
        return [line for line in lines if not self.stands(line.get("dimension", ""))]

    def said(self) -> dict[str, Any]:
        """What it said, as `judge` made it."""
        said = {"verdicts": self.verdicts, "measures": self.measures, "error": self.error, "xfail": self.xfail}
        return said | self.more


def said_of(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a trial said, as `judge` made it, from its lines."""
    trial = Trial()
    for line in lines:
        trial.take(line)
    return trial.said()


@dataclass(slots=True)
class Former:
    """A run file, read in order to go on with it."""

    path: Path
    header: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, Planned] = field(default_factory=dict)
    #: The files and folders that were asked for, where that was not the whole project.
    asked: tuple[str, ...] = ()
    #: By item.
    trials: dict[str, Trial] = field(default_factory=dict)
    #: Items whose verdict stands although their session failed at them (in teardown).
    failed: set[str] = field(default_factory=set)
    #: Whether the last session that wrote it came to its end.
    ended: bool = False
    #: The bytes of all whole lines, and whether the last of them lacks its line break.
    size: int = 0
    unbroken: bool = False
    #: Trials that only a worker's part of the file has, line by line.
    spooled: list[list[dict[str, Any]]] = field(default_factory=list)

    @property
    def where(self) -> str:
        """The file, as messages name it."""
        return shown(self.path)

    @property
    def finished(self) -> set[str]:
        """Items that need not run again."""
        return {item for item, one in self.planned.items() if item in self.trials and self.trials[item].finished(one)}

    @property
    def standing(self) -> dict[str, dict[str, list[Any]]]:
        """Verdicts of trials that are not finished: by item and dimension."""
        given = {
            item: {
                name: verdict
                for name, verdict in self.trials[item].verdicts.items()
                if self.trials[item].stands(name)
            }
            for item in self.trials.keys() - self.finished
        }
        return {item: verdicts for item, verdicts in given.items() if verdicts}

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to do."""
        return self.ended and self.finished >= self.planned.keys()


def read_former(path: Path) -> Former:
    """Read a run file, and the parts that dead workers left beside it.

    Raises:
        RunFileError: it cannot be read, a line in the middle is damaged, or it does not say what was planned.
    """
    reader = _Reader(Former(path))
    reader.read()
    former = reader.former
    for part in parts_of(path):
        for planned, lines in whole_trials(part, former.planned):
            trial = former.trials.setdefault(planned.item, Trial())
            if not trial.finished(planned):
                former.spooled.append(trial.open_lines(lines))
                for line in lines:
                    trial.take(line)
    return former


class _Reader:
    def __init__(self, former: Former) -> None:
        self.former = former
        self.items: dict[Key, str] = {}
        self.manifest = False

    def read(self) -> None:
        former = self.former
        try:
            content = former.path.read_bytes()
        except OSError as error:
            raise RunFileError(f"{former.where}: the run file cannot be read: {error.strerror}") from None
        for number, line in enumerate(content.splitlines(keepends=True), 1):
            if not line.isspace():
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    if not line.endswith(b"\n") and former.header:
                        break  # torn
                    raise self._wrong(number, "not valid JSON") from None
                self._take(row, number)
            former.size += len(line)
            former.unbroken = not line.endswith(b"\n")
        if not self.manifest:
            raise RunFileError(f"{former.where}: it has no manifest line, so nothing tells what was planned")

    def _wrong(self, number: int, problem: str) -> RunFileError:
        return RunFileError(f"{self.former.where}, line {number}: {problem}")

    def _take(self, row: Any, number: int) -> None:
        former = self.former
        kind = row.get("type", "observation") if isinstance(row, dict) else None
        if not former.header and kind != "header":
            raise self._wrong(number, "not the header of a run file")
        try:
            if kind == "header":
                self._header(row)
            elif kind == "manifest":
                self._manifest(row)
            elif kind in ("trial", "observation"):
                self._trial(row)
            elif kind == "failure":
                former.failed.add(row["item"])
            elif kind == "end":
                former.ended = True
            elif kind == "resume":
                self._resume(row)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise self._wrong(number, f"the {kind} is damaged") from None

    def _header(self, row: dict[str, Any]) -> None:
        if row["schema"] > SCHEMA:
            raise RunFileError(
                f"{self.former.where}: its schema is {row['schema']}, this pytest-evalbars reads up to {SCHEMA}; "
                "upgrade it"
            )
        Saturated.from_json(row.get("saturated"))
        self.former.header = {**row, "labels": dict(row.get("labels") or {})}

    def _manifest(self, row: dict[str, Any]) -> None:
        if "planned" not in row:
            raise RunFileError(f"{self.former.where}: its manifest does not tell what its cases were")
        records = {one.item: one for one in unpacked(row["planned"])}
        self.former.planned = {item: records[item] for item in row["items"]}
        self.former.asked = tuple(row.get("asked", ()))
        self.items |= {(one.case, one.test, one.trial): one.item for one in self.former.planned.values()}
        self.manifest = True

    def _trial(self, row: dict[str, Any]) -> None:
        item = self.items.get((row["case"], row.get("test") or "", row.get("trial") or 0))
        if item is not None:
            if row.get("type") == "trial":  # another attempt has failures of its own
                self.former.failed.discard(item)
            self.former.trials.setdefault(item, Trial()).take(row)

    def _resume(self, row: dict[str, Any]) -> None:
        former = self.former
        former.ended = False
        former.header = {
            **former.header,
            **{key: row[key] for key in ("labels", "commit", "changes", "shard", "anytime") if key in row},
        }
        for case, test, trial, *_ in row.get("dropped", ()):
            item = self.items.get((case, test, trial))
            if item is not None:
                former.trials.pop(item, None)
                former.failed.discard(item)
