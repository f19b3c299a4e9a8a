"""Changes the statuses of cases where they are written: in case files and in Python source."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_evalbars.cases.formats import FORMATS
from pytest_evalbars.lifecycle.change import Applied, Change
from pytest_evalbars.lifecycle.diff import diff
from pytest_evalbars.lifecycle.rows import edited_rows
from pytest_evalbars.lifecycle.spans import CannotError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    #: The bytes of a file after changes by case id, and why some cannot be made.
    Editor = Callable[[Path, bytes, Mapping[str, Change]], tuple[bytes, dict[str, str]]]

__all__ = ["Applied", "Change", "apply"]

ELSEWHERE = "changed while it was being edited, and was left as it is; run the command again"


def apply(root: Path, changes: Sequence[Change], *, write: bool) -> Applied:
    """Change statuses where they are written; of every file only the lines that must change.

    A file is replaced as a whole, and only if it still says the same but for what was to change. What cannot be
    changed is told and keeps nothing else from being changed.

    Args:
        root: the folder that files and node ids are relative to.
        changes: what to change, each case once.
        write: whether to change the files, or only to say how they would change.

    Raises:
        EvalbarsError: Python source is to be changed, and the library that reads it is not installed.
    """
    failed: list[tuple[Change, str]] = []
    diffs, files = [], []
    grouped = _grouped(changes, failed)
    editors = {file: _editor(file) for file in grouped}
    for file, group in grouped.items():
        try:
            path, before = _read(root, file)
            after, problems = editors[file](path, before, {change.case: change for change in group})
            if write and after != before:
                _replace(path, before, after)
        except CannotError as error:
            failed += [(change, str(error)) for change in group]
            continue
        failed += [(change, problems[change.case]) for change in group if change.case in problems]
        if after != before:
            files.append(file)
            diffs.append(diff(file, before, after))
    return Applied("".join(diffs), failed, files)


def _grouped(changes: Sequence[Change], failed: list[tuple[Change, str]]) -> dict[str, list[Change]]:
    """The changes by the file that they stand in; those that cannot be meant, or contradict each other, fail."""
    asked: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if wrong := change.wrong():
            failed.append((change, wrong))
        else:
            key = (change.file or change.case.partition("::")[0], change.case)
            asked.setdefault(key, []).append(change)
    grouped: dict[str, list[Change]] = {}
    for (file, _), same in asked.items():
        if any((one.status, one.quarantine) != (same[0].status, same[0].quarantine) for one in same):
            failed += [(change, "two changes of this case contradict each other; keep one") for change in same]
        else:
            grouped.setdefault(file, []).append(same[0])
    return grouped


def _editor(file: str) -> Editor:
    suffix = PurePosixPath(file).suffix.lower()
    if suffix in FORMATS:
        return edited_rows
    if suffix == ".py":
        from pytest_evalbars.lifecycle.source import edited_source, needs  # noqa: PLC0415 - an extra

        needs()
        return edited_source
    return _neither


def _neither(path: Path, data: bytes, changes: Mapping[str, Change]) -> tuple[bytes, dict[str, str]]:
    del path
    return data, dict.fromkeys(changes, "it stands neither in a case file nor in Python source; change it by hand")


def _read(root: Path, file: str) -> tuple[Path, bytes]:
    """A file of the project, found through links, and what it holds."""
    inside = os.path.normpath(root / file)
    if not Path(inside).is_relative_to(os.path.normpath(root)):
        raise CannotError("the file stands outside of the project; change it by hand")
    try:
        path = Path(inside).resolve()
        if not stat.S_ISREG(path.stat().st_mode):
            raise CannotError("this is no file; the case was moved, or its history is of another project")
        return path, path.read_bytes()
    except FileNotFoundError:
        raise CannotError("there is no such file any more; the case was moved, or removed") from None
    except (OSError, ValueError) as error:
        raise CannotError(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put a whole new file in the place of one that nobody has changed since."""
    if not os.access(path, os.W_OK):
        raise CannotError("the file may not be written; allow it, or change it by hand")
    name = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            name = file.name
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        if path.read_bytes() != before:
            raise CannotError(f"the file {ELSEWHERE}")
        Path(name).replace(path)
        name = None
    except OSError as error:
        raise CannotError(f"the file cannot be written, and is as it was: {error.strerror}") from None
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)
