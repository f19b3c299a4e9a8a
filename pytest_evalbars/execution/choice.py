"""Which run `--evalbars-resume` means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError, RunFileError
from pytest_evalbars.run.former import Former, read_former
from pytest_evalbars.run.journal import RUN_NAME

if TYPE_CHECKING:
    import pytest

#: How many older runs are looked at for one to suggest.
LOOKED_AT = 20


def chosen(config: pytest.Config) -> Path:
    """The run file to go on with: the one that was named, or the last one of the project.

    The last run is never passed over in silence for an older one, though only the older one be incomplete.

    Raises:
        RunFileError: there is none, or the command line names another.
    """
    named, target = config.getoption("evalbars_resume"), config.getoption("evalbars_run")
    path = _named(named) if named else _last(config.rootpath)
    if target is not None and Path(target).resolve() != path.resolve():
        raise RunFileError(
            f"it goes on in the file of the run, {shown(path)}, but --evalbars-run={target} names another; "
            "leave --evalbars-run out"
        )
    return path


def _named(name: str) -> Path:
    path = Path(name)
    if path.is_dir() or "::" in name or path.suffix == ".py":
        raise RunFileError(
            f"{name} is no run file; to go on with the last run and name tests as well, write --evalbars-resume= "
            "with nothing behind the sign"
        )
    return path


def _last(root: Path) -> Path:
    folder = root / ".evalbars" / "runs"
    runs = [path for path in folder.iterdir() if RUN_NAME.fullmatch(path.name)] if folder.is_dir() else []
    if not runs:
        raise RunFileError(
            f"there is no run to go on with: {shown(folder)} holds none; run without the option, or name the "
            "file with --evalbars-resume=FILE"
        )
    # By the second in which each began; of two in one second, by what was written last.
    runs.sort(key=lambda path: (path.name[:19], path.stat().st_mtime_ns), reverse=True)
    last, *older = runs
    former = read_former(last)
    if _to_do(former):
        return last
    look = former.header.get("second_look")
    what = "was a second look at cases that missed, which feeds no bar" if look else "is complete"
    problem = f"the last run, {shown(last)}, {what}: there is nothing to resume"
    for path in older[:LOOKED_AT]:
        if _readable_and_to_do(path):
            problem += f"; an older one, {shown(path)}, is not complete: name it to go on with it"
            problem += f", --evalbars-resume={shown(path)}"
            break
    raise RunFileError(problem)


def _to_do(former: Former) -> bool:
    return not (former.complete or former.header.get("second_look"))


def _readable_and_to_do(path: Path) -> bool:
    try:
        return _to_do(read_former(path))
    except EvalbarsError:
        return False
