"""What `evalbars plan --json` prints."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.schema.document import Count, Document, Part, Share, Word


class BarNeed(Part):
    """What one verdict of a past run has, what it lacks, and what that would cost.

    Exactly one of `at_least`, `at_most` and `max_drop` is there. Where nothing can be planned `why_not` says why, and
    the other keys are null.
    """

    #: The bar's name.
    bar: str
    #: Null where the bar is of all trials, or no dimension is known.
    dimension: str | None
    #: Null for the whole; else the values of the labels of `each`, joined by `/`.
    group: str | None
    #: The metric's name, as in the bars file.
    metric: str
    #: The threshold of a floor, in the metric's unit.
    at_least: float | None = None
    #: The threshold of a ceiling, in the metric's unit.
    at_most: float | None = None
    #: The largest allowed drop against the baseline.
    max_drop: float | None = None
    #: What the gate says of the run.
    verdict: Word
    #: Why nothing can be planned; empty where something can.
    why_not: str
    #: The bare number, in the metric's unit.
    estimate: float | None
    #: Judged cases.
    cases: Count
    #: Judged trials.
    trials: Count
    #: How many independent cases they are worth.
    n_eff: float | None
    #: How alike the trials of a case are, 0 to 1; null where the run cannot tell.
    icc: float | None
    #: The error of "met".
    alpha_met: Share | None
    #: The error of "missed", as the first to be proven among all verdicts.
    alpha_missed: Share | None
    #: Whether it is met with these cases if all goes well.
    can_be_met: bool | None
    #: Whether it is missed with these cases if nothing does.
    can_be_missed: bool | None
    #: The verdict that the present rate is on its way to; null where rate and bar are equal.
    heads_for: Literal["met", "missed"] | None
    #: The first number of cases that brings it there with the power.
    first: Count | None
    #: The number of cases from which on the power never falls below.
    needed: Count | None
    #: The rate from which on it is met, with the power and the cases at hand.
    met_from: float | None
    #: The rate from which on it is missed.
    missed_from: float | None
    #: How many independent cases it would be worth with twice the cases.
    twice_the_cases: float | None
    #: How many independent cases it would be worth with twice the trials of each.
    twice_the_trials: float | None
    #: US dollars that one trial takes; null where it was not measured.
    trial_cost_usd: float | None
    #: Seconds that one trial takes.
    trial_seconds: float | None
    #: US dollars that one run of the cases needed takes.
    cost_usd: float | None
    #: Seconds that their trials take, one after the other.
    seconds: float | None


class PlanOfRuns(Document):
    """What `evalbars plan RUN... --json` prints: what each bar needs, judged by what a past run has shown."""

    #: Whose bars.
    stage: Literal["testing", "launch"]
    #: The chance with which a verdict must be reached.
    power: Share
    #: Of the verdicts.
    confidence: Share
    #: One for each verdict, in the order of the bars.
    verdicts: tuple[BarNeed, ...]


class PlanOption(Part):
    """One way to get the evidence."""

    #: Trials of each case.
    trials: Count
    #: Cases.
    cases: Count
    #: Trials of all cases.
    trials_in_all: Count
    #: US dollars; null where no cost was named.
    cost_usd: float | None


class PlanOfNumbers(Document):
    """What `evalbars plan --bar RATE ... --json` prints: what a bar needs, from numbers alone.

    Exactly one of `at_least` and `at_most` is there.
    """

    #: The threshold of a floor.
    at_least: Share | None = None
    #: The threshold of a ceiling.
    at_most: Share | None = None
    #: The true rate that must be told from it; null where it was not named.
    rate: Share | None
    #: The chance with which the verdict must be reached.
    power: Share
    #: Of the verdict.
    confidence: Share
    #: The error of "met".
    alpha_met: Share
    #: The error of "missed", as the first to be proven among all verdicts of the session.
    alpha_missed: Share
    #: Trials of each case.
    trials: Count
    #: How alike the trials of a case are.
    icc: Share | None
    #: What the true rate heads for; `neither` where it is the bar, null where no rate was named.
    verdict: Literal["met", "missed", "neither"] | None
    #: The first number of independent cases with the power.
    first: Count | None
    #: The number from which on the power never falls below.
    safe: Count | None
    #: The ways to get that evidence, by trials of a case.
    options: tuple[PlanOption, ...]
    #: The cheapest of them; null where no cost was named.
    cheapest: PlanOption | None
    #: Cases at hand; null where none were named.
    cases: Count | None
    #: How many independent cases those are worth.
    n_eff: float | None
    #: The rate from which on they show it met.
    met_from: Share | None
    #: The rate from which on they show it missed.
    missed_from: Share | None
