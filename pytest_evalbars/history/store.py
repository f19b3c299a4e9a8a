"""The history in its database: runs are written whole, once each, and read back."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import delete, func, insert, select, update

from pytest_evalbars.history.database import Database, copied
from pytest_evalbars.history.rows import Card, Facts, Known, Stamp
from pytest_evalbars.history.tables import cards, files, runs, sums, told, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection, Table

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.history.rows import Folded

#: How many runs are kept; the oldest go first. A year of daily runs with 2,000 cases on two dimensions takes about
#: 25 MB, so that this is some 70 MB of such.
KEPT = 1000
#: Rows that are written in one go.
BATCH = 10_000


class Store:
    """The history of one project."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._cards: dict[Card, int] = {}
        #: What `PRAGMA data_version` said when the cards were read: another number, and others have written since.
        self._version = -1

    @classmethod
    def open(cls, root: Path) -> Store:
        """The store of the project at `root`; a new one where there is none.

        Raises:
            HistoryError: it cannot be opened, is broken, or of a newer version.
        """
        return cls(Database(place(root)))

    @classmethod
    def in_memory(cls, root: Path | None = None) -> Store:
        """A store that goes with the process, with all that the one of the project at `root` holds."""
        return cls(Database(None, copied(place(root)) if root is not None and place(root).exists() else None))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def known(self) -> dict[str, Known]:
        """The run files that were looked at, by path."""
        with self.database.begin() as connection:
            return {
                row.path: Known(Stamp(row.path, row.size, row.changed), row.run, row.problem)
                for row in connection.execute(select(files))
            }

    def pass_over(self, stamps: Iterable[Stamp], problem: str = "") -> None:
        """Remember run files that are no runs of the history, and why where there is something to mend."""
        rows = [_row(stamp, None, problem) for stamp in stamps]
        if rows:
            with self.database.begin(write=True) as connection:
                _note(connection, rows)

    def forget(self, paths: Iterable[str]) -> None:
        """Forget run files that are gone; their runs stay."""
        if gone := list(paths):
            with self.database.begin(write=True) as connection:
                for path in gone:
                    connection.execute(delete(files).where(files.c.path == path))

    def write(self, facts: Facts, folded: Folded, stamps: Sequence[Stamp], decision: Decision | None) -> None:
        """Take a run in, in place of what was known of it; then drop the oldest runs beyond those kept.

        One that came to its end is not replaced by one that did not. Without a decision, what the gate said of the
        same run before stands.

        Args:
            facts: which run.
            folded: what its cases said.
            stamps: its files.
            decision: what the gate said of it, where it was asked.
        """
        with self.database.begin(write=True) as connection:
            same = select(runs.c.id, runs.c.complete).where(
                runs.c.name == facts.name, runs.c.started == facts.started
            )
            before = connection.execute(same).first()
            if before is not None and before.complete and not facts.complete:
                _note(connection, [_row(stamp, before.id, "") for stamp in stamps])
                return
            values = {**_columns(facts), **({"stage": decision.stage} if decision is not None else {})}
            if before is None:
                run = connection.execute(
                    insert(runs).values(**{"stage": "", **values}).returning(runs.c.id)
                ).scalar_one()
            else:
                run = before.id
                connection.execute(update(runs).where(runs.c.id == run).values(**values))
                for table in (told, sums):
                    connection.execute(delete(table).where(table.c.run == run))
            self._tell(connection, run, facts.started, folded)
            if decision is not None:
                _decide(connection, run, decision)
            _note(connection, [_row(stamp, run, "") for stamp in stamps])
            _retire(connection)

    def _tell(self, connection: Connection, run: int, started: str, folded: Folded) -> None:
        """Write what the cases of a run said."""
        known = self._known_cards(connection)
        new = [card for card in dict.fromkeys(folded.cards) if card not in known]
        last = connection.execute(select(func.coalesce(func.max(cards.c.id), 0))).scalar_one()
        numbered = list(enumerate(new, last + 1))
        _insert(connection, cards, ((code, *card, started) for code, card in numbered))
        known |= {card: code for code, card in numbered}
        columns = zip(folded.cards, folded.passes, folded.trials, folded.errors, strict=True)
        _insert(connection, told, ((run, known[card], *numbers) for card, *numbers in columns))
        _insert(connection, sums, ((run, *each) for each in folded.sums))
        mine = select(told.c.card).where(told.c.run == run)
        connection.execute(update(cards).where(cards.c.id.in_(mine), cards.c.seen < started).values(seen=started))

    def _known_cards(self, connection: Connection) -> dict[Card, int]:
        version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        count = connection.execute(select(func.count()).select_from(cards)).scalar_one()
        if version != self._version or count != len(self._cards):
            columns = [cards.c[name] for name in Card._fields]
            rows = connection.execute(select(*columns, cards.c.id))
            self._cards = {Card(*row[:-1]): row[-1] for row in rows}
            self._version = version
        return self._cards


def place(root: Path) -> Path:
    """Where the history of a project lies."""
    return root / ".evalbars" / "history.db"


def _columns(facts: Facts) -> dict[str, Any]:
    columns = {name: getattr(facts, name) for name in Facts.__slots__}
    return {**columns, "labels": json.dumps(facts.labels)}


def _row(stamp: Stamp, run: int | None, problem: str) -> dict[str, Any]:
    return {"path": stamp.path, "size": stamp.size, "changed": stamp.changed, "run": run, "problem": problem}


def _note(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember that run files were looked at."""
    connection.execute(insert(files).prefix_with("OR REPLACE"), list(rows))


def _insert(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows with a value for each column of the table, some at a time: a run may have a million."""
    words, rows = str(insert(table).compile(connection)), iter(rows)
    while some := list(islice(rows, BATCH)):
        connection.exec_driver_sql(words, some)


def _decide(connection: Connection, run: int, decision: Decision) -> None:
    """Write what the gate said of a run."""
    connection.execute(delete(verdicts).where(verdicts.c.run == run))
    rows = {
        each.name: (run, each.name, each.verdict, each.enforced, each.fails, each.replayed)
        for each in decision.verdicts
    }
    _insert(connection, verdicts, rows.values())


def _retire(connection: Connection) -> None:
    """Drop the oldest runs beyond those kept, and the cards that no kept run can have."""
    newest = select(runs.c.id).order_by(runs.c.started.desc(), runs.c.name.desc()).limit(KEPT)
    if connection.execute(delete(runs).where(runs.c.id.not_in(newest))).rowcount:
        oldest = select(func.min(runs.c.started)).scalar_subquery()
        connection.execute(delete(cards).where(cards.c.seen < oldest))
