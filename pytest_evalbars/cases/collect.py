"""From collected items to the plan of what will be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.cases.content import Contents
from pytest_evalbars.cases.identity import TRIAL, identify, made_from_position, parameters, row_of, trial_of
from pytest_evalbars.cases.markers import read_marks
from pytest_evalbars.cases.quarantine import status_of, today
from pytest_evalbars.errors import MarkerError
from pytest_evalbars.redaction import redactor
from pytest_evalbars.run.plan import Planned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pytest_evalbars.run.quarantined import Quarantined

#: What is planned for an item; absent on items that are no eval cases.
PLANNED = pytest.StashKey[Planned]()
#: The seconds that a case's own marker gives its body; absent without one.
TIMEOUT = pytest.StashKey[float]()
#: How many case ids a note names as examples.
EXAMPLES = 3


def is_case(item: pytest.Item) -> bool:
    """Whether a marker or a row gives the item a dimension to be judged on."""
    if any(mark.name == "dimension" for node in item.iter_parents() for mark in node.own_markers):
        return True
    row = row_of(item)
    return row is not None and bool(row.dimensions)


def drop_surplus_trials(items: list[pytest.Item]) -> None:
    """Take out trials beyond what an item's own markers ask for.

    A function is parametrized with the most trials that any of its parameters wants.
    """
    surplus = [item for item in items if parameters(item).get(TRIAL) and trial_of(item) >= _trials_of(item)]
    if surplus:
        gone = set(surplus)
        items[:] = [item for item in items if item not in gone]


def _trials_of(item: pytest.Item) -> int:
    if not is_case(item):
        return 1
    override: int | None = item.config.getoption("evalbars_trials")
    try:
        return override if override is not None else read_marks(item).trials
    except MarkerError:
        return 1  # told when the case is described


def _relative(path: Path, root: Path) -> str:
    """A path as the project calls it, with slashes everywhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


class Collector:
    """Describes eval items, and gathers what is wrong with them.

    Args:
        day: gives the run's day, as "2026-12-31": a quarantine ends with one.
    """

    def __init__(self, day: Callable[[], str] = today) -> None:
        self._day = day
        #: By item: the case's quarantine.
        self.quarantines: dict[str, Quarantined] = {}
        self.cases: list[tuple[pytest.Item, Planned]] = []
        self.problems: list[str] = []
        self._redacted = redactor()
        self._from_position: dict[str, None] = {}
        self._labels: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._dimensions: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._files: dict[str, tuple[object, int]] = {}
        self._contents = Contents()
        #: What items are called, without secrets: their node ids.
        self._names: dict[str, str] = {}

    def take(self, items: Iterable[tuple[pytest.Item, str]]) -> None:
        """Describe every eval case among the items, each given with its node id."""
        for item, nodeid in items:
            if is_case(item):
                try:
                    planned = self._describe(item, nodeid)
                except MarkerError as error:
                    self.problems.append(str(error))
                else:
                    self._one_name_per_item(planned.item, nodeid)
                    item.stash[PLANNED] = planned
                    self.cases.append((item, planned))
        self.problems = list(dict.fromkeys(self.problems))

    def notes(self) -> list[str]:
        """What a reader should know of the cases."""
        if not self._from_position:
            return []
        names = list(self._from_position)
        more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
        shown = f"{', '.join(names[:EXAMPLES])}{more}"
        note = f"{len(names)} cases have ids that pytest made from their position ({shown})"
        return [f"{note}: they are unfit for comparing runs; give their parameters ids"]

    def _describe(self, item: pytest.Item, nodeid: str) -> Planned:
        marks, row = read_marks(item), row_of(item)
        override = item.config.getoption("evalbars_trials")
        if (override or marks.trials) > 1 and TRIAL not in parameters(item):
            raise MarkerError(f"{nodeid}: trials cannot repeat this kind of test; write it as a plain function")
        if marks.timeout is not None:
            item.stash[TIMEOUT] = marks.timeout
        case, test = identify(item, nodeid)
        if made_from_position(item):
            self._from_position[self._redacted(case)] = None
        dimensions, labels, cluster = marks.dimensions, dict(marks.labels), marks.cluster
        category, status, quarantine = marks.category, marks.status, marks.quarantine
        if row is not None:
            self._one_file_per_id(row.id, row.path, row.line)
            dimensions = tuple(dict.fromkeys((*dimensions, *row.dimensions)))
            category, status, cluster = row.category or category, row.status or status, row.cluster or cluster
            labels |= row.labels
            quarantine = row.quarantine or quarantine
        if category:
            labels["category"] = category
        try:
            standing, quarantined = status_of(status, quarantine, case, self._day)
        except MarkerError as error:
            raise MarkerError(f"{nodeid}: {error}") from None
        if quarantined is not None:
            self.quarantines[self._redacted(nodeid)] = quarantined.redacted(self._redacted)
        labels |= standing
        labels = {self._name(key): self._name(value) for key, value in sorted(labels.items())}
        return Planned(
            item=self._redacted(nodeid),
            case=self._redacted(case),
            test=self._redacted(test),
            trial=trial_of(item),
            dimensions=self._dimensions.setdefault(dimensions, dimensions),
            labels=self._labels.setdefault(tuple(labels.items()), labels),
            cluster=cluster and self._name(cluster),
            content=self._contents.of(item),
            file="" if row is None else self._redacted(_relative(row.path, item.config.rootpath)),
        )

    def _name(self, words: str) -> str:
        """A label or a cluster as any JSON tool can carry it: without secrets and halves of characters."""
        return self._redacted(words.encode("utf-8", "backslashreplace").decode("utf-8"))

    def _one_name_per_item(self, name: str, nodeid: str) -> None:
        if self._names.setdefault(name, nodeid) != nodeid:
            self.problems.append(
                f"two cases are both called {name} once secrets are taken out of their ids; give their parameters or "
                "rows ids without any"
            )

    def _one_file_per_id(self, case: str, path: object, line: int) -> None:
        known, known_line = self._files.setdefault(case, (path, line))
        if known != path:
            raise MarkerError(
                f"case id {case!r} stands in two files: {known}, line {known_line}, and {path}, line {line}; "
                "an id names one case of the suite, so rename one of them",
            )
