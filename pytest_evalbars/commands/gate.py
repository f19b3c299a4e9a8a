"""`evalbars gate`: decide saved runs under today's bars."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.declared import add_words, declared
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.gate.verdict import UNDECIDED
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    import argparse

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.report.github import Said
    from pytest_evalbars.report.model import Report
    from pytest_evalbars.run.columns import Run


def add(commands: Any) -> None:
    """Declare the command's words."""
    gate = commands.add_parser("gate", help="decide saved runs under today's bars")
    gate.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run files; several are merged into one run")
    add_words(gate)
    gate.add_argument("--stage", choices=("testing", "launch", "none"), default="testing")
    gate.add_argument("--baseline", type=Path, metavar="FILE", help="what max_drop bars compare with, or a run file")
    gate.add_argument(
        "--calibration", type=Path, metavar="FILE", help="what people's labels say of judges, by `evalbars calibrate`"
    )
    gate.add_argument("--update-baseline", action="store_true", help="make the run the baseline")
    gate.add_argument(
        "--strict", action="store_true", help="exit 10 where cases were left out of the run, or a bar is looser"
    )
    gate.add_argument("--html", type=Path, metavar="FILE", help="write the report as one HTML page, too")
    gate.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown, too")
    gate.add_argument("--json", action="store_true", help="print the decision as JSON")
    gate.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="show every group, every verdict, failure patterns, cases that missed; -vv: every case",
    )
    gate.add_argument("-q", "--quiet", action="store_true", help="say it in one line")
    gate.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decide; the exit code is the gate's."""
    from pytest_evalbars.baseline import Baseline  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.calibration.named import NamedCalibration  # noqa: PLC0415
    from pytest_evalbars.gate.presets import judged  # noqa: PLC0415
    from pytest_evalbars.report.github import logged  # noqa: PLC0415
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415

    bars = declared(options)
    baseline = Baseline(options.baseline, bars, options.stage, Path.cwd(), updating=options.update_baseline)
    calibration = NamedCalibration(options.calibration, bars)
    run = load_run(*options.runs)
    decision, bars = judged(
        run,
        bars,
        stage=options.stage,
        strict=options.strict,
        baseline=baseline.run,
        updating=baseline.updating,
        calibration=calibration.record,
    )
    baseline.update(run, decision)
    exit_code = decision.exit_code or (UNDECIDED if baseline.refused else 0)
    written, failed, github = _reports(options, run, bars, decision, [baseline.said] if baseline.refused else [])
    exit_code = exit_code or (UNDECIDED if failed else 0)
    for each in written:
        sys.stderr.write(f"{safe(each)}\n")
    if options.json:
        from pytest_evalbars.report.as_json import as_json  # noqa: PLC0415

        print_document("gate", as_json(run, bars, decision))
        for each in filter(None, [calibration.said(decision), baseline.said, *github.notes, *github.annotations]):
            sys.stderr.write(f"{each}\n")
        return exit_code
    _print(run, bars, decision, options)
    for each in filter(None, [calibration.said(decision), baseline.said, *github.notes]):
        print(logged(safe(each)))  # noqa: T201
    for each in github.annotations:
        print(each)  # noqa: T201
    return exit_code


def _print(run: Run, bars: Bars, decision: Decision, options: argparse.Namespace) -> None:
    from pytest_evalbars.report.building.build import build  # noqa: PLC0415 - imports pydantic, then numpy
    from pytest_evalbars.report.layout import laid_out  # noqa: PLC0415
    from pytest_evalbars.report.screen import print_told, screen_of  # noqa: PLC0415
    from pytest_evalbars.report.summary import brief, summary  # noqa: PLC0415

    if options.quiet:
        print_told([brief(build(run, bars, decision))])
        return
    verbose = options.verbose
    print_told(laid_out(summary(run, bars, decision, everything=verbose > 0, every_case=verbose > 1), screen_of()))


def _reports(
    options: argparse.Namespace, run: Run, bars: Bars, decision: Decision, besides: list[str]
) -> tuple[list[str], bool, Said]:
    """Write the reports that were asked for, and tell GitHub: what to say of them, and whether one is not written."""
    from pytest_evalbars.report.github import Said, is_asked, tell  # noqa: PLC0415

    asked = {".html": options.html, ".md": options.markdown}
    if not any(asked.values()) and not is_asked():
        return [], False, Said()
    from pytest_evalbars.report.building.build import build  # noqa: PLC0415 - few ask for it
    from pytest_evalbars.report.past import past_of  # noqa: PLC0415
    from pytest_evalbars.report.rendering import write_report  # noqa: PLC0415

    past, said, standing, failed = past_of(Path.cwd(), run), list[str](), list[str](), False

    def told(besides: list[str]) -> Report:
        code = decision.exit_code or UNDECIDED
        return build(run, bars, decision, past, session=(code, besides) if besides else None)

    def write(report: Report, form: str, target: Path) -> bool:
        try:
            write_report(target, report, options.runs, form, run)
        except EvalbarsError as error:
            said.append(f"ERROR: {error}")
            return False
        return True

    report = told(besides)
    for form, target in asked.items():
        if target is None:
            continue
        if write(report, form, target):
            said.append(f"report: {target}")
            standing.append(form)
        else:
            failed = True
    if failed and not decision.exit_code:  # those that were written may not say that all is well
        report = told([*besides, "not every report could be written"])
        for form in standing:
            write(report, form, asked[form])
    return said, failed, tell(report, options.runs, Path.cwd(), run=run)
