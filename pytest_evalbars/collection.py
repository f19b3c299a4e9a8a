"""What happens when pytest has collected: cases are described, bars checked against them, mistakes told.

In a worker mistakes cannot end the session; they ride home in the worker's output instead, and the controller
raises them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.calls.mode import unfit_for_calls
from pytest_evalbars.cases.collect import Collector, is_case
from pytest_evalbars.config.options import labels_of
from pytest_evalbars.errors import BarsError
from pytest_evalbars.execution import early
from pytest_evalbars.execution.saturated import spare, way_of
from pytest_evalbars.run.plan import Plan
from pytest_evalbars.run.shards import Shard
from pytest_evalbars.scope import XDIST_KEY, scope_of
from pytest_evalbars.selection import folders_of, hold_redaction
from pytest_evalbars.stash import COLLECTION, PROBLEMS, is_worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Planned
    from pytest_evalbars.run.quarantined import Quarantined
    from pytest_evalbars.run.saturated import Saturated

#: The cases that missed or erred in the last judged session.
MISSED_CACHE = "evalbars/missed"


@dataclass(slots=True)
class Collection:
    """The eval cases of a session, as collected, and the bars they will be held against."""

    cases: list[tuple[pytest.Item, Planned]]
    bars: Bars
    config: pytest.Config
    notes: list[str] = field(default_factory=list)
    #: Which part of the run this session is; the cases are then those of that part.
    shard: Shard | None = None
    #: Which saturated cases this session does not run: they are not among its cases.
    saturated: Saturated | None = None
    #: By item: the case's quarantine.
    quarantines: Mapping[str, Quarantined] = field(default_factory=dict)

    def plan(self, items: list[pytest.Item]) -> Plan:
        """The plan, now that every plugin has taken out what it does not want to run."""
        kept = set(items)
        asked, gaps = scope_of(self.config)
        planned = tuple(planned for item, planned in self.cases if item in kept)
        quarantined = (self.quarantines.get(each.item) for each in planned)
        return Plan(
            planned=planned,
            left_out=tuple(planned for item, planned in self.cases if item not in kept),
            unseen=tuple(gaps),
            asked=tuple(asked),
            notes=tuple(self.notes),
            shard=self.shard,
            saturated=self.saturated,
            quarantined=tuple(dict.fromkeys(filter(None, quarantined))),
        )


def collected(session: pytest.Session, everything: list[tuple[pytest.Item, str]], items: list[pytest.Item]) -> None:
    """Describe the eval cases among the collected items and check the bars against them.

    Args:
        session: pytest's.
        everything: all collected items with their node ids, deselected ones too.
        items: those that will run; emptied where a worker finds mistakes.

    Raises:
        pytest.UsageError: telling every mistake found.
    """
    config = session.config
    problems = config.stash[PROBLEMS]
    if not problems and not any(is_case(item) for item, _ in everything):
        return
    hold_redaction(config)
    collector = Collector(lambda: scope_of(config, "day"))
    collector.take(everything)
    problems[:] = dict.fromkeys([*problems, *collector.problems])
    bars = None
    if not problems:
        try:
            bars, where = load(config)
        except BarsError as error:
            problems.append(str(error))
        else:
            answerable, notices = advised(config, bars, (planned for _, planned in collector.cases))
            # Of files that could not be collected nobody knows which cases they hold; pytest tells of them.
            problems += filter(None, [unfit_for_calls(config, bars)])
            problems += _unfit(config, answerable, where, collector, whole=_whole(session))
    if bars is not None and not problems:
        notes = collector.notes()
        if not config.getoption("evalbars_shard"):  # which holds no bar, and is decided with the others
            bars, notes = answerable, [*notes, *(notices if _whole(session) else ())]
        collection = Collection(collector.cases, bars, config, notes, quarantines=collector.quarantines)
        _spare(collection, items)
        collection.cases = early.shuffle(config, bars, collection.cases, items)
        config.stash[COLLECTION] = collection
        if config.getoption("evalbars_shard"):
            _only_shard(collection, items)
        if config.getoption("evalbars_missed"):
            _only_missed(config, collector.cases, items)
        return
    if is_worker(config):
        config.workeroutput[XDIST_KEY] = json.dumps(problems)  # type: ignore[attr-defined]
        items.clear()
        return
    raise pytest.UsageError("\n".join(problems))


def load(config: pytest.Config) -> tuple[Bars, str]:
    """The bars of the project that is being tested, and the file they stand in, as messages name it."""
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - only where there are cases
    from pytest_evalbars.gate.load import bars_of  # noqa: PLC0415 - imports pydantic

    table = find_table(folders_of(config))
    return bars_of(table), table.where


def advised(config: pytest.Config, bars: Bars, planned: Iterable[Planned]) -> tuple[Bars, list[str]]:
    """The bars without a preset's advice that no case can answer, and notices of it."""
    if not bars.preset:
        return bars, []
    from pytest_evalbars.gate.check import kinds_of  # noqa: PLC0415 - imports pydantic
    from pytest_evalbars.gate.presets import answerable  # noqa: PLC0415

    return answerable(bars, kinds_of(planned, labels_of(config)))


def _whole(session: pytest.Session) -> bool:
    """Whether every case of the project is known: only then nothing else can answer a bar."""
    asked, gaps = scope_of(session.config)
    return not (session.testsfailed or asked or gaps)


def _unfit(config: pytest.Config, bars: Bars, where: str, collector: Collector, *, whole: bool) -> list[str]:
    """Mistakes that show only once the cases are known."""
    from pytest_evalbars.gate.check import unanswerable  # noqa: PLC0415 - imports pydantic

    problems = []
    if scope_of(config, "dist") == "each":
        problems.append(
            "--dist=each runs every eval case on every worker, and so would count it more than once; "
            "use another --dist, or leave evals out with -m",
        )
    if config.getoption("evalbars_missed") and getattr(config, "cache", None) is None:
        problems.append("--evalbars-missed needs pytest's cache, which -p no:cacheprovider switches off")
    if config.getoption("evalbars_missed") and config.getoption("evalbars_resume") is not None:
        problems.append(
            "--evalbars-missed looks at cases again and feeds no bar, --evalbars-resume goes on with a run; "
            "leave one of the two out",
        )
    if is_worker(config):
        from pytest_evalbars.execution.division import indivisible  # noqa: PLC0415 - only under xdist

        workers = config.workerinput["workercount"]  # type: ignore[attr-defined]
        problems += [f"{where}, {problem}" for problem in indivisible(bars.limits, workers)]
    if config.getoption("evalbars_shard") and config.getoption("evalbars_missed"):
        problems.append("--evalbars-missed looks again at what the last session missed, and has no shards: drop one")
    if whole:
        planned = (planned for _, planned in collector.cases)
        problems += [f"{where}, {problem}" for problem in unanswerable(bars, planned, labels_of(config))]
    return problems


def _only_missed(config: pytest.Config, cases: list[tuple[pytest.Item, Planned]], items: list[pytest.Item]) -> None:
    """Deselect all but the cases that missed or erred last time."""
    missed = missed_last_time(config)
    again = {item for item, planned in cases if planned.item in missed}
    gone = [item for item in items if item not in again]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item in again]


def missed_last_time(config: pytest.Config) -> dict[str, str]:
    """The items to look at again, and whether each was a miss or an error."""
    cache = getattr(config, "cache", None)
    kept = cache.get(MISSED_CACHE, {}) if cache is not None else {}
    return kept if isinstance(kept, dict) else dict.fromkeys(kept, "miss")


def _spare(collection: Collection, items: list[pytest.Item]) -> None:
    """Deselect the saturated cases that this session does not run: they are not left out of the run."""
    config, bars = collection.config, collection.bars
    way = way_of(config, bars, single=bool(scope_of(config)[1]))
    staying, done = spare(collection.cases, way, scope_of(config, "saturated"), bars.saturated_share)
    if done is not None and done.of:
        collection.notes.append(done.words(done.run))
    kept = {item for item, _ in staying}
    gone = {item for item, _ in collection.cases if item not in kept}
    collection.cases, collection.saturated = staying, done
    if others := [item for item in items if item in gone]:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in gone]


def _only_shard(collection: Collection, items: list[pytest.Item]) -> None:
    """Deselect the cases of other shards, which nobody then speaks of: they are not left out of the run.

    Everything collected is split, deselected cases too: `-k` moves no case from one shard to another.
    """
    from pytest_evalbars.execution.shards import digest, split, weigh  # noqa: PLC0415 - only for shards

    config, planned = collection.config, [one for _, one in collection.cases]
    index, of = map(int, config.getoption("evalbars_shard").split("/"))
    durations = {(case, test): seconds for case, test, seconds in json.loads(scope_of(config, "durations"))}
    weights, by_time = weigh(planned, durations)
    shard_of = split(weights, of)
    here = sum(shard == index for shard in shard_of.values())
    shard = collection.shard = Shard(index, of, digest(planned, shard_of), len(shard_of), here)
    how = "recorded durations" if by_time else "number, as no durations are recorded"
    collection.notes.append(f"{shard}: {here} of {len(shard_of)} cases, split by {how}")
    gone = {item for item, one in collection.cases if shard_of[one.case] != index}
    collection.cases = [(item, one) for item, one in collection.cases if item not in gone]
    if others := [item for item in items if item in gone]:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in gone]
