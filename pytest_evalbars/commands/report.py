"""`evalbars report`: what a run says, for a terminal, a browser, a pull request or another tool."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.declared import add_words, declared
from pytest_evalbars.errors import ReportError
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    import argparse

    from pytest_evalbars.report.model import Report

#: Words that ask for another decision than the session's.
ANEW = ("bars", "metrics", "stage", "baseline", "calibration", "strict")


def add(commands: Any) -> None:
    """Declare the command's words."""
    report = commands.add_parser("report", help="tell what a run says: as text, HTML, Markdown, JUnit XML, JSON")
    report.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help="run files (default: the last one); several are merged"
    )
    report.add_argument(
        "-o",
        "--output",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="write it to FILE: .html, .md, .xml (JUnit), .json or .txt; may be given again",
    )
    report.add_argument("--explain", action="store_true", help="tell in plain words what is proven, and what is not")
    report.add_argument("--json", action="store_true", help="print it as JSON")
    add_words(report)
    report.add_argument("--stage", choices=("testing", "launch", "none"), help="decide again, at this stage")
    report.add_argument("--baseline", type=Path, metavar="FILE", help="decide again, against this baseline")
    report.add_argument("--calibration", type=Path, metavar="FILE", help="decide again, with these labels of judges")
    report.add_argument("--strict", action="store_true", help="decide again, as `evalbars gate --strict` does")
    report.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tell; the exit code is 0 whatever the gate said."""
    from pytest_evalbars.report.github import logged  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.report.misses import misses_of  # noqa: PLC0415
    from pytest_evalbars.report.rendering import form_of, write_report  # noqa: PLC0415

    for target in options.output:
        form_of(target)
    runs = options.runs or [_last()]
    report = _report(options, runs)
    for target in options.output:
        write_report(target, report, runs)
        sys.stderr.write(f"report: {safe(target)}\n")
    if options.json:
        misses = misses_of(runs, report).model_dump(mode="json")
        print_document("report", report.to_json() | {"misses": misses})
    elif options.explain:
        import shutil  # noqa: PLC0415

        from pytest_evalbars.report.explain import explained, wrapped  # noqa: PLC0415

        told = explained(report)
        for line in wrapped(told, shutil.get_terminal_size().columns) if sys.stdout.isatty() else told:
            print(logged(line))  # noqa: T201 - a command prints
    elif not options.output:
        from pytest_evalbars.report.layout import laid_out  # noqa: PLC0415
        from pytest_evalbars.report.screen import print_told, screen_of  # noqa: PLC0415

        print_told(laid_out(report.summary, screen_of()))
    return 0


def _report(options: argparse.Namespace, runs: list[Path]) -> Report:
    """As the session left it; decided now, where it left none, or where the words ask for another decision."""
    from pytest_evalbars.report.building.decided import decided_now  # noqa: PLC0415
    from pytest_evalbars.run.kept import kept_report  # noqa: PLC0415

    if len(runs) == 1 and not any(getattr(options, word) for word in ANEW):
        kept = kept_report(runs[0])
        if kept is not None and (report := _kept(kept, runs[0])) is not None:
            return report
    return decided_now(
        runs,
        declared(options),
        stage=options.stage or "testing",
        strict=options.strict,
        baseline=options.baseline,
        calibration=options.calibration,
    )


def _kept(kept: dict[str, Any], path: Path) -> Report | None:
    """The report that a session left; None where nobody can read it.

    Raises:
        ReportError: it is of a newer version.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from pytest_evalbars.config.table import shown  # noqa: PLC0415
    from pytest_evalbars.report.model import SCHEMA, Report  # noqa: PLC0415

    schema = kept.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise ReportError(
            f"{shown(path)}: its report's schema is {schema}, this pytest-evalbars reads up to {SCHEMA}; upgrade it, "
            "or name a stage (--stage=testing) to decide anew under today's bars"
        )
    try:
        return Report.model_validate(kept)
    except ValidationError:
        sys.stderr.write(f"{safe(shown(path))}: its report is damaged; it is decided anew, under today's bars\n")
        return None


def _last() -> Path:
    """The last run of this folder."""
    found = sorted((Path.cwd() / ".evalbars" / "runs").glob("*.jsonl"))
    if not found:
        raise ReportError("there is no run in .evalbars/runs: name a run file, or run pytest first")
    return found[-1]
