"""A run, folded into one line for each case and test: what a baseline keeps of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.columns import ERROR, MISS, PASS, SKIPPED
from pytest_evalbars.run.extras import CALLED, UNITS
from pytest_evalbars.stats.exact import totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: Significant digits of a mean, and how far it can be off by that, as a share of it.
DIGITS, ROUNDING = 6, 1e-5
#: Measured by a clock, never twice the same: a diff would be of every line. Kept where a bar compares them.
CLOCKED = ("seconds", "waited", "model_seconds", "judge_seconds")


def as_before(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of a run, with those of the baseline in place of what differs by rounding alone.

    A score that is 2/3 in every case, now and then, would else look like a change of all cases in one direction, and
    that is proven.

    Args:
        before: by case, as the baseline has them.
        after: the same cases in the run; shape (cases,).
    """
    alike = np.abs(before - after) <= ROUNDING * np.maximum(np.abs(before), np.abs(after))
    return np.where(alike, before, after)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def lines_of(run: Run) -> Iterator[dict[str, Any]]:
    """What a baseline keeps of a run, sorted by case and test; trials that could not be judged are counted apart.

    Each line has `case`, `dimensions` (of each passes, trials, errors, the mean `score`, the number of trials at
    each of the `levels`, passing ones first), `measures` (means), `replayed` (trials that rest on recorded answers),
    `labels` (also those of the whole run), `cluster`, `test`, `file` and `content`; what a case does not have is not
    there. A dimension that was planned and not judged has 0 trials. A case has several lines where several tests
    judge it, or where its labels differ by trial.

    Raises:
        RunFileError: a manifest is broken.
    """
    rows = np.flatnonzero(run.outcome <= SKIPPED)
    case, test, labels = (
        _ranked(run.case[rows], run.cases),
        _ranked(run.test[rows], run.tests),
        _ranked(run.labelset[rows], [json.dumps(each, sort_keys=True) for each in run.labelsets]),
    )
    pairs, line = np.unique(case * max(1, len(run.tests)) + test, return_inverse=True)
    keys, first, line = np.unique(
        line.astype(np.int64) * max(1, len(run.labelsets)) + labels, return_index=True, return_inverse=True
    )
    cluster = np.full(len(keys), -1, np.int64)
    cluster[line] = run.cluster[rows]
    known = _planned(run)
    starts, dimensions = _dimensions(run, rows, line)
    measures = _measures(run, rows, line, len(keys))
    replayed = _replayed(run, rows, line, len(keys))
    places = rows[first]
    columns = (run.case[places], run.test[places], run.labelset[places], cluster)
    del pairs, keys, case, test, labels
    for number, (case_code, test_code, labelset, source) in enumerate(
        zip(*(each.tolist() for each in columns), strict=True)
    ):
        name, function = run.cases[case_code], run.tests[test_code]
        content, file = known.get((name, function), ("", ""))
        found = {
            "case": name,
            "dimensions": dict(dimensions[starts[number] : starts[number + 1]]),
            "measures": {key: value for key, values in measures if (value := values[number]) is not None},
            "replayed": replayed[number],
            "labels": dict(sorted(run.labelsets[labelset].items())),
            "cluster": run.clusters[source] if source >= 0 else "",
            "test": function,
            "file": file,
            "content": content,
        }
        yield {key: value for key, value in found.items() if value}


def _replayed(run: Run, rows: NDArray[np.int64], line: NDArray[np.int64], count: int) -> list[int]:
    """How many trials of each line rest on recorded answers."""
    if run.replayed is None:
        return [0] * count
    here = run.replayed[rows]
    many = int(run.trial.max(initial=0)) + 1
    trials = np.unique(line[here] * many + run.trial[rows[here]])
    found: list[int] = np.bincount(trials // many, minlength=count).tolist()
    return found


def _ranked(codes: NDArray[np.int64], names: list[str]) -> NDArray[np.int64]:
    """The place of each code's name among the sorted names."""
    rank = np.empty(len(names), np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return rank[codes]


def _planned(run: Run) -> dict[tuple[str, str], tuple[str, str]]:
    """By case and test: the digest of what is asked, and the case file."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    try:
        for words in run.plans:
            for group in json.loads(words):
                file = group.get("file", "")
                for _, case, test, trial, *more in group["items"]:
                    if trial == 0 or (case, test) not in found:
                        found[case, test] = (more[0] if more else "", file)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunFileError(f"the manifest's record of what was planned is broken: {error}") from None
    return found


def _dimensions(
    run: Run, rows: NDArray[np.int64], line: NDArray[np.int64]
) -> tuple[list[int], list[tuple[str, dict[str, Any]]]]:
    """What was said on each dimension of each line.

    Args:
        run: the run.
        rows: those that count, shape (n,).
        line: the number of each one's line, shape (n,).

    Returns:
        Where each line begins in the second list, and one place beyond; and for each line and dimension its name and
        what was said.
    """
    names, outcome, score = sorted(run.dimensions), run.outcome[rows], run.score[rows]
    key = line * max(1, len(names)) + _ranked(run.dimension[rows], run.dimensions)
    keys, cell = np.unique(key, return_inverse=True)
    of_line, of_name = np.divmod(keys, max(1, len(names)))
    passes, trials, errors = (
        np.bincount(cell[each], minlength=len(keys)) for each in (outcome == PASS, outcome <= MISS, outcome == ERROR)
    )
    means = _means(cell, np.where(outcome <= MISS, score, np.nan), len(keys))
    columns = (of_name.tolist(), passes.tolist(), trials.tolist(), errors.tolist(), means)
    found = []
    for name, passed, tried, erred, mean in zip(*columns, strict=True):
        said: dict[str, Any] = {"passes": passed, "trials": tried}
        if erred:
            said["errors"] = erred
        if mean is not None:
            said["score"] = mean
        found.append((names[name], said))
    for place, counts in _levels(run, rows, cell):
        found[place][1]["levels"] = counts
    count = int(line.max()) + 1 if len(line) else 0
    return np.searchsorted(of_line, np.arange(count + 1)).tolist(), found


def _levels(run: Run, rows: NDArray[np.int64], cell: NDArray[np.int64]) -> Iterator[tuple[int, dict[str, int]]]:
    """How many judged trials of each cell have which level: best ones first, as far as passing tells."""
    graded = np.flatnonzero((run.level[rows] >= 0) & (run.outcome[rows] <= MISS))
    keys, place, counts = np.unique(
        cell[graded] * max(1, len(run.levels)) + run.level[rows[graded]], return_inverse=True, return_counts=True
    )
    passes = np.bincount(place[run.outcome[rows[graded]] == PASS], minlength=len(keys))
    found: dict[int, list[tuple[float, str, int]]] = {}
    for key, count, passed in zip(keys.tolist(), counts.tolist(), passes.tolist(), strict=True):
        where, level = divmod(key, len(run.levels))
        found.setdefault(where, []).append((-passed / count, run.levels[level], count))
    for where, levels in found.items():
        yield where, {name: count for _, name, count in sorted(levels)}


def _measures(
    run: Run, rows: NDArray[np.int64], line: NDArray[np.int64], count: int
) -> list[tuple[str, list[float | None]]]:
    """By name, the means over each line's judged trials; None where none of them measured it."""
    outcome, entry = run.outcome[rows], run.entry[rows]
    counts = (outcome <= MISS) & (entry >= 0)
    if (erred := outcome == ERROR).any():
        trial = line * (int(run.trial.max()) + 1) + run.trial[rows]
        counts &= ~np.isin(trial, trial[erred])
    extras = run.extras
    kept = [name for name in _in_order(extras.measures) if name not in CLOCKED or name in _compared(run)]
    of_entry = np.full(max((len(each) for each in extras.measures.values()), default=0), -1, np.int64)
    if len(of_entry):
        of_entry[entry[counts]] = line[counts]
    found = []
    for name in kept:
        values = np.where(of_entry >= 0, extras.measures[name], np.nan)
        found.append((name, _means(of_entry, values, count)))
    return found


def _compared(run: Run) -> set[str]:
    """The measures that a bar of the run compares with the baseline."""
    bars = [each for header in run.headers for each in header.get("bars") or () if isinstance(each, Mapping)]
    named = [str(each.get("metric", "")).removeprefix("mean_") for each in bars if each.get("max_drop") is not None]
    return {CALLED.get(name, name) for name in named}


def _in_order(names: Iterable[str]) -> list[str]:
    own = sorted(set(names) - set(UNITS))
    return [*(name for name in UNITS if name in names), *own]


def _means(codes: NDArray[np.int64], values: NDArray[np.float64], count: int) -> list[float | None]:
    """The rounded means by code, leaving out NaN; None where nothing is left. Whole numbers are written as such."""
    there = np.flatnonzero(~np.isnan(values))
    if not len(there):
        return [None] * count
    numbers = np.bincount(codes[there], minlength=count)
    with np.errstate(over="ignore", invalid="ignore"):
        means = totals(codes[there], values[there], count, int(numbers.max())) / np.maximum(numbers, 1)
    usable = (numbers > 0) & np.isfinite(means)
    return [
        (int(short) if (short := _rounded(mean)).is_integer() and abs(short) < 2**53 else short) if some else None
        for mean, some in zip(means.tolist(), usable.tolist(), strict=True)
    ]
