"""What the store answers: its runs, what its bars and slices said, and the record of each case."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from pytest_evalbars.history.records import CaseRecord, History, PastRun, Told
from pytest_evalbars.history.rows import Sum
from pytest_evalbars.history.tables import cards, runs, sums, told, verdicts

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from pytest_evalbars.history.store import Store


@dataclass(frozen=True, slots=True)
class BarRecord:
    """How often a bar got which verdict, in the runs in which it was enforced."""

    #: Its name as a test.
    bar: str
    met: int
    missed: int
    inconclusive: int
    no_data: int
    #: In how many runs it failed the session.
    failed: int
    #: When the last of them began; empty if there is none.
    last_failed: str

    @property
    def runs(self) -> int:
        """How many there are."""
        return self.met + self.missed + self.inconclusive + self.no_data


def past_runs(store: Store, last: int | None = None) -> dict[int, PastRun]:
    """The last runs, oldest first, by their number in the store."""
    with store.database.begin() as connection:
        return _past_runs(connection, last)


def _past_runs(connection: Connection, last: int | None) -> dict[int, PastRun]:
    newest = select(runs).order_by(runs.c.started.desc(), runs.c.name.desc()).limit(last)
    rows = connection.execute(newest).all()[::-1]
    said: dict[int, dict[str, str]] = defaultdict(dict)
    for run, bar, verdict in connection.execute(select(verdicts.c.run, verdicts.c.bar, verdicts.c.verdict)):
        said[run][bar] = verdict
    return {row.id: _past_run(row, said[row.id]) for row in rows}


def _past_run(row: Row[tuple[object, ...]], said: dict[str, str]) -> PastRun:
    return PastRun(
        run=row.name,
        started=row.started,
        commit=row.commit,
        changes=row.changes,
        labels=json.loads(row.labels),
        stage=row.stage,
        exit=row.exit,
        complete=row.complete,
        verdicts=said,
        whole=row.whole,
    )


def all_sums(store: Store) -> dict[int, list[Sum]]:
    """What the slices of each run add up to, by the run's number; dimensions and categories in order."""
    found: dict[int, list[Sum]] = defaultdict(list)
    columns = [sums.c[name] for name in Sum._fields]
    query = select(sums.c.run, *columns).order_by(sums.c.dimension, sums.c.kind.desc(), sums.c.category)
    with store.database.begin() as connection:
        for run, *values in connection.execute(query):
            found[run].append(Sum(*values))
    return found


def bar_records(store: Store) -> list[BarRecord]:
    """What became of each bar, by name."""
    words = ("met", "missed", "inconclusive", "no data")
    query = (
        select(
            verdicts.c.bar,
            *(func.count(case((verdicts.c.verdict == word, 1))) for word in words),
            func.count(case((verdicts.c.fails, 1))),
            func.coalesce(func.max(case((verdicts.c.fails, runs.c.started))), ""),
        )
        .join(runs, runs.c.id == verdicts.c.run)
        .where(verdicts.c.enforced)
        .group_by(verdicts.c.bar)
        .order_by(verdicts.c.bar)
    )
    with store.database.begin() as connection:
        return [BarRecord(*row) for row in connection.execute(query).tuples()]


def history(store: Store, last: int | None = None) -> History:
    """The last runs, and what they said of each case.

    Args:
        store: the store.
        last: how many runs; None: all.
    """
    with store.database.begin() as connection:
        past = _past_runs(connection, last)
        place = {number: index for index, number in enumerate(past)}
        card = {row.id: row for row in connection.execute(select(cards))}
        query = select(told.c.run, told.c.card, told.c.passes, told.c.trials, told.c.errors)
        if last is not None:
            query = query.where(told.c.run.in_(place))
        rows = connection.execute(query).tuples().all()
    found: dict[tuple[str, str], list[Told]] = {}
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    of_card = {}
    for number, row in card.items():
        key = row.case, row.dimension
        of_card[number] = key, found.setdefault(key, []), (row.status, row.category, row.content)
    for run, number, passes, trials, errors in rows:
        key, mine, what = of_card[number]
        index = place[run]
        mine.append(Told(index, passes, trials, errors, *what))
        latest[key] = max(latest.get(key, (-1, 0)), (index, number))
    records = []
    for key, mine in sorted(found.items()):
        if mine:
            mine.sort(key=lambda each: each.run)
            last_card = card[latest[key][1]]
            records.append(CaseRecord(*key, last_card.test, last_card.file, tuple(mine)))
    return History(tuple(past.values()), tuple(records))
