"""The earlier run that bars compare with, cut as they cut the later one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.config.settings import Settings
from pytest_evalbars.gate.bar import HELD_BY_DEFAULT, Bar
from pytest_evalbars.gate.select import exactly, fits
from pytest_evalbars.gate.slices import dimension_of, metric_of, slices_of
from pytest_evalbars.metrics.drops import independent, paired
from pytest_evalbars.metrics.pairs import Pairs, cases_said, pairs_of
from pytest_evalbars.metrics.slice import NoData, Slice
from pytest_evalbars.run.matching import match
from pytest_evalbars.run.plan import DEFAULT_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from pytest_evalbars.metrics.fold import Unjudged
    from pytest_evalbars.metrics.slice import Estimate, Metric
    from pytest_evalbars.run.columns import Run

#: Cases that became worse and are named.
NAMED = 100


class Against:
    """An earlier run beside a later one.

    Args:
        run: the later run.
        baseline: the earlier one.
        renamed: cases that are called otherwise now: old ids to new ones.
    """

    def __init__(self, run: Run, baseline: Run, renamed: Mapping[str, str]) -> None:
        self.run, self.baseline = run, baseline
        self.matching = match(baseline, run, renamed)
        known, here = set(baseline.cases), set(run.cases)
        self.idle = tuple(f"{old} -> {new}" for old, new in renamed.items() if old not in known or new not in here)
        self._whatever: dict[tuple[bool, str | None], Slice] = {}
        self._held: dict[tuple[str, ...], NDArray[np.bool_]] = {}
        self._own: dict[str, dict[tuple[str | None, str | None], Slice]] = {}

    def question(self, bar: Bar, metric: Metric, dimension: str | None, group: str | None, part: Slice) -> Question:
        """What to ask of one slice, now and before.

        Raises:
            NoData: the earlier run says nothing of it.
        """
        pairs = self.pairs(bar, metric, dimension, part)
        own = self._of_bar(bar).get((dimension, group))
        fewest = cases_said(metric, part) if own is None else min(cases_said(metric, each) for each in (part, own))
        if pairs.enough(fewest):
            return Question(bar, metric, part, self, dimension, pairs)
        if own is None or metric.estimate(own) is None:
            raise NoData("the baseline has no judged case of it; update it with --evalbars-update-baseline")
        return Question(bar, metric, part, self, dimension, None, own, len(pairs.case))

    def pairs(
        self, bar: Bar, metric: Metric, dimension: str | None, part: Slice, unjudged: Unjudged = "apart"
    ) -> Pairs:
        """The cases of a slice whose status the bar held then, too, with what they said before."""
        among = self._held_then(bar.status or HELD_BY_DEFAULT)
        return pairs_of(metric, part, self._before(bar, dimension), self.matching, unjudged, among)

    @property
    def any(self) -> bool:
        """Whether the runs have any case in common."""
        return bool((self.matching.before_of >= 0).any())

    def unjudged_before(self, bar: Bar, metric: Metric, dimension: str | None) -> bool:
        """Whether the earlier run has trials on the dimension that could not be judged."""
        return metric.unjudged(self._before(bar, dimension)) > 0

    def _held_then(self, held: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which cases of the earlier run had one of these statuses."""
        if held not in self._held:
            self._held[held] = np.array([fits(status, held) for status in self._status_then], bool)
        return self._held[held]

    @cached_property
    def _status_then(self) -> list[str]:
        return statuses(self.baseline)

    def _before(self, bar: Bar, dimension: str | None) -> Slice:
        """What the earlier run said on the dimension, whatever its labels were then."""
        key = (bar.all_trials, dimension)
        if key not in self._whatever:
            self._whatever[key] = dimension_of(self.baseline, bar, dimension)
        return self._whatever[key]

    def _of_bar(self, bar: Bar) -> dict[tuple[str | None, str | None], Slice]:
        """The slices that the bar had in the earlier run, without the cases that were not to run this time."""
        if bar.name not in self._own:
            ran = ~self.matching.not_to_run
            self._own[bar.name] = {
                (name, group): Slice(self.baseline, part.rows[ran[self.baseline.case[part.rows]]])
                for name, group, part in slices_of(self.baseline, bar)
            }
        return self._own[bar.name]

    def common(self) -> Common:
        """What the two runs have in common, for a reader."""
        matching, header = self.matching, self.baseline.headers[0] if self.baseline.headers else {}
        return Common(
            run=str(header.get("run") or ""),
            started=str(header.get("started") or ""),
            commit=str(header.get("commit") or ""),
            complete=self.baseline.complete,
            replayed=self.baseline.replayed_trials,
            trials=self.baseline.trials,
            cases=int((matching.before_of >= 0).sum()),
            renamed=matching.renamed,
            changed=matching.changed,
            new=matching.new,
            removed=matching.removed,
            elsewhere=matching.elsewhere,
            restated=tuple(self._restated()),
            idle=self.idle,
            flips=self.flips,
        )

    def flips(self, dimension: str) -> Flips | None:
        """The cases of a dimension whose pass rate changed, whatever bars there are; None where none are the same."""
        bar = Bar(dimension=(exactly(dimension),), max_drop=0.0)
        metric = metric_of(bar, Settings(), dimension)
        for _, _, part in slices_of(self.run, bar):
            pairs = self.pairs(bar, metric, dimension, part)
            if len(pairs.case):
                return Question(bar, metric, part, self, dimension, pairs).flips()
        return None

    def _restated(self) -> Iterator[tuple[str, str, str]]:
        """The cases that are compared and had another status then."""
        now = statuses(self.run)
        for code, earlier in enumerate(self.matching.before_of.tolist()):
            if earlier >= 0 and now[code] != self._status_then[earlier]:
                yield self.run.cases[code], self._status_then[earlier], now[code]


def statuses(run: Run) -> list[str]:
    """The status of each case; of several, the last."""
    of_labels = [labels.get("status", DEFAULT_STATUS) for labels in run.labelsets]
    labelset = np.zeros(len(run.cases), np.int64)
    labelset[run.case] = run.labelset
    return [of_labels[code] for code in labelset.tolist()] if of_labels else []


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """How much worse one slice is than it was."""

    bar: Bar
    metric: Metric
    part: Slice
    against: Against
    dimension: str | None
    #: Case by case; None where too few are the same.
    pairs: Pairs | None
    #: The slice as it was then, where it is taken as an independent sample; and how many cases are the same.
    own: Slice | None = None
    same: int = 0

    def estimate(self, unjudged: Unjudged = "apart") -> Estimate | None:
        """The answer."""
        kind = self.bar.kind
        if self.pairs is not None:
            pairs = self.pairs
            if unjudged != "apart":
                pairs = self.against.pairs(self.bar, self.metric, self.dimension, self.part, unjudged)
            return paired(pairs, kind, relative=self.bar.relative)
        after = self.metric.estimate(self.part, unjudged)
        before = None if self.own is None else self.metric.estimate(self.own)
        if after is None or before is None:
            return None
        return independent(before, after, kind, self.same, relative=self.bar.relative)

    def flips(self) -> Flips | None:
        """The cases that changed; None where they are not compared one by one."""
        pairs, run = self.pairs, self.part.run
        if pairs is None:
            return None
        worse = pairs.before - pairs.after
        if self.bar.kind.less_is_better:
            worse = -worse
        most = np.argsort(-worse, kind="stable")[:NAMED]
        least = np.argsort(worse, kind="stable")[:NAMED]
        reason_of = {run.name(row): run.reasons[row] for row in run.reasons.keys() & set(self._rows(pairs, most))}
        return Flips(
            worse=int((worse > 0).sum()),
            better=int((worse < 0).sum()),
            named=tuple(self._named(pairs, most[worse[most] > 0], reason_of)),
            gains=tuple(self._named(pairs, least[worse[least] < 0], {})),
        )

    def _named(
        self, pairs: Pairs, which: NDArray[np.int64], reason_of: Mapping[str, str]
    ) -> Iterator[tuple[str, float, float, str]]:
        """Some of the cases, with their numbers then and now, and why."""
        for at in which.tolist():
            name = self.part.run.cases[int(pairs.case[at])]
            yield name, float(pairs.before[at]), float(pairs.after[at]), reason_of.get(name, "")

    def _rows(self, pairs: Pairs, which: NDArray[np.int64]) -> list[int]:
        """The rows of some of the cases."""
        rows = self.part.rows
        found: list[int] = rows[np.isin(self.part.run.case[rows], pairs.case[which])].tolist()
        return found


@dataclass(frozen=True, slots=True)
class Flips:
    """How many cases are worse and better than they were, and the worst of them."""

    worse: int
    better: int
    #: Case, its number before and now, and why.
    named: tuple[tuple[str, float, float, str], ...]
    #: The same of those that are better, without a reason.
    gains: tuple[tuple[str, float, float, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        keys = ("case", "before", "after", "reason")
        named = [dict(zip(keys, each, strict=True)) for each in self.named]
        return {"worse": self.worse, "better": self.better, "worst": named}


@dataclass(frozen=True, slots=True)
class Common:
    """An earlier run, and what it has in common with the one that was decided."""

    run: str
    started: str
    commit: str
    complete: bool
    #: How many cases are compared.
    cases: int
    #: Those called otherwise, that ask something else now, and of one run alone.
    renamed: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    new: tuple[str, ...]
    removed: tuple[str, ...]
    #: Cases in files that were not asked for this time.
    elsewhere: int
    #: Cases of another status than then: case, status then and now. A bar compares those that it held both times.
    restated: tuple[tuple[str, str, str], ...] = ()
    #: Renamings that are declared and name a case that is not there.
    idle: tuple[str, ...] = ()
    #: Trials of the earlier run, and how many of them rest on recorded answers.
    trials: int = 0
    replayed: int = 0
    #: Finds the cases of a dimension whose pass rate changed, of those that a bar holds which names no status.
    flips: Callable[[str], Flips | None] = field(default=lambda _: None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.run,
            "started": self.started,
            "commit": self.commit,
            "trials": self.trials,
            "replayed": self.replayed,
            "cases": self.cases,
            "renamed": dict(self.renamed),
            "changed": list(self.changed),
            "new": list(self.new),
            "removed": list(self.removed),
            "elsewhere": self.elsewhere,
            "restated": [dict(zip(("case", "before", "after"), each, strict=True)) for each in self.restated],
        }
