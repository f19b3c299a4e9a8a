"""What `evalbars gate --json` prints beside the decision: what to look at, and what the run took."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pytest_evalbars.schema.document import Count, Part, Share


class FlakyCase(Part):
    """A case whose trials disagree on one dimension, in one test."""

    #: The case's id.
    case: str
    #: The test that judged it, without row and trial.
    test: str
    #: The dimension.
    dimension: str
    #: Trials that passed.
    passes: Count
    #: Trials that were judged.
    trials: Count


class ServedRate(Part):
    """A share with its interval."""

    #: The share.
    estimate: Share
    #: Two-sided, at the declared confidence.
    interval: tuple[Share, Share]
    #: Cases behind it.
    cases: Count


class Served(Part):
    """What guardrails let through of one dimension's trials; null where nothing tells."""

    #: The dimension.
    dimension: str
    #: Let through in all.
    coverage: ServedRate | None
    #: Let through before generation.
    before: ServedRate | None
    #: Let through after generation.
    after: ServedRate | None
    #: The pass rate among the answers that were let through.
    among_answered: ServedRate | None
    #: The pass rate where what is blocked counts as not served.
    effective: ServedRate | None


class CallsOfSide(Part):
    """The calls of the product, or those of its judges."""

    #: By version, as the providers name them: how often it answered.
    models: dict[str, int]
    #: How many calls there were.
    calls: Count
    #: Calls that recorded answers stood in for.
    replayed: Count
    #: Tokens that were sent.
    tokens_in: Count
    #: Tokens that came back.
    tokens_out: Count
    #: Whether some trial does not know its tokens; the sums are then of the others.
    tokens_unknown: bool
    #: US dollars; of replayed calls what they cost when they were recorded.
    cost_usd: float
    #: Whether some trial does not know its cost.
    cost_unknown: bool
    #: Seconds that the calls took, one after the other.
    seconds: float


class Calls(Part):
    """What models the trials asked. Every attempt at a trial counts, as each was paid for."""

    #: Of what is tested.
    product: CallsOfSide
    #: Of those who judge it.
    judges: CallsOfSide
    #: US dollars that were paid, as far as anybody knows: recorded answers are free.
    paid_usd: float
    #: Calls whose price is not known.
    unpriced: Count


class Apart(Part):
    """A case in quarantine."""

    #: The case's id.
    case: str
    #: Who sees to it.
    owner: str
    #: Why nothing protects it meanwhile.
    reason: str
    #: The last day of the quarantine, `2026-12-31`.
    until: str
    #: Whether that day was over when the run began.
    expired: bool


class SaturatedCases(Part):
    """Cases that pass so surely that they are run less often."""

    #: How they are run.
    mode: Literal["run", "skip", "sample"]
    #: How many were run.
    run: Count
    #: How many there are.
    of: Count


class WeakPart(Part):
    """A slice that passes less often than the rest of its dimension. A lead, not a proof."""

    #: The dimension.
    dimension: str
    #: What its cases have in common: one label, or two.
    labels: dict[str, str]
    #: How many cases it has.
    cases: Count
    #: How many of them are capability cases, which are expected to miss.
    capability: Count
    #: Its pass rate.
    rate: Share
    #: The pass rate of the dimension's other cases.
    expected: Share
    #: What its rate is likely to be, given how far slices differ; slices are ranked by it.
    shrunk: Share
    #: How likely it is worse than others.
    likely: Share
    #: About how many more of its cases miss than expected.
    excess: float


class ReasonFound(Part):
    """Reasons that say the same, numbers and names aside."""

    #: What they have in common, in lower case; empty where no reason was given.
    pattern: str
    #: One of them, its first line.
    example: str
    #: Cases that gave it.
    cases: Count
    #: Misses, or errors, that gave it.
    misses: Count
    #: The dimensions on which it was given.
    dimensions: tuple[str, ...]
    #: A few of the cases.
    examples: tuple[str, ...]


class NeverPassing(Part):
    """A case that missed on every trial of the dimensions named here, at least twice in all."""

    #: The case's id.
    case: str
    #: Where it always misses.
    dimensions: tuple[str, ...]
    #: The most trials that it had on one of them.
    trials: Count


class FailurePatterns(Part):
    """What the misses of a run have in common."""

    #: What a reader must know of the ranking.
    note: str
    #: Cases that missed at least one trial.
    missing_cases: Count
    #: Weak slices, the likely worst first.
    slices: tuple[WeakPart, ...]
    #: Reasons of misses, the most frequent first.
    reasons: tuple[ReasonFound, ...]
    #: How many groups of reasons there are, those not listed included.
    reasons_count: Count
    #: Misses whose reasons were not compared, because too many were different.
    reasons_unread: Count
    #: Reasons why trials could not be judged.
    errors: tuple[ReasonFound, ...]
    #: Cases that never pass, those with the most misses first.
    always_missing: tuple[NeverPassing, ...]
    #: How many there are, those not listed included.
    always_missing_count: Count
    #: Cases that pass on some trials and miss on others.
    flips: tuple[FlakyCase, ...]
    #: How many there are, those not listed included.
    flips_count: Count


class MacroRates(Part):
    """Means over all classes; null where nothing tells."""

    #: The mean recall.
    recall: Share | None
    #: The mean F1.
    f1: Share | None


class ClassRates(Part):
    """One class; a rate is null where nothing tells."""

    #: The class.
    class_: Annotated[str, Field(alias="class")]
    #: Trials that are of it.
    trials: Count
    #: Of these, the share that was predicted to be.
    recall: Share | None
    #: Of those that were predicted to be, the share that is.
    precision: Share | None
    #: Of those that are not, the share that was predicted to be.
    false_positives: Share | None


class Predictions(Part):
    """What was predicted."""

    #: Trials that predicted something.
    trials: Count
    #: Those that were right.
    right: Count
    #: Means over classes.
    macro: MacroRates
    #: By class: all, or those with the lowest recall where there are many.
    classes: tuple[ClassRates, ...]
    #: What it is, what it was taken for, and how often; the most frequent first.
    confusions: tuple[tuple[str, str, int], ...]
