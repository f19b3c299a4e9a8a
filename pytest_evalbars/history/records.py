"""What past runs said, as those who read the history are given it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of the past."""

    #: Its name, unique.
    run: str
    #: When it began, as `2026-11-20T22:41:07Z`.
    started: str
    commit: str | None
    #: A digest of what had changed since the commit; "" for nothing, None where nobody knows.
    changes: str | None
    labels: Mapping[str, str]
    #: Under which its bars were held; empty where nobody knows.
    stage: str
    #: None where it did not come to its end, and of a run in shards that nobody has judged as one.
    exit: int | None
    complete: bool
    #: The verdict of each bar, by its name as a test: `faithful[es]`.
    verdicts: Mapping[str, str]
    #: Whether no case of what was asked for was left out or stopped early.
    whole: bool = True
    #: Whether the whole project was asked for. Where only some files were, it says nothing of cases of others.
    everything: bool = True
    #: Trials that replayed recorded answers: they are no new evidence, so no number counts them, nor do `verdicts`
    #: have those that rest on any.
    replayed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What one run said of one case on one dimension; of one that was only replayed, that it was there."""

    #: Which run, as an index into the runs of the history.
    run: int
    passes: int
    #: Judged trials; those that could not be judged are counted apart.
    trials: int
    errors: int
    status: str
    category: str | None
    #: A digest of what the case asked; of several tests, all of theirs; empty where nobody knows.
    content: str


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """All that the history knows of one case on one dimension."""

    case: str
    dimension: str
    #: The node id of the test that judged it last, without row and trial, and the case file, if it stands in one.
    test: str
    file: str
    #: Oldest first.
    told: tuple[Told, ...]
    #: What it shares with other cases, such as a document; empty where it stands for itself.
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Past runs, oldest first, and the records of their cases."""

    runs: tuple[PastRun, ...]
    records: tuple[CaseRecord, ...]
