"""The ways into the history: a session or a gate records a run, readers are given what is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError, RunFileError
from pytest_evalbars.history.database import UnwritableError, has_library, need_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.history.records import History
    from pytest_evalbars.history.store import Store
    from pytest_evalbars.run.columns import Run

Answer = TypeVar("Answer")
#: The environment variable that keeps sessions from taking their runs into the history: any value but an empty one.
OFF = "EVALBARS_NO_HISTORY"


def record(
    root: Path, path: Path | Sequence[Path], decision: Decision | None = None, run: Run | None = None
) -> list[str]:
    """Take a run into the history of a project. One shard alone is left until the others are there.

    Args:
        root: the project's folder.
        path: the run file, after its last line was written; or those of all shards.
        decision: what the gate said of the run, where it was asked.
        run: the run, where it was read already.

    Returns:
        One line where a broken history was set aside, else nothing.

    Raises:
        HistoryError: the history cannot be written, or the library is missing.
        RunFileError: the run file cannot be read.
    """
    need_library()
    from pytest_evalbars.history.ingest import write  # noqa: PLC0415 - imports the library
    from pytest_evalbars.history.mending import with_store  # noqa: PLC0415
    from pytest_evalbars.history.runfiles import look  # noqa: PLC0415

    paths = [path] if isinstance(path, Path) else path
    files = [look(each, root) for each in paths]
    shard = files[0].shard
    if shard is not None and len(files) < shard.of:
        return []
    return with_store(root, lambda store: write(store, files, decision, run))[1]


def record_quietly(
    root: Path, path: Path | Sequence[Path], decision: Decision | None = None, run: Run | None = None
) -> str:
    """The same at the end of a session, whose verdict it must not harm.

    Returns:
        A warning, one line; empty if all went well, the library is not installed, or sessions are to keep no history.
    """
    try:
        if os.environ.get(OFF) or not has_library():
            return ""
        return "; ".join(record(root, path, decision, run))
    except Exception as error:  # noqa: BLE001 - whatever it is, the run file is there
        what = str(error) if isinstance(error, EvalbarsError) else f"{type(error).__name__}: {error}"
        return f"this run is not in the history yet ({what}); `evalbars history` takes it in from its run file"


def ask(root: Path, work: Callable[[Store], Answer]) -> tuple[Answer, list[str]]:
    """Ask the history of a project, its run files taken in. Where it cannot be written, that is done in memory.

    Returns:
        The answer, and what a user should know of run files that are not in the history, or of the history itself.

    Raises:
        HistoryError: the history is of a newer version, or the library is missing.
    """
    need_library()
    from pytest_evalbars.history.ingest import take_in_project  # noqa: PLC0415 - imports the library
    from pytest_evalbars.history.mending import with_store  # noqa: PLC0415
    from pytest_evalbars.history.store import Store  # noqa: PLC0415

    def work_on(store: Store) -> tuple[Answer, list[str]]:
        problems = take_in_project(store, root)
        return work(store), problems

    try:
        (answer, problems), notes = with_store(root, work_on)
    except UnwritableError as error:
        with Store.in_memory(root) as store:
            answer, problems = work_on(store)
        notes = [f"{error}; what is new was read, and not kept"]
    return answer, notes + problems


def ask_files(paths: Iterable[Path], work: Callable[[Store], Answer]) -> tuple[Answer, list[str]]:
    """Ask a history made of run files, such as a folder of them that CI has kept; nothing is written.

    Args:
        paths: run files, and folders; of a folder, those files count that begin as a session's do.
        work: what to ask.

    Returns:
        The answer, and what a user should know of files that are not in the history.

    Raises:
        HistoryError: the library is missing.
        RunFileError: a file or folder is not there, or a file that was named cannot be read.
    """
    need_library()
    from pytest_evalbars.history.ingest import take_in  # noqa: PLC0415 - imports the library
    from pytest_evalbars.history.runfiles import found_in  # noqa: PLC0415
    from pytest_evalbars.history.store import Store  # noqa: PLC0415

    named: list[Path] = []
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise RunFileError(f"{shown(path)}: there is no such file or folder")
        if path.is_dir():
            found += found_in(path)
        else:
            named.append(path)
    with Store.in_memory() as store:
        problems = take_in(store, named, None, every=True)
        if problems:
            raise RunFileError("\n".join(problems))
        problems = take_in(store, found, None)
        return work(store), problems


def read_history(root: Path, last: int | None = None, notes: list[str] | None = None) -> History:
    """The history of a project, with the run files that it did not know yet.

    Args:
        root: the project's folder.
        last: how many runs; None: all.
        notes: takes what a user should know, one line each.

    Raises:
        HistoryError: the history is of a newer version, or the library is missing.
    """
    need_library()
    from pytest_evalbars.history.queries import history  # noqa: PLC0415 - imports the library
    from pytest_evalbars.history.records import History  # noqa: PLC0415

    if not is_there(root):
        return History((), ())
    answer, found = ask(root, lambda store: history(store, last))
    if notes is not None:
        notes += found
    return answer


def read_history_of(paths: Iterable[Path], last: int | None = None, notes: list[str] | None = None) -> History:
    """The same of run files, and of folders of them.

    Raises:
        HistoryError: the library is missing.
        RunFileError: a file or folder is not there, or a file that was named cannot be read.
    """
    need_library()
    from pytest_evalbars.history.queries import history  # noqa: PLC0415 - imports the library

    answer, found = ask_files(paths, lambda store: history(store, last))
    if notes is not None:
        notes += found
    return answer


def is_there(root: Path) -> bool:
    """Whether the project has a history, or run files to make one of."""
    folder = root / ".evalbars"
    return (folder / "history.db").exists() or next((folder / "runs").glob("*.jsonl"), None) is not None
