"""The history of a project, opened for work: what is broken is set aside, never deleted, and made anew."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import HistoryError
from pytest_evalbars.hidden import hide
from pytest_evalbars.history.database import BrokenError, UnwritableError
from pytest_evalbars.history.ingest import take_in_project
from pytest_evalbars.history.store import Store, place
from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = TypeVar("Answer")
#: What lies beside a database while it is written; left behind, it would spoil the next one.
COMPANIONS = ("-journal", "-wal", "-shm")


def with_store(root: Path, work: Callable[[Store], Answer]) -> tuple[Answer, list[str]]:
    """Do something with the history of the project at `root`.

    A file that is no history, or none any more, is set aside under another name, and a new one is made from the run
    files that are there.

    Returns:
        What the work gave, and one line on what was set aside if anything was.

    Raises:
        HistoryError: the history cannot be opened or written, or is of a newer version.
    """
    path, notes = place(root), list[str]()
    before = _identity(path)
    try:
        _folder(path.parent)
        with Store.open(root) as store:
            return work(store), notes
    except BrokenError as error:
        kept, why = _set_aside(path, before), error
    try:
        with Store.open(root) as store:
            if kept is not None:
                take_in_project(store, root)
                notes.append(_told(path, kept, why, store))
            return work(store), notes
    except BrokenError as error:
        raise HistoryError(
            f"{shown(path)}: broken again as soon as it was made anew ({error}); see to the disk"
        ) from None


def _told(path: Path, kept: Path, why: BrokenError, store: Store) -> str:
    runs = len({one.run for one in store.known().values()} - {None})
    return (
        f"{shown(path)} could not be read as the history ({why}): it is kept as {kept.name}, and the history was "
        f"made anew from {count(runs, 'run')} in {shown(path.parent / 'runs')}; older runs, and what bars said of "
        "these, are not in it"
    )


def _folder(folder: Path) -> None:
    """Make the folder, hidden from version control.

    Raises:
        UnwritableError: that is not possible.
    """
    try:
        hide(folder)
    except OSError as error:
        raise UnwritableError(f"{shown(folder)}: the history cannot be written there: {error.strerror}") from None


def _identity(path: Path) -> tuple[int, ...] | None:
    """Which file it is; a new one may have the number of the one before, and nobody writes to a broken one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _set_aside(path: Path, broken: tuple[int, ...] | None) -> Path | None:
    """Give a broken file another name; None if another process has done so in the meantime.

    Raises:
        UnwritableError: it cannot be renamed.
    """
    try:
        with _alone(path.with_name("history.lock")):
            if _identity(path) != broken:
                return None
            number = 1
            while (kept := path.with_name(f"{path.name}.broken-{number}")).exists():
                number += 1
            for end in COMPANIONS:
                companion = path.with_name(path.name + end)
                if companion.exists():
                    companion.rename(kept.with_name(kept.name + end))
            path.rename(kept)
    except OSError as error:
        raise UnwritableError(f"{shown(path)}: broken, and cannot be set aside: {error.strerror}") from None
    return kept


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep other processes from setting aside what this one has just made."""
    with lock.open("a", encoding="utf-8") as stream:
        try:
            import fcntl  # noqa: PLC0415 - not everywhere
        except ImportError:
            pass
        else:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
