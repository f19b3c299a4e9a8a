"""The misses of a run with what their trials recorded, read from its file as far as a report has room for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_evalbars.gate.select import ADVERSARIAL, CLASS, FRIENDLY, NO_LABEL, SET, fits
from pytest_evalbars.report.model import Miss, Misses
from pytest_evalbars.report.recorded import ITEMS, Recorded, cut, recorded, weight
from pytest_evalbars.report.standing import alone_in
from pytest_evalbars.run.columns import ERROR, MISS
from pytest_evalbars.run.lines import Trial
from pytest_evalbars.run.plan import DEFAULT_STATUS
from pytest_evalbars.run.reading import load_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.report.model import BarTold, Report
    from pytest_evalbars.run.columns import Run

#: Misses with their evidence, and characters kept of one text.
SHOWN, LENGTH = 500, 2_000
#: Of every dimension and category so many are shown, whatever fails; they take half of the room at most.
OF_EACH = 3
#: Bytes that all texts together may take in a page, and the fewest characters kept of one.
ROOM, LEAST = 2_000_000, 60


def misses_of(
    paths: Sequence[Path],
    report: Report | None = None,
    run: Run | None = None,
    *,
    shown: int = SHOWN,
    length: int = LENGTH,
    room: int = ROOM,
) -> Misses:
    """The misses, first those of failing bars; errors after them.

    Args:
        paths: the run's files.
        report: what it says of bars; None: no miss is more than another.
        run: the run, where it was read already.
        shown: how many are read with their evidence.
        length: characters kept of one text.
        room: bytes that all texts may take together: where they would take more, less is kept of each.

    Raises:
        RunFileError: a file cannot be read.
    """
    run = load_run(*paths) if run is None else run
    found = _found(run, report)
    chosen = _chosen(found, shown)
    said = recorded(paths, {each.trial for each in chosen})
    kept = length
    misses = _told(run, chosen, said, kept)
    while _bytes(misses) > room and kept > LEAST:
        kept = max(LEAST, kept // 2)
        misses = _told(run, chosen, said, kept)
    of = Counter(each.outcome for each in found)
    return Misses(
        shown=tuple(misses),
        misses=of["miss"],
        errors=of["error"],
        rule=_rule(of, Counter(each.outcome for each in chosen), kept, length),
    )


class _Found(NamedTuple):
    """A row that missed or erred; in the order in which misses are shown."""

    #: 0 of a miss, 1 of an error.
    erred: int
    #: 0 where it is in the slice of a failing bar, or fails the session by itself.
    harmless: int
    dimension: str
    category: str
    case: str
    test: str
    number: int
    row: int

    @property
    def trial(self) -> Trial:
        """Its trial."""
        return Trial(self.case, self.test, self.number)

    @property
    def outcome(self) -> str:
        """As the run file says it."""
        return "error" if self.erred else "miss"


def _found(run: Run, report: Report | None) -> list[_Found]:
    """All rows that missed or erred, in order."""
    bars = [each for each in report.bars if each.fails] if report is not None else []
    alone = None if report is None else alone_in(report)
    failing: dict[tuple[int, int], bool] = {}
    found = []
    for row in np.flatnonzero((run.outcome == MISS) | (run.outcome == ERROR)).tolist():
        kind = dimension, labelset = int(run.dimension[row]), int(run.labelset[row])
        labels, name, case = run.labelsets[labelset], run.dimensions[dimension], run.name(row)
        if kind not in failing:
            failing[kind] = any(holds(each, name, labels) for each in bars)
        harmless = not (failing[kind] or (alone is not None and alone(case, name, labels)))
        erred, category = int(run.outcome[row] == ERROR), labels.get("category", "")
        test = run.tests[int(run.test[row])]
        found.append(_Found(erred, int(harmless), name, category, case, test, run.numbers[int(run.trial[row])], row))
    return sorted(found)


def holds(bar: BarTold, dimension: str, labels: Mapping[str, str]) -> bool:
    """Whether a bar's verdict is of this dimension of a case with these labels."""
    if bar.dimension not in (None, dimension):
        return False
    said = {"status": DEFAULT_STATUS, SET: FRIENDLY, **labels}
    if SET not in bar.picks and said[SET] == ADVERSARIAL:
        return False
    if not all(key in said and fits(said[key], words) for key, words in bar.picks.items()):
        return False
    if bar.group is None or CLASS in bar.each:  # which class it is of is no label
        return True
    return "/".join(said.get(key, NO_LABEL) for key in bar.each) == bar.group


def _chosen(found: list[_Found], shown: int) -> list[_Found]:
    """Those that are shown: some of each dimension and category, then the first; all cases before second trials."""
    if len(found) <= shown:
        return found
    of_case, of_cell = Counter[tuple[int, str, str, str]](), Counter[tuple[int, str, str]]()
    ranked = []
    for each in found:
        mine = each.erred, each.dimension, each.case, each.test
        ranked.append((each.erred, each.harmless, of_case[mine], each))
        of_case[mine] += 1
    ranked.sort()
    rounds: list[list[_Found]] = [[] for _ in range(OF_EACH)]
    for *_, each in ranked:
        cell = each.erred, each.dimension, each.category
        if of_cell[cell] < OF_EACH:
            rounds[of_cell[cell]].append(each)
        of_cell[cell] += 1
    first = dict.fromkeys([each for one in rounds for each in one][: shown // 2])
    for *_, each in ranked:
        if len(first) == shown:
            break
        first[each] = None
    return sorted(first)


def _told(run: Run, chosen: Iterable[_Found], said: dict[Trial, Recorded], length: int) -> list[Miss]:
    nothing = Recorded([], {})
    return [_miss(run, each, said.get(each.trial, nothing), length) for each in chosen]


def _miss(run: Run, each: _Found, said: Recorded, length: int) -> Miss:
    row = each.row
    reason = said.reasons.get(each.dimension) or run.reasons.get(row, "")
    score, level = float(run.score[row]), int(run.level[row])
    judge = "" if run.judged is None or run.judged.by[row] < 0 else str(run.judged.judges[int(run.judged.by[row])])
    return Miss(
        case=each.case,
        test=each.test,
        trial=each.number,
        dimension=each.dimension,
        outcome="error" if each.erred else "miss",
        labels=run.labelsets[int(run.labelset[row])],
        reason=reason[:length],
        reason_cut=max(0, len(reason) - length),
        level=run.levels[level] if level >= 0 else "",
        score=None if np.isnan(score) else score,
        judge=judge,
        expected=bool(run.expected[row]),
        fails=not (each.erred or each.harmless),
        evidence=tuple(cut(name, text, length) for name, text in said.texts[:ITEMS]),
        more=max(0, len(said.texts) - ITEMS),
    )


def _bytes(misses: Iterable[Miss]) -> int:
    """About how many bytes the texts of all take in a page."""
    return sum(
        weight(each.reason) + sum(weight(one.name) + weight(one.text) for one in each.evidence) for each in misses
    )


def _rule(of: Counter[str], shown: Counter[str], kept: int, length: int) -> str:
    """What is left out, and by which rule; empty where nothing is."""
    said = []
    if shown != of:
        parts = [
            f"{shown[word]:,} of {of[word]:,} {words[of[word] != 1]}"
            for word, words in (("miss", ("miss", "misses")), ("error", ("error", "errors")))
            if of[word]
        ]
        said.append(
            f"{' and '.join(parts)} shown: up to {OF_EACH} of each dimension and category, then those that fail a "
            "bar, then other misses, then errors; one trial of each case before a second one; all are in the run file"
        )
    if kept < length:
        said.append(f"of each text the first {kept:,} characters are kept, as there is so much of it")
    return "; ".join(said)
