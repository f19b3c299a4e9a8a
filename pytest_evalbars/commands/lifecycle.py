"""`evalbars lifecycle`: which cases should be promoted, quarantined or retired, and whether the suite is stale."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_evalbars.history.records import History
    from pytest_evalbars.lifecycle.proposal import Proposal


def add(commands: Any) -> None:
    """Declare the command's words."""
    life = commands.add_parser("lifecycle", help="say which cases should be promoted, quarantined or retired")
    word = life.add_argument
    word("runs", nargs="*", type=Path, metavar="RUN", help="run files, or folders of them; default: the history here")
    word(
        "--root", type=Path, default=Path(), metavar="DIR", help="the folder that the tests' names start from (here)"
    )
    word(
        "--window", type=int, choices=(29, 46, 61), default=46, help="trials that decide, with 0, 1 or 2 misses (46)"
    )
    word(
        "--fast", action="store_true", help="promote after 5 runs in a row of 3 passing trials, too: errs more often"
    )
    word("--owner", metavar="NAME", help="who answers for the cases that are quarantined")
    word("--until", type=_day, metavar="DATE", help="when a quarantine ends; default: in 30 days")
    todo = life.add_mutually_exclusive_group()
    todo.add_argument("--diff", action="store_true", help="print what --apply would change")
    todo.add_argument("--apply", action="store_true", help="write the new statuses into case files and tests")
    word("--check", action="store_true", help="exit 1 if there is something to do")
    word("--json", action="store_true", help="print the proposals as JSON")
    word("-v", "--verbose", action="store_true", help="name every case")
    life.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Propose; the exit code is 1 where --check finds something to do, or a change could not be made."""
    from pytest_evalbars.lifecycle.proposal import Rules  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.lifecycle.rules import proposals, quiet_bars  # noqa: PLC0415

    today = _today()
    if options.until is not None and options.until <= today:
        raise EvalbarsError(f"lifecycle: --until {options.until} is not after today, {today}")
    if options.owner is not None and not options.owner.strip():
        raise EvalbarsError("lifecycle: --owner is empty: name who answers for the quarantined cases")
    history, notes = _history(options)
    found = proposals(history, today=today, rules=Rules(window=options.window, fast=options.fast))
    if options.until is not None:
        found = tuple(replace(each, until=options.until) if each.until else each for each in found)
    quiet = quiet_bars(history)
    said: dict[str, Any] = {"schema": 1, "today": today.isoformat(), "runs": len(history.runs), "notes": notes}
    said |= {"replayed": sum(each.replayed for each in history.runs)}
    said |= {"proposals": [each.to_json() for each in found], "quiet_bars": [each.to_json() for each in quiet]}
    if not options.json:
        from pytest_evalbars.report.lifecycle import lifecycle_lines  # noqa: PLC0415

        _print(f"note: {safe(note)}" for note in notes)
        _print(lifecycle_lines(history, found, quiet, owner=options.owner, everything=options.verbose))
    failed, left = False, len(found)
    if options.apply or options.diff:
        outcome, lines, made = _change(options, found)
        said |= outcome
        failed = bool(outcome["failed"])
        left -= made if options.apply else 0
        _print([] if options.json else lines)
    if options.json:
        print_document("lifecycle", said)
    return int(failed or (options.check and left > 0))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - a command prints


def _history(options: argparse.Namespace) -> tuple[History, list[str]]:
    """The history that is asked for, and what it has to say of itself.

    Raises:
        EvalbarsError: it cannot be read, or there is none.
    """
    from pytest_evalbars.history.access import read_history, read_history_of  # noqa: PLC0415

    if gone := [str(path) for path in options.runs if not path.exists()]:
        raise EvalbarsError(f"{gone[0]}: no such file or folder; name run files, or a folder of them")
    notes: list[str] = []
    history: History = (
        read_history_of(options.runs, notes=notes) if options.runs else read_history(options.root, notes=notes)
    )
    if not history.runs:
        where = ", ".join(map(str, options.runs)) or str(options.root.resolve())
        hint = "run the suite first, or name run files or a folder of them"
        raise EvalbarsError("\n".join([f"{where}: no past runs; {hint}", *notes]))
    return history, notes


def _change(options: argparse.Namespace, found: Sequence[Proposal]) -> tuple[dict[str, Any], list[str], int]:
    """Write the new statuses, or say what would be written: as JSON, in words, and how many proposals are done."""
    from pytest_evalbars.lifecycle.apply import Change, apply  # noqa: PLC0415
    from pytest_evalbars.lifecycle.wording import flaky  # noqa: PLC0415
    from pytest_evalbars.report.lifecycle import change_lines  # noqa: PLC0415

    changes, of, failed = [], [], []
    for number, each in enumerate(found):
        if each.becomes is None or each.case is None:
            continue
        if each.until is not None and not options.owner:
            failed.append((number, each.tests[0], "nobody answers for it: name who does with --owner NAME"))
            continue
        quarantine = None
        if each.until is not None:
            quarantine = {
                "owner": options.owner.strip(),
                "reason": safe(flaky(each.numbers)),
                "until": each.until.isoformat(),
            }
        for test in each.tests[:1] if each.file else each.tests:
            changes.append(Change(each.case, test, each.file, each.becomes, quarantine))
            of.append(number)
    done = apply(options.root, changes, write=options.apply)
    for change, why in done.failed:
        failed.append((of[changes.index(change)], change.test, why))
    made = len(set(of) - {number for number, _, _ in failed})
    told = [{"case": found[number].case, "test": test, "why": why} for number, test, why in failed]
    return {"diff": done.diff, "failed": told}, change_lines(done.diff, told, made, written=options.apply), made


def _today() -> date:
    return datetime.now(UTC).date()


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words} is not a date such as 2026-12-31") from None
