"""The formats of a report, by the ending of the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import ReportError
from pytest_evalbars.replacing import replace_text, why_unwritable
from pytest_evalbars.report.misses import misses_of
from pytest_evalbars.run.reading import load_run
from pytest_evalbars.schema.printing import document_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_evalbars.report.model import Misses, Report
    from pytest_evalbars.run.columns import Run


def _html(report: Report, misses: Misses, _run: Run) -> str:
    from pytest_evalbars.report.html.page import page  # noqa: PLC0415 - needs the extra `report`

    return page(report, misses)


def _markdown(report: Report, misses: Misses, _run: Run) -> str:
    from pytest_evalbars.report.markdown import markdown  # noqa: PLC0415 - each format is asked for alone

    return markdown(report, misses)


def _junit(report: Report, _misses: Misses, run: Run) -> str:
    from pytest_evalbars.report.junit import junit  # noqa: PLC0415

    return junit(report, run)


def _json(report: Report, misses: Misses, _run: Run) -> str:
    return document_text("report", report.to_json() | {"misses": misses.model_dump(mode="json")}) + "\n"


def _text(report: Report, _misses: Misses, _run: Run) -> str:
    from pytest_evalbars.report.layout import laid_out  # noqa: PLC0415

    return "".join(f"{line.text}\n" for line in laid_out(report.summary))


FORMATS: dict[str, Callable[[Report, Misses, Run], str]] = {
    ".html": _html,
    ".md": _markdown,
    ".xml": _junit,
    ".json": _json,
    ".txt": _text,
}


def form_of(target: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        ReportError: none does.
    """
    if target.suffix.lower() not in FORMATS:
        raise ReportError(f"{target}: a report ends in one of {', '.join(FORMATS)}, which tells its format")
    return target.suffix.lower()


def write_report(
    target: Path, report: Report, paths: Sequence[Path], form: str | None = None, run: Run | None = None
) -> None:
    """Write a report.

    Args:
        target: the file.
        report: what it says.
        paths: the run's files, in which the misses are.
        form: the format; None: what the file's name asks for.
        run: the run, where it was read already.

    Raises:
        ReportError: it cannot be written.
        RunFileError: a run file cannot be read.
    """
    run = load_run(*paths) if run is None else run
    text = FORMATS[form or form_of(target)](report, misses_of(paths, report, run), run)
    try:
        replace_text(target, [text])
    except OSError as error:
        why = why_unwritable(target) or error.strerror or error
        raise ReportError(f"the report {shown(target)} cannot be written: {why}") from None
