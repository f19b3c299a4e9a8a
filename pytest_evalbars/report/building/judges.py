"""The judges of a run, as a report tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.judges import trust_words
from pytest_evalbars.report.model import JudgeTold
from pytest_evalbars.stats.effective import rate_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.trust import JudgeTrust
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.stats.effective import Rate


def judges(decision: Decision, confidence: float) -> Iterator[JudgeTold]:
    """Each judge on each dimension."""
    yield from (_judge(each, confidence) for each in decision.judges)


def _judge(judge: JudgeTrust, confidence: float) -> JudgeTold:
    errors = judge.errors
    specificity = None if errors is None else errors.specificity
    sensitivity = None if errors is None else errors.sensitivity
    return JudgeTold(
        dimension=judge.dimension,
        model=judge.by.model,
        rubric=judge.by.rubric,
        trust="uncalibrated" if judge.reason else "calibrated",
        text=trust_words(judge, confidence),
        labels=len(judge.items),
        raters=judge.raters,
        specificity=specificity.value if specificity else None,
        specificity_interval=_interval(specificity, confidence),
        sensitivity=sensitivity.value if sensitivity else None,
        sensitivity_interval=_interval(sensitivity, confidence),
        chance=not judge.reason and judge.blind,
    )


def _interval(rate: Rate | None, confidence: float) -> tuple[float, float] | None:
    return None if rate is None else rate_interval(rate, confidence)
