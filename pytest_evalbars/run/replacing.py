"""What of a run file holds no longer once another session goes on with the run."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pytest_evalbars.run.rows import Rows

OBSERVATION = ("case", "test", "trial", "dimension", "outcome", "score", "labelset", "cluster", "level", "entry")
TRIAL = ("t_case", "t_test", "t_trial", "t_labelset", "t_cluster", "t_flags", "t_entry")


@dataclass(slots=True)
class Frame:
    """What the file being read has said of its session: what a resumed one replaces."""

    #: How many names there were before the file.
    left_out: int = 0
    asked: int = 0
    plans: int = 0
    #: Its last end line while that holds, and how many names were left out before it.
    end: Mapping[str, Any] | None = None
    before_end: int = 0
    #: The items that it was the first to plan.
    items: list[str] = field(default_factory=list)
    #: Whether the next manifest replaces the last.
    replaced: bool = False


def void_end(rows: Rows) -> None:
    """Forget what the last end line of the file said."""
    frame = rows.frame
    rows.ended.discard(rows.file)
    rows.not_run.pop(rows.file, None)
    if frame.end is None:
        return
    del rows.left_out[frame.before_end :]
    for item in frame.end.get("stopped") or ():
        rows.stopped.pop(item, None)
    for key, value in (frame.end.get("saved") or {}).items():
        rows.saved[key] -= float(value)
    frame.end = None


def drop_rows(rows: Rows, keys: Iterable[tuple[str, str, int]]) -> None:
    """Forget every row taken so far of trials with these keys: case, test, number."""
    codes = {
        (rows.cases.get(case), rows.tests.get(test or ""), rows.trials.get(trial or 0)) for case, test, trial in keys
    }
    kept = _drop(rows, OBSERVATION, codes)
    _drop(rows, TRIAL, codes)
    place = {old: new for new, old in enumerate(kept)}
    rows.reasons = {place[row]: words for row, words in rows.reasons.items() if row in place}
    rows.replayed = array("q", (place[row] for row in rows.replayed if row in place))
    rows.judged.move(place)
    rows.spans = [(sum(old < start for old in kept), labels) for start, labels in rows.spans]


def _drop(rows: Rows, names: tuple[str, ...], codes: Collection[tuple[int | None, ...]]) -> list[int]:
    columns = [getattr(rows, name) for name in names]
    kept = [n for n, key in enumerate(zip(*columns[:3], strict=True)) if key not in codes]
    for name, column in zip(names, columns, strict=True):
        setattr(rows, name, array(column.typecode, (column[n] for n in kept)))
    return kept
