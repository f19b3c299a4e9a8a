"""The command `evalbars`: what can be done with bars, cases and saved runs without pytest."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING

from pytest_evalbars.commands import (
    audit,
    calibrate,
    compare,
    gate,
    history,
    init,
    labels,
    lifecycle,
    plan,
    report,
    review,
)
from pytest_evalbars.errors import EvalbarsError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: In the order of `--help`.
COMMANDS = (init, gate, report, compare, plan, history, lifecycle, review, labels, calibrate, audit)
#: Bad bars, case files, run files or words on the command line.
USAGE = 4
#: Nobody reads the output any more: what a shell says of a program that ends by that signal.
CUT_OFF = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code says what pytest's would."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may hold what an old terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    parser = _Parser(prog="evalbars", description="Hold eval runs against launch bars, without running them again.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for each in COMMANDS:
        each.add(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except EvalbarsError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return USAGE
    except BrokenPipeError:  # a reader such as `head` has seen enough; what Python flushes at its end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    return code


class _Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes have the exit code of every other usage error here."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"ERROR: {message}\n")
