"""What a shard's session says in place of verdicts: what it ran, and which command decides."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.report.apart import quarantine_lines
from pytest_evalbars.report.before import write_before
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.run.shards import Shard
    from pytest_evalbars.session import EvalSession


def write_shard(reporter: pytest.TerminalReporter, evals: EvalSession, shard: Shard) -> None:
    """Write the section `eval bars` of a shard."""
    path, quiet = shown(evals.journal.path), reporter.config.get_verbosity() < 0
    if not quiet:
        reporter.section("eval bars")
    if evals.journal.failure is not None:
        reporter.line(f"the run file could not be written: {safe(evals.journal.failure)}", red=True)
    for why, items in evals.not_run.items():
        reporter.line(f"trials not run: {len(items)}, because {safe(why)}", red=True)
    if evals.without_result:
        reporter.line(
            f"{shard} is incomplete: {evals.without_result} of its {len(evals.plan.planned)} trials have no result "
            f"in {safe(path)}; go on with it: --evalbars-shard={shard.index}/{shard.of} "
            f"--evalbars-resume={safe(shlex.quote(path))}",
            red=True,
        )
    write_before(reporter, evals)
    for line in () if quiet else quarantine_lines(evals.plan.quarantined):
        reporter.line(line, yellow=True)
    if evals.failed_errors:
        reporter.line(
            f"failures above that only say that a case could not be judged: {evals.failed_errors}; they fail nothing "
            "here, and count against max_errors where all shards are decided",
            yellow=True,
        )
    if (outside := evals.ledger.outside) and not quiet:
        reporter.line(f"note: {outside}", yellow=True)
    stage, named = evals.config.getoption("evalbars_stage"), evals.config.getoption("evalbars_run") is not None
    reporter.line(
        f"{shard}: ran {evals.cases_run} of {shard.cases} cases and held no bar; the run files of all {shard.of} "
        f"shards decide: {safe(gate_command(path, shard, stage, named=named))}",
    )
    if not quiet:
        reporter.line(f"run file: {safe(path)}")


def gate_command(path: str, shard: Shard, stage: str | None, *, named: bool) -> str:
    """The command that decides: with a pattern where the user named the file after the shard's number."""
    option = f" --stage={stage}" if stage else ""
    name = Path(path).name
    numbers = list(re.finditer(rf"(?<!\d){shard.index}(?!\d)", name))
    if shard.of == 1:
        return f"evalbars gate {shlex.quote(path)}{option}"
    if not named or len(numbers) != 1 or shlex.quote(path) != path:
        return f"evalbars gate {shlex.quote(path)} OTHERS...{option}"
    place = numbers[0]
    return f"evalbars gate {path[: len(path) - len(name)]}{name[: place.start()]}*{name[place.end() :]}{option}"
