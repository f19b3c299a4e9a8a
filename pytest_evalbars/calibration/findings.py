"""What a calibration finds out, as `evalbars calibrate --json` says it and the record keeps it under `found`.

Every share lies between 0 and 1. A key that is absent or null is not known: nothing was there to tell it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pytest_evalbars.stats.effective import Rate
    from pytest_evalbars.stats.jackknife import Estimated

#: How far people agree, by what is proven and not by the bare number:
#: good or fair: AC1 (of levels AC2), 0 by chance and 1 where all say the same, is at least .8 or .6;
#: some: more than chance would make them; unproven: perhaps no more; none: less than that.
Grade = Literal["good", "fair", "some", "unproven", "none"]

#: Where more labels than this say the same, raters and judges that never read agree nearly always.
COMMON = 0.9
#: Words of pairs: there is no order in them.
PAIR = frozenset({"first", "second", "tie"})
#: Where the further verdicts of a judge come from: the votes of one verdict, or from asking it again.
Source = Literal["votes", "asked again"]


class Finding(BaseModel):
    """Frozen; what is not known is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return self.model_dump(mode="json", exclude_none=True)


class Measured(Finding):
    """A number and its two-sided interval."""

    value: float
    low: float
    high: float
    #: Labelled items behind it.
    items: int


class Counted(Finding):
    """So many of so many."""

    same: int
    of: int


class Kappa(Finding):
    """Cohen's kappa of two raters."""

    raters: tuple[str, str]
    items: int
    #: Of how many items they say the same.
    same: int
    kappa: Measured | None = None


class Raters(Finding):
    """How far the raters of a dimension agree, word for word."""

    names: tuple[str, ...]
    #: Items with a label, those with labels of two raters or more, those of which they differ and nothing is settled.
    labelled: int
    items: int
    unsettled: int
    #: Labels by which the rater could not tell.
    unclear: int = 0
    #: None where no item was labelled twice.
    grade: Grade | None = None
    #: The share of pairs of labels that say the same, by item; the bare pairs; and what it would be if the raters
    #: said as often what they say, but of any item.
    agreement: Measured | None = None
    pairs: Counted | None = None
    chance: float | None = None
    #: Of levels: the same, where neighbours count in part; and whether they pass.
    weighted: Measured | None = None
    passing: Measured | None = None
    #: Gwet's AC1; of levels AC2.
    ac: Measured | None = None
    #: Krippendorff's alpha; of levels the ordinal one.
    alpha: Measured | None = None
    #: Fleiss' kappa, where there are three raters or more.
    fleiss: Measured | None = None
    kappas: tuple[Kappa, ...] = ()
    #: The share of labels that pass.
    passed: float | None = None
    #: Of the items that one rater lets miss, the share that another one lets miss, too.
    misses: Measured | None = None


class Position(Finding):
    """Whether a judge of pairs prefers a place."""

    pairs: int
    #: The share of pairs of which it says otherwise in the other order.
    flips: Measured
    #: Of flips: how many lean to whatever stands first.
    first: Counted
    p: float
    biased: bool


class Trend(Finding):
    """Whether what a judge says goes with the length of answers that people say the same of."""

    items: int
    #: The share that it passes, from the shortest quarter of them to the longest; fewer parts of few items.
    passed: tuple[float, ...]
    #: Above 0 where it passes long ones more often.
    z: float
    p: float
    biased: bool


class Verbosity(Finding):
    """Among answers that people pass, and among those that they let miss."""

    good: Trend | None = None
    bad: Trend | None = None


class Consistency(Finding):
    """What a judge says when it is asked the same again."""

    source: Source
    #: Items, and how often each was asked.
    items: int
    times: float
    #: The chance that two verdicts on one item differ, and the share of items whose verdicts are not all alike.
    differ: Measured
    unstable: Measured
    #: How many could not be asked, by the reason.
    left_out: dict[str, int] = {}


class Change(Finding):
    """A rate then and now."""

    before: float
    after: float
    #: After less before, with its interval.
    change: Measured
    proven: bool


class Drift(Finding):
    """How a judge does against the record that was there before."""

    #: The judge that it is held against: the very same, or what came before it.
    same: bool
    rubric: str
    model: str
    prompt: str
    calibrated: str
    #: Which of rubric, model and prompt are others.
    changed: tuple[str, ...] = ()
    #: Labelled items behind what is known now; of the very same judge, those that are new.
    items: int
    sensitivity: Change | None = None
    specificity: Change | None = None
    agreement: Change | None = None


class Bias(Finding):
    """What was looked for in a judge beside its errors; None where nothing was there to look at."""

    position: Position | None = None
    verbosity: Verbosity | None = None
    consistency: Consistency | None = None


class Judged(Finding):
    """A judge held against people."""

    #: Labelled items; how many of them people pass, and the share of the population that is.
    items: int
    good: float
    bad: float
    passed: float
    #: Whether the gate can rest on it, and if not, why.
    usable: bool
    why_not: tuple[str, ...] = ()
    #: Whether it is not proven to be better than chance: then only a rate of the labelled population rests on it.
    blind: bool = False
    #: By the judge's word, then by people's: items. "split" where people differ.
    confusion: dict[str, dict[str, int]] = {}
    #: The share of the population of which judge and people say the same: pass or miss.
    agreement: Measured
    #: The same word, among items of which people have one; and among single labels.
    words: Counted
    labels: Counted
    #: Of answers that people pass, the share that the judge passes; of those that they let miss, that it lets miss.
    sensitivity: Measured | None = None
    specificity: Measured | None = None
    #: Beyond chance, word for word, among the labelled items as they were drawn; of levels neighbours count in part.
    ordinal: bool = False
    ac: Measured | None = None
    alpha: Measured | None = None
    kappa: Measured | None = None
    #: The judge's own pass rate on the population, and what people would say.
    raw: Measured | None = None
    corrected: Measured | None = None
    #: Whether a run told its cases and trials; else each item is taken for a case, and both intervals are too narrow
    #: where cases were tried more than once.
    by_case: bool = False
    bias: Bias = Bias()
    drift: Drift | None = None


def measured(found: Estimated | None, confidence: float) -> Measured | None:
    """An estimate with its interval."""
    if found is None:
        return None
    low, high = found.interval(confidence)
    return Measured(value=found.value, low=low, high=high, items=found.items)


def of_rate(rate: Rate, confidence: float) -> Measured:
    """A rate with its interval."""
    from pytest_evalbars.stats.effective import rate_interval  # noqa: PLC0415 - reading a record needs no scipy

    low, high = rate_interval(rate, confidence)
    return Measured(value=rate.value, low=low, high=high, items=rate.cases)
