"""The history in words: its runs, trends, cases and bars."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tabulate import tabulate

from pytest_evalbars.history.rows import HELD
from pytest_evalbars.report.numbers import count, ends, share
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.history.cases import Standing, Word
    from pytest_evalbars.history.queries import BarRecord
    from pytest_evalbars.history.records import PastRun
    from pytest_evalbars.history.trend import Point, Trend

#: Cases told of one dimension before the rest is only counted.
TOLD = 20
#: What is worth a look comes first.
WORDS: tuple[Word, ...] = ("flaky", "always misses", "not judged", "always passes")


def run_lines(runs: Sequence[PastRun]) -> Iterator[str]:
    """The runs, oldest first: name, commit, exit code, labels, and what to know of each."""
    rows = [
        [
            safe(run.run, 40),
            commit(run),
            "-" if run.exit is None else str(run.exit),
            safe(", ".join(f"{key}={value}" for key, value in run.labels.items()), 40),
            ", ".join(_notes(run)),
        ]
        for run in runs
    ]
    return _lines(rows, ["run", "commit", "exit", "labels", ""])


def _notes(run: PastRun) -> Iterator[str]:
    if not run.complete:
        yield "incomplete"
    if not run.whole:
        yield "partial"
    if run.replayed:
        yield f"{count(run.replayed, 'trial')} replayed, not counted"


def trend_lines(trend: Trend, confidence: float) -> Iterator[str]:
    """The rate of one slice, run by run, oldest first."""
    yield f"{safe(trend.dimension, 40)}{''.join(f', {each}' for each in _slice(trend))}"
    rows = [
        [
            date(point.run),
            commit(point.run),
            str(point.cases),
            str(point.trials),
            str(point.errors) if point.errors else "",
            *_rate(point),
        ]
        for point in trend.points
    ]
    heads = ["run of", "commit", "cases", "trials", "errors", "rate", f"{confidence * 100:g}% interval"]
    if not any(row[4] for row in rows):
        rows = [[*row[:4], *row[5:]] for row in rows]
        del heads[4]
    yield from (f"  {line}" for line in _lines(rows, heads, right=heads[2:-1]))


def _slice(trend: Trend) -> Iterator[str]:
    if trend.category is not None:
        yield safe(f"category {trend.category}", 60)
    if trend.kind != HELD:
        yield safe(
            f"status {trend.kind}" if not trend.kind.startswith(f"{HELD},") else trend.kind.partition(", ")[2], 60
        )


def _rate(point: Point) -> tuple[str, str]:
    if point.stopped:
        return "-", "stopped early"
    if point.rate is None or point.interval is None:
        return "-", "none judged"
    return share(point.rate), ends("share", *point.interval)


def case_lines(runs: Sequence[PastRun], found: Sequence[Standing], *, everything: bool) -> Iterator[str]:
    """The cases of one dimension: how many do what, then those worth a look, or all; what changed last first."""
    here = [one for one in found if not one.gone]
    counts = Counter(one.word for one in here)
    told = ", ".join(f"{counts[word]} {_plural(word, counts[word])}" for word in reversed(WORDS) if counts[word])
    yield f"{safe(found[0].dimension, 40)}: {count(len(here), 'case')}{': ' if told else ''}{told}"
    if gone := len(found) - len(here):
        yield f"  {count(gone, 'case')} of earlier runs {'is' if gone == 1 else 'are'} not in the last whole one"
    shown = [one for one in (found if everything else here) if everything or one.word != "always passes"]
    shown.sort(key=lambda one: (one.gone, WORDS.index(one.word), -one.since, one.case))
    for one in shown if everything else shown[:TOLD]:
        yield from _case(runs, one)
    if not everything and len(shown) > TOLD:
        yield f"  ... and {len(shown) - TOLD} more (--all tells all)"


def _case(runs: Sequence[PastRun], one: Standing) -> Iterator[str]:
    more = [one.status, *([f"category {one.category}"] if one.category else []), *(["gone"] if one.gone else [])]
    yield safe(f"  {one.case} ({', '.join(more)})", 300)
    since = runs[one.since]
    if one.word == "not judged":
        yield f"    not judged in {count(one.runs, 'run')} since {date(since)}"
        return
    numbers = f"passes {one.passes} of {count(one.trials, 'trial')} in {count(one.runs, 'run')}"
    yield f"    {one.word} since {date(since)}: {numbers}"
    if one.before is not None:
        before = runs[one.before]
        yield f"    changed from {_at(before)} to {_at(since)}"
    if one.changed:
        yield f"    asks something else since {date(runs[one.born])}; what it did before is not counted"


def _at(run: PastRun) -> str:
    return f"{commit(run)} ({date(run)})" if run.commit else date(run)


def _plural(word: str, number: int) -> str:
    if number == 1:
        return word
    return {"always passes": "always pass", "always misses": "always miss"}.get(word, word)


def bar_lines(bars: Sequence[BarRecord]) -> Iterator[str]:
    """How often each bar got which verdict; then those that never failed a session."""
    if not bars:
        yield "no verdict of a bar is known: sessions record them as they end, and run files do not hold them"
        return
    rows = [
        [
            safe(one.bar, 60),
            *(str(number) for number in (one.runs, one.met, one.missed, one.inconclusive, one.no_data, one.failed)),
            day(one.last_failed) if one.last_failed else "never",
        ]
        for one in bars
    ]
    heads = ["bar", "runs", "met", "missed", "open", "no data", "failed", "last failed"]
    yield from _lines(rows, heads, right=heads[1:-1])
    if replayed := sum(one.replayed for one in bars):
        yield ""
        yield f"not counted: {count(replayed, 'verdict')} on recorded answers, which were not sampled again"
    if never := [one for one in bars if not one.failed and one.runs]:
        names = ", ".join(safe(one.bar, 60) for one in never)
        yield ""
        yield f"never failed: {names}"


def commit(run: PastRun) -> str:
    """`3f9c1ab`, with `+` where tracked files had been changed; `-` where nobody knows."""
    return f"{safe(run.commit[:7])}{'+' if run.changes else ''}" if run.commit else "-"


def date(run: PastRun) -> str:
    """`2026-11-20 22:41`, in UTC as the run file has it; another tool's may have none."""
    return safe(run.started.replace("T", " ")[:16]) or safe(run.run, 16)


def day(started: str) -> str:
    """`2026-11-20`."""
    return safe(started[:10])


def _lines(rows: list[list[str]], heads: list[str], right: Sequence[str] = ()) -> Iterator[str]:
    aligned = ["right" if head in right else "left" for head in heads]
    text = tabulate(rows, heads, tablefmt="plain", colalign=aligned, disable_numparse=True)
    return (line.rstrip() for line in text.splitlines())
