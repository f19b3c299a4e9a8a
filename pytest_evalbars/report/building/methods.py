"""The statistics that a report's numbers rest on, as far as it uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import Definition
from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.run.columns import Run

STAGES = {
    "testing": "testing: a bar that is proven missed fails the session, an inconclusive one is only told",
    "launch": "launch: every bar must be proven met; an inconclusive one fails the session too",
    "none": "none: no bar was held",
}


def methods(run: Run, bars: Bars, decision: Decision) -> Iterator[Definition]:
    """Each of them in a few sentences."""
    found = {"cases, not trials": _CASES, "intervals of rates": _RATES, **_of_metrics(decision.verdicts)}
    if (run.cluster >= 0).any():
        found["sources"] = _SOURCES
    found |= _of_verdicts(bars, decision)
    if run.errors or run.missing:
        found["trials without a verdict"] = _UNJUDGED
    if run.stopped:
        found["stopping early"] = _STOPPED
    found["stage"] = STAGES[decision.stage]
    yield from (Definition(term=term, text=text) for term, text in found.items())


def _of_metrics(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    """What numbers other than rates rest on."""
    found = {}
    homes = {each.spec.kind.home for each in verdicts}
    if any(each.spec.kind.name == "mean_score" for each in verdicts):
        found["means of scores"] = "Student's t on the means of cases, with a score of 0 and one of 1 added to them"
    if "measures:quantile" in homes:
        found["quantiles"] = "bounds from order statistics of cases: they hold whatever the amounts look like"
    if homes & {"measures:mean", "measures:cost_per_useful"}:
        found["means of amounts"] = "bounds on the ratio of sums over cases; where few large amounts rule, it is said"
    return found


def _of_verdicts(bars: Bars, decision: Decision) -> dict[str, str]:
    """What verdicts rest on."""
    found, alpha = {}, f"{bars.alpha * 100:.3g}%"
    verdicts = decision.verdicts
    proven = [each for each in verdicts if each.spec.rule == "evidence"]
    if proven:
        found["proof that a bar is met"] = (
            f"a one-sided bound at {bars.confidence * 100:g}% confidence reaches the bar"
        )
        wholes = sum(each.group is None for each in proven)
        groups = len(proven) - wholes
        tiers = f"two tiers, {count(wholes, 'whole')} and {count(groups, 'group')}, with half of the error each"
        family = tiers if wholes and groups else "one tier"
        found["proof that one is missed"] = (
            f"of sessions in which nothing is worse than its bar at most {alpha} fail: Holm's correction over all "
            f"{count(len(proven), 'verdict')}, in {family}"
        )
    if any(each.spec.rule == "estimate" for each in verdicts):
        found["bars by estimate"] = (
            "some bars compare the bare number, as they ask for; it is said where the bar lies within noise"
        )
    if any(each.spec.compares for each in verdicts):
        found["against the baseline"] = (
            "the same cases are compared one by one, so that hard cases cancel out; a change is tested by McNemar's "
            "mid-P, or by flipping signs where cases have several trials or scores. Where too few cases are the "
            "same, the two runs are compared as independent samples"
        )
    if any(each.e_met is not None for each in verdicts):
        found["bars that may stop at any time"] = "evidence by betting (e-values), which holds whenever one stops"
    corrections = {each.correction for each in verdicts if each.correction}
    if corrections:
        found["correction for the judge"] = (
            f"rates are what people would have counted, by their labels ({', '.join(sorted(corrections))}); what the "
            "judge itself counted is told as raw"
        )
    return found


_CASES = (
    "a case counts once, however many trials it has: its trials are alike, and say less than as many cases would. "
    "How much less is estimated from the run, and taken as more where that is uncertain (effective sample size)"
)
_RATES = (
    "Wilson's interval on the effective sample size is shown; bars are held against exact one-sided bounds "
    "(Clopper-Pearson) on the same"
)
_SOURCES = "cases that share a source, such as a document, are taken as trials of one"
_UNJUDGED = "a verdict is given only if it is the same with each of them a pass and with each of them a miss"
_STOPPED = "trials were not started once no verdict could change; what ran until then is biased, so no rate is told"
