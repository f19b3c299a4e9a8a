"""A run in memory: one row per observation, as arrays that metrics read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.plan import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_evalbars.run.calls import Calls
    from pytest_evalbars.run.extras import Extras
    from pytest_evalbars.run.judged import Judged
    from pytest_evalbars.run.quarantined import Quarantined
    from pytest_evalbars.run.saturated import Saturated
    from pytest_evalbars.run.shards import Shard

PASS, MISS, ERROR, SKIPPED = range(len(OUTCOMES))
#: Outcomes that no observation holds: a planned trial without a result, one that was left out of the run, and one
#: that was not started because no verdict depended on it any more.
MISSING, LEFT_OUT, STOPPED = 4, 5, 6


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All observations of one session, or of several merged.

    The arrays have one entry per observation; `case`, `test`, `dimension`, `labelset` and `cluster` are codes
    into the lists of names beside them, and so is `trial` into `numbers`. Planned trials without a result and trials
    that were left out stand among them with outcomes of their own, so that every slice knows what it lacks.
    """

    case: NDArray[np.int64]
    test: NDArray[np.int64]
    trial: NDArray[np.int64]
    dimension: NDArray[np.int64]
    outcome: NDArray[np.int8]
    #: NaN where the trial gave no score.
    score: NDArray[np.float64]
    labelset: NDArray[np.int64]
    #: -1 where the case stands for itself.
    cluster: NDArray[np.int64]
    #: Codes into `levels`, -1 where the trial was not graded.
    level: NDArray[np.int64]
    #: Where `extras` has what the row's trial said beside its verdicts; -1 where it said nothing.
    entry: NDArray[np.int64]
    #: Whether an xfail mark announced the miss.
    expected: NDArray[np.bool_]

    cases: list[str]
    tests: list[str]
    dimensions: list[str]
    labelsets: list[dict[str, str]]
    levels: list[str]
    extras: Extras
    #: Why, for misses and errors that said so: by row.
    reasons: dict[int, str]

    #: Trials that ran, and how many of them could not be judged.
    trials: int
    errors: int
    #: Whether the session came to its end and every planned trial has a result.
    complete: bool = True
    #: What is known of trials that should be here and are not.
    missing: tuple[str, ...] = ()
    #: How many of them are known by name only, so that nothing tells which bars they belong to.
    unplaced: int = 0
    #: Of a run in shards, those that did not come to their end or lack results.
    unfinished: tuple[Shard, ...] = ()
    #: How many were kept from starting, by the reason.
    not_run: Mapping[str, int] = field(default_factory=dict)
    #: Whether a last line was cut off and dropped.
    torn: bool = False
    #: Whether recorded answers stood in for the model, so that it was not sampled again; None where in no row. And
    #: how many trials that is.
    replayed: NDArray[np.bool_] | None = None
    replayed_trials: int = 0
    #: Which verdicts judges gave; None where none did.
    judged: Judged | None = None
    #: What models the trials asked, in all; None where no line tells.
    calls: Calls | None = None
    #: Trials that were not started because no verdict depended on them any more, and what they would have cost:
    #: `seconds` and `cost_usd`, as far as those that ran were measured.
    stopped: int = 0
    saved: Mapping[str, float] = field(default_factory=dict)
    #: Reasons why cases that nobody can name were left out.
    unseen: tuple[str, ...] = ()
    #: The files and folders that were asked for, where that was not the whole project.
    asked: tuple[str, ...] = ()
    #: A second look at cases that missed: never judged.
    second_look: bool = False
    #: By case: its place in the random order that the session gave the cases, so that it might stop at any time;
    #: None where it did not.
    order: NDArray[np.int64] | None = None
    #: The numbers behind `trial`; those of a baseline are not known.
    numbers: Sequence[int] = ()
    #: The names behind `cluster`.
    clusters: Sequence[str] = ()
    headers: tuple[Mapping[str, Any], ...] = field(default=())
    #: What the manifests say of the planned items, unread: see `run.contents`.
    plans: tuple[str, ...] = ()
    #: Which saturated cases were not run, where they are run less often; None where all were to run.
    saturated: Saturated | None = None
    #: Its cases in quarantine, and those whose quarantine is over.
    quarantined: tuple[Quarantined, ...] = ()
    #: What judges went by, as the run file keeps it, by the rubric's name and version.
    rubrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: The lines under which sessions went on with the run.
    resumes: tuple[Mapping[str, Any], ...] = field(default=())

    @classmethod
    def from_observations(cls, rows: Iterable[Mapping[str, Any]]) -> Run:
        """Build a run from dictionaries as in the run file.

        Only `case`, `dimension` and `outcome` are required; a row without `type` is an observation. The rows of
        a whole run file (header, manifest, trials, end) are welcome too. A row with `replayed` as true rests on a
        recorded answer.

        Raises:
            RunFileError: a row is malformed, or two rows say the same thing.
        """
        from pytest_evalbars.run.reading import Reader  # noqa: PLC0415 - it builds what this module defines

        reader = Reader("rows")
        for number, row in enumerate(rows, 1):
            reader.take(row, number)
        return reader.run()

    def __len__(self) -> int:
        """How many observations there are, absent ones included."""
        return len(self.case)

    def name(self, row: int) -> str:
        """The case of a row."""
        return self.cases[int(self.case[row])]
