"""What trials recorded for a reader, read back from a run file for the few cases that are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_evalbars.run.columns import Run

    #: Case, test and dimension.
    Key = tuple[str, str, str]


#: What stands in place of something that was recorded, where only digests are kept.
DIGEST = re.compile(r"sha256:[0-9a-f]{16}, \d+ characters")
#: How the note ends that says of a run that nothing of them was kept.
NOT_KEPT = 'not kept (evidence = "off")'


def is_digest(value: object) -> bool:
    """Whether a recorded thing is only a digest of it."""
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def evidence_note(run: Run) -> str:
    """What a reader must know of evidence and reasons that were not kept; empty where they were."""
    said = [header.get("evidence", "keep") for header in run.headers]
    modes = set(said + [resume["evidence"] for resume in run.resumes if "evidence" in resume])
    some = "in a part of this run " if "keep" in modes else ""
    if "off" in modes:
        return f"evidence and reasons were {some}{NOT_KEPT}"
    return f'evidence and reasons were {some}kept as digests only (evidence = "hash")' if "hash" in modes else ""


def evidence_of(path: Path, wanted: Mapping[Key, int]) -> dict[Key, dict[str, Any]]:
    """What the trials of some cases recorded; of several trials, the first that missed, else the first.

    Args:
        path: the run file.
        wanted: what is asked for, and how many trials there are of it: no more of the file is read than it takes.

    Raises:
        RunFileError: the file cannot be read.
    """
    recorded: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    judged: dict[Key, dict[int, bool]] = {}
    waiting = set(wanted)
    for row in lines_of(path, {case for case, _, _ in wanted}):
        key, trial = (str(row["case"]), str(row.get("test") or "")), row.get("trial") or 0
        if row.get("type") != "trial":
            each = (*key, str(row.get("dimension")))
            judged.setdefault(each, {})[trial] = row.get("outcome") == "miss"
            if min(len(judged[each]), len(recorded.get(key, ()))) >= wanted.get(each, 0):
                waiting.discard(each)
                if not waiting:
                    break
        elif isinstance(row.get("evidence"), dict) and row["evidence"]:
            recorded.setdefault(key, {})[trial] = row["evidence"]
    found = {}
    for each in wanted:
        trials, missed = recorded.get(each[:2], {}), judged.get(each, {})
        if trials:
            found[each] = trials[min(trials, key=lambda trial: (not missed.get(trial, False), trial))]
    return found
