"""The baseline: what later runs are compared with, as a file that a team commits and reviews.

It is JSON Lines like a run file, but folded: one line for each case, sorted, so that a diff shows which cases changed
and how. The first line says which run it was; each bar that was declared then has a line of its own; every further
line, without a `type`, is a case (see `case_lines.lines_of`). Labels that all cases share stand in the first line.
No evidence and no reasons are kept: nothing in it was written by a model. How many trials rest on recorded answers is
said in the first line, and with each case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.replacing import replace_text
from pytest_evalbars.run.baseline_reading import SCHEMA, load_baseline
from pytest_evalbars.run.case_lines import lines_of
from pytest_evalbars.run.columns import LEFT_OUT, MISS, SKIPPED
from pytest_evalbars.safe import UNSAFE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run

__all__ = ["kept_lines", "load_baseline", "why_not_baseline", "write_baseline"]

#: What of a run's header tells where the baseline comes from, and how it was held.
BEFORE_LABELS, AFTER_LABELS = ("run", "started", "commit", "changes"), ("confidence", "max_errors", "versions")
#: Names in any script stay readable.
AS_IT_IS = json.JSONEncoder(ensure_ascii=False).encode


def write_baseline(path: Path, run: Run, *, kept: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Write a run as the baseline: the whole file or, if that fails, nothing of it.

    Args:
        path: the file; its folder is made where there is none.
        run: what becomes the baseline; see `why_not_baseline`.
        kept: lines of the baseline before, of cases that were not asked for this time; see `kept_lines`.

    Raises:
        RunFileError: it cannot be written, and what was there before is still there.
    """
    old = sorted(kept or (), key=_place)
    shared = _shared(run, old)
    cases = (
        {**row, "labels": _without(row.get("labels", {}), shared)} for row in merge(lines_of(run), old, key=_place)
    )
    replayed = run.replayed_trials + sum(row.get("replayed", 0) for row in old)
    rows = chain([_header(run, shared, len(old), replayed)], _bars(run), cases)
    try:
        replace_text(path, map(_text, rows))
    except OSError as error:
        raise RunFileError(
            f"{shown(path)}: the baseline cannot be written: {error.strerror or error}; nothing there has changed; "
            "mend that and update it again, or name another place with --evalbars-baseline=FILE",
        ) from None


def kept_lines(path: Path, run: Run, root: Path) -> list[dict[str, Any]]:
    """What stays of a baseline that a run of some suites only updates.

    Args:
        path: the baseline; it need not be there.
        run: what updates it.
        root: the project's folder.

    Returns:
        The lines of cases whose test file was not collected this time and is still there, and of saturated cases
        that rested; none where the run was of everything.

    Raises:
        RunFileError: the baseline cannot be read, so that nobody knows what would be lost.
    """
    resting = set(run.saturated.resting) if run.saturated else set[str]()
    if not (run.asked or resting) or not path.exists():
        return []
    asked = {Path(each).resolve() for each in run.asked}
    here = {test.partition("::")[0] for test in run.tests}
    kept = []
    for row in lines_of(load_baseline(path)):
        if row["case"] in resting:
            kept.append(row)
        if not asked or row["case"] in resting:
            continue
        file = row.get("test", "").partition("::")[0]
        place = root / file
        if not file or (file not in here and place.resolve() not in asked and place.exists()):
            kept.append(row)
    return kept


def why_not_baseline(run: Run, decision: Decision) -> str:
    """Why a run cannot become the baseline, with the mend; empty if it can.

    A case that it lacks would look like a new one from then on, and no later run would be compared on it.
    """
    return _lacking(run) or _unjudged(run, decision)


def _lacking(run: Run) -> str:
    """Which trials did not run."""
    if run.second_look:
        return "this was a second look at cases that missed; run without --evalbars-missed"
    if run.stopped:
        trials = _trials(run.stopped, "was", "were")
        return f"{trials} stopped early, as no verdict depended on them; run without --evalbars-stop-early"
    left_out = int(np.count_nonzero(run.outcome == LEFT_OUT))
    if left_out or run.unseen:
        why = ", ".join(run.unseen) or f"{left_out} verdict{' is' if left_out == 1 else 's are'} missing"
        return f"cases were left out ({why}); run whole files or folders, without -k, -m, -x, --lf and node ids"
    if not run.complete:
        lacking = f": {_trials(len(run.missing), 'has', 'have')} no result" if run.missing else ""
        return f"the run is incomplete{lacking}; go on with it: --evalbars-resume --evalbars-update-baseline"
    return ""


def _unjudged(run: Run, decision: Decision) -> str:
    """Which trials ran and said nothing."""
    if decision.too_many_errors:
        return (
            f"{_trials(decision.errors, 'was', 'were')} not judged, and max_errors tolerates "
            f"{decision.allowed_errors}; mend what they failed at, and run them again: "
            "--evalbars-resume --evalbars-update-baseline"
        )
    if not (run.outcome <= MISS).any():
        return "no case was judged; a baseline needs verdicts"
    return ""


def _trials(number: int, one: str, many: str) -> str:
    return f"1 trial {one}" if number == 1 else f"{number} trials {many}"


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["case"], row.get("test", "")


def _shared(run: Run, kept: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The labels of the whole run, as far as every case has a value for them: its own one counts for itself."""
    first = (
        {str(key): str(value) for key, value in (run.headers[0].get("labels") or {}).items()} if run.headers else {}
    )
    used = (run.labelsets[code] for code in np.unique(run.labelset[run.outcome <= SKIPPED]).tolist())
    every: chain[Mapping[str, Any]] = chain(used, (row.get("labels", {}) for row in kept))
    for labels in every if first else ():
        first = {key: value for key, value in first.items() if key in labels}
    return first


def _without(labels: Mapping[str, str], shared: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if shared.get(key) != value}


def _header(run: Run, shared: Mapping[str, str], kept: int, replayed: int) -> dict[str, Any]:
    first = run.headers[0] if run.headers else {}
    return {
        "type": "baseline",
        "schema": SCHEMA,
        **{key: first[key] for key in BEFORE_LABELS if key in first},
        **({"kept": kept} if kept else {}),
        **({"replayed": replayed} if replayed else {}),
        "labels": shared,
        **{key: first[key] for key in AFTER_LABELS if key in first},
    }


def _bars(run: Run) -> Iterator[dict[str, Any]]:
    declared = run.headers[0].get("bars") if run.headers else None
    for bar in declared if isinstance(declared, list) else ():
        if isinstance(bar, Mapping):
            yield {"type": "bar", **bar}


def _text(row: Mapping[str, Any]) -> str:
    """A line that people can read, and that does nothing to the terminal that shows a diff of it."""
    words = AS_IT_IS({key: value for key, value in row.items() if value != {}})
    return UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", words) + "\n"
