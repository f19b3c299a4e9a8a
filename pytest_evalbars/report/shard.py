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
    from collections.abc import Iterator

    import pytest

    from pytest_evalbars.run.shards import Shard
    from pytest_evalbars.session import EvalSession


def write_shard(reporter: pytest.TerminalReporter, evals: EvalSession, shard: Shard) -> None:
    """Write the section `eval bars` of a shard; with `-q` one line, and what is grave."""
    path, quiet = shown(evals.journal.path), reporter.config.get_verbosity() < 0
    if not quiet:
        reporter.section("eval bars")
    for words in _grave(evals, shard):
        reporter.line(words, red=True)
    write_before(reporter, evals)
    for words in () if quiet else _notes(evals):
        reporter.line(words, yellow=True)
    stage, named = evals.config.getoption("evalbars_stage"), evals.config.getoption("evalbars_run") is not None
    reporter.line(
        f"{shard}: ran {evals.cases_run} of {shard.cases} cases and held no bar; the run files of all {shard.of} "
        f"shards decide: {safe(gate_command(path, shard, stage, named=named))}",
    )
    for words, bad in evals.reports.said:
        if bad or not quiet:
            reporter.line(safe(words), red=bad)
    if not quiet:
        reporter.line(f"run file: {safe(path)}")


def _grave(evals: EvalSession, shard: Shard) -> Iterator[str]:
    """What is missing from the shard's run file, or may be."""
    path = shown(evals.journal.path)
    if evals.journal.failure is not None:
        yield f"the run file could not be written: {safe(evals.journal.failure)}"
    for why, items in evals.not_run.items():
        yield f"trials not run: {len(items)}, because {safe(why)}"
    if evals.without_result:
        yield (
            f"{shard} is incomplete: {evals.without_result} of its {len(evals.plan.planned)} trials have no result "
            f"in {safe(path)}; go on with it: --evalbars-shard={shard.index}/{shard.of} "
            f"--evalbars-resume={safe(shlex.quote(path))}"
        )


def _notes(evals: EvalSession) -> Iterator[str]:
    """What else a reader should know of it."""
    yield from quarantine_lines(evals.plan.quarantined)
    if evals.failed_errors:
        yield (
            f"failures above that only say that a case could not be judged: {evals.failed_errors}; they fail nothing "
            "here, and count against max_errors where all shards are decided"
        )
    if outside := evals.ledger.outside:
        yield f"note: {outside}"


def report_command(evals: EvalSession, shard: Shard) -> str:
    """The command that tells what all shards say."""
    named = evals.config.getoption("evalbars_run") is not None
    path, stage = shown(evals.journal.path), evals.config.getoption("evalbars_stage")
    return gate_command(path, shard, stage, named=named).replace("evalbars gate", "evalbars report", 1)


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
