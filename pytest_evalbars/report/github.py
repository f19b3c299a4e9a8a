"""What a job on GitHub is told: the report in the summary of its step, and annotations at tests."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_evalbars.report.model import Report
    from pytest_evalbars.run.columns import Run

#: Bytes that GitHub takes as the summary of one step; what goes beyond loses all of it. And the least that says much.
SUMMARY, LEAST = 1_048_576, 2_000
#: Bytes of one report in it: a page that a browser opens at once.
PAGE = 262_144


class Said(NamedTuple):
    """What came of it."""

    #: Workflow commands, to be printed on lines of their own.
    annotations: tuple[str, ...] = ()
    #: What the reader of the log should know.
    notes: tuple[str, ...] = ()


def is_asked() -> bool:
    """Whether there is a job on GitHub to tell."""
    return bool(os.environ.get("GITHUB_STEP_SUMMARY")) or is_job()


def is_job() -> bool:
    """Whether a workflow's log takes commands."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def tell(
    report: Report | None, paths: Sequence[Path], root: Path, *, why_not: str = "", run: Run | None = None
) -> Said:
    """Append the report to the step's summary, and make the annotations. What cannot be done is said, and no more.

    Args:
        report: what to tell; None where the run was not judged.
        paths: the run's files.
        root: the folder that node ids begin from.
        why_not: why the run was not judged; empty where that is nothing to tell of, as of a shard.
        run: the run, where it was read already.
    """
    if not is_asked() or (report is None and not why_not):
        return Said()
    try:
        return _told(report, paths, root, why_not, run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the verdicts stand
        return Said((), (f"GitHub was not told: {type(error).__name__}: {error}",))


def _told(report: Report | None, paths: Sequence[Path], root: Path, why_not: str, run: Run | None) -> Said:
    from pytest_evalbars.report.annotations import annotated, not_judged  # noqa: PLC0415 - only on GitHub
    from pytest_evalbars.report.escapes import prose  # noqa: PLC0415

    if report is None:
        text = f"### ❌ Bars not judged\n\n{prose(why_not, 1_000)}\n"
        note = _append(lambda _room: text)
        return Said(tuple(not_judged(why_not)) if is_job() else (), tuple(filter(None, [note])))
    from pytest_evalbars.report.markdown import markdown  # noqa: PLC0415
    from pytest_evalbars.report.misses import misses_of  # noqa: PLC0415

    misses = misses_of(paths, report, run)
    note = _append(lambda room: markdown(report, misses, room))
    where = Path(os.environ.get("GITHUB_WORKSPACE") or root)
    said = annotated(report, misses, root, where) if is_job() else ()
    return Said(tuple(said), tuple(filter(None, [note])))


def logged(line: str) -> str:
    """A line as a job's log may have it."""
    if not is_job():
        return line
    from pytest_evalbars.report.escapes import log_line  # noqa: PLC0415 - only on GitHub

    return log_line(line)


def _append(text: Callable[[int], str]) -> str:
    """Append to the step's summary, if there is one; what to say where that did not work.

    Args:
        text: makes it, for so many bytes.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return ""
    path, before = Path(name), 0
    try:
        before = path.stat().st_size if path.exists() else 0
        # Below text that does not end its line, a heading would be none.
        room = min(SUMMARY - before - 2, PAGE)
        if room < LEAST:
            return "the report is not in the step's summary, which is full: GitHub takes 1 MiB a step"
        with path.open("ab") as stream:
            stream.write((("\n\n" if before else "") + text(room)).encode())
    except OSError as error:
        with suppress(OSError):  # half a report would not say that it is one
            os.truncate(path, before)
        return f"the report is not in the step's summary: {safe(path)} cannot be written: {error.strerror or error}"
    return ""
