"""What the store answers: its runs, what its bars and slices said, and the record of each case."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from pytest_evalbars.garbage import no_garbage_collection
from pytest_evalbars.history.records import CaseRecord, History, PastRun, Told
from pytest_evalbars.history.rows import Sum
from pytest_evalbars.history.tables import cards, runs, sums, told, verdicts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection, Row, Select

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
    #: In how many other runs its verdict rests on recorded answers, and so is not counted.
    replayed: int

    @property
    def runs(self) -> int:
        """How many there are."""
        return self.met + self.missed + self.inconclusive + self.no_data


def past_runs(store: Store, last: int | None = None) -> dict[int, PastRun]:
    """The last runs, oldest first, by their number in the store."""
    with store.database.begin() as connection:
        return _past_runs(connection, last)


def run_count(store: Store) -> int:
    """How many runs the history has."""
    with store.database.begin() as connection:
        return connection.execute(select(func.count()).select_from(runs)).scalar_one()


def _past_runs(connection: Connection, last: int | None) -> dict[int, PastRun]:
    newest = select(runs).order_by(runs.c.started.desc(), runs.c.name.desc()).limit(last)
    rows = connection.execute(newest).all()[::-1]
    said: dict[int, dict[str, str]] = defaultdict(dict)
    query = select(verdicts.c.run, verdicts.c.bar, verdicts.c.verdict).where(verdicts.c.replayed == 0)
    for run, bar, verdict in connection.execute(query):
        said[run][bar] = verdict
    return {row.id: _past_run(row, said[row.id]) for row in rows}


def _past_run(row: Row[Any], said: dict[str, str]) -> PastRun:
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
        everything=row.everything,
        replayed=row.replayed,
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


def recent_wholes(
    store: Store, last: int, before: str, *, everything: bool, but: Collection[str]
) -> tuple[dict[int, PastRun], dict[int, list[Sum]]]:
    """The last runs that came to their end with all their cases, and what each dimension as a whole adds up to.

    Args:
        store: the store.
        last: how many runs.
        before: when the latest of them may have begun.
        everything: only runs of the whole project.
        but: names of runs that are none of them.

    Returns:
        Runs, oldest first, without their verdicts; and sums; both by the run's number.
    """
    fine = [runs.c.started <= before, runs.c.name.not_in(but), runs.c.complete, runs.c.whole]
    fine += [runs.c.everything] if everything else []
    query = select(runs).where(*fine).order_by(runs.c.started.desc(), runs.c.name.desc()).limit(last)
    with store.database.begin() as connection:
        past = {row.id: _past_run(row, {}) for row in connection.execute(query).all()[::-1]}
        found: dict[int, list[Sum]] = defaultdict(list)
        columns = [sums.c[name] for name in Sum._fields]
        wholes = select(sums.c.run, *columns).where(sums.c.run.in_(list(past)), sums.c.category.is_(None))
        for run, *values in connection.execute(wholes):
            found[run].append(Sum(*values))
    return past, found


def bar_records(store: Store) -> list[BarRecord]:
    """What became of each bar, by name."""
    words, fresh = ("met", "missed", "inconclusive", "no data"), verdicts.c.replayed == 0
    query = (
        select(
            verdicts.c.bar,
            *(func.count(case(((verdicts.c.verdict == word) & fresh, 1))) for word in words),
            func.count(case((verdicts.c.fails & fresh, 1))),
            func.coalesce(func.max(case((verdicts.c.fails & fresh, runs.c.started))), ""),
            func.count(case((~fresh, 1))),
        )
        .join(runs, runs.c.id == verdicts.c.run)
        .where(verdicts.c.enforced)
        .group_by(verdicts.c.bar)
        .order_by(verdicts.c.bar)
    )
    with store.database.begin() as connection:
        return [BarRecord(*row) for row in connection.execute(query)]


def history(store: Store, last: int | None = None) -> History:
    """The last runs, and what they said of each case.

    Args:
        store: the store.
        last: how many runs; None: all.
    """
    with store.database.begin() as connection, no_garbage_collection():
        past = _past_runs(connection, last)
        place = {number: index for index, number in enumerate(past)}
        card = {row.id: row for row in connection.execute(select(cards))}
        found: dict[tuple[str, str], list[Told]] = {}
        of_card = {
            number: (found.setdefault((row.case, row.dimension), []), (row.status, row.category, row.content))
            for number, row in card.items()
        }
        # Runs are in the order in which they were taken in; mostly that of their beginning.
        newest: dict[int, int] = {}
        for run, number, passes, trials, errors in connection.execute(_told(place, all_of_them=last is None)):
            mine, what = of_card[number]
            mine.append(Told(place[run], passes, trials, errors, *what))
            newest[number] = max(newest.get(number, -1), place[run])
    latest: dict[tuple[str, str], Row[Any]] = {}
    for number in sorted(newest, key=lambda each: (newest[each], each)):
        latest[card[number].case, card[number].dimension] = card[number]
    records = []
    for key, row in sorted(latest.items()):
        found[key].sort(key=lambda each: each.run)
        records.append(CaseRecord(*key, row.test, row.file, tuple(found[key]), row.cluster))
    return History(tuple(past.values()), tuple(records))


def _told(place: Iterable[int], *, all_of_them: bool) -> Select[Any]:
    query = select(told.c.run, told.c.card, told.c.passes, told.c.trials, told.c.errors)
    return query if all_of_them else query.where(told.c.run.in_(list(place)))
