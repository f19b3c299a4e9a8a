"""What a comparison found, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pytest_evalbars.comparison.amounts import Amount
    from pytest_evalbars.comparison.cells import Place
    from pytest_evalbars.comparison.change import Measure
    from pytest_evalbars.comparison.flips import Flips
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.matching import Matching

Word = Literal["regressed", "better", "not worse", "cannot tell"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the runs that are compared."""

    #: What a reader calls it.
    name: str
    run: Run
    #: Cases that are called otherwise in the run's file: names here to names there.
    called: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a comparison: the pass rate or the mean score of a place, or both as a row each."""

    place: Place
    measure: Measure
    before: float
    after: float
    #: After less before: below 0 is worse; and its two-sided interval.
    change: float
    interval: tuple[float, float]
    verdict: Word
    #: Corrected for the number of rows that are compared.
    p_worse: float
    p_better: float
    #: Whether case by case.
    paired: bool
    cases: int
    #: Cases whose own number fell, and rose.
    worse: int
    better: int
    #: Trials that ran or should have, and were not judged: before, after.
    unjudged: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether a change is proven."""
        return self.verdict in ("regressed", "better")

    @property
    def fails(self) -> bool:
        """Whether the row is a regression of ground that is held: capability cases are not yet."""
        return self.verdict == "regressed" and not self.place.apart.startswith("status")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "dimension": self.place.dimension,
            "group": self.place.group,
            "apart": self.place.apart or None,
            "metric": self.measure,
            "verdict": self.verdict,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "interval": list(self.interval),
            "p_worse": self.p_worse,
            "p_better": self.p_better,
            "paired": self.paired,
            "cases": self.cases,
            "worse": self.worse,
            "better": self.better,
            "unjudged": list(self.unjudged),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One run held against the reference."""

    before: Part
    after: Part
    matching: Matching
    findings: tuple[Finding, ...]
    amounts: tuple[Amount, ...]
    flips: Flips
    #: Cases that were compared one by one on any dimension.
    cases: int
    #: Dimensions that one of the runs alone judges: before, after.
    only: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def fails(self) -> bool:
        """Whether anything regressed."""
        return any(each.fails for each in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain values; not the cases that flipped."""
        matching = self.matching
        return {
            "run": self.after.name,
            "complete": self.after.run.complete,
            "errors": self.after.run.errors,
            "replayed": self.after.run.replayed_trials,
            "cases": self.cases,
            "renamed": dict(matching.renamed),
            "changed": list(matching.changed),
            "new": list(matching.new),
            "removed": list(matching.removed),
            "elsewhere": matching.elsewhere,
            "only_before": list(self.only[0]),
            "only_after": list(self.only[1]),
            "findings": [each.to_json() for each in self.findings],
            "amounts": [each.to_json() for each in self.amounts],
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared, and how."""

    #: The label that cases are grouped by.
    by: str = "category"
    #: Statuses of the cases that are held; others are compared apart.
    status: tuple[str, ...] = ("regression", "saturated")
    #: The largest drop that does not matter.
    margin: float = 0.02
    confidence: float = 0.95
    #: Cases that are called otherwise now: old names to new ones.
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def alpha(self) -> float:
        """The error of one-sided claims."""
        return 1 - self.confidence
