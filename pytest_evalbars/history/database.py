"""The file that holds the history: opened, made, locked; and what can be wrong with it, told apart."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

#: Seconds to wait for another process that is writing; a run is written in far less than one.
PATIENCE = 30
#: SQLite's result codes for a file that is damaged, or no database. No other may cost anybody a history.
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
INSTALL = 'the history of runs is kept with SQLAlchemy 2: pip install "pytest-evalbars[history]"'


class UnwritableError(HistoryError):
    """The file cannot be written, or not now; it is as it was."""


class BrokenError(HistoryError):
    """The file is no history, or none any more."""


def has_library() -> bool:
    """Whether the library is there that the history is kept with."""
    try:
        import sqlalchemy  # noqa: PLC0415 - an optional extra
    except ImportError:
        return False
    return not sqlalchemy.__version__.startswith(("0.", "1."))


def need_library() -> None:
    """Say how to install it where it is missing.

    Raises:
        HistoryError: it is.
    """
    if not has_library():
        raise HistoryError(INSTALL)


class Database:
    """One connection to the file, or to a copy of it in memory.

    The rollback journal, not the write-ahead log: a single small write a session needs no more, and one file
    without companions can be read from read-only folders, copied, and kept on network drives.
    """

    def __init__(self, path: Path | None, memory: sqlite3.Connection | None = None) -> None:
        """Connect.

        Args:
            path: the file; it need not be there yet.
            memory: what to use in its place.

        Raises:
            HistoryError: it cannot be opened, is no history, or one of a newer version.
        """
        self.path = path
        self.where = shown(path) if path is not None else "the history in memory"
        self._engine = _engine(path, memory)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def begin(self, *, write: bool = False) -> Iterator[Connection]:
        """A transaction: all of it or nothing reaches the file, whatever kills the process.

        Raises:
            UnwritableError: the disk, or another process, does not let us.
            BrokenError: the file is damaged.
        """
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - an optional extra

        try:
            with self._engine.connect().execution_options(evalbars_write=write) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self.told(error.orig) from None
        except sqlite3.Error as error:
            raise self.told(error) from None

    def told(self, error: BaseException | None) -> HistoryError:
        """What SQLite says, in our words."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in BROKEN:
            return BrokenError(str(error))
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return UnwritableError(f"{self.where}: another process has been writing it for {PATIENCE} s")
        return UnwritableError(f"{self.where}: the history cannot be opened or written: {error}")

    def _check(self) -> None:
        """See what the file is: a new one gets its tables, one of an older version what it lacks."""
        from pytest_evalbars.history.tables import APPLICATION, STEPS, TABLES, VERSION  # noqa: PLC0415

        with self.begin() as connection:
            version = self._version(connection)
        if version == VERSION:
            return
        with self.begin(write=True) as connection:
            version = self._version(connection)  # another process may have been faster
            if version is None:
                TABLES.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
            for each in range(VERSION if version is None else version, VERSION):
                for step in STEPS[each]:
                    connection.exec_driver_sql(step)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")

    def _version(self, connection: Connection) -> int | None:
        """Of which version our tables in the file are; None for an empty one.

        Raises:
            BrokenError: it is another program's.
            HistoryError: a newer version has written it.
        """
        from pytest_evalbars.history.tables import APPLICATION, STEPS, TABLES, VERSION  # noqa: PLC0415

        application, version = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("application_id", "user_version")
        )
        tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        if not tables and application in (0, APPLICATION):
            return None
        if application != APPLICATION:
            raise BrokenError("it is a database of another program")
        if version > VERSION:
            raise HistoryError(
                f"{self.where}: its schema is {version}, this pytest-evalbars reads up to {VERSION}; upgrade it, or "
                "move the file away: what is in the run files is read again"
            )
        if missing := TABLES.tables.keys() - tables:
            raise BrokenError(f"it lacks the table {min(missing)}")
        if version < VERSION and version not in STEPS:
            raise BrokenError(f"its schema is {version}, which no pytest-evalbars has written")
        return int(version)


def copied(path: Path) -> sqlite3.Connection:
    """The file in memory; nothing of it where it cannot be read."""
    memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            source.backup(memory)
    except sqlite3.Error:
        memory.close()
        memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    return memory


def _engine(path: Path | None, memory: sqlite3.Connection | None) -> Engine:
    from sqlalchemy import create_engine, event  # noqa: PLC0415 - an optional extra
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    def connect() -> sqlite3.Connection:
        if memory is not None:
            return memory
        place = str(path) if path is not None else ":memory:"
        # Transactions are begun below, not by the driver when it sees fit.
        return sqlite3.connect(place, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # Who will write waits for the others first: a transaction that reads and then writes could not.
        write = connection.get_execution_options().get("evalbars_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
