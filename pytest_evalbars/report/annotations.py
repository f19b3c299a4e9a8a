"""Annotations of a workflow's run: at the test of what missed, or could not be judged."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_evalbars.report.escapes import command_data, command_property
from pytest_evalbars.report.misses import holds
from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.report.model import BarTold, Miss, Misses, Report

#: Of each kind GitHub shows so many of one step, and drops the others without a word.
SHOWN = 10


class Note(NamedTuple):
    """An annotation."""

    level: str
    title: str
    #: In lines.
    text: tuple[str, ...]
    #: The node id of the test; empty where none is known.
    test: str = ""


def annotated(report: Report, misses: Misses, root: Path, workspace: Path) -> Iterator[str]:
    """The commands: an error of each thing that fails the session, a warning of what else is not as it should be.

    Args:
        report: what it says.
        misses: the misses, which know their tests.
        root: the folder that node ids begin from.
        workspace: the folder that GitHub's paths begin from.
    """
    notes = [*_of_bars(report, misses), *_standing(report, misses), *_errors(report, misses)]
    fails = report.decision.exit_code or report.decision.session_exit
    if fails and not any(each.level == "error" for each in notes):
        notes.append(Note("error", "evalbars", (report.decision.sentence,)))
    for level in ("error", "warning"):
        of_level = [each for each in notes if each.level == level]
        for at, each in enumerate(of_level[:SHOWN]):
            more = len(of_level) - SHOWN if at == SHOWN - 1 else 0
            yield _command(each, root, workspace, more)


def not_judged(why: str) -> Iterator[str]:
    """The command for a session that came to no decision."""
    yield _command(Note("error", "evalbars: bars not judged", (why,)), Path(), Path(), 0)


def _of_bars(report: Report, misses: Misses) -> Iterator[Note]:
    for bar in report.bars:
        if not (bar.fails or (bar.enforced and bar.verdict in ("inconclusive", "no data"))):
            continue
        text = (f"{bar.subject}: {bar.sentence}", *bar.details)
        yield Note(
            "error" if bar.fails else "warning", f"{bar.verdict}: {bar.name}", text, _test_of(bar, report, misses)
        )


def _test_of(bar: BarTold, report: Report, misses: Misses) -> str:
    """The test of a case that makes the bar's number worse: of one that got worse, where the bar compares."""
    held = [each for each in misses.shown if holds(bar, each.dimension, each.labels)]
    if bar.compares and report.compared is not None:
        worse = {each.case for each in report.compared.worse if bar.dimension in (None, each.dimension)}
        held = sorted(held, key=lambda each: each.case not in worse)
    return held[0].test if held else ""


def _standing(report: Report, misses: Misses) -> Iterator[Note]:
    tests = {(each.case, each.dimension): each.test for each in misses.shown}
    for each in report.decision.standing:
        why = "its quarantine is over" if each.expired else "no bar speaks of it"
        text = f"{each.case} missed on {each.dimension}, and {why}: {each.reason}"
        yield Note("error", f"missed: {each.case}", (text,), tests.get((each.case, each.dimension), ""))


def _errors(report: Report, misses: Misses) -> Iterator[Note]:
    """One for each test of which trials could not be judged."""
    found: dict[str, list[Miss]] = {}
    for each in misses.shown:
        if each.outcome == "error":
            found.setdefault(each.test, []).append(each)
    level = "error" if report.run.errors > report.decision.allowed_errors else "warning"
    for test, errors in found.items():
        trials = len({(each.case, each.trial) for each in errors})
        text = f"{count(trials, 'trial')} could not be judged, as of {errors[0].case}: {errors[0].reason}"
        yield Note(level, "evalbars: errors", (text,), test)


def _command(note: Note, root: Path, workspace: Path, more: int) -> str:
    path, line = place(note.test, root, workspace)
    properties = {"file": path, "line": str(line) if path and line else "", "title": note.title}
    said = ",".join(f"{key}={command_property(value)}" for key, value in properties.items() if value)
    also = f" (and {more} more {note.level}s: see the report)" if more else ""
    return f"::{note.level} {said}::{'%0A'.join(map(command_data, note.text))}{also}"


def place(test: str, root: Path, workspace: Path) -> tuple[str, int]:
    """The file of a test as GitHub names it, and the line where the test begins; empty and 0 where nobody knows.

    Args:
        test: a node id, with or without parameters.
        root: the folder that it begins from.
        workspace: the folder that GitHub's paths begin from.
    """
    name, *within = test.partition("[")[0].split("::")
    if not name.endswith(".py") or "\0" in name:
        return "", 0
    path = root / name
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(workspace))
    if relative.startswith("..") or os.path.isabs(relative):  # noqa: PTH117 - another drive, as a text
        return "", 0
    return relative.replace(os.sep, "/"), _line(path, tuple(within))


@cache
def _line(path: Path, within: Sequence[str]) -> int:
    """Where a class's method or a function begins; its class, where it inherits it; 0 where it is not found."""
    try:
        block: list[ast.stmt] = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return 0
    line = 0
    for name in within:
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        # Those that stand right there come first, then those within an `if` or a `try`.
        nodes = (each for part in (block, *map(ast.walk, block)) for each in part)
        found = [each for each in nodes if isinstance(each, kinds) and each.name == name]
        if not found:
            break
        line, block = found[0].lineno, found[0].body
    return line
