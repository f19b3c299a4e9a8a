"""The command `evalbars`: the gate without pytest."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.errors import EvalbarsError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Bad bars, case files, run files or words on the command line.
USAGE = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code says what pytest's would."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may hold what an old terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    parser = _Parser(prog="evalbars", description="Hold eval runs against launch bars, without running them again.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    gate = commands.add_parser("gate", help="decide saved runs under today's bars")
    gate.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run files; several are merged into one run")
    gate.add_argument("--bars", type=Path, metavar="FILE", help="default: the bars of the folder it runs in")
    gate.add_argument("--stage", choices=("testing", "launch", "none"), default="testing")
    gate.add_argument("--strict", action="store_true", help="exit 10 where cases were left out of the run")
    gate.add_argument("--json", action="store_true", help="print the decision as JSON")
    gate.add_argument("-v", "--verbose", action="store_true", help="show every group, and tell every verdict")
    gate.set_defaults(run=_gate)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except EvalbarsError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return USAGE
    return code


class _Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes have the exit code of every other usage error here."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"ERROR: {message}\n")


def _gate(options: argparse.Namespace) -> int:
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.gate.decide import decide  # noqa: PLC0415
    from pytest_evalbars.gate.load import bars_of, load_bars  # noqa: PLC0415
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415

    bars = load_bars(options.bars) if options.bars else bars_of(find_table([Path.cwd()]))
    run = load_run(*options.runs)
    decision = decide(run, bars, stage=options.stage, strict=options.strict)
    if options.json:
        from pytest_evalbars.run.flaky import flaky_cases  # noqa: PLC0415

        flaky = [one.to_json() for one in flaky_cases(run)]
        print(json.dumps({**decision.to_json(), "flaky": flaky}, indent=2))  # noqa: T201 - a command prints
        return decision.exit_code
    from pytest_evalbars.report.summary import summary  # noqa: PLC0415 - imports tabulate

    for line in summary(run, bars, decision, everything=options.verbose):
        print(line.text)  # noqa: T201
    return decision.exit_code
