"""A run, folded into what the history keeps of it: what each case said, and what each slice adds up to."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.errors import RunFileError
from pytest_evalbars.gate.bar import HELD_BY_DEFAULT
from pytest_evalbars.gate.select import ADVERSARIAL, SET
from pytest_evalbars.history.rows import HELD, Card, Folded, Sum
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISS, PASS, SKIPPED, STOPPED
from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.run.units import units_of
from pytest_evalbars.stats.effective import case_rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.units import Units


def fold(run: Run) -> Folded:
    """Fold a run by case and dimension, and by slice.

    Trials that replay recorded answers are no new evidence: a case that was only replayed is there, and said nothing.

    Raises:
        RunFileError: its manifest is broken.
    """
    rows = np.flatnonzero(run.outcome <= ERROR)
    key = run.case[rows] * max(1, len(run.dimensions)) + run.dimension[rows]
    names, entry = np.unique(key, return_inverse=True)
    last = np.zeros(len(names), np.int64)
    last[entry] = rows
    outcome = _new(run)[rows]
    passes, trials, errors = (
        np.bincount(entry, which, len(names)).astype(np.int64).tolist()
        for which in (outcome == PASS, outcome <= MISS, outcome == ERROR)
    )
    return Folded(_cards(run, last), passes, trials, errors, list(_sums(run)))


def _new(run: Run) -> NDArray[np.int8]:
    """The outcomes of all rows; what was replayed is as if it had been skipped."""
    return run.outcome if run.replayed is None else np.where(run.replayed, np.int8(SKIPPED), run.outcome)


def _cards(run: Run, last: NDArray[np.int64]) -> list[Card]:
    """The card of each case on each dimension, whose last row is given."""
    digests, files = _planned(run)
    tests = _tests(run) if digests else {}
    found = []
    for row in last.tolist():
        case, dimension = int(run.case[row]), int(run.dimension[row])
        name, labels, cluster = run.cases[case], run.labelsets[int(run.labelset[row])], int(run.cluster[row])
        asked = {digests.get((name, run.tests[test]), "") for test in tests.get((case, dimension), ())}
        status = labels.get("status", DEFAULT_STATUS)
        found.append(
            Card(
                name,
                run.dimensions[dimension],
                run.tests[int(run.test[row])],
                files.get(name, ""),
                "+".join(sorted(asked - {""})),
                status,
                labels.get("category"),
                run.clusters[cluster] if cluster >= 0 else "",
            )
        )
    return found


def _planned(run: Run) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """What the manifests say: the digest of what a case asks in a test, and the file that a case stands in."""
    digests: dict[tuple[str, str], str] = {}
    files: dict[str, str] = {}
    try:
        for words in run.plans:
            for group in json.loads(words):
                file = group.get("file")
                for _, case, test, trial, *more in group["items"]:
                    if more and more[0] and (trial == 0 or (case, test) not in digests):
                        digests[case, test] = str(more[0])
                    if file:
                        files[case] = str(file)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunFileError(f"the manifest's record of what was planned is broken: {error}") from None
    return digests, files


def _tests(run: Run) -> dict[tuple[int, int], list[int]]:
    """The tests that judge each case on each dimension, also those that were left out this time."""
    count, many = max(1, len(run.tests)), max(1, len(run.dimensions))
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for key in np.unique((run.case * many + run.dimension) * count + run.test).tolist():
        pair, test = divmod(key, count)
        found[divmod(pair, many)].append(test)
    return found


def kind_of(labels: Mapping[str, str]) -> str:
    """What the cases of one set of labels are, as far as bars tell them apart that name neither status nor set."""
    status = labels.get("status", DEFAULT_STATUS)
    kind = HELD if status in HELD_BY_DEFAULT else status
    return f"{kind}, {ADVERSARIAL}" if labels.get(SET) == ADVERSARIAL else kind


def _sums(run: Run) -> Iterator[Sum]:
    """Each dimension by kind, as a whole and by category."""
    run = replace(run, outcome=_new(run))
    kinds = [kind_of(labels) for labels in run.labelsets]
    categories = [labels.get("category") for labels in run.labelsets]
    wholes = [(kind, None) for kind in kinds]
    parts = list(zip(kinds, categories, strict=True))
    units = units_of(run)
    yield from _grouped(run, units, wholes)
    for one in _grouped(run, units, parts):
        if one.category is not None:
            yield one


def _grouped(run: Run, units: Units, slice_of: Sequence[tuple[str, str | None]]) -> Iterator[Sum]:
    """One sum for each dimension and slice; the slice of each set of labels is given."""
    codes = {each: code for code, each in enumerate(dict.fromkeys(slice_of))}
    slices, width = list(codes), max(1, len(codes))
    of_labelset = np.array([codes[each] for each in slice_of], np.int64)
    row_group = run.dimension * width + of_labelset[run.labelset] if len(run) else run.dimension
    there = Counter(row_group[_said(run)].tolist())
    errors = Counter(row_group[run.outcome == ERROR].tolist())
    stopped = Counter(row_group[run.outcome == STOPPED].tolist())
    group = units.dimension * width + of_labelset[units.labelset] if len(units.case) else units.dimension
    order = np.argsort(group, kind="stable")
    edges = np.searchsorted(group[order], sorted(there))
    members = dict(zip(sorted(there), np.split(order, edges[1:]), strict=True)) if there else {}
    for code, mine in members.items():
        kind, category = slices[code % width]
        cases, trials, value, n_eff = _rate(units, mine)
        dimension = run.dimensions[code // width]
        yield Sum(dimension, kind, category, cases, trials, errors[code], stopped[code], value, n_eff)


def _said(run: Run) -> NDArray[np.bool_]:
    """The rows of slices that are worth a line: not what was left out, nor where all was replayed."""
    said: NDArray[np.bool_] = run.outcome != LEFT_OUT
    return said if run.replayed is None else said & ~run.replayed


def _rate(units: Units, mine: NDArray[np.int64]) -> tuple[int, int, float | None, float | None]:
    """Cases, judged trials, the pass rate and what it is worth, of some units of one dimension."""
    if not len(mine):
        return 0, 0, None, None
    passes, trials, clusters = units.passes[mine], units.trials[mine], units.cluster
    clusters = None if clusters is None else clusters[mine]
    if units.repeated:  # a case is one, whatever labels its tests carry
        names, first, entry = np.unique(units.case[mine], return_index=True, return_inverse=True)
        passes, trials = (np.bincount(entry, each, len(names)).astype(np.int64) for each in (passes, trials))
        clusters = None if clusters is None else clusters[first]
    rate = case_rate(passes, trials, clusters)
    return rate.cases, rate.trials, rate.value, rate.n_eff
