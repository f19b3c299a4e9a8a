"""Run files, taken into the history: each once, and again when it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.history.rows import Facts
from pytest_evalbars.history.runfiles import found_in, look, one_run, stamp_of
from pytest_evalbars.run.columns import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.history.rows import Known, Stamp
    from pytest_evalbars.history.runfiles import RunFile
    from pytest_evalbars.history.store import Store
    from pytest_evalbars.run.columns import Run

#: How the problem of shards begins whose others are not there: they are looked at again each time.
WAITS = "in shards, of which "


def take_in_project(store: Store, root: Path) -> list[str]:
    """Take in the run files of a project that are new or have changed.

    Returns:
        What a user should know of those that are not in the history: one line each.
    """
    folder = root / ".evalbars" / "runs"
    paths = found_in(folder) if folder.is_dir() else []
    there = {str(path.relative_to(root).as_posix()) for path in paths}
    store.forget(path for path in store.known() if path.startswith(".evalbars/runs/") and path not in there)
    return take_in(store, paths, root)


def take_in(store: Store, paths: Iterable[Path], root: Path | None, *, every: bool = False) -> list[str]:
    """Take in run files that are new or have changed.

    Args:
        store: where to.
        paths: the files; those that do not begin as a session's are passed over.
        root: the project's folder, if they lie in one.
        every: take in also those that do not begin as a session's.

    Returns:
        What a user should know of those that are not in the history: one line each.
    """
    known, problems = store.known(), list[str]()
    there: dict[str, tuple[Path, Stamp]] = {}
    for path in paths:
        try:
            stamp = stamp_of(path, root)
        except RunFileError as error:
            problems.append(str(error))
        else:
            there[stamp.path] = path, stamp
    again = _again(known, {name: stamp for name, (_, stamp) in there.items()})
    problems += [known[name].problem for name in there if name not in again and known[name].problem]
    files = []
    for name in again:
        path, stamp = there[name]
        try:
            files.append(look(path, root))
        except RunFileError as error:
            store.pass_over([stamp], str(error))
            problems.append(str(error))
    # A second look was at cases that missed: it says nothing of the suite.
    passed = [one for one in files if one.second_look or not (one.header or every)]
    store.pass_over(one.stamp for one in passed)
    for group in one_run(one for one in files if one not in passed):
        problem = _taken(store, group)
        if problem:
            problems.append(problem)
    return problems


def _again(known: Mapping[str, Known], there: Mapping[str, Stamp]) -> list[str]:
    """Which files to read: new and changed ones, shards that wait for others, and those beside a changed one."""
    open_ones = {
        name
        for name, stamp in there.items()
        if name not in known or known[name].stamp != stamp or known[name].problem.startswith(WAITS)
    }
    runs = {known[name].run for name in open_ones if name in known} - {None}
    return [name for name in there if name in open_ones or (name in known and known[name].run in runs)]


def _taken(store: Store, group: list[RunFile]) -> str:
    """Take in the files of one run; why that is not possible, if it is not."""
    stamps = [one.stamp for one in group]
    lacking = _lacking(group)
    if lacking:
        store.pass_over(stamps, lacking)
        return lacking
    try:
        write(store, group)
    except RunFileError as error:
        store.pass_over(stamps, str(error))
        return str(error)
    return ""


def _lacking(group: list[RunFile]) -> str:
    """What is said of shards whose others are not there; empty if nothing is missing."""
    shard = group[0].shard
    if shard is None or len(group) == shard.of:
        return ""
    names = ", ".join(shown(one.path) for one in group)
    here = ", ".join(str(one.shard.index) for one in group if one.shard)
    return f"{WAITS}only {here} of {shard.of} {'is' if len(group) == 1 else 'are'} here: {names}"


def write(store: Store, files: Sequence[RunFile], decision: Decision | None = None, run: Run | None = None) -> None:
    """Take in one run.

    Args:
        store: where to.
        files: its file, or those of all its shards.
        decision: what the gate said of it, where it was asked.
        run: the run, where it was read already.

    Raises:
        RunFileError: a file cannot be read.
        HistoryError: the store cannot be written.
    """
    from pytest_evalbars.history.fold import fold  # noqa: PLC0415 - where nothing is new, numpy is not needed
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415

    run = run or load_run(*(one.path for one in files))
    if not run.second_look:
        store.write(_facts(files, run, decision), fold(run), [one.stamp for one in files], decision)


def _facts(files: Sequence[RunFile], run: Run, decision: Decision | None) -> Facts:
    """What a run file says of its run as a whole; where a session went on with it, that one has the last word."""
    first = min(files, key=lambda one: (one.shard.index if one.shard else 0, one.stamp.path))
    header = dict(first.header)
    for line in run.resumes:
        header |= {key: line[key] for key in ("labels", "commit", "changes") if key in line}
    code = first.end.get("exit") if len(files) == 1 else decision and decision.exit_code
    labels = header.get("labels")
    return Facts(
        name=first.name,
        started=min(one.started for one in files),
        commit=_text(header.get("commit")),
        changes=_text(header.get("changes")),
        labels={str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {},
        exit=code if type(code) is int else None,
        complete=run.complete,
        whole=not (run.unseen or run.stopped or (run.outcome == LEFT_OUT).any()),
        everything=not run.asked,
        replayed=run.replayed_trials,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
