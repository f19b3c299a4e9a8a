"""`evalbars history`: past runs, how their rates went, and the record of each case and bar."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import BarsError, HistoryError
from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.history.cases import Standing
    from pytest_evalbars.history.queries import BarRecord
    from pytest_evalbars.history.records import PastRun
    from pytest_evalbars.history.rows import Sum
    from pytest_evalbars.history.store import Store
    from pytest_evalbars.history.trend import Trend

#: Runs that are listed unless another number is asked for.
LAST = 20
#: Said where there is no run.
NOTHING = (
    "no history yet: run the suite with pytest in this folder (each session leaves a run file in .evalbars/runs), "
    "or name run files, or a folder of them"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for; None: it was not."""

    runs: tuple[PastRun, ...]
    #: How many runs there are, those that were not asked for included.
    of: int
    trends: list[Trend] | None = None
    cases: list[Standing] | None = None
    bars: list[BarRecord] | None = None


def add(commands: Any) -> None:
    """Declare the command's words."""
    history = commands.add_parser("history", help="list past runs, how their rates went, and what each case does")
    history.add_argument(
        "runs",
        nargs="*",
        type=Path,
        metavar="FOLDER|RUN",
        help="run files and folders of them, such as CI keeps; default: the history of the folder it runs in",
    )
    history.add_argument("--last", type=_whole, metavar="N", help=f"so many runs (default: {LAST}; for --cases all)")
    history.add_argument("--dimension", action="append", default=[], metavar="NAME", help="only this one; or a glob")
    history.add_argument("--category", action="append", default=[], metavar="NAME", help="only this one; or a glob")
    history.add_argument("--cases", action="store_true", help="the record of each case: flaky and missing ones")
    history.add_argument("--all", action="store_true", help="with --cases: all of them")
    history.add_argument("--bars", action="store_true", help="how often each bar was met, missed, failed")
    history.add_argument("--json", action="store_true", help="print JSON")
    history.set_defaults(run=run)


def _whole(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of runs")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """List; the exit code is 0 whatever the runs were."""
    from pytest_evalbars.history.access import ask, ask_files, is_there  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.history.database import need_library  # noqa: PLC0415

    need_library()
    confidence = _confidence()

    def work(store: Store) -> Found:
        return _found(store, options, confidence)

    found, notes = Found((), 0), list[str]()
    if options.runs:
        found, notes = ask_files(options.runs, work)
    elif is_there(Path.cwd()):
        found, notes = ask(Path.cwd(), work)
    if options.json:
        from pytest_evalbars.report.history_json import as_json  # noqa: PLC0415

        print_document("history", as_json(found, confidence, notes))
        return 0
    for line in _told(found, confidence, notes, everything=options.all):
        print(line)  # noqa: T201 - a command prints
    return 0


def _found(store: Store, options: argparse.Namespace, confidence: float) -> Found:
    """What was asked for."""
    from pytest_evalbars.history.queries import (  # noqa: PLC0415 - imports the library
        all_sums,
        bar_records,
        history,
        past_runs,
        run_count,
    )

    if not options.cases and not options.bars:
        from pytest_evalbars.history.trend import trends  # noqa: PLC0415 - imports numpy and scipy

        runs, sums = past_runs(store, options.last or LAST), all_sums(store)
        _check_names(options, [each for some in sums.values() for each in some])
        went = trends(runs, sums, confidence, options.dimension, options.category)
        return Found(tuple(runs.values()), run_count(store), trends=went)
    bars = bar_records(store) if options.bars else None
    if not options.cases:
        runs = past_runs(store)
        return Found(tuple(runs.values()), len(runs), bars=bars)
    from pytest_evalbars.history.cases import standings  # noqa: PLC0415
    from pytest_evalbars.history.trend import wanted  # noqa: PLC0415

    past = history(store, options.last)
    found = standings(past)
    _check_names(options, found)
    cases = [one for one in found if wanted(one.dimension, one.category, options.dimension, options.category)]
    return Found(past.runs, run_count(store), cases=cases, bars=bars)


def _check_names(options: argparse.Namespace, known: Sequence[Sum | Standing]) -> None:
    """See that each name that was asked for is one of some run.

    Raises:
        HistoryError: it is not.
    """
    from pytest_evalbars.config.nearest import nearest  # noqa: PLC0415 - only of a word that is none
    from pytest_evalbars.gate.select import fits  # noqa: PLC0415

    for kind in ("dimension", "category"):
        names = {name for each in known if (name := getattr(each, kind)) is not None}
        for word in getattr(options, kind):
            if not any(fits(name, (word,)) for name in names):
                raise HistoryError(safe(f'no run has the {kind} "{word}"{nearest(word, names)}'))


def _told(found: Found, confidence: float, notes: Sequence[str], *, everything: bool) -> Iterator[str]:
    """What was found, in words."""
    from pytest_evalbars.report import history as words  # noqa: PLC0415 - imports tabulate

    if not found.runs:
        yield NOTHING
    else:
        first, last = (words.day(found.runs[place].started) or found.runs[place].run for place in (0, -1))
        many = count(found.of, "run")
        many = many if len(found.runs) == found.of else f"the last {len(found.runs)} of {many} (--last N)"
        yield safe(f"{many}, {first} to {last} (times are UTC)")
        if found.trends is not None:
            yield ""
            yield from words.run_lines(found.runs)
        for trend in found.trends or ():
            yield ""
            yield from words.trend_lines(trend, confidence)
        for _, some in groupby(found.cases or (), key=lambda one: one.dimension):
            yield ""
            yield from words.case_lines(found.runs, list(some), everything=everything)
        if found.bars is not None:
            yield ""
            yield from words.bar_lines(found.bars)
    if notes:
        yield ""
        yield from (f"note: {safe(note)}" for note in notes)


def _confidence() -> float:
    """The confidence that the bars of this folder declare.

    Raises:
        BarsError: it is none.
    """
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - `--help` does not need it

    table = find_table([Path.cwd()])
    value = table.values.get("confidence", 0.95)
    if not isinstance(value, float) or not 0.5 <= value < 1:
        raise BarsError(
            f"{table.where}, `confidence`: {value} is no confidence; take one from 0.5 up to, not including, 1"
        )
    return value
